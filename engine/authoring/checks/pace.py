"""Whether mails can go at the pace and the times that a campaign writes: caps, windows, time zones.

Reckoned as for a lead who does nothing, by the same timing that the daemon uses, in a week without holidays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from engine.authoring.campaign_file import CampaignDraft, PlacedStep
from engine.config.model import Config
from engine.domain.campaign import Stage
from engine.domain.delivery import MailKind
from engine.domain.steps import EmailStep, HandoffStep, Step, TaskStep, UntilEvent
from engine.domain.timing import (
    Calendar,
    Cap,
    PlainCalendar,
    Span,
    UntilClock,
    Window,
    after,
    cap_frees_at,
    next_open,
    next_slot,
    parse_cap,
    tell,
    tell_cap,
    tell_window,
)
from engine.domain.timing.words import DAYS, tell_clock
from engine.errors import Place

_ZONE = ZoneInfo("UTC")
_MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
"""Any week without anything special serves to try a pace."""
_WEEK = range(7)


@dataclass(frozen=True, slots=True)
class Delayed:
    """A mail that a cap holds: so long after the mail before it was due, and held so long."""

    placed: PlacedStep
    cap: Cap
    gap: timedelta
    held: timedelta


def check_pace(draft: CampaignDraft, config: Config) -> None:
    """Warn of mails that caps always hold, and of times at which the window is closed."""
    caps = [cap for text in config.caps.marketing if isinstance(cap := parse_cap(text), Cap)]
    calendar = PlainCalendar()
    for stage in draft.campaign.stages:
        if stage.id not in draft.unread:
            _check_caps(draft, stage, caps, calendar)
            _check_clock(draft, stage)


def _check_caps(draft: CampaignDraft, stage: Stage, caps: Sequence[Cap], calendar: Calendar) -> None:
    window = draft.campaign.window
    if len(_mails(draft, stage)) < 2:
        return
    openings = (next_open(_MONDAY + timedelta(days=day), window, _ZONE, calendar) for day in _WEEK)
    starts = sorted({opening for opening in openings if opening is not None})
    held = [one for start in starts[:1] for one in _delayed(draft, stage, caps, calendar, start)]
    for start in starts[1:] if held else ():  # told is what happens on whatever day a lead enters
        also = {one.placed.step.id for one in _delayed(draft, stage, caps, calendar, start)}
        held = [one for one in held if one.placed.step.id in also]
    for one in held:
        _warn_of_cap(draft, one)


def _warn_of_cap(draft: CampaignDraft, found: Delayed) -> None:
    expires = found.placed.step.expires
    message = (
        f"this mail is due {_length(found.gap)} after the one before it, "
        f"and the cap of {tell_cap(found.cap)} holds it for {_length(found.held)} more"
    )
    if expires is not None and expires.elapsed < found.held:
        message += ", until it has expired"
    item = found.placed.item
    place = item.find("wait" if "wait" in item.items else "email").place
    draft.notes.warning("W223", place, message, "lengthen the wait, or raise [caps] marketing in config")


def _length(span: timedelta) -> str:
    """The length in days, or hours and minutes where it is shorter."""
    minutes = round(span.total_seconds() / 60)
    return tell(Span(days=round(minutes / 1440))) if minutes >= 1440 else tell(Span(seconds=minutes * 60))


def _delayed(
    draft: CampaignDraft, stage: Stage, caps: Sequence[Cap], calendar: Calendar, start: datetime
) -> Iterator[Delayed]:
    """The mails of a stage that caps hold for a lead who enters at `start`.

    Mails that depend on a rule are left aside; behind a date or a hand-off nobody knows when the lead comes.
    """
    now, sent = start, list[datetime]()
    for placed in _of_stage(draft, stage):
        step = placed.step
        if step.at is not None or isinstance(step, HandoffStep):
            return
        now = _due(stage, placed, now, start, calendar, bool(sent))
        if not _is_marketing(step) or step.when is not None:
            now = after(now, step.max, _ZONE, calendar) if isinstance(step, TaskStep) else now
            continue
        due = next_open(now, draft.campaign.window, _ZONE, calendar)
        freed = cap_frees_at(caps, sent, due, _ZONE) if due is not None else None
        goes = next_open(freed[0], draft.campaign.window, _ZONE, calendar) if freed is not None else due
        if due is None or goes is None:
            return
        if freed is not None:
            yield Delayed(placed, freed[1], due - sent[-1], goes - due)
        sent.append(goes)
        now = goes


def _due(
    stage: Stage, placed: PlacedStep, now: datetime, entered: datetime, calendar: Calendar, goes_on: bool
) -> datetime:
    wait = placed.step.wait
    if isinstance(wait, UntilEvent):
        return after(now, wait.max, _ZONE, calendar)
    if wait is not None:
        return after(now, wait, _ZONE, calendar)
    if stage.cadence is not None:
        return next_slot(stage.cadence, now if goes_on else None, entered, _ZONE)
    return now


def _of_stage(draft: CampaignDraft, stage: Stage) -> list[PlacedStep]:
    return [placed for placed in draft.steps if placed.stage == stage.id]


def _check_clock(draft: CampaignDraft, stage: Stage) -> None:
    """Times of the week that a file names although the window is closed then."""
    window = draft.campaign.window
    if window is None:
        return
    named = [(placed.step.wait, placed.item.find("wait").place) for placed in _mails(draft, stage)]
    if stage.cadence is not None and stage.cadence.time is not None and named:
        clock = UntilClock(stage.cadence.weekday, stage.cadence.time)
        named.append((clock, draft.stage_item(stage.id).find("cadence").place))
    for wait, place in named:
        if isinstance(wait, UntilClock) and not _is_ever_open(window, wait):
            _warn_of_clock(draft, place, window, wait)


def _mails(draft: CampaignDraft, stage: Stage) -> list[PlacedStep]:
    """The steps of a stage that send what the window holds."""
    return [placed for placed in _of_stage(draft, stage) if _is_marketing(placed.step)]


def _is_marketing(step: Step) -> bool:
    return isinstance(step, EmailStep) and step.mail_kind is MailKind.MARKETING


def _is_ever_open(window: Window, clock: UntilClock) -> bool:
    """Whether the window is open at that time of the week; of any day where none is named."""
    days = _WEEK if clock.weekday is None else (clock.weekday,)
    moments = (_MONDAY + timedelta(days=day, hours=clock.time.hour, minutes=clock.time.minute) for day in days)
    return any(next_open(moment, window, _ZONE, PlainCalendar()) == moment for moment in moments)


def _warn_of_clock(draft: CampaignDraft, place: Place, window: Window, clock: UntilClock) -> None:
    day = "" if clock.weekday is None else f"{DAYS[clock.weekday]} "
    message = f"the window ({tell_window(window)}) is closed {day}{tell_clock(clock.time)}, so no mail goes then"
    draft.notes.warning("W226", place, message, "name a time within the window, or widen it")
