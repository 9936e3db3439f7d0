"""A rule in SQL and a rule evaluated always agree, on both databases, whatever leads hold."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, insert, select

from engine.domain.journey.view import LeadView
from engine.domain.rules import LEAD_NAMES, Activity, Rule, evaluate, folded_event
from engine.store.facts import load_facts
from engine.store.rules_sql import where
from engine.store.tables import DeliveryRow, EnrollmentRow, EventRow, LeadRow, ListMemberRow
from tests.domain.rules.facts import CAMPAIGN_SCOPE, LEAD_SCOPE, NOW, Facts, rule
from tests.domain.rules.strategies import leads, rules

EXAMPLES = int(os.environ.get("RIPELINE_RULE_EXAMPLES", "60"))
"""Batches for each database; set RIPELINE_RULE_EXAMPLES=3000 for a long search."""

lead = LeadRow.__table__
KINDS = {Activity.OPENED: "open", Activity.CLICKED: "click"}
_numbers = count(1)


def _folded(raw: object) -> object:
    if isinstance(raw, str):
        return raw.casefold()
    if isinstance(raw, list):
        return [item.casefold() for item in raw if isinstance(item, str)]
    return None


def _copies(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    return {prefix + name: copy for name, raw in values.items() if (copy := _folded(raw)) is not None}


def _lead_row(number: int, facts: Facts) -> dict[str, Any]:
    built_in = {name: value for name, value in facts.fields.items() if name in LEAD_NAMES}
    columns = {
        "source": "",
        "lifecycle": "",
        "country": "",
        "owner": "",
        "fit": "",
        **{name: value for name, value in built_in.items() if name != "created"},
    }
    declared = {name: value for name, value in facts.fields.items() if name not in LEAD_NAMES}
    return {
        **columns,
        "id": number,
        "public_id": f"lead-{number}",
        "email": "",
        "language": "",
        "zone": "",
        "address_hash": "",
        "tracking": True,
        "internal": False,
        "created_at": built_in["created"],
        "updated_at": NOW,
        "fields": declared,
        "folded": {**_copies(declared), **_copies(columns, "~")},
    }


def _event_row(number: int, kind: str, at: Any, **columns: Any) -> dict[str, Any]:
    return {
        "source_id": f"event-{next(_numbers)}",
        "lead_id": number,
        "kind": kind,
        "at": at,
        "received_at": at,
        "pending": False,
        "actor": "human",
        "judged": "",
        **dict.fromkeys(("name", "campaign", "stage", "step", "link"), ""),
        **{name: {} for name in ("properties", "folded", "evidence")},
        **columns,
    }


def _events(number: int, facts: Facts) -> Iterable[dict[str, Any]]:
    for event in facts.happened:
        folded = folded_event(event.name, event.properties)
        columns = {"name": event.name, "properties": dict(event.properties), "folded": folded}
        yield _event_row(number, "custom", event.at, **columns)
    for mail in facts.mailed:
        if mail.activity in KINDS:
            columns = {"campaign": mail.campaign, "step": mail.step, "link": mail.link}
            yield _event_row(number, KINDS[mail.activity], mail.at, **columns)
    for at in facts.replies:
        yield _event_row(number, "reply", at)
    yield from _uncounted_events(number)


def _uncounted_events(number: int) -> Iterable[dict[str, Any]]:
    """What every lead has and no rule may see: machines, the unknown, and what is still in quarantine."""
    mail = {"campaign": "clean-data", "step": "decay", "link": "checklist"}
    for kind in KINDS.values():
        yield _event_row(number, kind, NOW, **mail, actor="machine")
        yield _event_row(number, kind, NOW, **mail, actor="unknown")
        yield _event_row(number, kind, NOW, **mail, pending=True)
    name = {"name": "demo_booked", "folded": folded_event("demo_booked", {})}
    yield _event_row(number, "custom", NOW, **name, pending=True)
    yield _event_row(number, "bounce", NOW, **name)
    yield _event_row(number, "reply", NOW, pending=True)


def _deliveries(number: int, facts: Facts) -> Iterable[dict[str, Any]]:
    for mail in facts.mailed:
        if mail.activity is Activity.SENT:
            finished = {"created_at": mail.at - timedelta(days=20), "finished_at": mail.at}
            times = finished if next(_numbers) % 2 else {"created_at": mail.at}
            yield _delivery_row(number, mail.campaign, mail.step, **times)
    yield _delivery_row(number, "clean-data", "decay", created_at=NOW, test=True)
    yield _delivery_row(number, "clean-data", "decay", created_at=NOW, state="unknown")


def _delivery_row(number: int, campaign: str, step: str, **columns: Any) -> dict[str, Any]:
    where_to = {"campaign": campaign, "step": step, "mail": step, "kind": "marketing", "occurrence": next(_numbers)}
    row = DeliveryRow(lead_id=number, **where_to, **{"state": "sent", **columns})
    return row.model_dump(exclude={"id"})


def _enrollments(number: int, facts: Facts) -> Iterable[dict[str, Any]]:
    for campaign in facts.entered_campaigns:
        finished = campaign in facts.finished_campaigns
        yield EnrollmentRow(
            lead_id=number,
            campaign=campaign,
            run=1,
            status="ended",
            entered_at=NOW,
            stage="aware",
            stage_entered_at=NOW,
            since=NOW,
            ended_at=NOW,
            ended_why="finished" if finished else "exit",
        ).model_dump(exclude={"id"})


def store(connection: Connection, facts: Sequence[Facts]) -> list[int]:
    """Writes leads with all their facts; tells their numbers."""
    numbered = [(next(_numbers), one) for one in facts]
    tables: list[tuple[Any, list[dict[str, Any]]]] = [
        (lead, [_lead_row(number, one) for number, one in numbered]),
        (EventRow.__table__, [row for number, one in numbered for row in _events(number, one)]),
        (DeliveryRow.__table__, [row for number, one in numbered for row in _deliveries(number, one)]),
        (EnrollmentRow.__table__, [row for number, one in numbered for row in _enrollments(number, one)]),
        (
            ListMemberRow.__table__,
            [{"lead_id": number, "name": name, "joined_at": NOW} for number, one in numbered for name in one.lists],
        ),
    ]
    for table, rows in tables:
        if rows:
            connection.execute(insert(table), rows)
    return [number for number, _ in numbered]


def holds_in_sql(connection: Connection, asked: Sequence[Rule], numbers: Sequence[int]) -> list[list[bool]]:
    """For each lead, whether each rule holds, as the database says."""
    columns = [where(one, NOW).label(f"rule_{index}") for index, one in enumerate(asked)]
    query = select(lead.c.id, *columns).select_from(lead).where(lead.c.id.in_(numbers))
    found = {row[0]: [bool(value) for value in row[1:]] for row in connection.execute(query)}
    return [found[number] for number in numbers]


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(facts=st.lists(leads, min_size=1, max_size=4), sources=st.lists(rules, min_size=1, max_size=6))
def test_database_and_evaluator_agree(module_engine: Engine, facts: list[Facts], sources: list[str]) -> None:
    asked = [rule(source, LEAD_SCOPE) for source in sources]
    with module_engine.connect() as connection, connection.begin() as transaction:
        numbers = store(connection, facts)
        found = holds_in_sql(connection, asked, numbers)
        views = {one.lead.id: LeadView(one, None, None, {}) for one in load_facts(connection, numbers)}
        transaction.rollback()
    for number, one, answers in zip(numbers, facts, found, strict=True):
        assert dict(zip(sources, answers, strict=True)) == {
            source: evaluate(asked_rule, one, NOW).holds for source, asked_rule in zip(sources, asked, strict=True)
        }
        assert answers == [evaluate(asked_rule, views[number], NOW).holds for asked_rule in asked]


@pytest.mark.parametrize(
    ("source", "facts"),
    [
        ("employees > 5", {"employees": "many"}),
        ("employees > 5", {"employees": 10**18}),
        ("employees * employees * employees * employees * employees * employees * employees > 1", {"employees": 1e15}),
        (
            "employees * employees * employees * employees * employees * employees * employees == 0",
            {"employees": 1e-29},
        ),
        ("renewal < '2030-01-01'", {"renewal": "soon"}),
        ("known(renewal)", {"renewal": "2026-02-30"}),
        ("known(renewal)", {"renewal": "2025-02-29"}),
        ("known(renewal)", {"renewal": "2024-02-29"}),
        ("known(renewal)", {"renewal": "1900-02-29"}),
        ("known(renewal)", {"renewal": "2000-02-29"}),
        ("known(renewal)", {"renewal": "2026-04-31"}),
        ("known(renewal)", {"renewal": "0000-01-01"}),
        ("known(seen)", {"seen": "2026-02-30T00:00:00.000000Z"}),
        ("known(seen)", {"seen": "2026-02-28T24:00:00.000000Z"}),
        ("known(seen)", {"seen": "2026-02-28T23:59:59.999999Z"}),
        ("not (city == 'x')", {}),
        ("city == 'ÀÉ'", {"city": "àé"}),
        ("contains(city, '%')", {"city": "abc"}),
        ("endswith(city, 'abcd')", {"city": "bcd"}),
        ("days_since(renewal) > -4000000", {"renewal": "9999-12-31"}),
        ("days_until(renewal) < 4000000", {"renewal": "0001-01-01"}),
        ("'vip' in tags", {"tags": {"vip": 1}}),
    ],
)
def test_known_traps_are_the_same_trap_for_both(module_engine: Engine, source: str, facts: dict[str, Any]) -> None:
    one = Facts({"created": NOW, "score": 1.0, "subscribed": True, **facts})
    asked = rule(source, LEAD_SCOPE)
    with module_engine.connect() as connection, connection.begin() as transaction:
        found = holds_in_sql(connection, [asked], store(connection, [one]))
        transaction.rollback()
    assert found == [[evaluate(asked, one, NOW).holds]]


def test_condition_chooses_rows(engine_for: Engine) -> None:
    always: dict[str, object] = {"created": NOW, "score": 1.0, "subscribed": True}
    with engine_for.begin() as connection:
        numbers = store(connection, [Facts({**always, "employees": size}) for size in (3, 30, 300)])
        query = select(lead.c.id).where(where(rule("employees >= 30 and not replied", LEAD_SCOPE), NOW))
        assert sorted(connection.execute(query).scalars()) == numbers[1:]


@pytest.mark.parametrize(
    "source",
    ["clicks > 1", "opened('decay')", "replied", "stage == 'aware'", "trigger.plan == 'pro'", "days_in_stage > 2"],
)
def test_rule_of_a_campaign_is_refused(source: str) -> None:
    with pytest.raises(TypeError, match="no meaning outside a campaign"):
        where(rule(source, CAMPAIGN_SCOPE), NOW)
