"""Samples of how long leads took: of each cohort its own, each lead once, small however many there are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, insert

from engine.store.database import reading, writing
from engine.store.lifecycle_counts import change
from engine.store.stage_times import LEADS, Key, Sample, sample_times, samples_of
from tests.store.journals import NOW, add_lead

BERLIN = ZoneInfo("Europe/Berlin")
FIRST = date(2026, 9, 1)
STEP = ("inquiry", "mql")


def changed(
    connection: Connection, lead: int, seconds: int | None, before: str = "inquiry", after: str = "mql"
) -> None:
    at = NOW - timedelta(hours=1)
    values = {"lead_id": lead, "before": before, "after": after, "at": at, "theme": "t", "seconds": seconds}
    connection.execute(insert(change), [{"why": "", "owner": "", "source": "web", **values}])


def sampled(engine: Engine, limit: int = 200) -> dict[Key, Sample]:
    for _ in range(10):
        with writing(engine) as connection:
            sample_times(connection, BERLIN, NOW, limit)
    with reading(engine) as connection:
        return samples_of(connection, FIRST, NOW.date(), [STEP])


def test_each_lead_counts_once_in_its_cohort_and_colleagues_do_not(engine_for: Engine) -> None:
    september = datetime(2026, 9, 30, 12, tzinfo=UTC)
    late = datetime(2026, 9, 30, 23, tzinfo=UTC)  # October in Berlin already
    with writing(engine_for) as connection:
        for name, known, seconds in (("jane", september, 60), ("joe", late, 90), ("ann", late, None)):
            changed(connection, add_lead(connection, name, created_at=known), seconds)
        changed(connection, add_lead(connection, "colleague", internal=True, created_at=september), 5)
        changed(connection, 1, 7, before="mql", after="recycled")
        changed(connection, 1, 9)
    found = sampled(engine_for, limit=1)
    assert {key: [seconds for _, seconds in sample] for key, sample in found.items()} == {
        (date(2026, 9, 1), *STEP): [60],
        (date(2026, 10, 1), *STEP): [90],
    }


def test_a_sample_stays_small_and_keeps_the_middle(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        for number in range(LEADS + 300):
            changed(connection, add_lead(connection, f"l{number}"), number)
    [sample] = sampled(engine_for).values()
    assert len(sample) == LEADS
    middle = sorted(seconds for _, seconds in sample)[LEADS // 2]
    assert abs(middle - (LEADS + 300) / 2) < 100


def test_a_change_that_is_too_young_waits(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        changed(connection, add_lead(connection, "jane"), 60)
        assert sample_times(connection, BERLIN, NOW - timedelta(hours=2), 10) == 0
    assert len(sampled(engine_for)) == 1
