"""One tick with 1,000 leads due, among a million leads and among ten thousand: cost follows what is due."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from engine.clock import SteppedClock
from engine.config.model import Config
from engine.domain.campaign import Campaign, CampaignState, Stage
from engine.domain.journey.programme import Programme
from engine.domain.rules import Rule, Scope, parse_rule
from engine.domain.steps import EmailStep
from engine.domain.timing import Span
from engine.errors import Place
from engine.service.advance import advance_all
from engine.service.home import Home, open_home
from engine.store.database import writing
from engine.store.tables import LeadRow

DUE = 1_000
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CHUNK = 20_000
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class ScaleFigure:
    """Seconds of a tick (the median of several) in a small and in a large home."""

    small: float
    large: float
    leads: int

    @property
    def ratio(self) -> float:
        return self.large / self.small


def measure(large: int = 1_000_000, small: int = 10_000) -> ScaleFigure:
    """Tick both homes alternately, so that noise of the machine meets both."""
    with tempfile.TemporaryDirectory() as few, tempfile.TemporaryDirectory() as many:
        homes = (_home(Path(few), small), _home(Path(many), large))
        times: tuple[list[float], list[float]] = ([], [])
        for number in range(ROUNDS):
            for home, found in zip(homes, times, strict=True):
                found.append(_tick(home, NOW + timedelta(days=number)))
        return ScaleFigure(median(times[0]), median(times[1]), large)


def _tick(home: Home, now: datetime) -> float:
    """Wake a thousand leads and decide them."""
    lead = LeadRow.__table__  # type: ignore[attr-defined]
    with writing(home.store) as connection:
        connection.execute(lead.update().where(lead.c.id <= DUE).values(next_due_at=now))
    begun = time.perf_counter()
    done = advance_all(home.store, _programme(), now)
    assert done.leads == DUE, done
    return time.perf_counter() - begun


def _programme() -> Programme:
    step = EmailStep(id="mail", mail="mail", wait=Span(days=400))
    stage = Stage("only", (step,))
    campaign = Campaign("bench", "Bench", (stage,), state=CampaignState.LIVE, enter=_rule())
    return Programme(0, {"bench": campaign})


def _rule() -> Rule:
    found = parse_rule("source == 'bench'", Scope(), Place("bench"))
    assert isinstance(found, Rule)
    return found


def _home(folder: Path, leads: int) -> Home:
    home = open_home(folder, Config(), SteppedClock(NOW))
    table = LeadRow.__table__  # type: ignore[attr-defined]
    for start in range(0, leads, CHUNK):
        with writing(home.store) as connection:
            connection.execute(table.insert(), list(_leads(start, min(start + CHUNK, leads))))
    return home


def _leads(start: int, end: int) -> Iterator[dict[str, Any]]:
    for number in range(start, end):
        yield {
            "public_id": f"bench-{number}",
            "email": f"lead{number}@x{number % 997}.example",
            "created_at": NOW,
            "updated_at": NOW,
            "source": "bench",
            "address_hash": f"{number:064x}",
            "fields": {"first_name": f"Jane {number}", "industry": "software"},
            "folded": {"first_name": f"jane {number}", "industry": "software", "~source": "bench"},
        }


def main() -> None:
    figure = measure()
    print(
        f"tick, 1,000 due  {figure.ratio:.2f}× at {figure.leads:,} leads "
        f"({figure.large * 1000:,.0f} ms, at 10,000 leads {figure.small * 1000:,.0f} ms)"
    )


if __name__ == "__main__":
    main()
