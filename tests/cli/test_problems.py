"""How problems look: in the terminal, as JSON, and as annotations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.authoring.home import read_home
from engine.cli.problems import Format, as_annotations, as_json, as_text, show_report
from engine.config.model import Config
from engine.errors import Place, Problem, Severity
from engine.service.check import CheckReport
from tests.authoring.homes import CONFIG, changed


def report_of(root: Path, campaign: str) -> CheckReport:
    (root / "campaigns").mkdir()
    (root / "config.toml").write_text(CONFIG, "utf-8")
    (root / "campaigns" / "clean-data.toml").write_text(campaign, "utf-8")
    home = read_home(root)
    return CheckReport(root, tuple(home.problems), home.config, home.campaigns, {}, home.texts, read=1, wanted=5)


def report(problems: list[Problem], texts: dict[str, str] | None = None, root: Path | None = None) -> CheckReport:
    return CheckReport(root or Path("nowhere"), tuple(problems), Config(), {}, {}, texts or {}, read=7, wanted=41)


def test_problems_are_shown_with_their_lines(tmp_path: Path) -> None:
    text = changed("clicked('decay') or clicks >= 2", "lifecyle == 'mql' or clicks >= 2")
    text = changed('exhausted = "exit"\n', "", text)

    assert as_text(report_of(tmp_path, text)) == (
        "campaigns/clean-data.toml:17:14  E104  unknown name 'lifecyle' in this rule\n"
        "   16 │ [stage.aware]\n"
        "   17 │ advance   = \"lifecyle == 'mql' or clicks >= 2\"\n"
        "      │              ^^^^^^^^  did you mean 'lifecycle'?\n"
        "campaigns/clean-data.toml:37:1   E201  stage 'compare' can run out of steps, and nothing says what then\n"
        '      │ add  exhausted = { after = "14d", go = "…" }   (or "hold", or "exit")\n'
        "\n"
        "2 errors in 1 campaign, 5 mails.  Nothing that runs has changed."
    )


def test_home_without_mistakes_is_told_in_one_line(tmp_path: Path) -> None:
    assert as_text(report([])) == "7 campaigns, 41 mails: no mistakes."


def test_errors_and_warnings_are_counted_apart() -> None:
    problems = [
        Problem("E302", "there is no template 'x'", Place("campaigns/a.toml", 1, 1)),
        Problem("W405", "the preheader repeats the subject", Place("templates/a.md"), severity=Severity.WARNING),
    ]

    assert as_text(report(problems)).splitlines()[-1] == (
        "1 error, 1 warning in 7 campaigns, 41 mails.  Nothing that runs has changed."
    )


def test_line_of_a_template_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.md").write_text("Hello\n{{ lead.foo }}\n", "utf-8")
    problem = Problem("E323", "leads have no field 'foo'", Place("templates/a.md", 2, 9, 3))

    assert as_text(report([problem], root=tmp_path)).splitlines()[1:3] == [
        "    2 │ {{ lead.foo }}",
        "      │         ^^^",
    ]


def test_file_outside_of_the_home_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("geheim", "utf-8")
    problem = Problem("E001", "no", Place("../secret", 1, 1))

    assert "geheim" not in as_text(report([problem], root=tmp_path / "home"))


@pytest.mark.parametrize(
    ("line", "column", "width", "underlined"),
    [
        ("ab = x", 6, 1, "     ^"),
        ("\tab = x", 7, 1, "\t     ^"),
        ("日本 = x", 6, 1, "       ^"),
        ("a = 日本", 5, 2, "    ^^^^"),
        ("abc", 4, 1, "   ^"),
    ],
)
def test_marks_stand_below_what_they_mean(line: str, column: int, width: int, underlined: str) -> None:
    problem = Problem("E002", "x", Place("a.md", 1, column, width))

    assert as_text(report([problem], {"a.md": line})).splitlines()[2] == f"      │ {underlined}"


def test_long_line_is_cut_around_its_place() -> None:
    line = "x" * 200 + "HERE" + "y" * 200
    problem = Problem("E002", "x", Place("a.md", 1, 201, 4))

    shown, marks = as_text(report([problem], {"a.md": line})).splitlines()[1:3]

    assert shown.startswith("    1 │ …x")
    assert len(shown) <= 120
    start = marks.index("^^^^")
    assert shown[start : start + 4] == "HERE"


def test_json_has_every_problem_with_its_place() -> None:
    problem = Problem("E104", "unknown name 'x'", Place("campaigns/a.toml", 3, 5, 2), "did you mean 'y'?")

    assert json.loads(as_json(report([problem]))) == {
        "errors": 1,
        "warnings": 0,
        "campaigns": 7,
        "mails": 41,
        "problems": [
            {
                "code": "E104",
                "severity": "error",
                "message": "unknown name 'x'",
                "hint": "did you mean 'y'?",
                "path": "campaigns/a.toml",
                "line": 3,
                "column": 5,
                "width": 2,
            }
        ],
    }


def test_annotations_cannot_be_forged_by_what_a_file_says() -> None:
    problems = [
        Problem("E104", "100%\n::error::forged", Place("campaigns/a,b:c.toml", 3, 5, 2), "hint"),
        Problem("W405", "odd", Place("templates/a.md"), severity=Severity.WARNING),
    ]

    assert list(as_annotations(problems)) == [
        "::error file=campaigns/a%2Cb%3Ac.toml,line=3,col=5,endColumn=7,title=E104::100%25%0A::error::forged%0Ahint",
        "::warning file=templates/a.md,title=W405::odd",
    ]


def test_text_without_a_terminal_has_no_colours(capsys: pytest.CaptureFixture[str]) -> None:
    problem = Problem("E104", "unknown name 'x'", Place("campaigns/a.toml", 1, 1), "hint")

    show_report(report([problem], {"campaigns/a.toml": "x"}), Format.TEXT)

    assert "\x1b" not in capsys.readouterr().out


def test_with_warnings_alone_it_is_said_where_they_are_explained() -> None:
    problem = Problem("W512", "pale", Place("templates/a.md"), severity=Severity.WARNING)

    assert as_text(report([problem])).splitlines()[-2:] == [
        "1 warning in 7 campaigns, 41 mails.  Nothing that runs has changed.",
        "Why, how to mend it, how to silence it if it is meant:  ripeline check --explain W512",
    ]
