"""What a lead can do, or what can happen to it, so that its journey takes another way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from msgspec.structs import replace

from engine.domain.journey.facts import EventKind
from engine.domain.own_events import RECYCLED
from engine.rehearsal.life import Life
from engine.rehearsal.wording import shown


class Deed(Protocol):
    """One thing that happens to a life, now."""

    @property
    def words(self) -> str:
        """What happens, as the end of a sentence that begins with the lead."""

    def do(self, life: Life, campaign: str) -> None: ...


Deeds = tuple[Deed, ...]


@dataclass(frozen=True, slots=True)
class Clicks:
    """A click on a link of a mail that the lead has."""

    step: str
    link: str = ""

    @property
    def words(self) -> str:
        return f"clicks {repr(self.link) if self.link else 'a link'} in {self.step}"

    def do(self, life: Life, campaign: str) -> None:
        life.happens(EventKind.CLICK, mail=life.mailed(campaign, self.step), link=self.link)


@dataclass(frozen=True, slots=True)
class Opens:
    step: str

    @property
    def words(self) -> str:
        return f"opens {self.step}"

    def do(self, life: Life, campaign: str) -> None:
        life.happens(EventKind.OPEN, mail=life.mailed(campaign, self.step))


@dataclass(frozen=True, slots=True)
class Replies:
    words: str = "replies"

    def do(self, life: Life, campaign: str) -> None:
        own = [mail for mail in life.mails if mail.send.campaign == campaign]
        life.happens(EventKind.REPLY, mail=own[-1] if own else None)


@dataclass(frozen=True)
class Causes:
    """An event of that name, as other systems send them."""

    name: str
    properties: Mapping[str, object] = field(default_factory=dict)

    @property
    def words(self) -> str:
        with_these = ", ".join(f"{name} = {shown(value)}" for name, value in self.properties.items())
        return f"has the event '{self.name}'" + (f" ({with_these})" if with_these else "")

    def do(self, life: Life, campaign: str) -> None:  # noqa: ARG002
        life.happens(EventKind.CUSTOM, self.name, properties=self.properties)


@dataclass(frozen=True, slots=True)
class Becomes:
    """A field of the lead has this value from now on."""

    name: str
    value: object

    @property
    def words(self) -> str:
        return f"has {self.name} = {shown(self.value)}"

    def do(self, life: Life, campaign: str) -> None:  # noqa: ARG002
        life.becomes({self.name: self.value})


@dataclass(frozen=True, slots=True)
class StartedBy:
    """The event that started the run had this value: told now, as if it had been so from the start."""

    name: str
    value: object

    @property
    def words(self) -> str:
        return f"was let in with trigger.{self.name} = {shown(self.value)}"

    def do(self, life: Life, campaign: str) -> None:
        runs = tuple(
            replace(run, trigger={**run.trigger, self.name: self.value}) if run.campaign == campaign else run
            for run in life.facts.enrollments
        )
        life.facts = replace(life.facts, enrollments=runs)
        life.look()


@dataclass(frozen=True, slots=True)
class Joins:
    name: str

    @property
    def words(self) -> str:
        return f"joins the list '{self.name}'"

    def do(self, life: Life, campaign: str) -> None:  # noqa: ARG002
        life.becomes({"lists": life.facts.lead.lists | {self.name}})


@dataclass(frozen=True, slots=True)
class ComesBack:
    """Sales gives the lead back to marketing."""

    words: str = "is given back by sales"

    def do(self, life: Life, campaign: str) -> None:  # noqa: ARG002
        life.happens(EventKind.CUSTOM, RECYCLED)
