"""Which mail somebody means among those of the working files: by its name, its step, or its whole way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from engine.content.mails import CompiledMail, MailKey
from engine.domain.campaign import Campaign
from engine.domain.steps import EmailStep
from engine.errors import ProblemsError, RipelineError, did_you_mean
from engine.service.check import CheckReport
from engine.service.mail_parts import languages


@dataclass(frozen=True, slots=True)
class MailChoice:
    """A step that sends a mail, and the mail as compiled, in the home's own language where none is asked for.

    `subject` is the number of the subject among the step's variants, where it has some.
    """

    campaign: Campaign
    stage: str
    step: EmailStep
    mail: CompiledMail
    subject: int = 0

    @property
    def name(self) -> str:
        """`campaign/stage/step`."""
        return f"{self.campaign.id}/{self.stage}/{self.step.id}"


def mails_of(report: CheckReport) -> Iterator[MailChoice]:
    """Every mail that a sound campaign sends, in the order of the files."""
    for campaign in report.campaigns.values():
        for stage, step in campaign.steps():
            if isinstance(step, EmailStep):
                name = step.variants.get("email", (step.mail,))[0]
                mail = report.mails.get(MailKey(campaign.theme, stage.id, name))
                if mail is not None:
                    yield MailChoice(campaign, stage.id, step, mail)


def subjects_of(report: CheckReport) -> dict[tuple[str, str], str]:
    """The subjects as templates say them, by campaign and step, where the campaign itself says no other."""
    return {
        (one.campaign.id, one.step.id): one.mail.subject
        for one in mails_of(report)
        if not (one.step.variants or one.step.thread)
    }


@dataclass(frozen=True, slots=True)
class Editions:
    """In which forms there is a step's mail: its whole mails, its subjects, and the languages of the one chosen."""

    mails: tuple[str, ...]
    subjects: tuple[str, ...]
    languages: tuple[str, ...]


def editions(report: CheckReport, choice: MailChoice) -> Editions:
    """What there is to choose from beside this; languages as the files are named, empty for the home's own."""
    key = choice.mail.key
    found = sorted(other.language for other in report.mails if replace(other, language="") == replace(key, language=""))
    return Editions(choice.step.variants.get("email", ()), choice.step.variants.get("subject", ()), tuple(found))


def edition(report: CheckReport, choice: MailChoice, mail: int = 0, subject: int = 0, language: str = "") -> MailChoice:
    """The same step's mail in another variant (numbers from 0) and the closest language; as it was where there is none.

    `language` is that of a lead ("de-at") or of a file ("de").
    """
    names = choice.step.variants.get("email", (choice.step.mail,))
    name = names[mail] if mail < len(names) else names[0]
    keys = (MailKey(choice.campaign.theme, choice.stage, name, one) for one in languages(language))
    found = next((report.mails[key] for key in keys if key in report.mails), choice.mail)
    subjects = choice.step.variants.get("subject", ())
    return replace(choice, mail=found, subject=subject if subject < len(subjects) else 0)


def choose_mail(report: CheckReport, wanted: str, campaign: str = "") -> MailChoice:
    """The mail called `step`, `stage/step`, `campaign/step` or `campaign/stage/step`.

    Raises:
        RipelineError: there is none, or there are several.
        ProblemsError: there is none, and the files have mistakes, which may be why.
    """
    mails = [choice for choice in mails_of(report) if campaign in ("", choice.campaign.id)]
    found = [choice for choice in mails if wanted.strip("/") in _names(choice)]
    if len(found) == 1:
        return found[0]
    if found:
        several = ", ".join(choice.name for choice in found)
        raise RipelineError(f"several mails are called '{wanted}': {several}. Say which one by its whole way.")
    errors = [problem for problem in report.problems if problem.is_error]
    if errors:
        raise ProblemsError(errors)
    known = {name for choice in mails for name in _names(choice)}
    hint = did_you_mean(wanted, known) or "`ripeline preview --list` lists all mails"
    raise RipelineError(f"no campaign sends a mail called '{wanted}'; {hint}")


def _names(choice: MailChoice) -> set[str]:
    steps = {choice.step.id, choice.step.mail}
    whole = {f"{choice.campaign.id}/{choice.stage}/{step}" for step in steps}
    short = {f"{choice.campaign.id}/{step}" for step in steps} | {f"{choice.stage}/{step}" for step in steps}
    return steps | whole | short
