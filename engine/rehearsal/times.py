"""The times of a scenario's steps: when an act happens, until when something may come."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.domain.scenario import Moment, Then
from engine.domain.timing import Delay, after, tell
from engine.rehearsal.playing import HORIZON, Playing

_A_SECOND = timedelta(seconds=1)


def words_of(playing: Playing, then: Then, words: str) -> str:
    """The words of what is expected, with the time that is given for it."""
    if then.on is not None:
        told = playing.tell(then.on.start)
        return f"{words} {told.rpartition(' ')[0] if then.on.is_day else told}"
    return f"{words} within {tell(then.after)}" if then.after is not None else words


def moment_of(playing: Playing, then: Then) -> datetime:
    """When an act happens."""
    if then.on is not None:
        return then.on.start
    return later(playing, then.after) if then.after is not None else playing.at


def end_of(playing: Playing, then: Then) -> datetime:
    """When a stretch of time ends."""
    if isinstance(then.until, Moment):
        return then.until.start
    return later(playing, then.until) if then.until is not None else playing.at


def limit_of(playing: Playing, then: Then) -> datetime:
    """Until when something may come."""
    if then.on is not None:
        return then.on.end - _A_SECOND
    return later(playing, then.after) if then.after is not None else playing.at + HORIZON


def later(playing: Playing, delay: Delay) -> datetime:
    """So long after the step before."""
    calendar = playing.life.programme.policy.calendar(playing.life.facts.lead.country)
    return after(playing.at, delay, playing.scenario.zone, calendar)


def in_time(playing: Playing, then: Then, at: datetime) -> bool:
    """Whether that is when it should come."""
    if then.on is not None:
        return then.on.start <= at < then.on.end
    return then.after is None or at <= later(playing, then.after)
