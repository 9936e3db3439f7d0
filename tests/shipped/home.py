"""The home that ships, checked once for all tests, and leads who play through its campaigns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from engine.authoring.policy import policy_from
from engine.content.context import CampaignInfo, Mailbox, RenderContext, Site
from engine.content.form import Form, load_form
from engine.content.mails import CompiledMail, MailKey
from engine.domain.campaign import Campaign
from engine.domain.journey.chance import held_out
from engine.domain.journey.facts import LeadFacts
from engine.domain.journey.programme import Programme
from engine.domain.steps import EmailStep
from engine.domain.tokens import KeyRing
from engine.service.check import CheckReport, check
from tests.domain.journey.world import Play, lead

ROOT = Path(__file__).resolve().parents[2]
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""Monday 23 November 2026, 10:00 in Berlin: two and a half weeks before the webinar of the shipped campaign."""


@cache
def shipped() -> CheckReport:
    """What `check` says of the repository's top level."""
    return check(ROOT)


def mail_steps() -> Iterator[tuple[Campaign, str, EmailStep]]:
    """Every mail step with its campaign and stage."""
    for campaign in shipped().campaigns.values():
        for stage, step in campaign.steps():
            if isinstance(step, EmailStep):
                yield campaign, stage.id, step


def translations(campaign: Campaign, stage: str, step: EmailStep) -> list[CompiledMail]:
    """The step's mail in all its languages."""
    wanted = MailKey(campaign.theme, stage, step.mail)
    named = shipped().mails.items()
    return [mail for key, mail in named if (key.theme, key.stage, key.name) == (wanted.theme, stage, wanted.name)]


def form_of(campaign: Campaign, mail: CompiledMail) -> Form:
    config = shipped().config
    values = {**config.vars, **{name: str(value) for name, value in campaign.vars.items()}}
    info = CampaignInfo(campaign.id, campaign.title, campaign.theme)
    return load_form(mail, KeyRing({0: bytes(32)}, 0), Site(config.tracking.base_url), info, values)


def context(fields: dict[str, object], **more: Any) -> RenderContext:
    return RenderContext(
        delivery=1,
        lead={"email": "jane@bluefjord.example", **fields},
        to=Mailbox("", "jane@bluefjord.example"),
        sender=Mailbox("Ann Lee", "ann.lee@northlight.example"),
        date=MONDAY,
        message_id="<1@northlight.example>",
        **more,
    )


def player(now: datetime = MONDAY, **who: Any) -> Play:
    """A lead in Berlin who is in nobody's holdout, under the shipped programme."""
    report = shipped()
    programme = Programme(1, report.campaigns, policy_from(report.config))
    number = next(n for n in range(1, 100) if not any(held_out(c.id, n, c.holdout) for c in report.campaigns.values()))
    values = {"id": number, "zone": "Europe/Berlin", "lifecycle": "subscriber", "created_at": now, **who}
    return Play(programme, LeadFacts(lead(**values)), now=now)


def local(play: Play, step: str) -> str:
    """When a mail arrived by the clock of Berlin, as "Thu 10 Dec 14:00"."""
    return play.sent_at(step).astimezone(ZoneInfo("Europe/Berlin")).strftime("%a %d %b %H:%M")
