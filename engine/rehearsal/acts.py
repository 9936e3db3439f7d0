"""What happens in a scenario: the lead or a colleague does something, or time passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from engine.domain.journey.facts import EventKind
from engine.domain.sales.handoff import HandoffState
from engine.domain.scenario import Then
from engine.rehearsal.desk import Desk, InHand, NotInHandError
from engine.rehearsal.life import Fate, Mailed
from engine.rehearsal.playing import MissedError, Playing
from engine.rehearsal.times import end_of, moment_of
from engine.rehearsal.wording import squeezed, told_act
from engine.service.sales.answer import LONGEST_SNOOZE

COLLEAGUE = "colleague"
_AT_ONCE = timedelta(milliseconds=1)
"""An answer of sales is later than the hand-off by less; at the same minute it is the same instant."""


def act(playing: Playing, then: Then) -> None:
    """Time passes until the lead does something; mails on the way must have been spoken of."""
    at = moment_of(playing, then)
    if at < playing.life.now < at + _AT_ONCE:
        at = playing.life.now
    if at < playing.life.now:
        raise MissedError(at, told_act(then), f"it is {playing.tell(playing.life.now)} already")
    playing.life.run_to(at)
    playing.none_untold(at, told_act(then))
    playing.at = at
    DOINGS[then.kind](playing, then)


def _opens(playing: Playing, then: Then) -> None:
    playing.life.happens(EventKind.OPEN, mail=_had(playing, then), by=then.by)


def _clicks(playing: Playing, then: Then) -> None:
    playing.life.happens(EventKind.CLICK, mail=_had(playing, then), link=then.what, by=then.by)


def _replies(playing: Playing, then: Then) -> None:
    playing.life.happens(EventKind.REPLY, mail=_had(playing, then))


def _unsubscribes(playing: Playing, then: Then) -> None:
    playing.life.unsubscribes(_had(playing, then))


def _bounces(playing: Playing, then: Then) -> None:
    playing.life.bounces(_had(playing, then))


def _event(playing: Playing, then: Then) -> None:
    playing.life.happens(EventKind.CUSTOM, then.what, properties=then.values)


def _becomes(playing: Playing, then: Then) -> None:
    playing.life.becomes(then.values)


def _sales(playing: Playing, then: Then) -> None:
    """Sales answers; what it cannot answer so is told with how the last hand-off stands."""
    life, desk = playing.life, playing.life.desk or Desk(playing.life.programme.policy)
    try:
        match then.what:
            case "accepts":
                desk.accepts(life)
            case "rejects":
                desk.rejects(life, then.reason)
            case _:
                desk.snoozes(life, _asked_again(playing, then))
    except NotInHandError as error:
        raise MissedError(playing.at, told_act(then), _stands(playing, error.last)) from None
    playing.at = life.now


def _asked_again(playing: Playing, then: Then) -> datetime:
    until = end_of(playing, then)
    if not playing.life.now < until <= playing.life.now + LONGEST_SNOOZE:
        got = (
            f"{playing.tell(until)} cannot be: sales snoozes for {LONGEST_SNOOZE.days} days at most, and not backwards"
        )
        raise MissedError(playing.at, told_act(then), got)
    return until


def _stands(playing: Playing, last: InHand | None) -> str:
    """Why sales cannot give this answer."""
    if last is None:
        return "sales has no lead in hand: it was not handed over until then"
    if last.ended_at is None:
        return f"sales accepted the lead already, that of {playing.tell(last.at)}"
    at = playing.tell(last.ended_at)
    if last.state is HandoffState.EXPIRED:
        return f"sales has no lead in hand: nobody answered, and marketing took it back {at}"
    return f"sales has no lead in hand: it gave it back {at} ({last.reason})"


def _task_done(playing: Playing, then: Then) -> None:
    """A task of the campaign ends; as with the daemon, also one of which the time is over."""
    task = playing.life.task(playing.scenario.campaign, then.what)
    if task is None:
        raise MissedError(playing.at, told_act(then), f'task "{then.what}" has not come due until then')
    if task.done_at is not None:
        got = f'task "{then.what}" was done already: {task.outcome}'
        raise MissedError(playing.at, told_act(then), got)
    playing.life.finishes(task, squeezed(then.outcome), playing.life.facts.lead.owner or COLLEAGUE)


def silent(playing: Playing, then: Then) -> None:
    """Time passes, whatever comes."""
    until = end_of(playing, then)
    playing.life.run_to(until)
    for number in playing.untold():
        if playing.life.mails[number].at < until:
            playing.read(number, then)
    playing.at = until


def _had(playing: Playing, then: Then) -> Mailed:
    """The mail that the lead does something with."""
    found = playing.life.mailed(then.mail.campaign, then.mail.step)
    if found is None or found.fate is not Fate.ACCEPTED:
        raise MissedError(playing.at, told_act(then), f'the lead has no mail "{then.mail.step}" at that time')
    return found


DOINGS: Mapping[str, Callable[[Playing, Then], None]] = {
    "opens": _opens,
    "clicks": _clicks,
    "replies": _replies,
    "unsubscribes": _unsubscribes,
    "bounces": _bounces,
    "event": _event,
    "becomes": _becomes,
    "sales": _sales,
    "task_done": _task_done,
}
"""What the lead and colleagues do, by the key of the step."""
