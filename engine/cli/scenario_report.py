"""How scenarios ended, in the terminal: each with a mark, a failure with what was expected, what came, and why."""

from __future__ import annotations

from collections.abc import Iterator

from engine.cli.screen import Line, Segment, columns, counted
from engine.domain.timing import tell_instant
from engine.rehearsal.coverage import Coverage
from engine.rehearsal.player import Difference, Verdict
from engine.rehearsal.scenarios import CampaignResult, Result

_INDENT = 6


def told_result(result: Result) -> Iterator[Line]:
    """The whole result, campaign by campaign."""
    for found in result.campaigns:
        yield [(found.campaign, "bold")]
        for verdict in found.verdicts:
            yield from _verdict(verdict)
        yield from _summary(found)
    yield from _together(result)


def _verdict(verdict: Verdict) -> Iterator[Line]:
    if verdict.difference is None:
        yield [("  ✓ ", "green"), (verdict.scenario.name, "")]
        return
    yield [("  ✗ ", "bold red"), (verdict.scenario.name, "bold")]
    yield from columns(list(_difference(verdict, verdict.difference)), indent=_INDENT)


def _difference(verdict: Verdict, found: Difference) -> Iterator[list[Segment]]:
    at = tell_instant(found.at, verdict.scenario.zone, verdict.scenario.start)
    yield [(at, ""), ("expected", "dim"), (found.expected, "green")]
    yield [("", ""), ("got", "dim"), (found.got, "red")]
    for number, line in enumerate(found.because):
        yield [("because" if number == 0 else "", "dim"), ("", ""), (line, "")]
    yield [("", ""), ("in", "dim"), (f"{found.place.path}:{found.place.line}", "dim")]


def _summary(found: CampaignResult) -> Iterator[Line]:
    seconds = sum(verdict.seconds for verdict in found.verdicts)
    failed = f", {found.failed} failed" if found.failed else ""
    words = f"  {counted(len(found.verdicts), 'scenario')}{failed}, {_seconds(seconds)}"
    line: list[Segment] = [(words, "bold red" if found.failed else "bold green")]
    if found.coverage is not None:
        line.append((f" · {_coverage(found.coverage)}", "" if found.coverage.is_full else "yellow"))
    yield line


def _coverage(found: Coverage) -> str:
    kinds = ((found.steps, "step", "steps"), (found.ways, "branch", "branches"), (found.stages, "stage", "stages"))
    parts = [f"{count.reached} of {counted(count.total, one, many)}" for count, one, many in kinds if count.total]
    never = [*found.steps.never, *found.ways.never, *(f"stage {name}" for name in found.stages.never)]
    return f"reached: {', '.join(parts)}" + (f" (never: {', '.join(never)})" if never else "")


def _together(result: Result) -> Iterator[Line]:
    """All campaigns in one line, and those without scenarios."""
    if len(result.campaigns) > 1:
        failed = f"{result.failed} failed" if result.failed else "all passed"
        words = f"{counted(result.scenarios, 'scenario')}, {failed}, {_seconds(result.seconds)}"
        yield []
        yield [(words, "bold red" if result.failed else "bold green")]
    if result.untested:
        yield [(f"without scenarios: {', '.join(result.untested)}", "yellow")]


def _seconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
