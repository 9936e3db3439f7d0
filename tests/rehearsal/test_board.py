"""A campaign as a board: stages in order, steps with what they wait for, rules as written, changes at their places."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.authoring.difference import difference
from engine.authoring.home import read_bundle_texts, read_campaign_text
from engine.config.model import Config
from engine.domain.campaign import Campaign
from engine.domain.journey.programme import Winner
from engine.rehearsal.board import Board, Card, Said, Way, board
from engine.service.check import check
from engine.service.mail_choice import subjects_of
from tests.rehearsal.homes import CAMPAIGN, CONFIG, write

STREAM = """\
title = "Notes"
theme = "dq"
enter = "source == 'web'"
backfill = true
[stage.notes]
cadence = "every 4 weeks Tue 10:00"
advance = "clicks >= 2"
exhausted = "hold"
[[stage.notes.step]]
email = "first"
[stage.trial]
exhausted = { after = "14d", go = "notes" }
[[stage.trial.step]]
email = "invoice"
kind = "operational"
at = "3 days before lead.renewal 10:00"
late = "send"
expires = "2d"
[[stage.trial.step]]
email = "reply"
thread = "invoice"
wait = "until Tue 10:00"
catch_up = true
"""
FIELDS = read_bundle_texts({"config.toml": CONFIG + '[fields.renewal]\ntype = "date"\n'})[0]


def campaign(text: str, config: Config = FIELDS) -> Campaign:
    found, problems = read_campaign_text("clean", text, config)
    assert found is not None, problems
    return found


@pytest.fixture
def shown() -> Board:
    return board(campaign(CAMPAIGN))


def cards(found: Board) -> dict[str, Card]:
    return {card.id: card for column in found.columns for card in column.cards}


def test_board_says_who_comes_in_what_ends_it_and_when_mails_go(shown: Board) -> None:
    assert shown.facts == (
        Said("enters", "source == 'web'"),
        Said("leaves", "replied"),
        Said("goal", "event('demo_booked')"),
        Said("mails go", words="Mon–Thu 09:00–17:00 their time"),
    )
    assert (shown.title, shown.state) == ("Clean data", "draft")


def test_stages_are_columns_in_their_order_with_their_ends(shown: Board) -> None:
    assert [column.id for column in shown.columns] == ["aware", "ready", "slow"]
    assert [column.ends for column in shown.columns] == [
        Way("slow", words="after the last step"),
        Way("exit", words="after the last step"),
        Way("exit", words="after the last step"),
    ]
    assert [column.arrivals for column in shown.columns] == [(), ("aware",), ("aware",)]


def test_branch_tells_its_ways_and_that_the_next_step_follows(shown: Board) -> None:
    branch = cards(shown)["after-cost"]
    assert branch.ways == (Way("ready", "clicked('cost', link='pricing')"), Way("", words="otherwise"))
    assert branch.timing == "after 2 days"


def test_cards_say_what_a_step_does_when_and_for_whom(shown: Board) -> None:
    found = cards(shown)
    assert (found["decay"].kind, found["decay"].title, found["decay"].timing) == ("email", "decay", "after 10 minutes")
    assert found["cost"].notes == ("2 subjects: “What it costs”, “A sum”",)
    assert found["news"].when == "not known(seats)"
    assert (found["call"].title, found["call"].notes) == ("Call them", ("for owner, at most 1 day",))
    assert [card.title for card in shown.columns[1].cards] == ["lifecycle = 'mql'", "Call them", "to sales"]


def test_stream_dates_threads_and_operational_mail_are_told() -> None:
    found = board(campaign(STREAM))
    notes, trial = found.columns
    assert notes.cadence == "every 4 weeks Tue 10:00"
    assert notes.advance == Way("trial", "clicks >= 2")
    assert notes.cards[0].timing == "at the next slot"
    assert trial.ends == Way("notes", words="2 weeks after the last step")
    invoice, reply = trial.cards
    assert invoice.timing == "3 days before lead.renewal 10:00"
    assert invoice.notes == (
        "operational: at any hour, outside the caps",
        "goes also if that is past",
        "dropped if not out after 2 days",
    )
    assert reply.timing == "until Tue 10:00"
    assert reply.notes == ("answers “invoice”, in its thread", "also for leads who are past this place")
    assert found.facts[0] == Said("enters", "source == 'web'", "also who meets it already")


def test_wait_for_a_rule_shows_the_rule_and_the_longest_wait() -> None:
    text = CAMPAIGN.replace('wait   = "2d"', 'wait   = { until = "clicked(\'cost\')", max = "2 business days" }')
    card = cards(board(campaign(text)))["after-cost"]
    assert (card.until, card.timing) == ("clicked('cost')", "at most 2 business days")


def test_event_that_lets_in_stands_as_a_rule() -> None:
    text = CAMPAIGN.replace("enter  = \"source == 'web'\"", 'on = "event(\'trial_started\')"\nkey = "trigger.id"')
    assert board(campaign(text)).facts[0] == Said("enters", "event('trial_started')", "one run for each trigger.id")


def test_changes_stand_where_they_are() -> None:
    before = campaign(CAMPAIGN)
    after = campaign(
        CAMPAIGN.replace('wait     = "3d"', 'wait     = "5d"')
        .replace('exit   = "replied"', 'exit   = "replied or clicks > 3"')
        .replace('[[stage.ready.step]]\nid   = "call"\ntask = "Call them"\nmax  = "1d"\n', "")
        .replace("[stage.ready]\nexhausted", '[stage.ready]\nadvance = "clicks > 1"\nexhausted')
    )
    found = board(after, changes=difference({"clean": before}, {"clean": after}).changes)
    assert [change.told for change in found.changes] == ["exit changed"]
    marked = {card.id: card.change.told for card in cards(found).values() if card.change}
    assert marked == {"cost": "waits 3 days → 5 days"}
    assert [change.step for change in found.columns[1].removed] == ["call"]
    assert [change.told for change in found.columns[1].changes] == ["how leads leave this stage changed"]
    assert found.changed
    assert not board(after).changed


def test_removed_stage_is_told_beside_the_others() -> None:
    before = campaign(CAMPAIGN)
    after = campaign(
        CAMPAIGN[: CAMPAIGN.index("[stage.slow]")].replace('exhausted = "slow"', 'exhausted = "exit"'),
    )
    found = board(after, changes=difference({"clean": before}, {"clean": after}).changes)
    assert [change.stage for change in found.removed] == ["slow"]


def test_card_of_a_mail_says_which_variant_was_chosen() -> None:
    won = {("clean", "cost", "subject"): Winner("A sum", datetime(2026, 11, 3, tzinfo=UTC))}
    found = cards(board(campaign(CAMPAIGN), winners=won))
    assert found["cost"].notes[-1] == "chosen: every lead to come gets the subject “A sum”"
    assert [card.id for card in found.values() if "chosen" in " ".join(card.notes)] == ["cost"]


def test_cards_know_their_place_in_the_file_and_their_mails_subject(tmp_path: Path) -> None:
    report = check(write(tmp_path))
    found = cards(board(report.campaigns["clean"], report.places, subjects=subjects_of(report)))
    lines = (tmp_path / "campaigns/clean.toml").read_text("utf-8").splitlines()
    for card in found.values():
        assert card.place is not None
        assert lines[card.place.line - 1].startswith("[[stage.")
    assert len({card.place for card in found.values()}) == len(found)
    subjects = {card.id: card.subject for card in found.values() if card.is_mail}
    assert subjects == {"decay": "Why data decays", "cost": "", "news": "News"}
