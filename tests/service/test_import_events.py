from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from engine.domain.own_events import SCOPES
from engine.errors import RipelineError
from engine.inbound.leadfiles.events import EventSettings
from engine.service.import_events import EventImportSummary, import_events
from engine.store.database import reading
from engine.store.events import events_of
from tests.service.leadstores import CONFIG, KEY, T0, fresh_sqlite, lead_called, take_in

LATER = T0 + timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    with fresh_sqlite(tmp_path) as opened:
        take_in(opened, tmp_path / "leads.csv", "email,userId\njane@acme.example,u1\n")
        yield opened


def take(store: Engine, folder: Path, text: str, file: str = "events.csv", **options: Any) -> EventImportSummary:
    (folder / file).write_text(text, encoding="utf-8", newline="")
    create = options.pop("create", False)
    return import_events(store, folder / file, CONFIG, KEY, LATER, EventSettings(**options), create=create)


def history(store: Engine, name: str = "jane@acme.example") -> list[Any]:
    with reading(store) as connection:
        return events_of(connection, lead_called(store, name).id)


def test_events_are_typed_folded_and_wake_the_lead(store: Engine, tmp_path: Path) -> None:
    text = (
        "Email;Event;Time;Room;Seats;Paid;Zip\nJANE@acme.example;Attended;2026-11-01 10:00;Große Halle;3;TRUE;01067\n"
    )
    summary = take(store, tmp_path, text)
    assert (summary.rows, summary.new, summary.known, summary.rejected) == (1, 1, 0, 0)
    (row,) = history(store)
    assert (row.kind, row.name, row.actor, row.pending) == ("custom", "Attended", "human", False)
    assert (row.at, row.received_at) == (datetime.fromisoformat("2026-11-01T10:00:00Z"), LATER)
    assert row.properties == {"Room": "Große Halle", "Seats": 3.0, "Paid": True, "Zip": "01067"}
    assert row.folded == {"~name": "attended", "Room": "grosse halle", "Zip": "01067"}
    assert lead_called(store, "jane@acme.example").next_due_at == T0, "an earlier look is not put off"


def test_importing_events_again_changes_nothing(store: Engine, tmp_path: Path) -> None:
    text = (
        '{"userId": "u1", "event": "bought", "timestamp": "2026-11-01T10:00:00Z", "properties": {"amount": 5}}\n'
        '{"userId": "u1", "event": "bought", "timestamp": "2026-11-01T10:00:00Z", "properties": {"amount": 6}}\n'
        '{"userId": "u1", "event": "bought", "timestamp": "2026-11-01T10:00:00Z", "messageId": "m1"}\n'
        '{"userId": "u1", "event": "bought again", "timestamp": "2026-11-02T10:00:00Z", "messageId": "m1"}\n'
    )
    first = take(store, tmp_path, text, "events.jsonl")
    assert (first.new, first.known) == (3, 1)
    again = take(store, tmp_path, text, "events.jsonl")
    assert (again.new, again.known) == (0, 4)
    assert [row.properties for row in history(store)] == [{"amount": 5}, {"amount": 6}, {}]


def test_one_event_and_instant_may_stand_for_the_whole_file(store: Engine, tmp_path: Path) -> None:
    take(store, tmp_path, "email\njane@acme.example\n", name="met at fair", at=T0)
    assert [(row.name, row.at) for row in history(store)] == [("met at fair", T0)]


def test_strangers_are_rejected_or_created(store: Engine, tmp_path: Path) -> None:
    text = "email,event,at\nnew@acme.example,registered,2026-11-01\nnew@acme.example,attended,2026-11-02\n"
    rejected = take(store, tmp_path, text)
    assert (rejected.new, rejected.rejected, rejected.created) == (0, 2, 0)
    assert "nobody here is known by new@acme.example" in rejected.first_rejects[0].reason
    assert rejected.rejects_path == tmp_path / "events.rejects.csv"
    created = take(store, tmp_path, text, create=True)
    assert (created.new, created.created, created.rejected) == (2, 1, 0)
    row = lead_called(store, "new@acme.example")
    assert (row.lifecycle, row.next_due_at) == ("subscriber", LATER)
    assert [event.name for event in history(store, "new@acme.example")] == ["registered", "attended"]


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ("bad@,met,2026-11-01,", "email", "is no mail address"),
        (",met,2026-11-01,", "", "says not who it was"),
        ("jane@acme.example,,2026-11-01,", "event", "says not what happened"),
        ("jane@acme.example,met,,", "at", "says not when it happened"),
        ("jane@acme.example,met,soon,", "at", "is no date"),
        ('jane@acme.example,"me\0t",2026-11-01,', "event", "holds a NUL"),
        ("jane@acme.example,met,2026-11-01,a\vb", "room", "holds a VT"),
    ],
)
def test_a_row_that_cannot_be_used_says_why(store: Engine, tmp_path: Path, row: str, column: str, words: str) -> None:
    summary = take(store, tmp_path, f"email,event,at,room\n{row}\n")
    (reject,) = summary.first_rejects
    assert (reject.row, reject.column) == (2, column)
    assert words in reject.reason
    assert not history(store)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("room,event,at", "no column says who"),
        ("email,at", "no column says what happened"),
        ("email,event", "no column says when it happened"),
    ],
)
def test_a_file_without_who_what_or_when_is_refused(store: Engine, tmp_path: Path, header: str, words: str) -> None:
    with pytest.raises(RipelineError, match=words):
        take(store, tmp_path, f"{header}\n")


def test_columns_of_events_are_named_by_hand(store: Engine, tmp_path: Path) -> None:
    text = "guest,what,when\njane@acme.example,met,2026-11-01\n"
    take(store, tmp_path, text, wanted={"guest": "email", "what": "name", "when": "at"})
    assert [(row.name, row.properties) for row in history(store)] == [("met", {})]
    with pytest.raises(RipelineError, match="no column 'host'"):
        take(store, tmp_path, text, wanted={"host": "email"})


@pytest.mark.parametrize("name", sorted(SCOPES))
def test_who_runs_the_home_may_import_ripelines_own_events(store: Engine, tmp_path: Path, name: str) -> None:
    """A program needs a scope for them; whoever may import has all of them."""
    summary = take(store, tmp_path, f"email,event,time\njane@acme.example,{name},2026-11-01 10:00\n")
    assert (summary.new, summary.rejected) == (1, 0)
    assert [row.name for row in history(store)] == [name]
