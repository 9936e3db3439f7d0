"""The services that take leads in and out, on both databases."""

from __future__ import annotations

import csv
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from engine.inbound.leadfiles.events import EventSettings
from engine.service.export_leads import export_file
from engine.service.import_events import import_events
from engine.service.import_leads import import_file
from engine.service.suppress import erase, export_lead, suppressed
from engine.store.database import reading
from engine.store.leads import count_leads
from tests.service.leadstores import CONFIG, KEY, T0, lead_called, take_in

TEXT = "email,userId,first_name,employees,tags,vip,unsubscribed\n" + "".join(
    f'p{number}@acme.example,u{number},"=cmd(""{number}"")",{number},"a; b",yes,{"yes" if number % 10 == 0 else ""}\n'
    for number in range(2500)
)


@pytest.mark.acceptance(row=30)
def test_import_export_and_import_again_agree(engine_for: Engine, tmp_path: Path) -> None:
    summary = take_in(engine_for, tmp_path / "leads.csv", TEXT, list_name="fair")
    assert (summary.new, summary.suppressed, summary.rejected) == (2500, 250, 0)
    for name in ("out.csv", "out.jsonl"):
        assert export_file(engine_for, tmp_path / name, CONFIG, list_name="fair") == 2500
        again = import_file(engine_for, tmp_path / name, CONFIG, KEY, T0 + timedelta(days=1))
        assert (again.unchanged, again.rejected) == (2500, 0)
    with (tmp_path / "out.csv").open(newline="") as file:
        assert next(csv.DictReader(file))["first_name"] == '\'=cmd("0")'


def test_two_imports_of_one_file_at_once_make_each_lead_once(engine_for: Engine, tmp_path: Path) -> None:
    for name in ("one.csv", "two.csv"):
        (tmp_path / name).write_text(TEXT)

    def take(name: str) -> int:
        return import_file(engine_for, tmp_path / name, CONFIG, KEY, T0).new

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(take, ("one.csv", "two.csv"))) == 2500
    with reading(engine_for) as connection:
        assert count_leads(connection) == 2500


def test_events_are_taken_once(engine_for: Engine, tmp_path: Path) -> None:
    take_in(engine_for, tmp_path / "leads.csv", TEXT)
    path = tmp_path / "events.csv"
    rows = [f"p{number}@acme.example,2026-11-01,{number}" for number in range(2500)]
    path.write_text("email,at,room\n" + "\n".join(rows + rows[:7]))
    settings = EventSettings(name="Attended")
    first = import_events(engine_for, path, CONFIG, KEY, T0, settings)
    assert (first.new, first.known) == (2500, 7)
    again = import_events(engine_for, path, CONFIG, KEY, T0, settings)
    assert (again.new, again.known, again.rejected) == (0, 2507, 0)


@pytest.mark.acceptance(row=40)
def test_export_erase_import_again(engine_for: Engine, tmp_path: Path) -> None:
    take_in(engine_for, tmp_path / "leads.csv", TEXT)
    assert b"p7@acme.example" in export_lead(engine_for, "userId:u7")
    erase(engine_for, KEY, "userId:u7", T0)
    assert lead_called(engine_for, "p7@acme.example") is None
    again = take_in(engine_for, tmp_path / "leads.csv", TEXT, T0 + timedelta(days=1))
    assert (again.new, again.unchanged) == (1, 2499)
    assert not lead_called(engine_for, "p7@acme.example").subscribed
    assert [found.reason for found in suppressed(engine_for, KEY, "p7@acme.example")] == ["erased"]
