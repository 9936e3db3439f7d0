"""`ripeline simulate`: what it shows, writes and refuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.cli.life import Life, ripeline

DAY = ("--start", "2026-11-02")


def test_made_up_leads_are_played_without_a_store(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("simulate", "--leads", "100", "--days", "30", *DAY, home=home) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("100 leads under the working files for 30 days, 2 Nov 2026 to 2 Dec 2026, seed 1\n")
    assert "assumed, as this home has no history" in shown
    assert "clean  Clean data closes deals" in shown
    assert "replied" in shown.partition("Rules that wait for what did not happen here")[2]
    assert not (home / "var/ripeline.db").exists(), "looking makes no store"


def test_files_hold_the_same_forecast_and_what_repeats_it(home: Path, tmp_path: Path) -> None:
    files = [tmp_path / "one/a.json", tmp_path / "b.json"]
    for file in files:
        arguments = ("--leads", "50", "--arrivals", "14/week", "--event", "reply=10%", "--days", "20", "--seed", "7")
        page = file.with_suffix(".html")
        assert ripeline("simulate", *arguments, *DAY, "--json", str(file), "--html", str(page), home=home) == 0
        assert page.read_text("utf-8").startswith("<!doctype html>")
    assert files[0].read_bytes() == files[1].read_bytes()
    found = json.loads(files[0].read_text("utf-8"))
    assert (found["seed"], found["days_simulated"], found["bundle"]) == (7, 20, None)
    assert found["start"] == "2026-11-02T00:00:00Z" and found["digest"]
    assert found["events"] == [{"event": "reply", "share": 0.1}] and found["arrivals_per_day"] == 2
    assert found["leads"] == {"in_store": 0, "made_up": 50, "played": 90, "each_stands_for": 1.0}
    assert sum(day["mails"]["value"] for day in found["days"]) == found["mails"]["value"] > 0
    daily = {(one["what"], one["campaign"]) for one in found["daily"]}
    assert {("mail", "clean"), ("entered", "clean"), ("open", "clean"), ("ended:exit", "clean")} <= daily
    assert found["never_made"] == []


def test_what_becomes_of_hand_offs_is_shown_and_written(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = home / "config.toml"
    config.write_text(config.read_text("utf-8") + '\n[sales]\nhand_raises = ["asked"]\n', "utf-8")
    file, page = tmp_path / "found.json", tmp_path / "found.html"
    chances = ("--event", "asked=100%", "--sales", "accepted=0%", "--sales", "no_fit=100%")
    arguments = ("--leads", "20", "--days", "30", *chances, "--json", str(file), "--html", str(page))
    assert ripeline("simulate", *arguments, *DAY, home=home) == 0
    shown = capsys.readouterr().out
    assert "100% given back (no_fit 100%)" in shown and "accepted and no_fit as given, the rest assumed" in shown
    assert "given back" in shown.partition("\nSales\n")[2]
    found = json.loads(file.read_text("utf-8"))
    assert found["sales"]["handed_over"]["value"] == 20 and set(found["sales"]["back"]) == {"no_fit"}
    assert found["sales_answers"]["shares"]["no_fit"] == 1.0
    assert "Not for us" in page.read_text("utf-8") and "gives none back" not in shown


def test_home_s_own_leads_and_one_lead_s_calendar(lived: Life, capsys: pytest.CaptureFixture[str]) -> None:
    store = lived.path / "var/ripeline.db"
    before = store.read_bytes()
    start = ("--start", "2026-11-23T12:00")
    assert ripeline("simulate", "--days", "30", *start, home=lived.path) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("3 leads under bundle 1 for 30 days")
    assert "mails older than 7 days are too few to learn from; 300 are needed" in shown
    assert ripeline("simulate", "--lead", "bob@globex.example", "--days", "30", *start, home=lived.path) == 0
    assert "bob@globex.example in the next 30 days  200 possible futures" in capsys.readouterr().out
    assert store.read_bytes() == before


def test_start_before_what_leads_have_done_is_refused(lived: Life, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("simulate", "--days", "5", *DAY, home=lived.path) == 1
    assert "--start lies before the last mail of this home's leads, decided" in capsys.readouterr().err
    assert ripeline("simulate", "--days", "5", "--leads", "10", *DAY, home=lived.path) == 0


def test_calendar_is_written_too(lived: Life, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, file = tmp_path / "jane.html", tmp_path / "jane.json"
    arguments = ("--lead", "jane@northwind.example", "--futures", "5", "--html", str(page), "--json", str(file))
    assert ripeline("simulate", *arguments, home=lived.path) == 0
    assert "jane@northwind.example" in page.read_text("utf-8")
    assert json.loads(file.read_text("utf-8"))["calendar"]["futures"] == 5


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "this home has no leads yet. --leads 1000 makes some up, --arrivals 50/day lets some come in"),
        (("--lead", "jane"), "this home has no leads yet"),
        (("--arrivals", "many"), "--arrivals 'many' is no number of leads per time: write 50/day or 300/week"),
        (("--arrivals", "20000/hour"), "--arrivals brings 2,400,000 leads in 5 days; 1,000,000 are the most"),
        (("--event", "demo_booked"), "--event 'demo_booked' is no event with its share of the leads"),
        (("--event", "demo_booked=200%"), "--event demo_booked=200% is no share: write 2% or 0.02"),
        (("--leads", "5", "--sales", "mostly"), "--sales 'mostly' is no answer with its share of the hand-offs"),
        (("--leads", "5", "--sales", "acepted=1%"), "is nothing that becomes of a hand-off; did you mean 'accepted'?"),
        (("--leads", "5", "--sales", "accepted=70%", "--sales", "too_early=40%"), "are 110% together, which is more"),
        (("--opens", "often"), "--opens often is no share: write 2% or 0.02"),
        (("--leads", "5", "--clicks", "60%"), "--clicks 60.0% is not below what is opened"),
        (("--leads", "5", "--html", "/dev/null/x.html"), "/dev/null/x.html cannot be written"),
    ],
)
def test_what_cannot_be_played_is_told(
    arguments: tuple[str, ...], told: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ripeline("simulate", "--days", "5", *arguments, home=home) == 1
    assert told in capsys.readouterr().err


def test_mistaken_files_are_shown_and_not_played(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = home / "campaigns/clean.toml"
    file.write_text(file.read_text("utf-8").replace("source ==", "sauce =="), "utf-8")
    assert ripeline("simulate", "--leads", "5", home=home) == 1
    assert "unknown name 'sauce'" in capsys.readouterr().out


def test_short_span_is_shown_by_days_and_a_long_one_by_weeks(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for days, lines in ((10, 10), (30, 5)):
        assert ripeline("simulate", "--leads", "50", "--days", str(days), *DAY, home=home) == 0
        shown = capsys.readouterr().out
        bars = shown.partition("Mails  ")[2].partition("busiest hour")[0].splitlines()[1:-1]
        assert len(bars) == lines


def test_interrupt_ends_all_processes_without_a_word_of_them(home: Path) -> None:
    command = [sys.executable, "-m", "engine.app", "simulate", "--home", str(home), "--leads", "50000"]
    played = subprocess.Popen(
        [*command, "--processes", "2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    until = time.monotonic() + 60
    while len(psutil.Process(played.pid).children()) < 3 and time.monotonic() < until:  # two, and what follows them up
        time.sleep(0.05)
    os.killpg(played.pid, signal.SIGINT)
    out, errors = played.communicate(timeout=60)
    assert (played.returncode, out, errors) == (130, b"", b"stopped.\n")
