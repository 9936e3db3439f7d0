"""A home's folder: which files are read, which are refused, and what is told of all of them together."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.authoring.home import load_home, read_bundle_texts, read_home
from tests.authoring.homes import CAMPAIGN, CONFIG, changed


@pytest.fixture
def home(tmp_path: Path) -> Path:
    root = tmp_path / "home"
    (root / "campaigns").mkdir(parents=True)
    (root / "config.toml").write_text(CONFIG, "utf-8")
    (root / "campaigns" / "clean-data.toml").write_text(CAMPAIGN, "utf-8")
    return root


def told(home: Path) -> list[tuple[str, str]]:
    return [(str(problem.place), problem.code) for problem in read_home(home).problems]


def test_sound_home_is_read_whole(home: Path) -> None:
    found = read_home(home)

    assert found.problems == []
    assert list(found.campaigns) == ["clean-data"]
    assert found.config.company.name == "Acme"
    assert found.texts.keys() == {"config.toml", "campaigns/clean-data.toml"}
    assert found.config_usable and not found.has_errors


def test_home_without_config_has_defaults(home: Path) -> None:
    (home / "config.toml").unlink()
    text = changed('from     = { owner = true, else = "Ann Lee <ann@acme.example>" }', 'from = "a@b.example"')
    (home / "campaigns" / "clean-data.toml").write_text(text, "utf-8")

    assert read_home(home).problems == []


def test_scenarios_and_editors_files_are_no_campaigns(home: Path) -> None:
    for name in (".draft.toml", "clean-data.toml~", "README.md"):
        (home / "campaigns" / name).write_text("this is no campaign", "utf-8")
    scenarios = '[[scenario]]\nname = "one"\nstart = 2026-11-02T09:00:00\nthen = [{ mail = "decay" }]\n'
    (home / "campaigns" / "clean-data.test.toml").write_text(scenarios, "utf-8")

    assert told(home) == []


def test_campaign_with_another_ending_is_warned_of(home: Path) -> None:
    (home / "campaigns" / "trial.tml").write_text(CAMPAIGN, "utf-8")

    assert told(home) == [("campaigns/trial.tml", "W001")]


def test_file_name_that_cannot_be_an_id_is_told_with_a_better_one(home: Path) -> None:
    (home / "campaigns" / "Clean Data.toml").write_text(CAMPAIGN, "utf-8")

    problem = read_home(home).problems[0]

    assert (str(problem.place), problem.code) == ("campaigns/Clean Data.toml", "E016")
    assert problem.hint == "rename it to clean-data.toml"
    assert "Clean Data" not in read_home(home).campaigns


@pytest.mark.acceptance(row=31)
def test_config_in_which_a_table_stands_twice_is_not_usable(home: Path) -> None:
    file = home / "config.toml"
    file.write_text(f"{file.read_text('utf-8')}\n[safety]\ndeliver_to = 'a@b.example'\n\n[safety]\n", "utf-8")
    found = read_home(home)
    assert not found.config_usable, "safe mode would be lost without a word"


def test_link_out_of_the_home_is_refused(home: Path) -> None:
    outside = home.parent / "secret.toml"
    outside.write_text(CAMPAIGN, "utf-8")
    (home / "campaigns" / "secret.toml").symlink_to(outside)

    found = read_home(home)

    assert [(p.place.path, p.code) for p in found.problems] == [("campaigns/secret.toml", "E001")]
    assert "campaigns/secret.toml" not in found.texts


def test_link_within_the_home_is_followed(home: Path) -> None:
    (home / "shared.toml").write_text(CAMPAIGN, "utf-8")
    (home / "campaigns" / "second.toml").symlink_to(home / "shared.toml")

    assert list(read_home(home).campaigns) == ["clean-data", "second"]


def test_broken_link_and_folder_are_told(home: Path) -> None:
    (home / "campaigns" / "gone.toml").symlink_to(home / "nowhere.toml")
    (home / "campaigns" / "folder.toml").mkdir()

    assert told(home) == [("campaigns/folder.toml", "E001"), ("campaigns/gone.toml", "E001")]


def test_problems_of_all_files_are_told_config_first(home: Path) -> None:
    (home / "config.toml").write_text(CONFIG.replace('name = "Acme"', "name = Acme"), "utf-8")
    (home / "campaigns" / "a.toml").write_text("title: x", "utf-8")
    (home / "campaigns" / "b.toml").write_bytes(b"title = '\xff'")

    assert told(home) == [
        ("config.toml:2:8", "E003"),
        ("campaigns/a.toml:1:6", "E005"),
        ("campaigns/b.toml:1:10", "E001"),
    ]


def test_mistake_in_the_config_makes_no_further_ones_in_campaigns(home: Path) -> None:
    broken = CONFIG.replace('[fields.seats]\ntype = "number"', '[fields]\nseats = "number"').replace(
        '[fields.industry]\ntype = "text"\n', ""
    )
    (home / "config.toml").write_text(broken, "utf-8")
    text = changed("clicks >= 2", "lead.seats >= 2")
    (home / "campaigns" / "clean-data.toml").write_text(text, "utf-8")

    found = read_home(home)

    assert [(p.place.path, p.code) for p in found.problems] == [("config.toml", "E012")]
    assert not found.config_usable


def test_campaigns_know_each_others_steps(home: Path) -> None:
    text = changed("replied or", "ever.clicked('second/tipp-1') or ever.entered('clean-data') or")
    (home / "campaigns" / "second.toml").write_text(text, "utf-8")

    problems = read_home(home).problems

    assert [(p.place.path, p.code, p.hint) for p in problems] == [
        ("campaigns/second.toml", "E107", "did you mean 'tip-1'?")
    ]


def test_lane_that_looks_like_another_is_warned_of(home: Path) -> None:
    for name in ("second", "third"):
        (home / "campaigns" / f"{name}.toml").write_text(CAMPAIGN, "utf-8")
    (home / "campaigns" / "fourth.toml").write_text(changed('"nurture"', '"nuture"'), "utf-8")

    problems = read_home(home).problems

    assert [(str(p.place), p.code, p.hint) for p in problems] == [
        ("campaigns/fourth.toml:6:12", "W204", "did you mean 'nurture'?")
    ]


def test_link_names_are_judged_when_they_are_known(home: Path) -> None:
    text = changed("clicked('cost')\", go", "clicked('cost', link='pricng')\", go")
    (home / "campaigns" / "clean-data.toml").write_text(text, "utf-8")
    files = load_home(home)

    assert files.read().problems == []
    assert [p.code for p in files.read({"clean-data": {"cost": frozenset({"pricing"})}}).problems] == ["E107"]


def test_stored_texts_give_the_same_campaigns(home: Path) -> None:
    found = read_home(home)

    config, campaigns, problems = read_bundle_texts(found.texts)

    assert problems == []
    assert config == found.config
    assert campaigns == found.campaigns
