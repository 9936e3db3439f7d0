"""`why`: the same story that the store holds, in words that a person can act on."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from engine.domain.traffic import HitKind
from engine.service.held import hold_sending
from engine.service.pause import pause_campaign
from engine.service.suppress import suppress
from engine.service.why import LeadStory, story_of_lead
from tests.cli.conftest import FIREFOX
from tests.cli.life import CAMPAIGN, START, Life, ripeline, write_home


def story(life: Life, who: str) -> LeadStory:
    return story_of_lead(life.home, life.runner.current(), who, life.clock.now())


def told(found: LeadStory) -> list[tuple[str, str]]:
    return [(moment.what, moment.about) for moment in found.moments]


def test_story_tells_every_step_in_order(lived: Life) -> None:
    assert told(story(lived, "jane@northwind.example")) == [
        ("known", ""),
        ("entered", "clean"),
        ("sent", '"Why data decays"'),
        ("opened", "— not counted"),
        ("clicked", "checklist"),
        ("advanced", "aware → ready"),
        ("sent", '"Shall we talk?"'),
        ("finished", "clean"),
    ]


def test_story_names_reasons_and_the_relays_words(lived: Life) -> None:
    reasons = {moment.what: moment.why for moment in story(lived, "jane@northwind.example").moments}
    assert reasons["known"] == "source: web"
    assert reasons["entered"] == "enter: source is 'web'"
    assert reasons["sent"].startswith("accepted by mx1 (250 2.0.0")
    assert reasons["opened"] == "Apple privacy proxy opens everything"
    assert reasons["clicked"].startswith("human; ")
    assert reasons["advanced"].startswith("advance: clicked('decay', link='checklist')")


@pytest.mark.parametrize("who", ["jane@northwind.example", "JANE@Northwind.example", "jane park", " Jane  Park "])
def test_lead_is_found_by_address_and_by_name(lived: Life, who: str) -> None:
    assert story(lived, who).head.name == "Jane Park"


def test_lead_is_found_by_its_id(lived: Life) -> None:
    found = story(lived, "jane park").head
    assert story(lived, found.id).head == found


def test_why_nothing_was_ever_sent(lived: Life) -> None:
    found = story(lived, "eve@initech.example")
    assert [(one.what, one.why) for one in found.outside] == [("clean", "enter: source is 'fair', not 'web'")]
    assert told(found) == [("known", "")]
    assert found.ahead == ()


def test_command_prints_the_story(lived: Life, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("why", "jane@northwind.example", home=lived.path) == 0
    shown = capsys.readouterr().out
    lines = shown.splitlines()
    assert lines[0].startswith("Jane Park · jane@northwind.example · Northwind · ")
    assert "clicked  checklist" in shown
    assert "\x1b" not in shown, "no colours where no terminal reads"
    assert len({line.index("  ", 15) for line in lines[2:4]}) >= 1
    reasons = [line.find("accepted by mx1") for line in lines if "accepted by mx1" in line]
    assert len(set(reasons)) == 1, "the third column is aligned"


def test_json_is_the_same_story(lived: Life, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("why", "jane park", "--json", home=lived.path) == 0
    values = json.loads(capsys.readouterr().out)
    assert [moment["what"] for moment in values["moments"]] == [what for what, _ in told(story(lived, "jane park"))]
    assert values["head"]["email"] == "jane@northwind.example"


def test_unknown_lead_is_told_how_to_name_one(lived: Life, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("why", "nobody", home=lived.path) == 1
    assert "nobody here is called 'nobody'. Give an address, a whole name" in capsys.readouterr().err


@pytest.fixture
def life(tmp_path: Path) -> Life:
    return Life(tmp_path / "home")


def test_next_mail_is_told_with_what_would_change_it(life: Life) -> None:
    with life:
        life.apply()
        life.take_in_leads()
        life.play_until(START + timedelta(hours=1))
        (ahead,) = story(life, "jane park").ahead
    assert (ahead.label, ahead.campaign) == ("next", "clean")
    assert ahead.what.endswith('"What a dead lead costs"')
    assert ahead.unless.startswith("unless advance: clicked('decay', link='checklist')")
    assert ahead.at == START + timedelta(minutes=10, days=3)


def test_lead_about_to_enter_is_told_so(life: Life) -> None:
    with life:
        life.apply()
        life.take_in_leads()
        found = story(life, "jane park")
    assert found.ahead[0].what == "enters clean"
    assert found.outside == ()


def test_held_sending_and_paused_campaigns_are_told(life: Life) -> None:
    with life:
        life.apply()
        life.take_in_leads()
        life.play_until(START + timedelta(hours=1))
        hold_sending(life.home, "ann", "price page")
        pause_campaign(life.home, "clean")
        concerns = story(life, "jane park").concerns
    assert concerns[0] == ("All sending is held (paused by ann: price page): nobody gets mail until `ripeline resume`.")
    assert concerns[1].startswith("clean is paused since Mon 2 Nov 11:00")


def test_suppressed_lead_is_told_what_never_comes(life: Life) -> None:
    with life:
        life.apply()
        life.take_in_leads()
        home = life.home
        suppress(home.store, home.keys.addresses, ["jane@northwind.example"], life.clock.now(), reason="asked by phone")
        found = story(life, "jane park")
    assert found.never[0].what == "any mail"
    assert found.never[0].why.startswith("asked by phone (by operator), Mon 2 Nov 10:00")
    assert ("suppressed", "all mail") in told(found)


def test_scanners_many_clicks_are_one_line(life: Life) -> None:
    with life:
        life.apply()
        life.take_in_leads()
        life.play_until(START + timedelta(hours=1))
        for link in range(2):
            life.hit(HitKind.CLICK, 1, FIREFOX, link=link, after=timedelta(seconds=link))
        life.play_until(START + timedelta(hours=2))
        clicks = [moment for moment in story(life, "jane park").moments if moment.what == "clicked"]
    assert len(clicks) == 1
    assert clicks[0].about == "2 links — not counted"
    assert "a scanner fetched" in clicks[0].why


def test_safe_mode_is_told(tmp_path: Path) -> None:
    with Life(tmp_path / "home") as life:
        config = (life.path / "config.toml").read_text("utf-8")
        (life.path / "config.toml").write_text(f'{config}\n[safety]\ndeliver_to = "me@acme.example"\n', "utf-8")
        life.apply()
        life.take_in_leads()
        assert ripeline("why", "jane park", home=life.path) == 0


def test_draft_campaign_lets_nobody_in_and_why_says_so(tmp_path: Path) -> None:
    with Life(tmp_path / "home", CAMPAIGN.replace('"live"', '"draft"')) as life:
        life.apply()
        life.take_in_leads()
        assert story(life, "jane park").outside[0].why == "it lets nobody in: state = 'draft'"


def test_home_without_config_is_refused_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("why", "x", home=tmp_path) == 1
    assert "is no home: it has no config.toml" in capsys.readouterr().err
    assert ripeline("why", "x", home=tmp_path / "gone") == 1
    assert "there is no folder" in capsys.readouterr().err


def test_mistake_in_config_is_shown_at_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = write_home(tmp_path / "home")
    config = (home / "config.toml").read_text("utf-8")
    (home / "config.toml").write_text(config.replace("postal_address", "postal_adress"), "utf-8")
    assert ripeline("why", "x", home=home) == 1
    shown = capsys.readouterr().out
    assert "config.toml:5:1" in shown
    assert "did you mean 'postal_address'?" in shown
