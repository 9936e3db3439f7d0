"""Scoring all leads after the scheme changed, and the day after, when scores only fade.

The limit is a bare pass over the same events in the same run: `SELECT count(*) … GROUP BY lead_id`. `python -m
bench.score_all LEADS` takes another number of leads; each has ten events.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from engine.authoring.policy import policy_from
from engine.clock import SteppedClock
from engine.config.model import Config
from engine.config.sales import FitPoints, Points, Scoring
from engine.domain.journey.programme import Programme
from engine.domain.rules import folded_event
from engine.service.home import Home, open_home
from engine.service.scores import keep_scores, rescore_all
from engine.store.bulk import load_rows
from engine.store.database import reading, writing
from engine.store.sales_tables import AccountRow
from engine.store.tables import EventRow, LeadRow

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CHUNK = 10_000
EVENTS = 10
PEOPLE = 5
"""Of one account."""

CONFIG = Config(
    scoring=Scoring(
        points=(
            Points(name="opened", each="ever.opens", points=1, most=10),
            Points(name="clicked", each="ever.clicks", points=5, most=40),
            Points(name="price list", each="ever.clicked(link='pricing')", points=10, half_life="60d"),
            Points(name="webinar", each="event('webinar_attended')", points=15),
            Points(name="looked at jobs", each="event('other')", points=2, most=6),
        ),
        fit=(
            FitPoints(name="a country of ours", when="country in ['DE', 'AT']", points=30),
            FitPoints(name="large", when="contains(company, 'GmbH')", points=40),
        ),
    ),
)
KINDS = ("open", "open", "open", "click", "click", "custom", "custom", "page_view", "page_view", "reply")


@dataclass(frozen=True, slots=True)
class ScoringFigure:
    """Seconds for all leads by a new scheme, for their fading the day after, and for counting their events alone."""

    leads: int
    scored: float
    again: float
    counted: float

    @property
    def ratio(self) -> float:
        return self.scored / self.counted


def measure(leads: int) -> ScoringFigure:
    with tempfile.TemporaryDirectory() as folder:
        home = open_home(Path(folder), CONFIG, SteppedClock(NOW))
        fill(home, leads)
        programme = Programme(0, {}, policy_from(CONFIG))
        scored = _timed(lambda: rescore_all(home, programme, NOW))
        again = _timed(lambda: keep_scores(home, programme, NOW + timedelta(days=1), bites=None))
        return ScoringFigure(leads, scored, again, _timed(lambda: _count(home)))


def _timed(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _count(home: Home) -> None:
    event = EventRow.__table__  # type: ignore[attr-defined]
    with reading(home.store) as connection:
        query = select(event.c.lead_id, event.c.kind, func.count()).group_by(event.c.lead_id, event.c.kind)
        for _ in connection.execute(query):
            pass


def fill(home: Home, leads: int) -> None:
    """A home with so many leads, ten events each, five leads to an account."""
    for first in range(1, leads + 1, CHUNK):
        numbers = range(first, min(first + CHUNK, leads + 1))
        with writing(home.store) as connection:
            load_rows(connection, LeadRow.__table__, list(_leads(numbers)))  # type: ignore[attr-defined]
            _events(connection, numbers)
            accounts = sorted({_account(number) for number in numbers})
            rows = [{"id": n, "name": f"Company {n}", "owner": "", "score": 0.0, "fields": {}} for n in accounts]
            new = [row for row in rows if (row["id"] - 1) * PEOPLE + 1 >= first]
            same = {"created_at": NOW, "updated_at": NOW}
            load_rows(connection, AccountRow.__table__, new, same)  # type: ignore[attr-defined]


def _account(number: int) -> int:
    return (number - 1) // PEOPLE + 1


def _leads(numbers: range) -> Iterator[dict[str, Any]]:
    for number in numbers:
        row = LeadRow(
            public_id=f"{number:032d}",
            email=f"lead{number}@company{_account(number)}.example",
            created_at=NOW - timedelta(days=200),
            updated_at=NOW,
            country="DE" if number % 3 else "US",
            account_id=_account(number),
            fields={"company": "Acme GmbH" if number % 2 else "Acme Inc"},
        )
        values = row.model_dump(exclude={"id"})
        texts = {"company": values["fields"]["company"].casefold(), "~country": values["country"].casefold()}
        yield {**values, "id": number, "folded": texts}


def _events(connection: Connection, numbers: range) -> None:
    blank = EventRow(source_id="", lead_id=1, kind="", at=NOW, received_at=NOW).model_dump(exclude={"id"})
    rows = []
    for number in numbers:
        for place in range(EVENTS):
            kind = KINDS[place]
            name = ("webinar_attended", "other")[number % 2] if kind == "custom" else ""
            rows.append(
                {
                    **blank,
                    "source_id": f"{number}:{place}",
                    "lead_id": number,
                    "kind": kind,
                    "name": name,
                    "at": NOW - timedelta(days=(number * 7 + place * 11) % 180, hours=place),
                    "link": "pricing" if place == 3 else "",
                    "actor": "machine" if (number + place) % 10 == 0 else "human",
                    "folded": folded_event(name, {}),
                }
            )
    load_rows(connection, EventRow.__table__, rows)  # type: ignore[attr-defined]


def main() -> None:
    leads = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    found = measure(leads)
    print(f"score, {leads:,} leads  {found.scored:6.1f} s   {found.ratio:.1f} × counting their events")
    print(f"score, the day after   {found.again:6.1f} s")
    print(f"at most in memory      {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:6.0f} MB")


if __name__ == "__main__":
    main()
