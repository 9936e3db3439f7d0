"""How many mails a lead may get: "2 per week", "1 per day", "10 per 30d"; always counted back from now."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from engine.domain.timing.local import local_date, start_of
from engine.domain.timing.spans import Span, parse_span, tell
from engine.domain.timing.words import plural, squeeze


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many mails in any stretch of time of that length."""

    mails: int
    per: Span


_SHAPE = re.compile(r"(\d+)(?: e?mails?)? ?(?:per|an?|every|in|/) ?(\d.*|[^\W\d]+)", re.IGNORECASE)
_EXAMPLES = "write '2 per week', '1 per day' or '10 per 30 days'"


def parse_cap(text: str) -> Cap | str:
    """The cap that a text says, or what is wrong with it, for the person who wrote it."""
    words = squeeze(text)
    found = _SHAPE.fullmatch(words)
    if found is None:
        return f"'{words}' is no cap: {_EXAMPLES}"
    per = parse_span(found[2] if found[2][0].isdecimal() else f"1 {found[2]}")
    if isinstance(per, str):
        return f"'{words}' is no cap: {per}"
    if per.is_zero:
        return f"'{words}' is no cap: its length of time is nothing; {_EXAMPLES}"
    mails = int(found[1][:9])
    if mails < 1:
        return f"'{words}' lets no mail through: write at least 1, or stop the mail with never_mail"
    return Cap(mails, per)


def cap_frees_at(
    caps: Iterable[Cap], sent: Sequence[datetime], now: datetime, zone: ZoneInfo | None = None
) -> tuple[datetime, Cap] | None:
    """When the next mail is allowed, and the cap that holds it until then; None if it is allowed now.

    `sent` are the UTC instants of the counted mails, ascending; any after `now` (a clock set back) count as well. With
    the lead's `zone`, days are local dates, so that a mail every day at 09:00 under "1 per day" is not pushed later by
    seconds each day; without, they are 24 hours.
    """
    latest: tuple[datetime, Cap] | None = None
    for cap in caps:
        if len(sent) < cap.mails:
            continue
        frees = _leaves(sent[-cap.mails], cap.per, zone)
        if frees > now and (latest is None or frees > latest[0]):
            latest = (frees, cap)
    return latest


def tell_cap(cap: Cap) -> str:
    """The cap as "2 mails per week": a text that parses to the same cap."""
    return f"{plural(cap.mails, 'mail')} per {tell(cap.per).removeprefix('1 ') if _is_one(cap.per) else tell(cap.per)}"


def _leaves(sent: datetime, per: Span, zone: ZoneInfo | None) -> datetime:
    """When a mail no longer counts."""
    if zone is None or not per.days:
        return sent + per.elapsed
    return start_of(local_date(sent, zone) + timedelta(days=per.days), zone) + timedelta(seconds=per.seconds)


def _is_one(per: Span) -> bool:
    words = tell(per).split()
    return len(words) == 2 and words[0] == "1"
