"""The studio looks at files again and again; a mistake takes nothing away from the picture."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.domain.journey.facts import Lead
from engine.rehearsal.findings import of_mail
from engine.rehearsal.studio import Scene, Studio
from engine.service.check import CheckReport, check
from tests.rehearsal.homes import CAMPAIGN, write

SCENARIOS = """\
[[scenario]]
name = "one"
start = 2026-11-02T09:00:00
lead = { source = "web", first_name = "Ada", interests = ["ships", "tea"] }
then = [{ stage = "aware" }]
[[scenario]]
name = "two"
start = 2026-11-02T09:00:00
lead = { source = "web", first_name = "Ada", interests = ["tea", "ships"] }
then = [{ stage = "aware" }]
[[scenario]]
name = "three"
start = 2026-11-02T09:00:00
then = [{ no_mail = "1d" }]
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return write(tmp_path, SCENARIOS)


@pytest.fixture
def studio(home: Path) -> Studio:
    return Studio(home)


def change(home: Path, name: str, old: str, new: str) -> None:
    path = home / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def names(scene: Scene) -> list[str]:
    return [choice.name for choice in scene.mails]


def test_files_are_read_again_only_when_one_changed(studio: Studio, home: Path) -> None:
    first = studio.scene()
    assert studio.scene() is first
    change(home, "templates/dq/aware/decay.html", "Why data decays", "Why data rots, always")
    second = studio.scene()
    assert (first.number, second.number) == (1, 2)
    assert second.mails[0].mail.subject == "Why data rots, always"


@pytest.mark.parametrize("name", ["config.toml", "campaigns/clean.test.toml"])
def test_config_and_scenarios_are_looked_at_too(studio: Studio, home: Path, name: str) -> None:
    assert studio.scene().number == 1
    (home / name).write_text((home / name).read_text("utf-8") + "\n# a word\n", "utf-8")
    assert studio.scene().number == 2


def test_file_that_goes_away_while_it_is_read_is_looked_at_again(home: Path) -> None:
    reads = iter([check, gone, check])

    def checking(root: Path) -> CheckReport:
        return next(reads)(root)

    studio = Studio(home, checking=checking)
    first = studio.scene()
    change(home, "templates/dq/aware/decay.html", "Why data decays", "Why data rots, always")
    assert studio.scene() is first
    assert studio.scene().mails[0].mail.subject == "Why data rots, always"


def gone(root: Path) -> CheckReport:
    raise FileNotFoundError(root / "templates/dq/aware/decay.html~")


def test_campaign_with_a_mistake_stays_as_it_was(studio: Studio, home: Path) -> None:
    before = names(studio.scene())
    change(home, "campaigns/clean.toml", 'exit   = "replied"', 'exit   = "replid"')
    scene = studio.scene()
    assert names(scene) == before
    assert scene.kept == {"clean"}
    assert [board.id for board in scene.boards] == ["clean", "other"]
    assert [one.problem.code for one in scene.findings if one.level == "error"] == ["E104"]
    assert (scene.findings[0].before, scene.findings[0].marked) == ('exit   = "', "replid")
    (home / "campaigns/clean.toml").write_text(CAMPAIGN, "utf-8")
    assert not studio.scene().kept


def test_file_that_is_no_toml_stays_as_it_was(studio: Studio, home: Path) -> None:
    before = names(studio.scene())
    (home / "campaigns/clean.toml").write_text("[stage.aware\n", "utf-8")
    assert names(studio.scene()) == before
    assert studio.scene().kept == {"clean"}


def test_campaign_that_is_deleted_goes(studio: Studio, home: Path) -> None:
    assert "clean" in [board.id for board in studio.scene().boards]
    (home / "campaigns/clean.toml").unlink()
    (home / "campaigns/clean.test.toml").unlink()
    assert [board.id for board in studio.scene().boards] == ["other"]


def test_mail_with_a_mistake_stays_as_it_was_and_has_its_finding_beside(studio: Studio, home: Path) -> None:
    assert studio.scene().mails[0].mail.subject == "Why data decays"
    change(home, "templates/dq/aware/decay.html", "lead.first_name", "lead.frist_name")
    scene = studio.scene()
    decay, cost = scene.mails[:2]
    assert scene.is_kept(decay)
    assert not scene.is_kept(cost)
    assert [one.problem.code for one in of_mail(decay, scene.findings)] == ["E323"]
    assert of_mail(cost, scene.findings) == ()


def test_finding_in_a_step_stands_beside_its_mail_only(studio: Studio, home: Path) -> None:
    studio.scene()
    change(home, "campaigns/clean.toml", '"What it costs"', '"What {{ lead.it }} costs"')
    scene = studio.scene()
    by_mail = {one.step.id: of_mail(one, scene.findings) for one in scene.mails}
    assert [one.problem.place.line for one in by_mail["cost"]] == [18]
    assert not by_mail["decay"] and not by_mail["news"]


def test_finding_in_a_stage_stands_beside_no_step(studio: Studio, home: Path) -> None:
    studio.scene()
    change(home, "campaigns/clean.toml", "[stage.slow]\n", '[stage.slow]\ncadense = "every week"\n')
    scene = studio.scene()
    assert [one.problem.code for one in scene.findings] == ["E010"]
    assert scene.beside == {}


def test_findings_of_steps_count_errors_first_and_follow_the_file(studio: Studio, home: Path) -> None:
    assert studio.scene().beside == {}
    change(
        home, "templates/dq/slow/news.html", 'preheader = "What this is about, in a few words"', 'preheader = "News"'
    )
    change(home, "campaigns/clean.toml", '"not known(seats)"', '"not known(saets)"')
    change(home, "campaigns/clean.toml", '[[stage.ready.step]]\nset = { lifecycle = "mql" }\n', "")
    found = studio.scene().beside
    assert {where: [one.problem.code for one in some] for where, some in found.items()} == {
        ("clean", "news"): ["E104", "W405"]
    }


def test_personas_are_made_up_and_from_scenarios(studio: Studio) -> None:
    found = {one.key: one for one in studio.scene().personas}
    assert list(found) == ["sample", "bare", "clean-1", "clean-2"]
    assert found["clean-1"].name == "source web, first_name Ada, interests ships, tea"
    assert found["clean-1"].about == "one; two"
    assert found["clean-1"].lead.fields["first_name"] == "Ada"
    assert found["clean-2"].name == "nothing said of the lead"
    assert found["bare"].lead.fields == {}
    assert studio.scene().persona("gone").key == "sample"


def test_own_lead_comes_first(home: Path) -> None:
    fields = {"first_name": "Bob", "last_name": "Ross"}
    lead = Lead(id=7, email="bob@globex.example", created_at=datetime(2026, 11, 2, tzinfo=UTC), fields=fields)
    first = Studio(home, lead).scene().personas[0]
    assert (first.key, first.name) == ("lead", "Bob Ross <bob@globex.example>")
