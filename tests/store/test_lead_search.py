"""Leads looked for: filters, rules, orders and pages, alike on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from engine.domain.cursor import Cursor
from engine.store.database import reading, writing
from engine.store.lead_search import SORTS, found_leads, leave_list
from engine.store.leads import join_lists, lead, list_sizes

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
HOSTILE = "'; DROP TABLE lead; --"


def add(engine: Engine, number: int, **values: Any) -> None:
    row = {"public_id": f"p{number}", "email": f"p{number}@x.example", "created_at": NOW, "updated_at": NOW}
    others = dict.fromkeys(("source", "lifecycle", "country", "language", "zone", "owner", "fit", "address_hash"), "")
    flags = {"tracking": True, "internal": False, "subscribed": True, "score": 0.0, "account_score": 0.0}
    with writing(engine) as connection:
        connection.execute(lead.insert(), {**row, **others, **flags, "fields": {}, "folded": {}, **values})


def found(engine: Engine, filters: dict[str, Any] | None = None, sort: str = "created", **more: Any) -> list[str]:
    with reading(engine) as connection:
        rows = found_leads(connection, filters or {}, None, sort, more.get("after"), more.get("size", 50))
    return [row.public_id for row in rows]


@pytest.mark.parametrize("sort", [f"{way}{name}" for name in SORTS for way in ("", "-")])
def test_pages_go_through_equal_values_without_a_gap(engine_for: Engine, sort: str) -> None:
    for number in range(7):
        updated = NOW + timedelta(microseconds=number // 3)
        add(engine_for, number, score=float(number // 2), updated_at=updated, email=f"e{number % 2}@x.example")
    met: list[str] = []
    after = None
    columns = {"updated": "updated_at", "score": "score", "email": "email"}
    while True:
        with reading(engine_for) as connection:
            rows = found_leads(connection, {}, None, sort, after, 2)
        if not rows:
            break
        met += [row.public_id for row in rows]
        column = columns.get(sort.removeprefix("-"))
        after = Cursor(sort, getattr(rows[-1], column) if column else None, rows[-1].id)
    assert sorted(met) == [f"p{number}" for number in range(7)]
    assert met == found(engine_for, sort=sort)


@pytest.mark.acceptance(row=22)
def test_filters_compare_values_and_nothing_else(engine_for: Engine) -> None:
    add(engine_for, 1, source=HOSTILE, country="DE")
    add(engine_for, 2, source="web", subscribed=False)
    assert found(engine_for, {"source": HOSTILE}) == ["p1"]
    assert found(engine_for, {"source": "%"}) == found(engine_for, {"source": "' OR '1'='1"}) == []
    assert found(engine_for, {"country": "DE", "source": "web"}) == []
    assert found(engine_for, {"subscribed": False}) == ["p2"]


def test_since_takes_the_instant_itself(engine_for: Engine) -> None:
    add(engine_for, 1, updated_at=NOW + timedelta(hours=1))
    add(engine_for, 2)
    assert found(engine_for, {"updated_since": NOW + timedelta(hours=1)}) == ["p1"]
    assert found(engine_for, {"created_since": NOW}) == ["p1", "p2"]
    assert found(engine_for, {"created_since": NOW + timedelta(microseconds=1)}) == []


def test_merged_lead_is_not_found(engine_for: Engine) -> None:
    add(engine_for, 1)
    add(engine_for, 2, merged_into=1)
    assert found(engine_for) == ["p1"]


def test_list_is_left_once(engine_for: Engine) -> None:
    add(engine_for, 1)
    add(engine_for, 2)
    with writing(engine_for) as connection:
        join_lists(connection, [(1, "news"), (2, "news"), (1, "fair")], NOW)
    assert found(engine_for, {"list": "fair"}) == ["p1"]
    with writing(engine_for) as connection:
        assert [leave_list(connection, 1, "news") for _ in range(2)] == [True, False]
        assert list_sizes(connection) == {"fair": 1, "news": 1}
