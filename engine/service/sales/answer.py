"""What sales answers about a lead that it was given: accepted, given back, asked again later, spoken to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine.authoring.sales import policy_of
from engine.domain.journey.decision import Line
from engine.domain.journey.facts import EventKind
from engine.domain.journey.handing import answer_at, giving_back
from engine.domain.own_events import ACCEPTED, RECYCLED, SNOOZED
from engine.domain.sales.handoff import HandoffState
from engine.domain.sales.policy import SalesPolicy
from engine.errors import RipelineError, did_you_mean
from engine.service.home import Home
from engine.service.sales.news import News, tell_news
from engine.store.database import writing
from engine.store.events import NewEvent, add_events
from engine.store.handoffs import change_handoff, handoff_row, touch_handoff
from engine.store.journey import tell, wake
from engine.store.lifecycle import stands_since

LONGEST_SNOOZE = timedelta(days=90)


class HandoffError(RipelineError):
    """An answer cannot be taken; the text says why, for the person who gave it."""


@dataclass(frozen=True, slots=True)
class Answered:
    """How a hand-off stands after an answer, in words for the person. `new`: the answer changed something."""

    handoff: int
    state: HandoffState
    words: str
    new: bool = True


def accept(home: Home, handoff: int, by: str) -> Answered:
    """Sales takes care of the lead; its campaigns stay paused. Accepting again changes nothing.

    Raises:
        HandoffError: there is no such hand-off, or sales has the lead no more.
    """
    now = home.clock.now()
    with writing(home.store) as connection:
        row = _row(connection, handoff)
        if row.state == HandoffState.ACCEPTED:
            return Answered(handoff, HandoffState.ACCEPTED, _taken(row), new=False)
        values = {"clock_at": None, "answered_at": now, "answered_by": by, "owner": by if not row.owner else row.owner}
        _move(connection, row, HandoffState.ACCEPTED, values)
        _record(connection, home, row, ACCEPTED, "handoff.accepted", {"by": by}, now)
    return Answered(handoff, HandoffState.ACCEPTED, "It is yours. We send it no more campaigns while you talk.")


def reject(home: Home, handoff: int, by: str, reason: str, note: str = "") -> Answered:
    """Sales gives the lead back: marketing goes on with it, in the campaign that config names for the reason.

    Raises:
        HandoffError: there is no such hand-off or reason, or sales has the lead no more.
    """
    now, sales = home.clock.now(), policy_of(home.config)
    _known_reason(sales, reason)
    with writing(home.store) as connection:
        row = _row(connection, handoff)
        if row.state == HandoffState.REJECTED and row.reason == reason:
            return Answered(handoff, HandoffState.REJECTED, "It was given back already.", new=False)
        give_back(connection, home, row, Refusal(HandoffState.REJECTED, by, reason, note), now)
    return Answered(handoff, HandoffState.REJECTED, f"Thank you: {_what_now(sales, reason)}")


def snooze(home: Home, handoff: int, by: str, until: datetime) -> Answered:
    """Sales wants to be asked again later; until then nothing is due.

    Raises:
        HandoffError: there is no such hand-off, it is over, or the day lies in the past or months ahead.
    """
    now = home.clock.now()
    if not now < until <= now + LONGEST_SNOOZE:
        raise HandoffError(f"{home.told(until)} cannot be: choose a time within {LONGEST_SNOOZE.days} days from now.")
    with writing(home.store) as connection:
        row = _row(connection, handoff)
        _move(connection, row, HandoffState.SNOOZED, {"clock_at": until})
        more = {"by": by, "until": until.isoformat()}
        _record(connection, home, row, SNOOZED, "handoff.snoozed", more, now)
    return Answered(handoff, HandoffState.SNOOZED, f"You are asked again on {home.told(until)}.")


def touched(home: Home, handoff: int, by: str) -> Answered:
    """Sales spoke to the lead, for the first time if this was not said before.

    Raises:
        HandoffError: there is no such hand-off.
    """
    now = home.clock.now()
    with writing(home.store) as connection:
        row = _row(connection, handoff)
        new = touch_handoff(connection, handoff, now)
        if new:
            tell(connection, row.lead_id, Line(now, "touched", data={"by": by}))
    return Answered(handoff, HandoffState(row.state), "Noted." if new else "It was noted before.", new)


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a hand-off ends without a deal: rejected or expired, by whom, why, and what they noted."""

    state: HandoffState
    by: str
    reason: str
    note: str = ""


def give_back(connection: Any, home: Home, row: Any, refusal: Refusal, now: datetime) -> None:
    """End a hand-off so that marketing has the lead again; the journey goes on by the event that this writes.

    Raises:
        HandoffError: sales has the lead no more.
    """
    rejected = refusal.state is HandoffState.REJECTED
    values: dict[str, Any] = {"clock_at": None, "ended_at": now, "reason": refusal.reason, "answer_note": refusal.note}
    if rejected:
        values |= {"answered_at": row.answered_at or now, "answered_by": refusal.by}
    _move(connection, row, refusal.state, values)
    more = giving_back(refusal.reason, refusal.by, refusal.note)
    _record(connection, home, row, RECYCLED, "handoff.rejected" if rejected else "handoff.recycled", more, now)


def _row(connection: Any, handoff: int) -> Any:
    row = handoff_row(connection, handoff)
    if row is None:
        raise HandoffError(f"there is no hand-off {handoff}.")
    return row


def _move(connection: Any, row: Any, after: HandoffState, values: Mapping[str, Any]) -> None:
    if not change_handoff(connection, row.id, HandoffState(row.state), after, values):
        raise HandoffError(_over(row))


def _over(row: Any) -> str:
    match HandoffState(row.state):
        case HandoffState.REJECTED:
            return f"{row.answered_by or 'Somebody'} gave this lead back already ({row.reason})."
        case HandoffState.EXPIRED:
            return "Nobody answered in time, and marketing has this lead again."
        case HandoffState.CLOSED:
            return "The deal with this lead is closed."
        case HandoffState.MERGED:
            return "This is the same person as another lead that sales has, and goes on there."
        case _:
            return _taken(row)


def _taken(row: Any) -> str:
    return f"{row.answered_by or 'Somebody'} accepted this lead."


def _known_reason(sales: SalesPolicy, reason: str) -> None:
    if reason not in sales.reasons:
        hint = did_you_mean(reason, sales.reasons) or f"there are: {', '.join(sales.reasons)}"
        raise HandoffError(f"'{reason}' is no reason of [sales.reasons]; {hint}.")


def _what_now(sales: SalesPolicy, reason: str) -> str:
    found = sales.reasons[reason]
    if found.disqualify:
        return "it is disqualified, and gets no more marketing mail if never_mail says so."
    return f"marketing goes on with it in '{found.campaign}'." if found.campaign else "marketing has it again."


def _record(
    connection: Any, home: Home, row: Any, name: str, topic: str, more: Mapping[str, Any], now: datetime
) -> None:
    """The answer as an event of the lead, which wakes it, as a line of its story, and as news for others.

    It is later than whatever put the lead where it stands, so that the lifecycle follows it also on a stepped clock.
    """
    at = answer_at(now, stands_since(connection, row.lead_id))
    source = f"handoff:{row.id}:{name}:{int(now.timestamp() * 1_000_000)}"
    event = NewEvent(source, row.lead_id, EventKind.CUSTOM, at, at, name, properties={"handoff": row.id, **more})
    add_events(connection, [event])
    tell(connection, row.lead_id, Line(now, topic.replace(".", "_"), data=dict(more)))
    sales = policy_of(home.config)
    tell_news(connection, sales, News(topic, row.id, row.lead_id, row.owner, row.story, more), now)
    wake(connection, [row.lead_id], now)
