"""Findings of a check as a page shows them: beside the mail, step or file that they are about, with the line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.authoring.home import TEMPLATES
from engine.errors import Problem
from engine.service.check import CheckReport
from engine.service.mail_choice import MailChoice, mails_of
from engine.service.source_lines import Sources


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem, and the line that it stands in: `before` its place, the `marked` part, `after` it."""

    problem: Problem
    before: str = ""
    marked: str = ""
    after: str = ""

    @property
    def level(self) -> str:
        return self.problem.severity.value


def finding(problem: Problem, sources: Sources) -> Finding:
    """The problem with its line."""
    place = problem.place
    lines = sources.lines(place.path) if place.line else []
    line = lines[place.line - 1].rstrip() if 0 < place.line <= len(lines) else ""
    start, end = place.column - 1, place.column - 1 + place.width
    return Finding(problem, line[:start].lstrip(), line[start:end], line[end:]) if line.strip() else Finding(problem)


def of_mail(report: CheckReport, choice: MailChoice, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those about this mail: in its template, in what the template uses, or in its step."""
    paths = {f"{TEMPLATES}/{path}" for path in (choice.mail.path, *(source.path for source in choice.mail.sources))}
    where = (choice.campaign.id, choice.step.id)
    return tuple(one for one in findings if one.problem.place.path in paths or _in_step(report, where, one.problem))


def by_step(report: CheckReport, findings: Sequence[Finding]) -> Mapping[tuple[str, str], tuple[Finding, ...]]:
    """For each step, by campaign and id, the findings in it and in its mail; errors come first."""
    found = {where: list(_at(report, where, findings)) for where in report.places}
    for choice in mails_of(report):
        where = (choice.campaign.id, choice.step.id)
        found[where] = list(dict.fromkeys([*found.get(where, []), *of_mail(report, choice, findings)]))
    return {
        where: tuple(sorted(some, key=lambda one: not one.problem.is_error)) for where, some in found.items() if some
    }


def _at(report: CheckReport, where: tuple[str, str], findings: Iterable[Finding]) -> Iterator[Finding]:
    return (one for one in findings if _in_step(report, where, one.problem))


def _in_step(report: CheckReport, where: tuple[str, str], problem: Problem) -> bool:
    """Whether the problem stands between the header of the step and the next one."""
    own = report.places.get(where)
    if own is None or problem.place.path != own.path or problem.place.line < own.line:
        return False
    below = [place.line for place in report.places.values() if place.path == own.path and place.line > own.line]
    return problem.place.line < min(below, default=problem.place.line + 1)
