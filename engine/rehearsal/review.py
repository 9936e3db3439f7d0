"""A review: everything that somebody must see to judge a change of the files, gathered for one page.

Mails are written for a made-up lead, so that nothing in it is about a real person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import unified_diff
from enum import StrEnum
from functools import cached_property
from itertools import islice

from engine.authoring.difference import Difference, difference
from engine.content.context import MailError
from engine.content.mails import CompiledMail
from engine.domain.journey.programme import Winners
from engine.domain.journey.route import names_of
from engine.rehearsal.board import Board, board
from engine.rehearsal.findings import Finding, Where, by_step, findings_of, of_mail
from engine.rehearsal.mail_view import MailView, mail_view
from engine.service.check import CheckReport
from engine.service.mail_choice import MailChoice, edition, editions, mails_of, subjects_of
from engine.service.preview import Reader
from engine.service.sample_lead import sample_lead


class Fate(StrEnum):
    """What became of a mail; `seen` where nothing is compared."""

    ADDED = "new"
    CHANGED = "changed"
    SAME = "as before"
    SEEN = ""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the files are compared with, and its name in a sentence; `runs` says that it is what runs."""

    name: str
    report: CheckReport
    runs: bool = False


@dataclass(frozen=True)
class ReviewedMail:
    """A mail as it would be. `subjects` are all that it may have; `words` is the difference of its text, by lines.

    `view` is None where the mail cannot be written; `refused` then says why.
    """

    choice: MailChoice
    title: str
    anchor: str
    fate: Fate
    view: MailView | None
    refused: str = ""
    before: MailView | None = None
    subjects: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    beside: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Review:
    """All of it; `against` names what the files are compared with, and is empty where there is nothing."""

    report: CheckReport
    made_at: datetime
    against: str
    difference: Difference
    boards: tuple[Board, ...]
    mails: tuple[ReviewedMail, ...]
    removed: tuple[str, ...]
    findings: tuple[Finding, ...]
    against_runs: bool = False

    @cached_property
    def beside(self) -> Mapping[Where, tuple[Finding, ...]]:
        """The findings of each step."""
        return by_step(self.report, self.findings)

    def count(self, fate: Fate) -> int:
        return sum(mail.fate is fate for mail in self.mails)

    @property
    def changed_boards(self) -> tuple[Board, ...]:
        return tuple(one for one in self.boards if one.changed)

    @property
    def gone(self) -> tuple[str, ...]:
        """Campaigns that are there no more."""
        return tuple(sorted({one.campaign for one in self.difference.changes} - {one.id for one in self.boards}))


def review(
    report: CheckReport, now: datetime, baseline: Baseline | None = None, winners: Winners | None = None
) -> Review:
    """Look at all files, and at what is different from the baseline; what changed comes first."""
    changes = _changes(report, baseline) if baseline is not None else Difference((), ())
    subjects = subjects_of(report)
    boards = [board(one, report.places, changes.changes, subjects, winners) for one in report.campaigns.values()]
    findings = findings_of(report)
    mails = list(_mails(report, now, baseline, findings))
    return Review(
        report,
        now,
        baseline.name if baseline is not None else "",
        changes,
        tuple(sorted(boards, key=lambda one: not one.changed)),
        tuple(sorted(mails, key=lambda mail: list(Fate).index(mail.fate))),
        tuple(_removed(report, baseline)) if baseline is not None else (),
        findings,
        baseline is not None and baseline.runs,
    )


def _changes(report: CheckReport, baseline: Baseline) -> Difference:
    """What is different; a campaign that cannot be read now is not taken for one that is gone."""
    old = {name: one for name, one in baseline.report.campaigns.items() if name not in report.broken}
    return difference(old, report.campaigns)


def _mails(
    report: CheckReport, now: datetime, baseline: Baseline | None, findings: Sequence[Finding]
) -> Iterator[ReviewedMail]:
    for step in mails_of(report):
        for number, choice in enumerate(_editions(report, step)):
            yield _reviewed(report, choice, now, baseline, findings, number)


def _editions(report: CheckReport, step: MailChoice) -> Iterator[MailChoice]:
    """Every whole mail of the step in every language."""
    for number in range(max(1, len(editions(report, step).mails))):
        chosen = edition(report, step, number)
        for language in editions(report, chosen).languages:
            yield edition(report, step, number, language=language)


def _reviewed(
    report: CheckReport,
    choice: MailChoice,
    now: datetime,
    baseline: Baseline | None,
    findings: Sequence[Finding],
    number: int,
) -> ReviewedMail:
    old = _before(choice, baseline.report) if baseline is not None else None
    fate = Fate.SEEN if baseline is None else _fate(choice, old)
    view, refused = _view(report, choice, now)
    before = _view(baseline.report, old, now)[0] if baseline and old and fate is Fate.CHANGED else None
    key = choice.mail.key
    parts = [choice.step.id, *([key.name] if key.name not in (choice.step.id, choice.step.mail) else []), key.language]
    return ReviewedMail(
        choice,
        " · ".join(part for part in parts if part),
        f"mail-{choice.campaign.id}-{choice.step.id}" + (f"-{number + 1}" if number else ""),
        fate,
        view,
        refused,
        before,
        tuple(_subjects(report, choice, now)),
        tuple(_words(before, view)) if before is not None and view is not None else (),
        of_mail(choice, findings),
    )


def _view(report: CheckReport, choice: MailChoice, now: datetime) -> tuple[MailView | None, str]:
    """The mail for the made-up lead, or why it cannot be written."""
    try:
        return mail_view(report, choice, Reader(sample_lead(report.config)), now), ""
    except MailError as error:
        return None, str(error)


def _subjects(report: CheckReport, choice: MailChoice, now: datetime) -> Iterator[str]:
    """All subjects where the step has several."""
    for number in range(len(choice.step.variants.get("subject", ()))):
        key = choice.mail.key
        names = choice.step.variants.get("email", (key.name,))
        view, _ = _view(report, edition(report, choice, names.index(key.name), number, key.language), now)
        if view is not None:
            yield view.mail.subject


def _before(choice: MailChoice, report: CheckReport) -> MailChoice | None:
    """The same mail as it was: of the step under this name or an older one, in the same language."""
    names = names_of(choice.campaign, choice.step.id)
    steps = [one for one in mails_of(report) if one.campaign.id == choice.campaign.id and one.step.id in names]
    return next((one for step in steps for one in _editions(report, step) if _alike(one, choice)), None)


def _alike(one: MailChoice, other: MailChoice) -> bool:
    """Whether they are the same edition of a step: the only mail of it may have another name by now."""
    if one.mail.key.language != other.mail.key.language:
        return False
    alone = not one.step.variants.get("email") and not other.step.variants.get("email")
    return alone or one.mail.key.name == other.mail.key.name


def _fate(choice: MailChoice, old: MailChoice | None) -> Fate:
    if old is None:
        return Fate.ADDED
    same = _content(choice.mail) == _content(old.mail) and choice.step.variants == old.step.variants
    return Fate.SAME if same and choice.step.sender == old.step.sender else Fate.CHANGED


def _content(mail: CompiledMail) -> tuple[object, ...]:
    """What a reader could notice of it."""
    return mail.subject, mail.preheader, mail.sender, mail.reply_to, mail.html, mail.text


def _removed(report: CheckReport, baseline: Baseline) -> Iterator[str]:
    """Mails that nobody gets any more, by their whole names."""
    now = {
        (one.id, name)
        for one in report.campaigns.values()
        for _, step in one.steps()
        for name in names_of(one, step.id)
    }
    for old in mails_of(baseline.report):
        if (old.campaign.id, old.step.id) not in now and old.campaign.id not in report.broken:
            yield old.name


def _words(before: MailView, after: MailView) -> Iterator[str]:
    """The lines of subject and text that differ, with two lines around each; marked with + and -."""
    old, new = (
        f"{one.mail.subject}\n{one.mail.preheader}\n\n{one.mail.text.strip()}".split("\n") for one in (before, after)
    )
    yield from islice(unified_diff(old, new, n=2, lineterm=""), 2, None)
