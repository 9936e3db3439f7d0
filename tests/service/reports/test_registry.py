"""The registry of reports: what can be asked for, and what is said to who asks for something else."""

from __future__ import annotations

from datetime import date

import pytest

from engine.service.reports.registry import REPORTS, ReportError, check_asked, days_since, entry_of, offered
from engine.service.reports.report import Asked


def test_every_report_that_is_offered_has_its_function() -> None:
    for entry in offered().values():
        assert callable(entry.load())


def test_a_report_without_its_module_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    missing = replace(REPORTS["funnel"], place="engine.service.reports.nowhere:nothing")
    monkeypatch.setitem(REPORTS, "nowhere", missing)  # type: ignore[arg-type]
    assert "nowhere" not in offered()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked(date(2026, 11, 2), date(2026, 11, 1)), "the first day, 2026-11-02, is after the last one, 2026-11-01"),
        (Asked(options={"model": "last"}), "the report 'funnel' has no --model; its own: --by"),
        (Asked(options={"by": "them"}), "the report 'funnel' knows no --by them; did you mean 'theme'?"),
        (Asked(options={"by": "x"}), "the report 'funnel' knows no --by x; there are: cohort, theme, source"),
    ],
)
def test_what_a_report_cannot_do_is_said(asked: Asked, said: str) -> None:
    with pytest.raises(ReportError) as refused:
        check_asked("funnel", REPORTS["funnel"], asked)
    assert str(refused.value) == said
    assert refused.value.exit_code == 2


def test_days_are_refused_where_a_report_tells_how_it_stands_now() -> None:
    with pytest.raises(ReportError, match="leave --first, --last and --since out"):
        check_asked("lifecycle", REPORTS["lifecycle"], Asked(first=date(2026, 1, 1)))


def test_an_unknown_report_is_answered_with_those_there_are() -> None:
    with pytest.raises(ReportError, match="there is no report 'zzz'"):
        entry_of("zzz")


def test_since_counts_today_as_one_of_the_days() -> None:
    assert days_since("7d", date(2026, 11, 25)) == date(2026, 11, 19)
    assert days_since("4w", date(2026, 11, 25)) == date(2026, 10, 29)


@pytest.mark.parametrize("text", ["", "soon", "3 business days", "5m"])
def test_since_refuses_what_is_no_length_of_days(text: str) -> None:
    with pytest.raises(ReportError, match="--since"):
        days_since(text, date(2026, 11, 25))
