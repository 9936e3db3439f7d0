"""When mail may go: reading windows, and finding the next opening."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.timing.calendar import PlainCalendar
from engine.domain.timing.local import instant_at
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
from tests.domain.timing.zones import BERLIN, HAVANA, NEW_YORK, utc, wall, zoned_instants

PLAIN = PlainCalendar()
MINUTE = timedelta(minutes=1)
OFFICE = Window(frozenset({0, 1, 2, 3}), time(9), time(17))
NIGHT = Window(frozenset({0}), time(22), time(2))


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Mon-Thu", {0, 1, 2, 3}),
        ("Mon,Wed-Fri", {0, 2, 3, 4}),
        ("tuesday", {1}),
        ("Sat-Mon", {5, 6, 0}),
        ("Mon – Fri", {0, 1, 2, 3, 4}),
        ("Mon to Fri", {0, 1, 2, 3, 4}),
        ("weekdays", {0, 1, 2, 3, 4}),
        ("every day", set(range(7))),
    ],
)
def test_days_are_read(text: str, days: set[int]) -> None:
    assert parse_window_days(text) == days


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "no days are written here: write days as in 'Mon-Thu' or 'Mon,Wed,Fri'"),
        ("Mon-", "a weekday is missing: write days as in 'Mon-Thu' or 'Mon,Wed,Fri'"),
        ("Tus", "'Tus' is no weekday: did you mean 'Tue'?"),
        ("Mon,Xyz", "'Xyz' is no weekday: write one of Mon, Tue, Wed, Thu, Fri, Sat, Sun (in 'Mon,Xyz')"),
        ("Mon-Tue-Wed", "'Mon-Tue-Wed' is no weekday: write one of Mon, Tue, Wed, Thu, Fri, Sat, Sun"),
    ],
)
def test_wrong_days_say_what_to_write(text: str, wrong: str) -> None:
    assert parse_window_days(text) == wrong


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("09:00-17:00", (time(9), time(17))),
        ("9:00 – 17:30", (time(9), time(17, 30))),
        ("22:00-02:00", (time(22), time(2))),
        ("00:00-24:00", (time(0), time(0))),
    ],
)
def test_hours_are_read(text: str, hours: tuple[time, time]) -> None:
    assert parse_window_hours(text) == hours


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "no hours are written here: write from and to, as in '09:00-17:00'"),
        ("09:00", "'09:00' says no hours: write from and to, as in '09:00-17:00'"),
        ("9-17", "'9' in '9-17' is no time of day: write '09:00'"),
        ("09:00-5pm", "'5pm' in '09:00-5pm' is no time of day: write '17:00'"),
        ("09:00-09:00", "'09:00-09:00' opens and closes at once: write '00:00-24:00' for the whole day"),
    ],
)
def test_wrong_hours_say_what_to_write(text: str, wrong: str) -> None:
    assert parse_window_hours(text) == wrong


@pytest.mark.parametrize(
    ("window", "text"),
    [
        (OFFICE, "Mon–Thu 09:00–17:00 their time"),
        (Window(frozenset({0, 2, 3}), time(8), time(0), "UTC"), "Mon, Wed, Thu 08:00–24:00 UTC"),
        (Window(), "every day 00:00–24:00 their time"),
    ],
)
def test_window_is_told(window: Window, text: str) -> None:
    assert tell_window(window) == text


@pytest.mark.parametrize(
    ("instant", "window", "zone", "opening"),
    [
        pytest.param("2026-11-24 12:00", OFFICE, BERLIN, "2026-11-24 12:00", id="open"),
        pytest.param("2026-11-24 09:00", OFFICE, BERLIN, "2026-11-24 09:00", id="the first minute"),
        pytest.param("2026-11-24 17:00", OFFICE, BERLIN, "2026-11-25 09:00", id="the end is closed"),
        pytest.param("2026-11-26 18:00", OFFICE, BERLIN, "2026-11-30 09:00", id="over the weekend"),
        pytest.param("2026-11-24 03:00", OFFICE, NEW_YORK, "2026-11-24 09:00", id="the lead's own morning"),
        pytest.param("2026-11-23 23:30", NIGHT, BERLIN, "2026-11-23 23:30", id="before midnight"),
        pytest.param("2026-11-24 01:30", NIGHT, BERLIN, "2026-11-24 01:30", id="after midnight"),
        pytest.param("2026-11-24 02:00", NIGHT, BERLIN, "2026-11-30 22:00", id="the night is over"),
        pytest.param("2026-11-23 01:00", NIGHT, BERLIN, "2026-11-23 22:00", id="Sunday's night is not Monday's"),
        pytest.param("2026-12-31 20:00", Window(start=time(9), end=time(0)), BERLIN, "2026-12-31 20:00", id="till 24"),
        pytest.param("2027-01-01 00:00", Window(start=time(9), end=time(0)), BERLIN, "2027-01-01 09:00", id="past 24"),
        pytest.param("2026-03-29 01:00", Window(start=time(2, 30), end=time(5)), BERLIN, "2026-03-29 03:00", id="gap"),
        pytest.param(
            "2026-03-29 01:00",
            Window(start=time(2, 10), end=time(2, 50)),
            BERLIN,
            "2026-03-30 02:10",
            id="a window that the change of clocks swallows",
        ),
        pytest.param("2026-03-07 23:00", Window(end=time(6)), HAVANA, "2026-03-08 01:00", id="midnight is skipped"),
    ],
)
def test_next_opening(instant: str, window: Window, zone: ZoneInfo, opening: str) -> None:
    assert next_open(wall(instant, zone), window, zone, PLAIN) == wall(opening, zone)


def test_repeated_hour_does_not_open_a_window_again() -> None:
    early = Window(start=time(1), end=time(2, 30))
    assert next_open(utc("2026-10-25 00:10"), early, BERLIN, PLAIN) == utc("2026-10-25 00:10")
    assert next_open(utc("2026-10-25 01:10"), early, BERLIN, PLAIN) == wall("2026-10-26 01:00", BERLIN)


def test_repeated_hour_does_not_interrupt_an_open_window() -> None:
    late = Window(start=time(2, 30), end=time(5))
    assert next_open(utc("2026-10-25 01:10"), late, BERLIN, PLAIN) == utc("2026-10-25 01:10")


def test_blackouts_and_holidays_are_skipped() -> None:
    calendar = PlainCalendar(frozenset({date(2026, 11, 24)}), blackouts=frozenset({date(2026, 11, 25)}))
    start = wall("2026-11-24 12:00", BERLIN)
    assert next_open(start, OFFICE, BERLIN, calendar) == wall("2026-11-26 09:00", BERLIN)
    assert next_open(start, None, BERLIN, calendar) == wall("2026-11-26 00:00", BERLIN)


def test_night_window_closes_at_midnight_before_a_blackout() -> None:
    calendar = PlainCalendar(blackouts=frozenset({date(2026, 11, 24)}))
    assert next_open(wall("2026-11-23 23:59", BERLIN), NIGHT, BERLIN, calendar) == wall("2026-11-23 23:59", BERLIN)
    assert next_open(wall("2026-11-24 00:00", BERLIN), NIGHT, BERLIN, calendar) == wall("2026-11-30 22:00", BERLIN)


def test_window_that_never_opens_is_none() -> None:
    always_closed = PlainCalendar(blackouts=frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(800)))
    assert next_open(utc("2026-01-02 12:00"), None, BERLIN, always_closed) is None
    assert next_open(utc("2026-01-02 12:00"), Window(frozenset()), BERLIN, PLAIN) is None


@pytest.mark.parametrize(
    ("instant", "window", "closing"),
    [
        ("2026-11-24 12:00", OFFICE, "2026-11-24 17:00"),
        ("2026-11-23 23:00", NIGHT, "2026-11-24 02:00"),
        ("2026-11-24 01:00", NIGHT, "2026-11-24 02:00"),
        ("2026-11-24 12:00", Window(), "2026-11-25 00:00"),
    ],
)
def test_opening_says_when_it_ends(instant: str, window: Window, closing: str) -> None:
    assert closes_at(wall(instant, BERLIN), window, BERLIN) == wall(closing, BERLIN)


def test_closed_window_does_not_end() -> None:
    assert closes_at(wall("2026-11-24 18:00", BERLIN), OFFICE, BERLIN) is None


@pytest.mark.parametrize(
    ("instant", "window", "text"),
    [
        ("2026-11-24 09:00", OFFICE, "Tue 24 Nov 09:00–17:00"),
        ("2026-11-24 18:00", OFFICE, "Tue 24 Nov 18:00"),
        ("2026-11-24 09:00", Window(), "Tue 24 Nov 09:00–24:00"),
        ("2026-11-23 22:00", NIGHT, "Mon 23 Nov 22:00–02:00"),
    ],
)
def test_opening_is_told_with_its_end(instant: str, window: Window, text: str) -> None:
    assert tell_opening(wall(instant, BERLIN), window, BERLIN) == text


@pytest.mark.parametrize(
    ("window", "lead_zone", "expected"),
    [
        (None, "America/New_York", "America/New_York"),
        (None, None, "Europe/Berlin"),
        (Window(fallback="Asia/Tokyo"), "America/New_York", "America/New_York"),
        (Window(fallback="Asia/Tokyo"), None, "Asia/Tokyo"),
        (Window(fallback="Asia/Tokyo"), "Gotham/City", "Asia/Tokyo"),
        (Window(fallback="Asia/Tokyo"), "../../etc/passwd", "Asia/Tokyo"),
        (Window(fallback="nowhere"), "", "Europe/Berlin"),
        (Window(zone="Asia/Tokyo"), "America/New_York", "Asia/Tokyo"),
        (Window(zone="nowhere"), "America/New_York", "Europe/Berlin"),
    ],
)
def test_zone_is_the_leads_or_a_fallback(window: Window | None, lead_zone: str | None, expected: str) -> None:
    assert zone_for(window, lead_zone, "Europe/Berlin").key == expected


def test_unknown_home_zone_is_utc() -> None:
    assert zone_for(None, None, "nowhere").key == "UTC"


times = st.builds(time, st.integers(0, 23), st.sampled_from((0, 1, 15, 30, 59)))
windows = st.builds(Window, st.frozensets(st.integers(0, 6), min_size=1), times, times)


@st.composite
def cases(draw: st.DrawFn) -> tuple[datetime, Window, ZoneInfo, PlainCalendar]:
    """An instant on the minute grid, a window, a zone, and a calendar with closed dates around that instant."""
    zone, instant = draw(zoned_instants())
    near = st.builds(lambda ahead: instant.date() + timedelta(days=ahead), st.integers(-1, 4))
    calendar = PlainCalendar(draw(st.frozensets(near, max_size=2)), draw(st.frozensets(near, max_size=2)))
    return instant.replace(second=0, microsecond=0), draw(windows), zone, calendar


def is_open(instant: datetime, window: Window, zone: ZoneInfo, calendar: PlainCalendar) -> bool:
    """The definition: inside an opening of yesterday or today, on a date that is not closed."""
    today = instant.astimezone(zone).date()
    if today in calendar.holidays or today in calendar.blackouts:
        return False
    return any(_holds(day, instant, window, zone) for day in (today - timedelta(days=1), today))


def _holds(day: date, instant: datetime, window: Window, zone: ZoneInfo) -> bool:
    last = day if window.start < window.end else day + timedelta(days=1)
    opened = instant_at(day, window.start, zone) <= instant < instant_at(last, window.end, zone)
    return opened and day.weekday() in window.days


@settings(deadline=None, max_examples=300)
@given(cases())
def test_next_opening_is_open_and_stays_where_it_is(case: tuple[datetime, Window, ZoneInfo, PlainCalendar]) -> None:
    instant, window, zone, calendar = case
    opening = next_open(instant, window, zone, calendar)
    assert opening is not None and opening >= instant
    assert is_open(opening, window, zone, calendar)
    assert next_open(opening, window, zone, calendar) == opening


@settings(deadline=None, max_examples=60)
@given(cases())
def test_no_earlier_minute_is_open(case: tuple[datetime, Window, ZoneInfo, PlainCalendar]) -> None:
    instant, window, zone, calendar = case
    opening = next_open(instant, window, zone, calendar)
    assert opening is not None
    minutes = int((opening - instant) / MINUTE)
    # The first two days and the last two hours: where an opening would be missed.
    for number in (*range(min(minutes, 2880)), *range(max(0, minutes - 120), minutes)):
        assert not is_open(instant + number * MINUTE, window, zone, calendar)


@pytest.mark.parametrize("day", [utc("9999-12-31 22:00"), utc("9998-12-31 00:00")])
def test_nothing_opens_at_the_end_of_the_calendar(day: datetime) -> None:
    """A date such as 9999-12-31 stands for "never" in many CRMs."""
    assert next_open(day, OFFICE, BERLIN, PLAIN) is None
