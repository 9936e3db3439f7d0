"""The desk behind the buttons of alerts: what a salesperson is shown by a token, and carrying the answer out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from engine.authoring.sales import policy_of
from engine.domain.recipient import UnavailableError
from engine.domain.sales.brief import name_of, sheet_of
from engine.domain.sales.handoff import HandoffState
from engine.domain.sales.sheet import Question, Said, Sheet
from engine.domain.tokens import fingerprint_of
from engine.errors import RipelineError
from engine.service.home import Home
from engine.service.sales.answer import accept, reject, snooze
from engine.service.sales.finish_task import finish_task
from engine.store.actions import action_row
from engine.store.database import StoreError, reading
from engine.store.handoffs import handoff_row
from engine.store.leads import lead_row

OWNER = "owner"
_STATES = {
    HandoffState.ACCEPTED: "{by} accepted this lead.",
    HandoffState.REJECTED: "{by} gave this lead back: {reason}.",
    HandoffState.EXPIRED: "Nobody answered in time, and marketing has this lead again.",
    HandoffState.CLOSED: "The deal with this lead is closed.",
    HandoffState.MERGED: "This is the same person as another lead that sales has, and goes on there.",
}


class SalesDesk:
    """Answers for the pages; implements `engine.web.providers.SalesDesk`."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def sheet(self, kind: str, number: int, person: bytes) -> tuple[Sheet, Question] | None:
        """What the person with this fingerprint is shown and asked; None for whoever was not asked.

        Raises:
            UnavailableError: the store is away.
        """
        try:
            with reading(self._home.store) as connection:
                found = _found(connection, self._home, kind, number)
        except StoreError as error:
            raise UnavailableError(str(error)) from error
        if found is None or not _called(found.people, person):
            return None
        return found.sheet, found.question

    def answer(self, kind: str, number: int, person: bytes, said: Said) -> str:
        """Carry the answer out; what came of it, in words for the person.

        Raises:
            UnavailableError: the store is away; nothing was changed.
        """
        try:
            with reading(self._home.store) as connection:
                found = _found(connection, self._home, kind, number)
            by = _called(found.people, person) if found is not None else ""
            return _carry_out(self._home, kind, number, by, said) if by else "You were not asked about this lead."
        except StoreError as error:
            raise UnavailableError(str(error)) from error
        except RipelineError as error:
            return str(error)


def shown_question(connection: Any, home: Home, kind: str, number: int) -> tuple[Sheet, Question] | None:
    """A lead as its salesperson is shown it, and what is asked; None for what there is no more."""
    found = _found(connection, home, kind, number)
    return (found.sheet, found.question) if found is not None else None


class _Found:
    """What a token leads to, and who may answer it."""

    def __init__(self, sheet: Sheet, question: Question, people: Iterable[str]) -> None:
        self.sheet, self.question, self.people = sheet, question, tuple(people)


def _found(connection: Any, home: Home, kind: str, number: int) -> _Found | None:
    return _task(connection, home, number) if kind == "task" else _handoff(connection, home, number)


def _handoff(connection: Any, home: Home, number: int) -> _Found | None:
    row = handoff_row(connection, number)
    if row is None:
        return None
    return _Found(sheet_of(row.story, home.told), question_of(home, row), (row.owner, home.config.sales.escalate_to))


def question_of(home: Home, row: Any) -> Question:
    """What is asked about a hand-off as it stands."""
    state, sales = HandoffState(row.state), policy_of(home.config)
    escalated = state is HandoffState.ESCALATED
    then = "marketing takes the lead back" if escalated else f"{sales.escalate_to or 'your team lead'} is asked"
    words = _STATES.get(state, "").format(by=row.answered_by or "Somebody", reason=row.reason.replace("_", " "))
    may_return = state is HandoffState.ACCEPTED
    return Question(
        owner=row.owner,
        until=home.told(row.clock_at) if row.clock_at is not None and state.waits else "",
        then=then if state.waits else "",
        state=words,
        open=state.waits or may_return,
        reasons={key: one.title for key, one in sales.reasons.items()},
    )


def _task(connection: Any, home: Home, number: int) -> _Found | None:
    row = action_row(connection, number)
    who = lead_row(connection, row.lead_id) if row is not None and row.kind == "task" else None
    if row is None or who is None:
        return None
    until = home.told(row.deadline) if row.deadline is not None and row.done_at is None else ""
    state = f"This is done: {row.outcome}." if row.done_at is not None else ""
    then, is_open = "the campaign goes on without it", row.done_at is None
    question = Question(who.owner, until, then, state, is_open, kind="task", text=_text(home, row))
    return _Found(person_sheet(who), question, (asked_of(row, who), home.config.sales.escalate_to))


def _text(home: Home, row: Any) -> str:
    """What is to be done; what should have been done by now says so."""
    late = row.done_at is None and row.deadline is not None and row.deadline <= home.clock.now()
    text = str(row.payload.get("text", ""))
    return f"Overdue: {text}" if late else text


def asked_of(action: Any, who: Any) -> str:
    """The colleague whom a task is for: the lead's owner, or who the campaign names."""
    named = str(action.payload.get("who") or OWNER)
    return str(who.owner) if named == OWNER else named


def person_sheet(who: Any) -> Sheet:
    """A lead without its story: who it is and how it is reached."""
    fields = who.fields
    return Sheet(
        who=name_of(fields, who.email),
        company=str(fields.get("company") or ""),
        job=str(fields.get("title") or ""),
        role=str(fields.get("role") or ""),
        email=who.email,
        phone=str(fields.get("phone") or ""),
        standing=f"score {who.score:g}" + (f" · fit {who.fit}" if who.fit else ""),
    )


def _called(people: Iterable[str], person: bytes) -> str:
    """The name among those asked that has this fingerprint."""
    return next((name for name in people if name and fingerprint_of(name) == person), "")


def _carry_out(home: Home, kind: str, number: int, by: str, said: Said) -> str:
    match said.do:
        case "accept":
            return accept(home, number, by).words
        case "reject":
            return reject(home, number, by, said.reason, said.note).words
        case "snooze":
            return snooze(home, number, by, home.clock.now() + timedelta(days=said.days)).words
        case _ if kind == "task":
            outcome = said.note or ("done" if said.do == "done" else "could not be done")
            finish_task(home, number, outcome, by)
            return "Thank you. The campaign goes on from here."
        case _:
            return "That is no answer to this question."
