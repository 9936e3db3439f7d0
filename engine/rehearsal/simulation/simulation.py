"""Running a simulation: the leads in parts, played in this process or in several, counted together."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from engine.domain.timing import zone_named
from engine.garbage import settle
from engine.rehearsal.desk import as_in_hand
from engine.rehearsal.simulation.lives import Lives
from engine.rehearsal.simulation.population import Population, arrival
from engine.rehearsal.simulation.setup import Setup
from engine.rehearsal.simulation.tally import Counting, Tally
from engine.service.home import open_to_read
from engine.store.database import Store, reading
from engine.store.facts import load_facts
from engine.store.handoffs import in_hand_of
from engine.store.lead_sample import numbers_page

PART = 100
"""So many leads are played at once; what is kept of them is counts."""
WORTH_PROCESSES = 600
"""Below so many leads, starting more processes takes longer than it spares."""

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Part:
    """Some leads: those of the store by their numbers, or made-up ones, who are there or arrive in turn.

    Those who arrive do so in the order of their numbers from `first` on, each for so many as it stands for.
    """

    kind: str
    leads: Sequence[int]
    first: int = 0
    stands_for: int = 1


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who is played: every so many-th lead of the store, made-up ones beside them, from the number `first` on.

    `whole` is how many leads of the store those who are played stand for.
    """

    whole: int = 0
    every: int = 1
    made_up: int = 0
    first: int = 1


@dataclass(frozen=True)
class Simulation:
    """What came out. `scale` is how many leads each that was played stands for."""

    setup: Setup
    crowd: Crowd
    tally: Tally
    closed: tuple[str, ...] = ()
    scale: float = 1.0
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))


def simulate(
    setup: Setup, crowd: Crowd, home: Path | None = None, processes: int = 1, progress: Progress | None = None
) -> Simulation:
    """Play everybody and count. The result does not depend on the number of processes.

    `home` is where the leads of the store are; the store is only read.
    """
    store = open_to_read(home, setup.config).store if home is not None and crowd.whole else None
    arriving = setup.arrivals.within(setup.until - setup.start) // crowd.every if setup.arrivals else 0
    made_up = crowd.made_up + arriving
    everybody = crowd.whole // crowd.every + made_up
    tally = Tally()
    try:
        parts = _parts(store, crowd, arriving)
        for found in _played(setup, home, parts, processes if everybody > WORTH_PROCESSES else 1):
            tally.add(found)
            if progress is not None:
                progress(f"{tally.leads:,} of {everybody:,} leads", tally.leads / max(everybody, tally.leads))
    finally:
        if store is not None:
            store.dispose()
    closed = tuple(_population(setup).closed()) if made_up else ()
    zone = zone_named(setup.config.company.zone) or ZoneInfo("UTC")
    return Simulation(setup, crowd, tally, closed, _scale(crowd, tally.leads - made_up), zone)


def _scale(crowd: Crowd, sampled: int) -> float:
    """How many leads each one stands for: numbers have gaps, so it is not quite every so many-th."""
    return crowd.whole / sampled if crowd.every > 1 and sampled else 1.0


def _parts(store: Store | None, crowd: Crowd, arriving: int) -> Iterator[Part]:
    after = 0
    while store is not None:
        with reading(store) as connection:
            page = numbers_page(connection, after, crowd.every, PART)
        if not page:
            break
        yield Part("stored", tuple(page))
        after = page[-1]
    yield from _chunks("there", range(crowd.first, crowd.first + crowd.made_up))
    first = crowd.first + crowd.made_up
    yield from _chunks("arriving", range(first, first + arriving), crowd.every)


def _chunks(kind: str, found: Sequence[int], stands_for: int = 1) -> Iterator[Part]:
    for place in range(0, len(found), PART):
        yield Part(kind, found[place : place + PART], found[0], stands_for)


def _played(setup: Setup, home: Path | None, parts: Iterator[Part], processes: int) -> Iterator[Tally]:
    if processes < 2:
        workshop = Workshop(setup, home)
        yield from map(workshop.play, parts)
        workshop.close()
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, _begin, (setup, home)) as pool:
        try:
            with _uninterrupted():
                found = pool.map(_play, parts)
            yield from found
        except BaseException:
            pool.shutdown(cancel_futures=True)  # who interrupts does not wait for the rest
            raise


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Processes that begin in this block never hear Ctrl-C: their first one ends them. It hears it after the block."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Workshop:
    """What one process plays lives with."""

    def __init__(self, setup: Setup, home: Path | None) -> None:
        self._setup = setup
        self._lives = Lives(setup)
        self._store = open_to_read(home, setup.config).store if home is not None else None
        self._people = _population(setup)

    def play(self, part: Part) -> Tally:
        zone = zone_named(self._setup.config.company.zone) or ZoneInfo("UTC")
        counting = Counting(self._setup.start, zone, self._setup.seed, self._lives.programme.policy)
        if part.kind == "stored":
            self._stored(part, counting)
        else:
            self._made_up(part, counting)
        return counting.tally

    def close(self) -> None:
        if self._store is not None:
            self._store.dispose()

    def _stored(self, part: Part, counting: Counting) -> None:
        if self._store is None:
            return
        with reading(self._store) as connection:
            found = load_facts(connection, part.leads)
            in_hand = in_hand_of(connection, [facts.lead.id for facts in found if facts.lead.handed_off_at is not None])
        for facts in found:
            row = in_hand.get(facts.lead.id)
            counting.count(self._lives.play(facts, in_hand=as_in_hand(row) if row is not None else None))

    def _made_up(self, part: Part, counting: Counting) -> None:
        for number in part.leads:
            made = self._people.lead(number, self._arrival(part, number))
            counting.count(self._lives.play(made.facts, first=made.first))

    def _arrival(self, part: Part, number: int) -> datetime:
        setup = self._setup
        if part.kind == "there" or setup.arrivals is None:
            return setup.start
        each = setup.arrivals.every / setup.arrivals.count * part.stands_for
        return arrival(number - part.first, setup.start, each, setup.seed)


def _population(setup: Setup) -> Population:
    return Population(setup.config, setup.programme(), setup.seed)


_workshop: list[Workshop] = []


def _begin(setup: Setup, home: Path | None) -> None:
    _workshop[:] = [Workshop(setup, home)]
    settle()


def _play(part: Part) -> Tally:
    return _workshop[0].play(part)
