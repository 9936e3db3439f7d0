"""The waterfall's roll-up: every change once, in its cohort, whatever stops in between."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, insert, select

from engine.store.database import reading, writing
from engine.store.lifecycle_counts import change, count_lifecycle, transitions, waterfall
from engine.store.tables import LeadRow

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
lead = LeadRow.__table__  # type: ignore[attr-defined]


def _lead(connection: Connection, number: int, created: datetime, *, internal: bool = False) -> None:
    values = {
        "id": number,
        "public_id": f"l{number}",
        "email": f"l{number}@northwind.example",
        "created_at": created,
        "updated_at": created,
        "internal": internal,
        "fields": {},
        "folded": {},
    }
    connection.execute(insert(lead), [values])


def _change(connection: Connection, lead_id: int, before: str, after: str, at: datetime, seconds: int = 60) -> None:
    values = {"lead_id": lead_id, "before": before, "after": after, "at": at, "theme": "t", "seconds": seconds}
    connection.execute(insert(change), [{"why": "", "owner": "", "source": "web", **values}])


def test_each_change_counts_once_in_the_month_in_which_its_lead_became_known(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        _lead(connection, 1, datetime(2026, 10, 31, 23, 30, tzinfo=UTC))  # already November in Berlin
        _lead(connection, 2, datetime(2026, 10, 2, tzinfo=UTC), internal=True)
        for after in ("mql", "recycled", "mql"):
            before = "recycled" if after == "mql" else "mql"
            _change(connection, 1, before, after, NOW - timedelta(hours=1))
        _change(connection, 2, "inquiry", "mql", NOW - timedelta(hours=1))
        _change(connection, 1, "mql", "sal", NOW)
    for _ in range(5):
        with writing(engine_for) as connection:
            count_lifecycle(connection, BERLIN, NOW, 2)
    with reading(engine_for) as connection:
        rows = {
            (row.cohort, row.before, row.after): (row.n, row.first, row.seconds)
            for row in connection.execute(select(waterfall))
        }
    assert rows == {
        (date(2026, 11, 1), "recycled", "mql"): (2, 1, 120),
        (date(2026, 11, 1), "mql", "recycled"): (1, 1, 60),
    }


def test_sums_are_those_of_the_cohorts_asked_for_and_by_what_was_asked(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        _lead(connection, 1, datetime(2026, 9, 3, tzinfo=UTC))
        _lead(connection, 2, datetime(2026, 11, 3, tzinfo=UTC))
        for number in (1, 2):
            _change(connection, number, "inquiry", "mql", NOW - timedelta(hours=1), 100 * number)
        count_lifecycle(connection, BERLIN, NOW, 10)
    with reading(engine_for) as connection:
        [both] = transitions(connection, date(2026, 9, 1), date(2026, 11, 30), "source")
        [young] = transitions(connection, date(2026, 10, 1), date(2026, 11, 30))
    assert (both.group, both.n, both.seconds) == ("web", 2, 300)
    assert young.n == 1
