"""Waits: how they are read and told, and when they are over."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.timing.calendar import PlainCalendar, business_day
from engine.domain.timing.spans import (
    BusinessDays,
    Delay,
    Span,
    UntilClock,
    after,
    at_least,
    before,
    parse_delay,
    parse_span,
    tell,
)
from tests.domain.timing.zones import BERLIN, LORD_HOWE, NEW_YORK, utc, wall, zoned_instants

PLAIN = PlainCalendar()
EXAMPLES = (
    "write a length of time such as '10m', '3h', '2d', '4w' or '1d 12h', or '3 business days', or 'until Tue 10:00'"
)

spans = st.builds(Span, st.integers(0, 3000), st.integers(0, 200_000))
times = st.times().map(lambda moment: moment.replace(second=0, microsecond=0))
delays = (
    spans | st.builds(BusinessDays, st.integers(1, 60)) | st.builds(UntilClock, st.none() | st.integers(0, 6), times)
)


@pytest.mark.parametrize(
    ("text", "delay"),
    [
        ("10m", Span(0, 600)),
        ("3h", Span(0, 10_800)),
        ("2d", Span(2)),
        ("4w", Span(28)),
        ("1d 12h", Span(1, 43_200)),
        ("1d12h", Span(1, 43_200)),
        ("10 min", Span(0, 600)),
        ("1 hour", Span(0, 3600)),
        ("2 weeks and 3 days", Span(17)),
        ("1 Day, 2 Hours", Span(1, 7200)),
        ("24h", Span(0, 86_400)),
        ("0m", Span()),
        ("3 business days", BusinessDays(3)),
        ("1 business day", BusinessDays(1)),
        ("2 working days", BusinessDays(2)),
        ("until Tue 10:00", UntilClock(1, time(10))),
        ("until sunday 9:05", UntilClock(6, time(9, 5))),
        ("  until   10:00 ", UntilClock(None, time(10))),
    ],
)
def test_delay_is_read(text: str, delay: Delay) -> None:
    assert parse_delay(text) == delay


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("3 bussiness days", "'3 bussiness days' is not understood: did you mean '3 business days'?"),
        ("2 dyas", "'2 dyas' is not understood: did you mean '2 days'?"),
        (
            "1 month",
            "'1 month' is not understood: months differ in length, so say weeks or days, as in '30d' or '4w'",
        ),
        ("soon", f"'soon' is not understood: {EXAMPLES}"),
        ("", f"nothing is written here: {EXAMPLES}"),
        ("5", f"'5' is not understood: {EXAMPLES}"),
        ("-2d", f"'-2d' is not understood: {EXAMPLES}"),
        ("two days", f"'two days' is not understood: write the number in digits; {EXAMPLES}"),
        ("1.5h", f"'1.5h' is not understood: use whole numbers ('90m' for 1.5 hours); {EXAMPLES}"),
        ("0 business days", "'0 business days' is no wait: write '1 business day' or more"),
        ("9999w", "'9999w' is longer than ten years"),
        ("9999 business days", "'9999 business days' is longer than ten years"),
        ("9" * 400 + "d", f"'{'9' * 400}d' is longer than ten years"),
        ("until Teu 10:00", "'Teu' in 'until Teu 10:00' is no weekday: did you mean 'Tue'?"),
        ("until Tue", "'until Tue' says no time of day: write 'until Tue 10:00'"),
        ("until 9am", "'9am' in 'until 9am' is no time of day: write '09:00'"),
        (
            "until 12:30 p.m.",
            "'12:30' in 'until 12:30 p.m.' is no weekday: write one of Mon, Tue, Wed, Thu, Fri, Sat, Sun",
        ),
        (
            "until 25:00",
            "'25:00' in 'until 25:00' is no time of day: write hours and minutes, 00:00 to 23:59, as in '09:00'",
        ),
        ("until", "'until' does not say until when: write 'until 10:00' or 'until Tue 10:00'"),
    ],
)
def test_wrong_delay_says_what_to_write(text: str, wrong: str) -> None:
    assert parse_delay(text) == wrong


@pytest.mark.parametrize("text", ["3 business days", "until 10:00"])
def test_span_refuses_other_delays(text: str) -> None:
    assert parse_span(text) == (
        f"'{text}' cannot stand here: write a length of time such as '10m', '3h', '2d', '4w' or '1d 12h'"
    )


@pytest.mark.parametrize(
    ("delay", "text"),
    [
        (Span(0, 600), "10 minutes"),
        (Span(0, 5400), "1 hour 30 minutes"),
        (Span(28), "4 weeks"),
        (Span(10), "10 days"),
        (Span(1, 43_200), "1 day 12 hours"),
        (Span(), "0 minutes"),
        (BusinessDays(3), "3 business days"),
        (BusinessDays(1), "1 business day"),
        (UntilClock(1, time(10)), "until Tue 10:00"),
        (UntilClock(None, time(9, 5)), "until 09:05"),
    ],
)
def test_delay_is_told(delay: Delay, text: str) -> None:
    assert tell(delay) == text


@given(delays)
def test_what_is_told_reads_the_same(delay: Delay) -> None:
    assert parse_delay(tell(delay)) == delay


@given(st.text())
def test_any_text_is_read_or_explained(text: str) -> None:
    assert isinstance(parse_delay(text), Span | BusinessDays | UntilClock | str)


@pytest.mark.acceptance(row=11)
@pytest.mark.parametrize(
    ("start", "delay", "zone", "end"),
    [
        pytest.param("2026-03-27 10:00", "2d", BERLIN, "2026-03-29 10:00", id="days keep the time of day in spring"),
        pytest.param("2026-10-24 10:00", "2d", BERLIN, "2026-10-26 10:00", id="and in autumn"),
        pytest.param("2026-03-28 10:00", "24h", BERLIN, "2026-03-29 11:00", id="hours are elapsed in spring"),
        pytest.param("2026-10-24 10:00", "24h", BERLIN, "2026-10-25 09:00", id="and in autumn"),
        pytest.param("2026-03-28 02:30", "1d", BERLIN, "2026-03-29 03:00", id="a skipped hour ends at its end"),
        pytest.param("2026-03-28 02:30", "1d 1h", BERLIN, "2026-03-29 04:00", id="days first, then hours"),
        pytest.param("2026-10-03 02:10", "1d", LORD_HOWE, "2026-10-04 02:30", id="half an hour is skipped"),
        pytest.param("2026-12-31 23:30", "1d", NEW_YORK, "2027-01-01 23:30", id="over the year's end"),
        pytest.param("2028-02-28 08:00", "1d", BERLIN, "2028-02-29 08:00", id="onto a leap day"),
        pytest.param("2026-11-20 16:00", "1 business day", BERLIN, "2026-11-23 16:00", id="over a weekend"),
        pytest.param("2026-11-21 11:00", "1 business day", BERLIN, "2026-11-23 11:00", id="from a Saturday"),
        pytest.param("2026-03-27 10:00", "1 business day", BERLIN, "2026-03-30 10:00", id="over a change of clocks"),
        pytest.param("2026-11-23 09:59", "until 10:00", BERLIN, "2026-11-23 10:00", id="later today"),
        pytest.param("2026-11-23 10:00", "until 10:00", BERLIN, "2026-11-24 10:00", id="strictly later"),
        pytest.param("2026-11-23 10:00", "until Tue 10:00", BERLIN, "2026-11-24 10:00", id="tomorrow is Tuesday"),
        pytest.param("2026-11-24 10:00", "until Tue 10:00", BERLIN, "2026-12-01 10:00", id="in a week"),
        pytest.param("2026-03-28 12:00", "until 02:30", BERLIN, "2026-03-29 03:00", id="until a skipped time"),
    ],
)
def test_delay_ends_when_people_expect(start: str, delay: str, zone: ZoneInfo, end: str) -> None:
    parsed = parse_delay(delay)
    assert not isinstance(parsed, str)
    assert after(wall(start, zone), parsed, zone, PLAIN) == wall(end, zone)


def test_business_days_skip_holidays_and_count_blackouts() -> None:
    calendar = PlainCalendar(holidays=frozenset({date(2026, 12, 25)}), blackouts=frozenset({date(2026, 12, 28)}))
    start = wall("2026-12-24 10:00", BERLIN)
    assert after(start, BusinessDays(1), BERLIN, calendar) == wall("2026-12-28 10:00", BERLIN)


def test_repeated_hour_is_waited_for_once() -> None:
    first, second = utc("2026-10-25 00:30"), utc("2026-10-25 01:30")
    half_past_two = UntilClock(None, time(2, 30))
    assert after(utc("2026-10-24 20:00"), half_past_two, BERLIN, PLAIN) == first
    assert after(first, half_past_two, BERLIN, PLAIN) == wall("2026-10-26 02:30", BERLIN)
    assert after(second, half_past_two, BERLIN, PLAIN) == wall("2026-10-26 02:30", BERLIN)


def test_wait_from_a_repeated_hour_into_a_skipped_one_ends_after_the_gap() -> None:
    second_half_past_two = utc("2026-10-25 01:30")
    days = (date(2027, 3, 28) - date(2026, 10, 25)).days
    assert after(second_half_past_two, Span(days), BERLIN, PLAIN) == wall("2027-03-28 03:00", BERLIN)


def test_calendar_without_working_days_does_not_hang() -> None:
    never = PlainCalendar(weekend=frozenset(range(7)))
    assert business_day(date(2026, 1, 1), 1, never) == date(2026, 1, 1) + timedelta(days=400)


@pytest.mark.acceptance(row=11)
@settings(deadline=None)
@given(zoned_instants(), delays)
def test_no_delay_ends_before_it_began(case: tuple[ZoneInfo, datetime], delay: Delay) -> None:
    zone, start = case
    end = after(start, delay, zone, PLAIN)
    assert end > start or (end == start and delay == Span())


@settings(deadline=None)
@given(zoned_instants(), st.integers(1, 800))
def test_days_keep_the_local_time_of_day_unless_it_is_skipped(case: tuple[ZoneInfo, datetime], days: int) -> None:
    zone, start = case
    local, end = start.astimezone(zone), after(start, Span(days), zone, PLAIN)
    there = end.astimezone(zone)
    kept = there.time() == local.time() and there.date() == local.date() + timedelta(days=days)
    assert kept or _clocks_change_at(end, zone)


def _clocks_change_at(instant: datetime, zone: ZoneInfo) -> bool:
    before_it = (instant - timedelta(seconds=1)).astimezone(zone)
    return before_it.utcoffset() != instant.astimezone(zone).utcoffset()


@settings(deadline=None)
@given(zoned_instants(), st.none() | st.integers(0, 6), times)
def test_until_clock_shows_that_time(case: tuple[ZoneInfo, datetime], weekday: int | None, moment: time) -> None:
    zone, start = case
    end = after(start, UntilClock(weekday, moment), zone, PLAIN)
    local = end.astimezone(zone)
    right_day = weekday is None or local.weekday() == weekday
    assert (right_day and local.time() == moment) or _clocks_change_at(end, zone)


@settings(deadline=None)
@given(zoned_instants(), st.builds(Span, st.just(0), st.integers(0, 200_000)))
def test_before_undoes_after_for_elapsed_time(case: tuple[ZoneInfo, datetime], span: Span) -> None:
    zone, start = case
    assert before(after(start, span, zone, PLAIN), span, zone, PLAIN) == start


def test_before_counts_business_days_back() -> None:
    end = wall("2026-11-23 10:00", BERLIN)
    assert before(end, BusinessDays(1), BERLIN, PLAIN) == wall("2026-11-20 10:00", BERLIN)
    assert before(end, Span(2, 3600), BERLIN, PLAIN) == wall("2026-11-21 09:00", BERLIN)


@given(
    zoned_instants(),
    st.sampled_from(["1 business day", "3 business days", "1d", "2d", "36h", "90m", "until Mon 09:00"]),
)
def test_no_delay_is_shorter_than_it_is_at_the_least(zoned: tuple[ZoneInfo, datetime], text: str) -> None:
    delay, (zone, begin) = parse_delay(text), zoned
    assert not isinstance(delay, str)
    assert after(begin, delay, zone, PLAIN) - begin >= at_least(delay)
