"""Whether a home does its work: each check with words for the person who reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from engine.service.gauges import Gauges

SPOOL_AGE = timedelta(seconds=60)
"""A hit that waits longer in the spool tells that nobody drains it."""

LAG = timedelta(minutes=10)
"""What is due longer than this is late, even after a large import."""


class Check(NamedTuple):
    """One thing that must be so, whether it is, and how it is, in words."""

    name: str
    ok: bool
    words: str


def checks(
    gauges: Gauges | None, relays: Sequence[str], spool_age: float, children: Mapping[str, bool]
) -> Iterator[Check]:
    """All checks of a home.

    Args:
        gauges: what the store says; None if it does not answer, and then only what can be known without it is told.
        relays: the names of the configured relays.
        spool_age: seconds that the oldest hit of the tracker has waited.
        children: whether each child process runs, by its name.
    """
    yield Check("store", gauges is not None, "it answers" if gauges else "it does not answer; the log says why")
    if gauges is not None:
        yield from _of_store(gauges, relays)
    yield _spool(spool_age)
    yield _children(children)


def _of_store(gauges: Gauges, relays: Sequence[str]) -> Iterator[Check]:
    runs = f"bundle {gauges.bundle[0]} runs" if gauges.bundle else "nothing was applied yet: run `ripeline apply`"
    yield Check("bundle", gauges.bundle is not None, runs)
    held = f"all sending is held: {gauges.held}; `ripeline resume` goes on" if gauges.held else "nothing holds it"
    yield Check("sending", not gauges.held, held)
    yield _relay(gauges, relays)
    yield _lag(gauges)


def _relay(gauges: Gauges, relays: Sequence[str]) -> Check:
    """A relay rests while its alert stands; the first mail that it takes ends that."""
    fit = [name for name in relays if f"relay:{name}" not in gauges.alerts]
    if fit:
        return Check("relay", True, f"fit: {', '.join(fit)}")
    return Check("relay", False, f"none is fit: {', '.join(relays)}; `ripeline status` says why" if relays else "none")


def _lag(gauges: Gauges) -> Check:
    late = max(gauges.due_lag, gauges.look_lag)
    told = f"the oldest due mail waits {gauges.due_lag:.0f} s, the oldest due lead {gauges.look_lag:.0f} s"
    return Check("lag", late <= LAG.total_seconds(), told)


def _spool(age: float) -> Check:
    if age <= SPOOL_AGE.total_seconds():
        return Check("spool", True, "drained")
    return Check("spool", False, f"the tracker's hits wait since {age:.0f} s; is the store away?")


def _children(children: Mapping[str, bool]) -> Check:
    down = [name for name, runs in children.items() if not runs]
    if down:
        return Check("children", False, f"not running, and started again: {', '.join(down)}; the log says why")
    return Check("children", bool(children), f"{len(children)} run" if children else "none was started yet")
