"""How leads stand, counted a span at a time, alike on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine

from engine.store.census import Span, Standing, last_lead, standings, staying_since, unowned_among, unowned_leads
from engine.store.database import reading, writing
from engine.store.sales_tables import HandoffRow
from tests.store.journals import NOW, add_enrollment, add_lead

handoff = HandoffRow.__table__  # type: ignore[attr-defined]
ALL = Span(0, 1_000)
DAY = timedelta(days=1)
OWNED, ENDED = ["mql"], ["customer"]


def leads(engine: Engine, *found: dict[str, Any]) -> list[int]:
    with writing(engine) as connection:
        return [add_lead(connection, f"lead{n}", **values) for n, values in enumerate(found)]


def give_to_sales(engine: Engine, lead: int, **values: Any) -> None:
    row = {"lead_id": lead, "at": NOW, "ripened_at": NOW, "state": "open", "story": {}}
    with writing(engine) as connection:
        connection.execute(handoff.insert(), row | values)


def unowned(engine: Engine, span: Span = ALL, limit: int = 10) -> list[int]:
    with reading(engine) as connection:
        return [number for _, number in unowned_leads(connection, OWNED, ENDED, limit, span)]


def test_leads_are_counted_by_how_they_stand_without_colleagues_and_merged_ones(engine_for: Engine) -> None:
    first, *_ = leads(
        engine_for,
        {"lifecycle": "mql", "owner": "ann"},
        {"lifecycle": "mql", "owner": "ben"},
        {"lifecycle": "mql", "subscribed": False},
        {"lifecycle": "mql", "internal": True},
    )
    leads_merged = {"public_id": "M", "address_hash": "m", "merged_into": first, "lifecycle": "mql"}
    leads(engine_for, leads_merged)
    with reading(engine_for) as connection:
        assert standings(connection, ALL) == {
            Standing("mql", owned=True, planned=False, subscribed=True): 2,
            Standing("mql", owned=False, planned=False, subscribed=False): 1,
        }


def test_a_look_a_campaign_and_an_open_handoff_are_plans_and_what_has_ended_is_none(engine_for: Engine) -> None:
    due, runs, sales, ended, given_back = leads(engine_for, {"next_due_at": NOW}, {}, {}, {}, {})
    with writing(engine_for) as connection:
        add_enrollment(connection, runs)
        add_enrollment(connection, ended, status="ended")
    give_to_sales(engine_for, sales)
    give_to_sales(engine_for, given_back, ended_at=NOW)
    with reading(engine_for) as connection:
        found = {who: standings(connection, Span(who - 1, who)) for who in (due, runs, sales, ended, given_back)}
    planned = {who: next(iter(one)).planned for who, one in found.items()}
    assert planned == {due: True, runs: True, sales: True, ended: False, given_back: False}


def test_spans_add_up_to_the_whole(engine_for: Engine) -> None:
    ids = leads(engine_for, *({"lifecycle": "mql"} for _ in range(5)))
    with reading(engine_for) as connection:
        parts = [standings(connection, Span(after, upto)) for after, upto in ((0, ids[1]), (ids[1], ids[-1]))]
        assert [sum(one.values()) for one in parts] == [2, 3]
        assert last_lead(connection) == ids[-1]


def test_who_stays_too_long_is_counted_from_the_change_of_stage_or_the_first_day(engine_for: Engine) -> None:
    leads(
        engine_for,
        {"lifecycle": "mql", "created_at": NOW - 9 * DAY},
        {"lifecycle": "mql", "created_at": NOW - 9 * DAY, "lifecycle_since": NOW},
        {"lifecycle": "sal", "created_at": NOW - 9 * DAY},
        {"lifecycle": "other", "created_at": NOW - 9 * DAY},
    )
    begins = {"mql": NOW - 5 * DAY, "sal": NOW - 10 * DAY}
    with reading(engine_for) as connection:
        assert staying_since(connection, begins, ALL) == {"mql": 1}
        assert staying_since(connection, {}, ALL) == {}


def test_the_unowned_come_longest_first_within_the_span_and_the_limit(engine_for: Engine) -> None:
    young, old, _, _ = leads(
        engine_for,
        {"created_at": NOW},
        {"created_at": NOW - DAY},
        {"lifecycle": "customer"},
        {"lifecycle": "mql", "next_due_at": NOW},
    )
    assert unowned(engine_for) == [old, young]
    assert unowned(engine_for, limit=1) == [old]
    assert unowned(engine_for, Span(0, young)) == [young]


def test_of_named_leads_those_remain_of_whom_it_still_holds(engine_for: Engine) -> None:
    ids = leads(engine_for, {"lifecycle": "mql"}, {}, {"owner": "ann", "next_due_at": NOW})
    with reading(engine_for) as connection:
        found = [(row.public_id, row.no_owner, row.no_action) for row in unowned_among(connection, OWNED, ENDED, ids)]
    assert found == [("Llead0", 0, 1), ("Llead1", 1, 1)]
