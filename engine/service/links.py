"""What the links of mails already sent are called, by the digest of the compiled mail."""

from __future__ import annotations

from functools import lru_cache

from engine.content.mails import CompiledMail, LinkKind
from engine.store.bundles import read_blob
from engine.store.database import Store, reading

HIDDEN = "hidden"
"""The name of a link that no person can see; who follows it is a machine."""


class LinkNames:
    """Reads link tables from the store, each once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._table = lru_cache(maxsize=1024)(self._read)

    def name(self, form: str, index: int) -> str:
        """The link's name; its number where the author gave it none."""
        mail = self._table(form)
        found = next((link for link in mail.links if link.index == index), None) if mail else None
        return found.name if found and found.name else str(index)

    def count(self, form: str) -> int:
        """How many tracked links the mail has that a person can see."""
        mail = self._table(form)
        return sum(link.kind is LinkKind.TRACK and link.name != HIDDEN for link in mail.links) if mail else 0

    def hidden(self, form: str) -> int | None:
        """The number of the link that no person can see, if the mail has one."""
        mail = self._table(form)
        return next((link.index for link in mail.links if link.name == HIDDEN), None) if mail else None

    def _read(self, form: str) -> CompiledMail | None:
        with reading(self._store) as connection:
            found = read_blob(connection, form)
        return CompiledMail.from_json(found.content.decode()) if found else None
