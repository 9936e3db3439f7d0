"""What waits, windows, cadences, caps, business days, holidays and blackouts mean.

Pure: every instant comes in and goes out as an aware UTC `datetime`; local time exists only in here. Parsers return the
value, or a text that says what is wrong to the person who wrote it; tellers write texts that parse to the same value.
"""

from engine.domain.timing.at import At, parse_at, tell_at, when_at
from engine.domain.timing.cadence import Cadence, next_slot, parse_cadence, tell_cadence
from engine.domain.timing.calendar import Calendar, PlainCalendar
from engine.domain.timing.caps import Cap, cap_frees_at, parse_cap, tell_cap
from engine.domain.timing.holidays import HolidayCalendar, is_known_country
from engine.domain.timing.local import explain_zone, zone_named
from engine.domain.timing.spans import (
    BusinessDays,
    Delay,
    Span,
    UntilClock,
    after,
    before,
    parse_delay,
    parse_span,
    tell,
)
from engine.domain.timing.windows import (
    Window,
    closes_at,
    next_open,
    parse_window_days,
    parse_window_hours,
    tell_opening,
    tell_window,
    zone_for,
)
from engine.domain.timing.words import tell_instant

__all__ = [
    "At",
    "BusinessDays",
    "Cadence",
    "Calendar",
    "Cap",
    "Delay",
    "HolidayCalendar",
    "PlainCalendar",
    "Span",
    "UntilClock",
    "Window",
    "after",
    "before",
    "cap_frees_at",
    "closes_at",
    "explain_zone",
    "is_known_country",
    "next_open",
    "next_slot",
    "parse_at",
    "parse_cadence",
    "parse_cap",
    "parse_delay",
    "parse_span",
    "parse_window_days",
    "parse_window_hours",
    "tell",
    "tell_at",
    "tell_cadence",
    "tell_cap",
    "tell_instant",
    "tell_opening",
    "tell_window",
    "when_at",
    "zone_for",
    "zone_named",
]
