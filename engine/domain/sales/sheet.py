"""What a salesperson reads about a lead: on one screen, in an alert's mail and on the page behind its buttons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that the lead did: when, as people read it, and what."""

    when: str
    what: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A lead on one screen; what is not known is empty.

    who, company, job, role, place, email, phone: who it is and how it is reached · standing: score and grade · cares:
    the problem it cares about, in words · because: why it is handed over now · headline: the same in a few words ·
    deeds: what it did, newest first · answers: what it said of itself, by question · say, avoid: what to begin with
    and what to leave · colleagues: others of its company whom we know
    """

    who: str
    company: str = ""
    job: str = ""
    role: str = ""
    place: str = ""
    email: str = ""
    phone: str = ""
    standing: str = ""
    cares: str = ""
    because: str = ""
    headline: str = ""
    deeds: tuple[Deed, ...] = ()
    answers: tuple[tuple[str, str], ...] = ()
    say: str = ""
    avoid: str = ""
    colleagues: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The lead and its company."""
        return f"{self.who}, {self.company}" if self.company else self.who

    @property
    def dialled(self) -> str:
        """The number as a telephone dials it (RFC 3966): digits, and a plus in front where there is one."""
        plus = "+" if self.phone.strip().startswith("+") else ""
        return plus + "".join(char for char in self.phone if char.isdigit())


@dataclass(frozen=True, slots=True)
class Question:
    """What the salesperson is asked.

    owner: whose lead it is · until: by when it wants an answer, as people read it, empty once it has one · then: what
    happens otherwise · state: how it stands, in words · open: whether an answer still changes something · reasons: why
    it may be given back, by key · kind: `handoff`, or `task` for a call in the middle of a campaign · text: what
    is to be done for a task, what is new of a hand-off
    """

    owner: str
    until: str = ""
    then: str = ""
    state: str = ""
    open: bool = True
    reasons: Mapping[str, str] | None = None
    kind: str = "handoff"
    text: str = ""

    @property
    def taken(self) -> bool:
        """Whether somebody takes care of the lead already, who may still give it back."""
        return self.kind == "handoff" and self.open and not self.until


@dataclass(frozen=True, slots=True)
class Said:
    """What a salesperson answered: `do` is accept, reject, snooze, done or failed."""

    do: str
    reason: str = ""
    note: str = ""
    days: int = 0


ANSWERS = {"handoff": ("accept", "reject", "snooze"), "task": ("done", "failed")}
"""What may be answered to which kind of question."""
