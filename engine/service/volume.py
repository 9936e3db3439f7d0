"""How many mails a campaign means for leads who enter at once, roughly: for a person who decides, not for a plan."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from engine.domain.campaign import Campaign
from engine.domain.steps import EmailStep, UntilEvent
from engine.domain.timing import PlainCalendar, after

DAYS = 7
_MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""Any working Monday morning: only lengths of time matter here."""


def expected_volume(campaign: Campaign, leads: int) -> str:
    """The mails of the first stage in words: how many on the first day, how many in the first week."""
    offsets = mail_offsets(campaign)
    first_day = sum(offset < timedelta(days=1) for offset in offsets) * leads
    week = sum(offset < timedelta(days=DAYS) for offset in offsets) * leads
    if not week:
        return ""
    if first_day == week:
        return f"{week:,} in the first {DAYS} days, on the first day"
    return f"{week:,} in the first {DAYS} days, {first_day:,} of them on the first day"


def mail_offsets(campaign: Campaign) -> list[timedelta]:
    """When the mails of the first stage go, counted from entering; those with a date of their own are left out."""
    at, offsets = _MONDAY, []
    for step in campaign.first_stage.steps if campaign.stages else ():
        if step.at is not None:
            continue
        delay = step.wait.max if isinstance(step.wait, UntilEvent) else step.wait
        if delay is not None:
            at = after(at, delay, ZoneInfo("UTC"), PlainCalendar())
        if isinstance(step, EmailStep):
            offsets.append(at - _MONDAY)
    return offsets
