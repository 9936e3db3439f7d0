"""Compiled mails kept between runs of `check`, so that only templates that changed are compiled again.

A file of lines in the home's `var/`: a mail's `cache_key`, a tab, and the mail as JSON. Losing it costs time only.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from pathlib import Path

from engine.content.mails import CompiledMail

FILE = Path("var", "cache", "mails.jsonl")


class MailCache(MutableMapping[str, CompiledMail]):
    """Mails by their `cache_key`. Each is read from its line when asked for; `save` keeps those that were asked for."""

    def __init__(self, home: Path) -> None:
        self.path = home / FILE
        self._lines = dict(_lines(self.path))
        self._used: dict[str, CompiledMail] = {}
        self._is_new = False

    def __getitem__(self, key: str) -> CompiledMail:
        if key not in self._used:
            try:
                self._used[key] = CompiledMail.from_json(self._lines[key])
            except ValueError:  # of another version, or damaged
                raise KeyError(key) from None
        return self._used[key]

    def __setitem__(self, key: str, mail: CompiledMail) -> None:
        self._used[key] = mail
        self._lines[key] = mail.to_json()
        self._is_new = True

    def __delitem__(self, key: str) -> None:
        del self._lines[key]
        self._used.pop(key, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def save(self) -> None:
        """Keep the mails that were asked for; a folder that cannot be written to is no reason to fail."""
        if not self._is_new:
            return
        lines = "".join(f"{key}\t{self._lines[key]}\n" for key in self._used)
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside = self.path.with_suffix(f".{os.getpid()}")
            beside.write_text(lines, "utf-8")
            beside.replace(self.path)


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return
    for line in text.split("\n"):
        key, tab, mail = line.partition("\t")
        if tab:
            yield key, mail
