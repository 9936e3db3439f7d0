"""What is known about one delivery when its mail is rendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from msgspec import Struct

from engine.errors import Place, RipelineError

_NOTHING: Mapping[str, object] = MappingProxyType({})


class Mailbox(Struct, frozen=True, gc=False):
    """A name and an address, as in From and To."""

    name: str
    address: str

    def values(self) -> Mapping[str, object]:
        """As `sender.` and `owner.` show it in templates."""
        return {"name": self.name, "email": self.address}


@dataclass(frozen=True, slots=True)
class CampaignInfo:
    """The campaign that sends: its id, its title, its theme."""

    id: str
    title: str
    theme: str

    def values(self) -> Mapping[str, str]:
        return {"id": self.id, "title": self.title, "theme": self.theme}


@dataclass(frozen=True, slots=True)
class Site:
    """Where the tracker is, and whether this home tracks at all. `list_domain` names this home in List-Id."""

    base_url: str
    list_domain: str = ""
    tracking: bool = True


class Thread(Struct, frozen=True, gc=False):
    """An earlier mail that this one answers: its subject and Message-IDs, oldest first."""

    subject: str
    message_ids: tuple[str, ...]


class RenderContext(Struct, frozen=True, gc=False):
    """One lead's delivery. `date` is aware; `message_id` has its angle brackets and is the same at every attempt.

    `subject` is a variant's subject as Jinja source (see `compile_line`); the mail's own when empty. Without `tracking`
    the mail has no pixel, and its links lead straight to their targets. `one_click` is off for operational mail.
    """

    delivery: int
    lead: Mapping[str, object]
    to: Mailbox
    sender: Mailbox
    date: datetime
    message_id: str
    owner: Mapping[str, object] = _NOTHING
    trigger: Mapping[str, object] = _NOTHING
    tracking: bool = True
    one_click: bool = True
    subject: str = ""
    reply_to: str = ""
    thread: Thread | None = None


class Rendered(Struct, frozen=True, gc=False):
    """A mail's parts for one lead: headers as text, bodies as quoted-printable."""

    subject: str
    sender: Mailbox
    reply_to: str
    text: bytes
    html: bytes
    unsubscribe_url: str


class MailError(RipelineError):
    """This mail cannot be written for this lead; others are not touched. The text says template and line."""

    def __init__(self, template: str, place: Place | None, message: str) -> None:
        self.template, self.place, self.message = template, place, message
        self.line = place.line if place else 0
        super().__init__(f"{place or template}: {message}")
