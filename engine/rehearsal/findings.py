"""Findings of a check as a page shows them: beside the mail, step or file that they are about, with the line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.authoring.home import TEMPLATES
from engine.domain.steps import EmailStep
from engine.errors import Place, Problem
from engine.service.check import CheckReport
from engine.service.mail_choice import MailChoice, mails_of
from engine.service.source_lines import Sources, header_above

Where = tuple[str, str]
"""A step: its campaign and its id."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem, and the line that it stands in: `before` its place, the `marked` part, `after` it.

    `step` is the one that it stands in, if any.
    """

    problem: Problem
    before: str = ""
    marked: str = ""
    after: str = ""
    step: Where | None = None

    @property
    def level(self) -> str:
        return self.problem.severity.value


def findings_of(report: CheckReport) -> tuple[Finding, ...]:
    """All problems of a check, in its order."""
    sources = Sources(report.root, report.texts)
    steps = {(place.path, place.line): where for where, place in report.places.items()}
    return tuple(_finding(problem, sources, steps) for problem in report.problems)


def of_mail(choice: MailChoice, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those about this mail: in its template, in what the template uses, or in its step."""
    paths = {f"{TEMPLATES}/{path}" for path in (choice.mail.path, *(source.path for source in choice.mail.sources))}
    where = (choice.campaign.id, choice.step.id)
    return tuple(one for one in findings if one.problem.place.path in paths or one.step == where)


def by_step(report: CheckReport, findings: Sequence[Finding]) -> Mapping[Where, tuple[Finding, ...]]:
    """For each step the findings in it and in its mail; errors come first."""
    found: dict[Where, list[Finding]] = {}
    for one in findings:
        if one.step is not None:
            found.setdefault(one.step, []).append(one)
    for step, paths in _unread(report):
        found.setdefault(step, []).extend(one for one in findings if _stem(one.problem.place.path) in paths)
    for choice in mails_of(report):
        some = found.get((choice.campaign.id, choice.step.id), [])
        found[choice.campaign.id, choice.step.id] = list(dict.fromkeys([*some, *of_mail(choice, findings)]))
    return {step: tuple(sorted(some, key=lambda one: not one.problem.is_error)) for step, some in found.items() if some}


def _unread(report: CheckReport) -> Iterator[tuple[Where, frozenset[str]]]:
    """Steps whose mail could not be compiled, and where its template may be, without the language and the ending."""
    read = {(one.campaign.id, one.step.id) for one in mails_of(report)}
    for campaign in report.campaigns.values():
        for stage, step in campaign.steps():
            if isinstance(step, EmailStep) and (campaign.id, step.id) not in read:
                folders = (f"{campaign.theme}/{stage.id}", campaign.theme, "shared")
                names = step.variants.get("email", (step.mail,))
                paths = frozenset(f"{TEMPLATES}/{folder}/{name}" for folder in folders for name in names)
                yield (campaign.id, step.id), paths


def _stem(path: str) -> str:
    folder, _, name = path.rpartition("/")
    return f"{folder}/{name.partition('.')[0]}"


def _finding(problem: Problem, sources: Sources, steps: Mapping[tuple[str, int], Where]) -> Finding:
    place = problem.place
    lines = sources.lines(place.path) if place.line else []
    line = lines[place.line - 1].rstrip() if 0 < place.line <= len(lines) else ""
    step = steps.get((place.path, header_above(lines, Place(place.path, place.line + 1)) or 0))
    if not line.strip():
        return Finding(problem, step=step)
    start, end = place.column - 1, place.column - 1 + place.width
    return Finding(problem, line[:start].lstrip(), line[start:end], line[end:], step)
