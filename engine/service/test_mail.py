"""Test mails: one mail of the working files to colleagues, as it would be now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.content.marking import Mark
from engine.domain.identity import Address
from engine.domain.journey.facts import Lead
from engine.errors import RipelineError
from engine.service.check import CheckReport
from engine.service.home import Home
from engine.service.mail_choice import MailChoice
from engine.service.sample_lead import filled_up, sample_lead
from engine.service.specimens import Specimen, Tested, send_specimens

PREFIX = "[Test] "


def send_tests(
    home: Home, report: CheckReport, choice: MailChoice, to: Sequence[Address], like: Lead | None = None
) -> list[Tested]:
    """Send the mail to each of these addresses, with the values of `like`, and a sample's where it has none.

    Raises:
        RipelineError: no relay is configured, or the mail cannot be written.
    """
    return send_specimens(home, report, [_specimen(home, choice, like)], to, _refuse_unwritten)


def _specimen(home: Home, choice: MailChoice, like: Lead | None) -> Specimen:
    """The mail in its first variant, its subject marked as a test."""
    subject = next(iter(choice.step.variants.get("subject", ())), "") or choice.mail.subject
    sample = sample_lead(home.config)
    return Specimen(
        choice.campaign,
        choice.stage,
        replace(choice.step, thread=""),
        choice.mail,
        f"{PREFIX}{subject}",
        filled_up(like, sample) if like else sample,
        Mark(choice.name),
        _sample_trigger(choice),
    )


def _refuse_unwritten(_: Specimen, tested: Tested) -> None:
    if not tested.accepted and not tested.relay:
        raise RipelineError(f"the mail cannot be written: {tested.told}")


def _sample_trigger(choice: MailChoice) -> dict[str, object]:
    """A value for every property of the trigger that the mail asks for; a date serves as text too."""
    asked = (use.path.split(".") for use in choice.mail.variables)
    return {path[1]: "2026-01-15" for path in asked if path[0] == "trigger" and len(path) > 1}
