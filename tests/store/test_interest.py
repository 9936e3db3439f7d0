"""Leads of interest: each once in the days asked for, people only, whatever stops in between."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, func, select

from engine.store.bundles import set_home_value
from engine.store.daily_counts import EVENTS
from engine.store.database import reading, writing
from engine.store.events import event
from engine.store.interest import MARKS, count_interest, interest, interested
from tests.store.journals import NOW, add_lead

BERLIN = ZoneInfo("Europe/Berlin")
TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)


def did(connection: Connection, lead: int, kind: str = "click", at: datetime = NOW, **more: str) -> None:
    number = (connection.scalar(select(func.max(event.c.id))) or 0) + 1
    values = {"source_id": f"e{number}", "lead_id": lead, "kind": kind, "at": at, "received_at": at, "actor": "human"}
    row = {**values, "campaign": "drip", "properties": {}, "folded": {}, "evidence": {}, **more}
    connection.execute(event.insert(), row)
    set_home_value(connection, EVENTS, str(number))


def count(engine: Engine, limit: int = 100) -> None:
    for _ in range(10):
        with writing(engine) as connection:
            count_interest(connection, BERLIN, limit)


def told(engine: Engine, first: date = YESTERDAY, last: date = TODAY) -> dict[str, int]:
    with reading(engine) as connection:
        return interested(connection, first, last)


def test_a_lead_counts_once_however_often_and_on_however_many_days_it_acts(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        jane, joe = add_lead(connection, "jane"), add_lead(connection, "joe")
        for at in (NOW, NOW - timedelta(days=1)):
            did(connection, jane, at=at)
            did(connection, jane, "reply", at=at)
        did(connection, joe, "form")
        did(connection, joe, campaign="other")
    count(engine_for, limit=1)
    assert told(engine_for) == {"drip": 2, "other": 1}
    assert told(engine_for, last=YESTERDAY) == {"drip": 1}
    with reading(engine_for) as connection:
        assert interested(connection, YESTERDAY, TODAY, {"drip": "data", "other": "data"}) == {"data": 2}
        assert interested(connection, YESTERDAY, TODAY, {}) == {"": 2}


def test_opens_machines_and_colleagues_show_no_interest(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        jane = add_lead(connection, "jane")
        did(connection, jane, "open")
        did(connection, jane, actor="machine")
        did(connection, jane, "custom", name="recycled")
        did(connection, add_lead(connection, "colleague", internal=True))
        did(connection, jane, campaign="")
    count(engine_for)
    assert told(engine_for) == {}


def test_what_the_count_by_day_has_not_passed_waits(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        did(connection, add_lead(connection, "jane"))
        did(connection, add_lead(connection, "joe"))
        set_home_value(connection, EVENTS, "1")
    count(engine_for)
    assert told(engine_for) == {"drip": 1}
    with writing(engine_for) as connection:
        set_home_value(connection, EVENTS, "2")
    count(engine_for)
    assert told(engine_for) == {"drip": 2}


def test_a_day_is_that_of_the_company(engine_for: Engine) -> None:
    late = datetime.combine(YESTERDAY, datetime.min.time(), NOW.tzinfo) + timedelta(hours=23, minutes=30)
    with writing(engine_for) as connection:
        did(connection, add_lead(connection, "jane"), at=late)
    count(engine_for)
    assert told(engine_for, last=YESTERDAY) == {}
    assert told(engine_for, first=TODAY) == {"drip": 1}


def test_a_row_stays_small_however_many_leads_there_are(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        for number in range(MARKS + 200):
            did(connection, add_lead(connection, f"l{number}"))
    count(engine_for, limit=500)
    with reading(engine_for) as connection:
        assert len(connection.scalar(select(interest.c.marks))) == 8 * MARKS
    assert abs(told(engine_for)["drip"] - (MARKS + 200)) < 150
