"""New campaigns, mails and themes: sound from the start, with scenarios that pass, and never over another file."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from difflib import ndiff
from pathlib import Path

import pytest

from engine.authoring.home import read_home
from engine.authoring.toml_layout import laid_out
from engine.domain.campaign import CampaignState
from engine.errors import RipelineError
from engine.rehearsal.fitting import keep_what_passes
from engine.rehearsal.scenarios import play_scenarios
from engine.service.check import CheckReport, check
from engine.service.copy_campaign import as_toml, copied, vars_of
from engine.service.init import Identity, lay_out
from engine.service.new_campaign import new_campaign, new_theme, sketches
from engine.service.new_email import new_email
from engine.service.new_files import NewFiles, write_new

WHO = Identity("Acme", "1 Main St, Springfield", "Ann Lee <ann@acme.example>", "ann@acme.example")
TODAY = date(2026, 11, 25)
FAILING = """\
[[scenario]]
name  = "x"
start = 2026-11-02T09:00:00
then  = [{ mail = "welcome" }]
"""
SHIPPED = ("clean-data", "demo", "trial", "webinar")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    lay_out(tmp_path / "home", WHO)
    return tmp_path / "home"


def written(home: Path, files: NewFiles) -> CheckReport:
    """What `check` says after writing; the new files are laid out."""
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    write_new(home, files)
    changed = {home / name for name in files.changed}
    assert all(path.read_bytes() == content for path, content in before.items() if path not in changed)
    for name in (*files.made, *files.changed):
        if name.endswith(".toml"):
            text = (home / name).read_text("utf-8")
            assert laid_out(text) == text
    return check(home)


def failures(report: CheckReport, campaign: str) -> list[str]:
    (result,) = play_scenarios(report, campaign).campaigns
    assert result.coverage is not None
    assert (result.coverage.steps.never, result.coverage.stages.never) == ((), ())
    return [f"{one.scenario.name}: {one.difference}" for one in result.verdicts if not one.passed]


def test_new_campaigns_and_themes_have_no_problems_and_pass(home: Path) -> None:
    config = read_home(home).config
    for files in (
        new_campaign(home, config, "welcome", "welcome", TODAY),
        new_campaign(home, config, "spring", "welcome", TODAY),
        new_theme(home, config, "lost-time", TODAY),
    ):
        report = written(home, files)
        assert report.problems == ()
    for name in ("welcome", "spring", "lost-time"):
        assert report.campaigns[name].state is CampaignState.DRAFT
        assert failures(report, name) == []


def test_new_campaign_needs_no_site_and_no_letter(tmp_path: Path) -> None:
    lay_out(tmp_path, WHO)
    (tmp_path / "templates/layouts/letter.html").unlink()
    for path in (*(tmp_path / "campaigns").iterdir(), *(tmp_path / "templates").glob("*/*/*.*")):
        path.unlink()
    config = read_home(tmp_path).config
    config = config.model_copy(update={"company": config.company.model_copy(update={"website": ""})})
    assert written(tmp_path, new_campaign(tmp_path, config, "a", "a", TODAY)).problems == ()


def test_every_sketch_is_used(home: Path) -> None:
    config = read_home(home).config
    made = {**new_campaign(home, config, "a", "a", TODAY).made, **new_theme(home, config, "b", TODAY).made}
    assert len(made) + len({"email.md", "first.test.toml"}) == len(sketches())
    assert not any(b"$" in text for text in made.values())


@pytest.mark.parametrize("name", ["Welcome", "a b", "../a", "a/b", "", "a_b", "."])
def test_wrong_campaign_name_is_refused(home: Path, name: str) -> None:
    with pytest.raises(RipelineError, match="cannot be a campaign's name"):
        new_campaign(home, read_home(home).config, name, "theme", TODAY)
    with pytest.raises(RipelineError, match="cannot be a campaign's name"):
        copied(home, "trial", name, "T", "", {})


def test_nothing_is_written_if_one_file_is_there(home: Path) -> None:
    there = home / "templates/welcome/next/offer.md"
    there.parent.mkdir(parents=True)
    there.symlink_to("nowhere")
    with pytest.raises(RipelineError, match=r"offer\.md is there already, and nothing was written"):
        write_new(home, new_campaign(home, read_home(home).config, "welcome", "welcome", TODAY))
    assert not (home / "campaigns/welcome.toml").exists()


@pytest.mark.parametrize(
    ("where", "after", "before"),
    [("data-quality/aware/story", "cost", "after-cost"), ("data-quality/slow/sixth", "", "")],
)
def test_new_mail_is_a_step_where_it_was_asked_for(home: Path, where: str, after: str, before: str) -> None:
    path = home / "campaigns/clean-data.toml"
    path.write_text(path.read_text("utf-8").replace('email    = "cost"', '# the sum\nemail    = "cost"'), "utf-8")
    text = path.read_text("utf-8")
    stage, name = where.split("/")[1:]
    report = written(home, new_email(home, read_home(home).config, where, "clean-data", after))
    assert report.problems == ()
    steps = [step.id for step in report.campaigns["clean-data"].stage(stage).steps]
    at = steps.index(name)
    assert steps[at + 1 : at + 2] == ([before] if before else [])
    if after:
        assert steps[at - 1] == after
    changes = [line for line in ndiff(text.splitlines(), path.read_text("utf-8").splitlines()) if line[0] in "+-"]
    assert all(line.startswith("+") for line in changes)
    assert f'+ email = "{name}"' in changes
    assert len(changes) in (3, 4)


def test_line_ends_of_a_campaign_stay(home: Path) -> None:
    path = home / "campaigns/trial.toml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    write_new(home, new_email(home, read_home(home).config, "trial/use/story", "trial", ""))
    raw = path.read_bytes()
    assert b'email = "story"\r\n' in raw
    assert raw.count(b"\n") == raw.count(b"\r\n")


@pytest.mark.parametrize(
    ("where", "campaign", "after", "told"),
    [
        ("cost", "", "", "write theme/stage/name"),
        ("a/b/../c", "", "", "write theme/stage/name"),
        ("a/../c", "", "", "cannot be a stage"),
        ("a/b/c", "", "x", "say which one with --campaign"),
        ("trial/start/x", "trail", "", "there is no campaign 'trail'; did you mean 'trial'"),
        ("data-quality/start/x", "trial", "", "write trial/start/x"),
        ("trial/begin/x", "trial", "", "has no stage 'begin'"),
        ("trial/start/x", "trial", "welcom", "has no step 'welcom'; did you mean 'welcome'"),
        ("trial/start/connect", "trial", "", "has a step 'connect' already"),
    ],
)
def test_mail_that_cannot_be_placed_is_told(home: Path, where: str, campaign: str, after: str, told: str) -> None:
    with pytest.raises(RipelineError, match=told):
        new_email(home, read_home(home).config, where, campaign, after)


def test_copy_has_its_own_values_and_keeps_all_comments(home: Path) -> None:
    values = {name: str(value) for name, value in vars_of(home, "webinar").items()}
    values |= {"topic": 'Say "more" \\ less', "starts": "2027-01-14T15:00:00+01:00"}
    report = written(home, copied(home, "webinar", "webinar-2", 'The "second"', "", values))
    old, new = ((home / f"campaigns/{name}.toml").read_text("utf-8") for name in ("webinar", "webinar-2"))
    assert tomllib.loads(new)["vars"]["topic"] == 'Say "more" \\ less'
    assert tomllib.loads(new)["vars"]["starts"] == datetime.fromisoformat("2027-01-14T15:00:00+01:00")
    assert [line.partition("#")[1:] for line in new.split("\n")] == [
        line.partition("#")[1:] for line in old.split("\n")
    ]
    assert report.problems == ()
    assert (report.campaigns["webinar-2"].title, report.campaigns["webinar-2"].state) == ('The "second"', "draft")


def test_scenarios_that_do_not_fit_the_copy_are_left_out(home: Path) -> None:
    values = {name: str(value) for name, value in vars_of(home, "webinar").items()}
    written(home, copied(home, "webinar", "webinar-2", "Second", "", {**values, "starts": "2026-12-17T15:00:00+01:00"}))
    gone = keep_what_passes(home, "webinar-2", TODAY)
    assert "a silent guest is invited twice and left alone" in gone
    report = check(home)
    assert report.problems == ()
    (result,) = play_scenarios(report, "webinar-2").campaigns
    assert (result.failed, len(result.verdicts) + len(gone)) == (0, len(report.scenarios["webinar"]))


@pytest.mark.parametrize("old", ["", FAILING])
def test_copy_without_a_scenario_that_fits_gets_one(home: Path, old: str) -> None:
    if old:
        (home / "campaigns/trial.test.toml").write_text(old, "utf-8")
    else:
        (home / "campaigns/trial.test.toml").unlink()
    written(home, copied(home, "trial", "trial-2", "Second", "", {}))
    assert keep_what_passes(home, "trial-2", TODAY) == (("x",) if old else ())
    report = check(home)
    assert report.problems == ()
    (result,) = play_scenarios(report, "trial-2").campaigns
    assert (result.failed, len(result.verdicts)) == (0, 1)


@pytest.mark.parametrize("name", SHIPPED)
def test_copy_with_a_theme_of_its_own_has_its_own_mails(home: Path, name: str) -> None:
    theme = read_home(home).campaigns[name].theme
    values = {name: str(value) for name, value in vars_of(home, name).items()}
    files = copied(home, name, "copy", "Copy", "other", values)
    mails = {path for path in files.made if path.startswith("templates/")}
    assert mails == {
        f"templates/other/{path.relative_to(home / 'templates' / theme).as_posix()}"
        for path in (home / "templates" / theme).rglob("*.*")
    }
    assert written(home, files).problems == ()
    assert keep_what_passes(home, "copy", TODAY) == ()


@pytest.mark.parametrize(
    ("typed", "before", "made"),
    [
        ("a", "b", '"a"'),
        ("7", "b", '"7"'),
        ('say "\x07\x7f"', "b", '"say \\"\\u0007\\u007f\\""'),
        ("7", 1, "7"),
        ("0.5", 1, "0.5"),
        ("false", True, "false"),
        ("2027-01-01", date(2026, 1, 1), "2027-01-01"),
        ("2027-01-01T10:00:00", datetime(2026, 1, 1), "2027-01-01T10:00:00"),  # noqa: DTZ001
        ("a, b", ["c"], '["a", "b"]'),
        ('["a", "b, c"]', ["c"], '["a", "b, c"]'),
    ],
)
def test_value_is_written_as_what_stood_there(typed: str, before: object, made: str) -> None:
    assert as_toml("x", typed, before) == made
    tomllib.loads(f"x = {made}")


@pytest.mark.parametrize(
    ("typed", "before"),
    [
        ("seven", 1),
        ("true", 1),
        ("1", True),
        ("2027-01-01T10:00:00", date(2026, 1, 1)),
        ("2027-01-01", datetime(2026, 1, 1)),  # noqa: DTZ001
        ("1\nstate = 'live'", 1),
        ("[1", ["a"]),
        ("", 1),
    ],
)
def test_value_of_another_kind_is_refused(typed: str, before: object) -> None:
    with pytest.raises(RipelineError, match="is not"):
        as_toml("x", typed, before)
