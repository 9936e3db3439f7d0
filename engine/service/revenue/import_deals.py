"""Importing deals from a file: everything is checked before anything is written, and doing it again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from engine.domain.deals import DealRecord, Outcome
from engine.errors import Problem, ProblemsError
from engine.inbound.books.deals import DealFile, DealSettings, read_deals
from engine.inbound.books.sheet import place_of
from engine.service.home import Home
from engine.service.revenue.record_opportunity import (
    Recorded,
    in_our_currency,
    not_a_transition,
    not_convertible,
    take_deal,
)
from engine.store.database import reading, writing
from engine.store.opportunities import known_deals

CHUNK = 200
"""Deals in one transaction, so that senders go on meanwhile."""

Numbered = tuple[int, DealRecord]


@dataclass(slots=True)
class DealImportSummary:
    """What an import did, or would do. `unknown` are deals of nobody who is known here: rows, the first of them."""

    source: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    events: int = 0
    unknown: int = 0
    first_unknown: list[int] = field(default_factory=list)
    dry_run: bool = False

    @property
    def rows(self) -> int:
        return self.new + self.changed + self.unchanged

    def add(self, row: int, done: Recorded) -> None:
        self.new += done.new
        self.changed += done.changed and not done.new
        self.unchanged += not done.changed
        self.events += len(done.events)
        if done.lead is None:
            self.unknown += 1
            self.first_unknown += [row] if len(self.first_unknown) < _SHOWN else []


_SHOWN = 5


class _NothingWrittenError(Exception):
    """Ends a transaction of a dry run."""


def import_deals(
    home: Home, path: Path, source: str = "", wanted: Mapping[str, str] | None = None, *, dry_run: bool = False
) -> DealImportSummary:
    """Take the deals of a file, each once by its id in `source`, which the file's headings say when empty.

    Raises:
        ProblemsError: rows cannot be used; all problems of all rows, and nothing was written.
        RipelineError: the file cannot be read.
    """
    reports = home.config.reports
    settings = DealSettings(reports.currency, source, wanted or {})
    found = read_deals(path, settings, home.clock.now())
    problems = [*found.problems, *_problems(home, path, found)]
    if problems:
        raise ProblemsError(sorted(problems, key=lambda one: one.place))
    ours = [(row, in_our_currency(deal, reports)) for row, deal in found.deals]
    summary = DealImportSummary(found.source, dry_run=dry_run)
    for chunk in _chunks(ours):
        _take(home, chunk, summary)
    return summary


def _problems(home: Home, path: Path, found: DealFile) -> Iterator[Problem]:
    """What of the file does not go with this home, and with the deals that it knows."""
    for row, deal in found.deals:
        why = not_convertible(deal.currency, home.config.reports)
        if why:
            yield Problem("E505", f"the currency {why}", place_of(path, row))
    with reading(home.store) as connection:
        for chunk in _chunks(found.deals):
            yield from _illegal(connection, path, found.source, chunk)


def _illegal(connection: Any, path: Path, source: str, chunk: Sequence[Numbered]) -> Iterator[Problem]:
    known = known_deals(connection, source, [deal.external_id for _, deal in chunk])
    for row, deal in chunk:
        before = known.get(deal.external_id)
        why = not_a_transition(Outcome(before.outcome), deal) if before is not None else ""
        if why:
            yield Problem("E505", f"deal {deal.external_id} {why}", place_of(path, row))


def _chunks(deals: Iterable[Numbered]) -> Iterator[list[Numbered]]:
    stream = iter(deals)
    while chunk := list(islice(stream, CHUNK)):
        yield chunk


def _take(home: Home, chunk: Sequence[Numbered], summary: DealImportSummary) -> None:
    now = home.clock.now()
    try:
        with writing(home.store) as connection:
            done = [(row, take_deal(connection, deal, now)) for row, deal in chunk]
            if summary.dry_run:
                raise _NothingWrittenError
    except _NothingWrittenError:
        pass
    for row, recorded in done:
        summary.add(row, recorded)
