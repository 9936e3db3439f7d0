"""What happens in a scenario: the lead does something, or time passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.domain.journey.facts import EventKind
from engine.domain.scenario import Then
from engine.rehearsal.life import Fate, Mailed
from engine.rehearsal.playing import MissedError, Playing
from engine.rehearsal.times import end_of, moment_of
from engine.rehearsal.wording import told_act


def act(playing: Playing, then: Then) -> None:
    """Time passes until the lead does something; mails on the way must have been spoken of."""
    at = moment_of(playing, then)
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
}
"""What the lead does, by the key of the step."""
