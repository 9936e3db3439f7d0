"""The census: how leads stand in the lifecycle, for reports that must not look at every lead.

A small home is counted as it is asked. A large one is counted by housekeeping, a bite of leads at a time, and asked for
its latest census. Each census counts anew, so that it cannot drift from the leads, and it costs their writers nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from engine.authoring.policy import calendars
from engine.domain.lifecycle import DISQUALIFIED
from engine.domain.timing import UntilClock, parse_delay
from engine.domain.timing.spans import before
from engine.service.home import Home
from engine.store.bundles import home_value, set_home_value
from engine.store.census import Span, Standing, last_lead, standings, staying_since, unowned_leads
from engine.store.database import reading, writing

LIVE = 20_000
"""Up to so many leads are counted as somebody asks."""
BITE = 10_000
MOST_BITES = 10
"""In one round of housekeeping, so that the daemon's tick waits for a part of a second."""
EVERY = timedelta(hours=6)
"""So old a census becomes before the next one begins."""
MOST = 200
"""Leads that nobody answers for are named, so many of them."""

_DONE, _RUNNING = "census", "census:running"


@dataclass(frozen=True, slots=True)
class Census:
    """What was counted of the leads up to the number `upto`, begun `at`.

    `counts` are leads by how they stand, `too_long` those who are in a stage longer than config allows, `longest` who
    lacks an owner or a next action, the longest waiting first. `asked` is the part of config that the
    last two hang on; `live` says that it was counted as somebody asked.
    """

    at: datetime
    asked: str
    upto: int = 0
    counts: Mapping[Standing, int] = field(default_factory=dict)
    too_long: Mapping[str, int] = field(default_factory=dict)
    longest: tuple[tuple[datetime, int], ...] = ()
    live: bool = False

    @property
    def stages(self) -> dict[str, int]:
        """Leads by stage."""
        found: Counter[str] = Counter()
        for standing, n in self.counts.items():
            found[standing.stage] += n
        return dict(found)

    def lacking(self, owned: list[str], ended: list[str]) -> tuple[int, int]:
        """How many leads have no owner, and how many nothing to come; the ended and those without mail are left out."""
        concerned = [(one, n) for one, n in self.counts.items() if one.subscribed and one.stage not in ended]
        no_owner = sum(n for one, n in concerned if not one.owned and one.stage not in owned)
        return no_owner, sum(n for one, n in concerned if not one.planned)


def answering(home: Home) -> tuple[list[str], list[str]]:
    """The stages for which config names an owner, and those at which nothing is to come."""
    found = home.config.lifecycle
    return list(found.owners), [found.stages[-1], DISQUALIFIED]


def census_of(home: Home, connection: Any) -> Census:
    """How leads stand: as of now in a small home, else by the latest census.

    Until housekeeping has counted a large home by its config of today, all its leads are counted here, slowly.
    """
    last = last_lead(connection)
    kept = _read(connection, _DONE) if last > LIVE else None
    if kept is not None and kept.asked == _asked(home):
        return kept
    return replace(_counted(home, connection, _begun(home, home.clock.now()), last), live=True)


def take_census(home: Home, now: datetime) -> int:
    """Go on with the census if one is due; how many bites of leads were counted."""
    with reading(home.store) as connection:
        last = last_lead(connection)
        running = _next(home, connection, now) if last > LIVE else None
    if running is None:
        return 0
    bites = 0
    while bites < MOST_BITES and running.upto < last:
        with reading(home.store) as connection:
            running = _counted(home, connection, running, min(running.upto + BITE, last))
        bites += 1
    _keep(home, running, done=running.upto >= last)
    return bites


def _next(home: Home, connection: Any, now: datetime) -> Census | None:
    """The census to go on with, a new one, or None while the latest is young."""
    asked = _asked(home)
    running = _read(connection, _RUNNING)
    if running is not None and running.asked == asked:
        return running
    done = _read(connection, _DONE)
    return None if done is not None and done.asked == asked and now - done.at < EVERY else _begun(home, now)


def _begun(home: Home, now: datetime) -> Census:
    return Census(now, _asked(home))


def _asked(home: Home) -> str:
    found = home.config.lifecycle
    return json.dumps([answering(home), sorted(found.within.items())])


def _counted(home: Home, connection: Any, so_far: Census, upto: int) -> Census:
    """The census with the leads up to that number in it too."""
    span, (owned, ended) = Span(so_far.upto, upto), answering(home)
    longest = unowned_leads(connection, owned, ended, MOST, span)
    too_long = staying_since(connection, _begins(home, so_far.at), span)
    return replace(
        so_far,
        upto=upto,
        counts=Counter(so_far.counts) + Counter(standings(connection, span)),
        too_long=Counter(so_far.too_long) + Counter(too_long),
        longest=tuple(sorted([*so_far.longest, *longest])[:MOST]),
    )


def _begins(home: Home, now: datetime) -> dict[str, datetime]:
    """Who is in one of these stages since before its instant is there longer than `[lifecycle] within` allows."""
    calendar = calendars(home.config)("")
    delays = {stage: parse_delay(within) for stage, within in home.config.lifecycle.within.items()}
    return {
        stage: before(now, delay, home.zone, calendar)
        for stage, delay in delays.items()
        if not isinstance(delay, (str, UntilClock))
    }


def _keep(home: Home, census: Census, *, done: bool) -> None:
    with writing(home.store) as connection:
        set_home_value(connection, _DONE if done else _RUNNING, _text_of(census))
        if done:
            set_home_value(connection, _RUNNING, None)


def _text_of(census: Census) -> str:
    return json.dumps(
        {
            "at": census.at.isoformat(),
            "asked": census.asked,
            "upto": census.upto,
            "counts": [[*standing, n] for standing, n in census.counts.items()],
            "too_long": dict(census.too_long),
            "longest": [[since.isoformat(), number] for since, number in census.longest],
        }
    )


def _read(connection: Any, name: str) -> Census | None:
    text = home_value(connection, name)
    if text is None:
        return None
    found = json.loads(text)
    return Census(
        datetime.fromisoformat(found["at"]),
        found["asked"],
        found["upto"],
        {Standing(*one[:4]): one[4] for one in found["counts"]},
        found["too_long"],
        tuple((datetime.fromisoformat(since), number) for since, number in found["longest"]),
    )
