"""A visit: one request to a page, with what its address and its form say."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive, Scope

FORM_BYTES = 16 * 1024
FORM_FIELDS = 200


class BadFormError(Exception):
    """The body is no form, or larger than any of ours."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Who visits what: `delivery` is the mail that the token names, `up` leads from this address to the root."""

    scope: Scope
    receive: Receive
    token: str
    delivery: int
    up: str

    @property
    def sends(self) -> bool:
        return bool(self.scope["method"] == "POST")


@dataclass(frozen=True, slots=True)
class Form:
    """The fields that were sent."""

    fields: FormData

    def says(self, name: str, value: str) -> bool:
        found = self.fields.get(name)
        return isinstance(found, str) and found.strip().casefold() == value.casefold()

    def text(self, name: str, most: int | None = None) -> str:
        """What was typed, without blanks around it, cut off behind so many characters."""
        found = self.fields.get(name)
        return found.strip()[:most] if isinstance(found, str) else ""

    def all(self, name: str) -> frozenset[str]:
        return frozenset(value for value in self.fields.getlist(name) if isinstance(value, str))


async def read_form(visit: Visit) -> Form:
    """The form of a POST, URL-encoded or multipart: RFC 8058, section 3.2, allows senders both.

    Raises:
        BadFormError: it is too large, broken, or was not sent to its end.
    """
    request = Request(visit.scope, _bounded(visit.receive))
    try:
        return Form(await request.form(max_files=0, max_fields=FORM_FIELDS))
    except (MultiPartException, ClientDisconnect) as error:
        raise BadFormError from error


def _bounded(receive: Receive) -> Receive:
    taken = 0

    async def take() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > FORM_BYTES:
            raise BadFormError
        return message

    return take
