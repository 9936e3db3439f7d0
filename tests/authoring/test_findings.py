"""What is better mended in a campaign: each finding on a file that has it, and none on one that is near."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.authoring.findings import FINDINGS
from engine.authoring.home import read_home
from engine.config.model import Caps, Config
from engine.errors import Problem
from tests.authoring.homes import CAMPAIGN, CONFIG, campaign_problems, changed, config


@dataclass(frozen=True)
class Case:
    """A change that gives one finding, and a near one that gives none."""

    name: str
    code: str
    old: str
    has: str
    lacks: str
    place: str
    message: str


ADVANCE = "advance   = \"clicked('decay') or clicks >= 2\""
DATED = 'at    = "3 days before vars.webinar 10:00"'
ENTER = "enter    = \"source in ['webinar', 'whitepaper']\""
CADENCE = 'cadence   = "every 4 weeks Tue 10:00"'
COST = 'wait     = "3 business days"'
OPERATIONAL = 'email = "decay"\nkind  = "operational"'
VARIED = 'variants = { subject = ["Your list rots", "What does a dead lead cost?"] }'

CASES = (
    Case(
        "an open", "W221", ADVANCE, "advance = \"opened('decay')\"", ADVANCE, "17:11", "stage 'aware' advances by opens"
    ),
    Case(
        *("opens counted", "W221", ADVANCE, 'advance = "opens >= 2"', 'advance = "clicks >= 2"', "17:11"),
        message="stage 'aware' advances by opens alone",
    ),
    Case(
        *("an open or a click", "W221", ADVANCE, "advance = \"clicks >= 2 or opened('decay')\""),
        *("advance = \"clicks >= 2 and opened('decay')\"", "17:11", "stage 'aware' advances by opens alone"),
    ),
    Case(
        *("opens of a kind of lead", "W221", ADVANCE, "advance = \"opens > 0 and lifecycle == 'mql'\""),
        *("advance = \"not opened('decay') and lifecycle == 'mql'\"", "17:11", "stage 'aware' advances by opens alone"),
    ),
    Case(
        *("before its date, in other zones", "W222", DATED, 'at = "1h before vars.webinar"'),
        *('at = "1 day before vars.webinar 10:00"', "42:6", "leads in any time zone get this mail after vars.webinar"),
    ),
    Case(
        *("too fast for a cap", "W223", COST, 'wait = "2h"', 'wait = "1d"', "26:8"),
        message="this mail is due 2 hours after the one before it, and the cap of 1 mail per day holds it for ",
    ),
    Case(
        *("a stream too fast for a cap", "W226", CADENCE, 'cadence = "every week Tue 20:00"'),
        *(
            'cadence = "every week Tue 16:59"',
            "50:11",
            "the window (Mon–Thu 09:00–17:00 their time) is closed Tue 20:00",
        ),
    ),
    Case(
        *("a wait until the window is closed", "W226", COST, 'wait = "until Fri 10:00"', 'wait = "until Mon 10:00"'),
        *("26:8", "the window (Mon–Thu 09:00–17:00 their time) is closed Fri 10:00"),
    ),
    Case(
        *("variants compared by opens", "W227", VARIED, f'measure = "opened"\n{VARIED}', f'measure = "goal"\n{VARIED}'),
        *("27:11", "most opens are machines', so that variants compared by them may only tell machines apart"),
    ),
    Case(
        *("operational without an act", "W224", 'email = "decay"', OPERATIONAL, 'email = "decay"\nkind  = "marketing"'),
        *("22:9", "this mail is operational, and leads get it who did nothing"),
    ),
)


def findings(text: str, with_config: Config | None = None) -> list[Problem]:
    return [problem for problem in campaign_problems(text, with_config) if not problem.is_error]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_finding_is_told_at_its_place(case: Case) -> None:
    (found,) = findings(changed(case.old, case.has))

    assert (found.code, f"{found.place.line}:{found.place.column}") == (case.code, case.place)
    assert found.message.startswith(case.message)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_near_campaign_has_no_finding(case: Case) -> None:
    assert campaign_problems(changed(case.old, case.lacks)) == []


def test_every_finding_in_a_campaign_has_a_case() -> None:
    elsewhere = {"W225", "W228"}  # spans campaigns; asks the store
    newer = {code for code in FINDINGS if "W221" <= code <= "W228"}
    assert {case.code for case in CASES} == newer - elsewhere


@pytest.mark.parametrize(
    "change",
    [
        (ENTER, "enter = \"event('asked')\""),
        (
            ENTER,
            "enter = \"ever.event('asked') and source == 'webinar'\"",
        ),
        (ENTER, "on = \"event('asked')\""),
        (OPERATIONAL, OPERATIONAL + "\nwhen = \"event('asked')\""),
        (OPERATIONAL, OPERATIONAL + '\nwhen = "replied or clicks >= 1"'),
    ],
)
def test_operational_mail_may_go_where_an_act_precedes_it(change: tuple[str, str]) -> None:
    text = changed('email = "decay"', OPERATIONAL).replace(*change)
    assert findings(text) == []


def test_act_precedes_a_stage_only_if_it_does_so_on_every_way() -> None:
    text = changed('email = "vendors"', 'email = "vendors"\nkind  = "operational"')
    assert findings(text) == []  # by a click only
    text = text.replace('go = "slow" }', 'go = "compare" }').replace('exhausted = "exit"', 'exhausted = "slow"')
    assert [problem.code for problem in campaign_problems(text)] == ["W224"]


def test_how_long_a_cap_holds_is_told() -> None:
    slow = config().model_copy(update={"caps": Caps(marketing=("1 per week",))})
    found, _ = findings(CAMPAIGN, slow)
    assert found.message == (
        "this mail is due 3 days after the one before it, and the cap of 1 mail per week holds it for 4 days more"
    )


def test_mail_that_expires_while_a_cap_holds_it_is_told_so() -> None:
    (found,) = findings(changed(COST, 'wait = "2h"\nexpires = "3h"'))
    assert found.message.endswith(" more, until it has expired")


def test_mails_that_depend_on_a_rule_are_no_reason_for_a_cap() -> None:
    text = changed(COST, 'wait = "2h"\nwhen = "lifecycle == \'mql\'"')
    assert findings(text) == []


WEBINAR = """\
title = "Webinar"
state = "live"
enter = "source == 'webinar'"
window = { days = "Mon-Fri", hours = "09:00-17:00", zone = "lead", else = "Europe/Berlin" }
vars = { starts = 2026-12-10T15:00:00+01:00 }

[stage.before]
exhausted = "exit"

[[stage.before.step]]
email = "soon"
at    = "2h before vars.starts"

[[stage.before.step]]
email = "now"
at    = "on vars.starts"
"""


def test_dated_mail_is_judged_in_every_zone() -> None:
    (found,) = findings(WEBINAR)

    # 15:00 in Berlin is 06:00 in Los Angeles: both mails meet when the window opens, and only the later one goes.
    assert (found.code, f"{found.place.line}:{found.place.column}") == ("W222", "12:9")
    assert "never reaches leads in " in found.message
    assert "a later one is due at the same opening" in found.message


def test_dated_mail_that_opens_behind_its_date_is_too_late() -> None:
    alone = WEBINAR.split('\n[[stage.before.step]]\nemail = "now"', maxsplit=1)[0]
    (found,) = findings(alone)
    assert "get this mail after vars.starts: their window opens too late" in found.message
    assert findings(alone.replace("2h before vars.starts", "1 day before vars.starts 10:00")) == []
    assert (
        findings(
            alone.replace('email = "soon"', 'email = "soon"\nkind = "operational"').replace(
                "source == 'webinar'", "event('registered')"
            )
        )
        == []
    )
    assert findings(alone.replace('zone = "lead"', 'zone = "Europe/Berlin"')) == []


def home(tmp_path: Path, wanted: str) -> Path:
    (tmp_path / "campaigns").mkdir()
    (tmp_path / "config.toml").write_text(f"{CONFIG}\n[check]\nstages = {wanted}\n", "utf-8")
    (tmp_path / "campaigns" / "clean-data.toml").write_text(CAMPAIGN, "utf-8")
    return tmp_path


def test_theme_without_a_mail_for_a_wanted_stage_is_told(tmp_path: Path) -> None:
    (found,) = read_home(home(tmp_path, '["aware", "decide"]')).problems

    assert (found.code, found.place.path) == ("W225", "config.toml")
    assert found.message == "the theme 'data-quality' has no mail for the stage 'decide'"


def test_stages_that_every_theme_serves_are_no_finding(tmp_path: Path) -> None:
    assert read_home(home(tmp_path, '["aware", "slow"]')).problems == []
