"""Which mail somebody means among those of the working files: by its name, its step, or its whole way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.content.mails import CompiledMail, MailKey
from engine.domain.campaign import Campaign
from engine.domain.steps import EmailStep
from engine.errors import ProblemsError, RipelineError, did_you_mean
from engine.service.check import CheckReport


@dataclass(frozen=True, slots=True)
class MailChoice:
    """A step that sends a mail, and the mail as compiled in the home's own language."""

    campaign: Campaign
    stage: str
    step: EmailStep
    mail: CompiledMail

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
    hint = did_you_mean(wanted, known) or "`ripeline preview` lists all mails"
    raise RipelineError(f"no campaign sends a mail called '{wanted}'; {hint}")


def _names(choice: MailChoice) -> set[str]:
    steps = {choice.step.id, choice.step.mail}
    whole = {f"{choice.campaign.id}/{choice.stage}/{step}" for step in steps}
    short = {f"{choice.campaign.id}/{step}" for step in steps} | {f"{choice.stage}/{step}" for step in steps}
    return steps | whole | short
