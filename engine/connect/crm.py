"""What is asked of a CRM, whichever it is: take a lead, a task, a note of what happened; tell what changed there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol


class CrmError(Exception):
    """The CRM did not do what was asked; the text says why, for a person.

    `lasting`: trying the same again changes nothing. `alone`: it lies in this record, others are not concerned.
    `wish` is how long the CRM should be left alone.
    """

    def __init__(
        self, words: str, *, lasting: bool = False, alone: bool = False, wish: timedelta | None = None
    ) -> None:
        super().__init__(words)
        self.lasting = lasting
        self.alone = alone
        self.wish = wish


@dataclass(frozen=True, slots=True)
class LeadBrief:
    """A lead as it is handed over. `ours` is its opaque id here, under which the CRM keeps it once; `fields` have the
    CRM's names."""

    ours: str
    email: str
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PushedLead:
    """The record in the CRM. `new`: it was made just now. `converted`: sales made a contact of it, whose id this is,
    and its fields were left alone."""

    id: str
    new: bool = False
    converted: bool = False


@dataclass(frozen=True, slots=True)
class TaskBrief:
    """Something to be done about a record of the CRM, or (with `done`) something that happened. `ours` names it for
    ever, so that it is made once."""

    ours: str
    who: str
    subject: str
    text: str = ""
    on: date | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class ChangedLead:
    """A lead as it is in the CRM now. `ours` is empty where the CRM made it. `contact` is what it was converted to."""

    id: str
    ours: str
    email: str
    changed_at: datetime
    owner: str = ""
    status: str = ""
    opted_out: bool = False
    contact: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChangedDeal:
    """An opportunity as it is in the CRM now; `amount` in the currency's main unit, as decimal text. `contacts` are the
    ids of the people in it."""

    id: str
    name: str
    changed_at: datetime
    opened_at: datetime
    stage: str
    is_closed: bool = False
    is_won: bool = False
    amount: str = ""
    currency: str = ""
    closes_on: date | None = None
    account: str = ""
    contacts: tuple[str, ...] = ()


class Connector(Protocol):
    """A CRM. Every method raises `CrmError`, in words for a person."""

    def push_lead(self, brief: LeadBrief) -> PushedLead:
        """Make or change the lead's one record."""

    def push_task(self, task: TaskBrief) -> str:
        """Make the task, or the note of what happened, unless it is there; its id."""

    def changed_leads(self, since: str) -> Iterator[ChangedLead]:
        """The leads that changed at that instant (ISO 8601) or later, all if it is empty; the longest unchanged first.

        They are asked for page by page, as they are wanted. What changes meanwhile may come with its new instant.
        """

    def changed_deals(self, since: str) -> Iterator[ChangedDeal]:
        """The same of opportunities."""
