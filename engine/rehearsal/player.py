"""Playing a scenario: each step in order happens to a life, or is expected of it; the first one that fails ends it.

Between two steps every mail must be one that the scenario speaks of, unless time passes by `silent`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter

from engine.domain.scenario import ACTS, Scenario, Then
from engine.errors import Place
from engine.rehearsal.acts import act, silent
from engine.rehearsal.casting import Casting
from engine.rehearsal.expectations import EXPECTATIONS
from engine.rehearsal.life import Life
from engine.rehearsal.mails import Letterbox
from engine.rehearsal.playing import MissedError, Playing
from engine.rehearsal.reasons import Failing, reasons
from engine.rehearsal.watching import Watch


@dataclass(frozen=True, slots=True)
class Difference:
    """What a scenario expected at one of its steps, what came instead, and why."""

    at: datetime
    place: Place
    expected: str
    got: str
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a scenario ended; `life` and `watch` show what it reached."""

    scenario: Scenario
    seconds: float
    life: Life
    watch: Watch
    difference: Difference | None = None

    @property
    def passed(self) -> bool:
        return self.difference is None


def play(scenario: Scenario, casting: Casting, letters: Letterbox) -> Verdict:
    """Play one scenario from its start."""
    began = perf_counter()
    watch = Watch()
    playing = Playing(scenario, casting.life(scenario, watch), letters, watch)
    difference = _difference(playing)
    return Verdict(scenario, perf_counter() - began, playing.life, watch, difference)


def _difference(playing: Playing) -> Difference | None:
    """Play all steps; the difference at the first one that fails."""
    for then in playing.scenario.then:
        since = playing.at
        try:
            _HANDLERS[then.kind](playing, then)
        except MissedError as missed:
            failing = Failing(then, since, missed.at, playing.life, playing.watch, playing.scenario)
            because = (missed.because,) if missed.because else tuple(reasons(failing))
            return Difference(missed.at, then.place, missed.expected, missed.got, because)
    return None


_HANDLERS: Mapping[str, Callable[[Playing, Then], None]] = {
    **dict.fromkeys(ACTS, act),
    "silent": silent,
    **EXPECTATIONS,
}
