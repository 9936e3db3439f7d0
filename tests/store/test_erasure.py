from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, inspect, select

from engine.domain.identity import address_hash
from engine.store.bulk import load_rows
from engine.store.database import reading, writing
from engine.store.erasure import erase_lead, everything_about
from engine.store.leads import find_lead
from engine.store.permission import suppressions_of
from engine.store.schema import METADATA
from tests.store.test_lead_import import KEY, T0, OptOut, person, stored, take

_TABLES = METADATA.tables
KEPT = {"suppression", "alembic_version", "home", "bundle", "blob", "campaign", "alert", "daily_count"}
COMPANYS = {"account", "account_name", "opportunity", "credit", "credit_day", "deal_day", "cost", "definition"}
COMPANYS |= {"forecast", "waterfall", "cohort", "variant_count", "winner", "api_key", "repeatable", "visitor_event"}
COMPANYS |= {"seen_message", "stage_time", "interest_day"}
"""Tables of the company's own figures, and of visitors whom nobody knows; a person's name stands in none of them."""


def fill_every_table(engine: Engine, number: int) -> None:
    """One row about this lead in every table that can hold one."""
    rows: dict[str, dict[str, Any]] = {
        "consent": {"topic": "", "granted": True, "at": T0, "source": "form", "proof": {"ip": "10.0.0.1"}},
        "passed_over": {"campaign": "c"},
        "enrollment": {
            "campaign": "c",
            "run": 1,
            "status": "active",
            "entered_at": T0,
            "stage": "s",
            "stage_entered_at": T0,
            "since": T0,
            "key": "",
            "step": "",
            "visit": 1,
            "passed": [],
            "waiting": "",
            "holdout": False,
            "ended_why": "",
            "trigger": {},
        },
        "event": {
            "source_id": f"e{number}",
            "kind": "custom",
            "name": "met",
            "at": T0,
            "received_at": T0,
            "pending": False,
            "actor": "human",
            "judged": "",
            "campaign": "",
            "stage": "",
            "step": "",
            "link": "",
            "properties": {},
            "folded": {},
            "evidence": {},
        },
        "lifecycle_change": {"at": T0, "before": "", "after": "mql", "why": "", "owner": "", "theme": "", "source": ""},
        "handoff": {
            "at": T0,
            "ripened_at": T0,
            "rule": "",
            "because": "Jane asked",
            "campaign": "",
            "theme": "",
            "note": "",
            "owner": "",
            "route": "",
            "state": "open",
            "answered_by": "",
            "reason": "",
            "answer_note": "",
            "story": {},
        },
        "outbox": {
            "message_id": f"m{number}",
            "kind": "webhook",
            "target": "crm",
            "topic": "lead.handed_off",
            "payload": {"lead": "Jane"},
            "created_at": T0,
            "attempts": 0,
            "problem": "",
        },
        "opportunity": {
            "source": "csv",
            "external_id": str(number),
            "name": "Jane's",
            "amount": 1,
            "currency": "EUR",
            "stage": "",
            "outcome": "open",
            "opened_at": T0,
            "updated_at": T0,
            "nurtured": False,
            "recycled": False,
            "stale": True,
            "counted": {},
        },
        "story": {"at": T0, "code": "entered", "campaign": "c", "run": 1, "data": {}},
    }
    with writing(engine) as connection:
        for name, row in rows.items():
            load_rows(connection, _TABLES[name], [{"lead_id": number, **row}])
        table = _TABLES["enrollment"]
        enrollment = connection.scalar(select(table.c.id).where(table.c.lead_id == number))
        values = {"lead_id": number, "enrollment_id": enrollment, "step": "s", "created_at": T0}
        connection.execute(_TABLES["action"].insert(), {**values, "kind": "task", "payload": {}})
        mail = {"mail": "m", "kind": "marketing", "state": "sent", "subject": "For Jane", "variants": {}}
        delivery = connection.execute(_TABLES["delivery"].insert(), {**values, **mail}).inserted_primary_key[0]
        connection.execute(_TABLES["attempt"].insert(), {"delivery_id": delivery, "number": 1, "begun_at": T0})
        copy = {"delivery_id": delivery, "dictionary": "d", "content": b"Dear Jane"}
        connection.execute(_TABLES["mail_copy"].insert(), copy)


def row_counts(engine: Engine) -> dict[str, int]:
    with reading(engine) as connection:
        return {
            name: connection.scalar(select(func.count()).select_from(table)) or 0
            for name, table in _TABLES.items()
            if name in inspect(connection).get_table_names()
        }


@pytest.mark.acceptance(row=40)
def test_erasure_takes_everything_and_keeps_only_the_keyed_hash(engine_for: Engine) -> None:
    take(engine_for, person(crm="00Q1", lists=("a",)))
    number = stored(engine_for).id
    fill_every_table(engine_for, number)
    before = row_counts(engine_for)
    assert {name for name, count in before.items() if not count} <= KEPT | COMPANYS, "every table about leads is filled"
    with writing(engine_for) as connection:
        assert erase_lead(connection, number, KEY, "request", T0)
    after = row_counts(engine_for)
    assert {name for name, count in after.items() if count} - {"suppression"} <= KEPT | COMPANYS
    with reading(engine_for) as connection:
        (row,) = suppressions_of(connection, address_hash(KEY, "jane@acme.example"))
    assert (row.scope, row.reason, row.source) == ("all", "erased", "request")


@pytest.mark.acceptance(row=40)
def test_an_erased_lead_imported_again_stays_suppressed(engine_for: Engine) -> None:
    take(engine_for, person(crm="1"))
    take(engine_for, person("second@acme.example", crm="1"), now=T0 + timedelta(days=1))
    with writing(engine_for) as connection:
        erase_lead(connection, find_lead(connection, "salesforce:1").id, KEY, "request", T0)  # type: ignore[union-attr]
    tally = take(engine_for, person("Jane@acme.example"), person("second@acme.example"))
    assert (tally.new, tally.suppressed) == (2, 2)
    assert not stored(engine_for).subscribed
    assert not stored(engine_for, "second@acme.example").subscribed


@pytest.mark.acceptance(row=40)
def test_everything_about_a_lead_is_complete(engine_for: Engine) -> None:
    take(engine_for, person(crm="00Q1", lists=("a",), opt_outs=(OptOut("unsubscribed"),)))
    number = stored(engine_for).id
    fill_every_table(engine_for, number)
    with reading(engine_for) as connection:
        found = everything_about(connection, number)
        assert all(found.values()), [name for name, rows in found.items() if not rows]
        assert {row["kind"] for row in found["identities"]} == {"email", "salesforce"}
        assert found["deliveries"][0]["subject"] == "For Jane"
        referring = {
            table.name
            for table in _TABLES.values()
            if any(key.column.table.name in ("lead", "delivery") for key in table.foreign_keys)
        }
    exported = {"identities": "identity", "lists": "list_member", "consents": "consent", "events": "event"}
    exported["opportunities"] = "opportunity"
    names = {exported.get(name, name.rstrip("s")) for name in found} | {"action", "story", "delivery", "enrollment"}
    assert referring - names <= {"lead", "mail_copy"}


def test_erasing_a_lead_takes_those_merged_into_it_too(engine_for: Engine) -> None:
    take(engine_for, person("a@acme.example"), person("b@acme.example"))
    one, other = stored(engine_for, "a@acme.example").id, stored(engine_for, "b@acme.example").id
    lead = _TABLES["lead"]
    with writing(engine_for) as connection:
        connection.execute(lead.update().where(lead.c.id == other).values(merged_into=one))
        assert erase_lead(connection, one, KEY, "request", datetime(2026, 1, 1, tzinfo=UTC))
        assert not erase_lead(connection, one, KEY, "request", T0)
    assert row_counts(engine_for)["lead"] == 0
