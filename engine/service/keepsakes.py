"""What was sent, as it was sent: copies of mails and the pictures that they show."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from engine.content.form import copy_dictionary, unpack_copy
from engine.content.mails import CompiledMail
from engine.domain.recipient import Asset, UnavailableError
from engine.service.home import Home
from engine.store.bundles import read_blob
from engine.store.database import StoreError, reading
from engine.store.deliveries import copy_of


def message_as_sent(home: Home, delivery: int) -> bytes | None:
    """The exact bytes that the relay was given; None before the mail went, and after retention ended."""
    with reading(home.store) as connection:
        kept = copy_of(connection, delivery)
        form = read_blob(connection, kept.dictionary) if kept is not None else None
    if kept is None or form is None:
        return None
    return unpack_copy(copy_dictionary(CompiledMail.from_json(form.content.decode())), kept.content)


def parsed(message: bytes) -> EmailMessage:
    """The message with its parts decoded."""
    found: Any = message_from_bytes(message, policy=SMTP)
    return found  # type: ignore[no-any-return]


def part_of(message: bytes, kind: str) -> str:
    """The text of a part, `html` or `plain`; empty if the mail has none."""
    found = parsed(message).get_body((kind,))
    return str(found.get_content()) if found is not None else ""


class Keepsakes:
    """Gives the tracker what its pages show; implements its protocols."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def mail_as_sent(self, delivery: int) -> str | None:
        """The HTML of a mail as it was sent."""
        try:
            message = message_as_sent(self._home, delivery)
        except StoreError as error:
            raise UnavailableError(str(error)) from error
        return part_of(message, "html") if message is not None else None

    def asset(self, digest: str) -> Asset | None:
        """A picture of a template, by the hash of its content."""
        try:
            with reading(self._home.store) as connection:
                found = read_blob(connection, digest)
        except StoreError as error:
            raise UnavailableError(str(error)) from error
        if found is None or not found.content_type.startswith("image/"):
            return None
        return Asset(found.name, found.content_type, found.content)
