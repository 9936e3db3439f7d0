"""Dated mails that come too late, or never, where clocks show another time than the author's.

A date without a time of day is one instant for all the world; the window opens in each zone at another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from engine.authoring.campaign_file import CampaignDraft, PlacedStep
from engine.config.model import Config
from engine.domain.campaign import Stage
from engine.domain.delivery import MailKind
from engine.domain.steps import EmailStep
from engine.domain.timing import At, Calendar, PlainCalendar, next_open, when_at, zone_for
from engine.domain.timing.windows import LEAD_ZONE

PLACES = (
    *("Pacific/Pago_Pago", "Pacific/Honolulu", "America/Anchorage", "America/Los_Angeles", "America/Denver"),
    *("America/Chicago", "America/New_York", "America/Halifax", "America/St_Johns", "America/Sao_Paulo"),
    *("America/Noronha", "Atlantic/Azores", "Europe/London", "Europe/Berlin", "Europe/Helsinki", "Europe/Moscow"),
    *("Asia/Tehran", "Asia/Dubai", "Asia/Kabul", "Asia/Karachi", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Dhaka"),
    *("Asia/Yangon", "Asia/Bangkok", "Asia/Singapore", "Asia/Tokyo", "Australia/Adelaide", "Australia/Sydney"),
    *("Pacific/Noumea", "Pacific/Auckland", "Pacific/Tongatapu", "Pacific/Kiritimati"),
)
"""One zone for each time that clocks show."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A mail of which the file says when it goes."""

    placed: PlacedStep
    step: EmailStep
    at: At
    date: date | datetime


def check_zones(draft: CampaignDraft, config: Config) -> None:
    """Warn of dated mails that leads in some zones get too late or not at all."""
    calendar = PlainCalendar(blackouts=frozenset(config.holidays.blackout))
    for stage in draft.campaign.stages:
        mails = list(_dated(draft, stage))
        for number, mail in enumerate(mails):
            _check_mail(draft, mail, mails[number + 1 :], calendar)


def _dated(draft: CampaignDraft, stage: Stage) -> Iterator[Dated]:
    """The marketing mails of a stage whose date stands in the file."""
    for placed in draft.steps:
        step = placed.step
        if placed.stage != stage.id or not isinstance(step, EmailStep) or step.at is None:
            continue
        scope, name = step.at.anchor
        value = draft.campaign.vars.get(name) if scope == "vars" else None
        if isinstance(value, date) and step.mail_kind is MailKind.MARKETING:
            yield Dated(placed, step, step.at, value)


def _check_mail(draft: CampaignDraft, mail: Dated, behind: Sequence[Dated], calendar: Calendar) -> None:
    zones = _zones(draft)
    never = [zone for zone in zones if _is_lost(draft, mail, behind, zone, calendar)]
    late = [zone for zone in zones if zone not in never and _is_too_late(draft, mail, zone, calendar)]
    anchor = ".".join(mail.at.anchor)
    hint = f'give at a time of day: "1 day before {anchor} 10:00" is each lead\'s own, and overrides the window'
    if never:
        message = f"this mail never reaches leads {_tell(never, zones)}: a later one is due at the same opening"
        draft.notes.warning("W222", mail.placed.item.find("at").place, message, hint)
    if late:
        message = f"leads {_tell(late, zones)} get this mail after {anchor}: their window opens too late"
        draft.notes.warning("W222", mail.placed.item.find("at").place, message, hint)


def _zones(draft: CampaignDraft) -> Sequence[str]:
    window = draft.campaign.window
    if window is None:
        return ("UTC",)
    return PLACES if window.zone == LEAD_ZONE else (window.zone,)


def _opening(draft: CampaignDraft, mail: Dated, zone_name: str, calendar: Calendar) -> datetime | None:
    window = draft.campaign.window
    zone = zone_for(window, zone_name, "")
    due = when_at(mail.at, mail.date, zone, calendar)
    return next_open(due, None if mail.at.overrides_window else window, zone, calendar) if due is not None else None


def _is_lost(draft: CampaignDraft, mail: Dated, behind: Sequence[Dated], zone: str, calendar: Calendar) -> bool:
    """Whether a later dated mail of the stage is due as soon as this one is, so that the daemon skips this one."""
    opening = _opening(draft, mail, zone, calendar)
    if opening is None or mail.step.late == "send" or mail.step.when is not None:
        return False
    others = (_opening(draft, other, zone, calendar) for other in behind if other.step.when is None)
    return any(other is not None and other <= opening for other in others)


def _is_too_late(draft: CampaignDraft, mail: Dated, zone_name: str, calendar: Calendar) -> bool:
    """Whether a mail that is to come before its date comes after it."""
    opening = _opening(draft, mail, zone_name, calendar)
    if not mail.at.before or mail.at.yearly or opening is None:
        return False
    plain = At(None, False, mail.at.anchor)
    anchor = when_at(plain, mail.date, zone_for(draft.campaign.window, zone_name, ""), calendar)
    return anchor is not None and opening >= anchor


def _tell(zones: Sequence[str], among: Sequence[str]) -> str:
    """The zones as a person says them."""
    cities = [zone.rpartition("/")[2].replace("_", " ") for zone in zones]
    if len(zones) == len(among):
        return "in any time zone"
    shown = f"{', '.join(cities[:3])} …" if len(cities) > 3 else ", ".join(cities)
    return f"in {len(zones)} of {len(among)} time zones ({shown})"
