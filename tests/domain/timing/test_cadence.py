"""The cadence of streams: reading it, and finding the next slot."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.timing.cadence import LAST, Cadence, Period, next_slot, parse_cadence, tell_cadence
from tests.domain.timing.zones import BERLIN, HAVANA, utc, wall, zoned_instants

DAY, WEEK, MONTH = Period.DAY, Period.WEEK, Period.MONTH
EXAMPLES = "write a cadence such as 'every 4 weeks Tue 10:00', 'every 10 days' or 'every month 1st Tue 10:00'"

times = st.none() | st.builds(time, st.integers(0, 23), st.integers(0, 59))
weekdays = st.integers(0, 6)
cadences = (
    st.builds(Cadence, st.integers(1, 30), st.just(DAY), st.none(), times)
    | st.builds(Cadence, st.integers(1, 10), st.just(WEEK), st.none() | weekdays, times)
    | st.builds(Cadence, st.integers(1, 6), st.just(MONTH), weekdays, times, st.sampled_from((1, 2, 3, 4, LAST)))
    | st.builds(Cadence, st.integers(1, 6), st.just(MONTH), st.none(), times, st.none() | st.integers(1, 31))
)


@pytest.mark.parametrize(
    ("text", "cadence"),
    [
        ("every 4 weeks Tue 10:00", Cadence(4, WEEK, 1, time(10))),
        ("every week Mon 09:00", Cadence(1, WEEK, 0, time(9))),
        ("every 2 weeks", Cadence(2, WEEK)),
        ("every day 08:00", Cadence(1, DAY, None, time(8))),
        ("every 10 days", Cadence(10, DAY)),
        ("every month 1st Tue 10:00", Cadence(1, MONTH, 1, time(10), 1)),
        ("every month last Friday", Cadence(1, MONTH, 4, None, LAST)),
        ("every 2 months 15th 10:00", Cadence(2, MONTH, None, time(10), 15)),
        ("every month last day 9:00", Cadence(1, MONTH, None, time(9), LAST)),
        ("Every month", Cadence(1, MONTH)),
    ],
)
def test_cadence_is_read(text: str, cadence: Cadence) -> None:
    assert parse_cadence(text) == cadence


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", f"nothing is written here: {EXAMPLES}"),
        ("4 weeks", f"'4 weeks' is no cadence: {EXAMPLES}"),
        ("every", f"'every' is no cadence: {EXAMPLES}"),
        ("weekly", "'weekly' is no cadence: write 'every week Tue 10:00'"),
        ("every wek", "'every wek' is no cadence: did you mean 'week'?"),
        ("every Tue 10:00", "'every Tue 10:00' is no cadence: write 'every week Tue 10:00'"),
        ("every other week", "'every other week' is no cadence: write 'every 2 weeks'"),
        ("every 0 weeks", "'every 0 weeks' is no cadence: it must repeat every 1 to 104 weeks"),
        (
            "every 3 days Tue",
            "'every 3 days Tue' is no cadence: a weekday needs weeks or months, as in 'every week Tue 10:00'",
        ),
        (
            "every month Tue",
            "'every month Tue' is no cadence: say which Tue of the month, as in 'every month 1st Tue 10:00'",
        ),
        (
            "every week 1st Tue",
            "'every week 1st Tue' is no cadence: only months have a 1st or a last; leave that word out",
        ),
        ("every month 5th Tue", "'every month 5th Tue' is no cadence: not every month has that day; write 'last'"),
        ("every month 32nd", "'every month 32nd' is no cadence: no month has that day"),
        (
            "every week Teu 10:00",
            "'every week Teu 10:00' is no cadence: 'Teu' is neither a weekday nor a time of day; did you mean 'Tue'?",
        ),
        (
            "every week Tue 10am",
            "'every week Tue 10am' is no cadence: '10am' is neither a weekday nor a time of day; write '10:00'",
        ),
    ],
)
def test_wrong_cadence_says_what_to_write(text: str, wrong: str) -> None:
    assert parse_cadence(text) == wrong


@given(cadences)
def test_what_is_told_reads_the_same(cadence: Cadence) -> None:
    assert parse_cadence(tell_cadence(cadence)) == cadence


@given(
    st.text()
    | st.lists(st.sampled_from(["every", "2", "week", "month", "Tue", "1st", "last", "day", "10:00"])).map(" ".join)
)
def test_any_text_is_read_or_explained(text: str) -> None:
    cadence = parse_cadence(text)
    assert isinstance(cadence, str) or parse_cadence(tell_cadence(cadence)) == cadence


def slot(text: str, previous: str | None, entered: str, not_before: str | None = None) -> datetime:
    cadence = parse_cadence(text)
    assert isinstance(cadence, Cadence)
    instants = [wall(at, BERLIN) if at else None for at in (previous, not_before)]
    return next_slot(cadence, instants[0], wall(entered, BERLIN), BERLIN, instants[1])


@pytest.mark.parametrize(
    ("text", "entered", "first"),
    [
        ("every 4 weeks Tue 10:00", "2026-11-19 15:00", "2026-11-24 10:00"),
        ("every 4 weeks Tue 10:00", "2026-11-24 10:00", "2026-12-01 10:00"),
        ("every day 08:00", "2026-11-19 07:00", "2026-11-19 08:00"),
        ("every 10 days", "2026-11-19 15:00", "2026-11-29 15:00"),
        ("every 2 weeks", "2026-10-20 15:00", "2026-11-03 15:00"),
        ("every month 1st Tue 10:00", "2026-11-19 15:00", "2026-12-01 10:00"),
        ("every month last Fri 10:00", "2026-11-19 15:00", "2026-11-27 10:00"),
        ("every 3 months last day 10:00", "2026-11-19 15:00", "2026-11-30 10:00"),
        ("every month", "2027-01-31 15:00", "2027-02-28 15:00"),
        ("every month", "2028-01-31 15:00", "2028-02-29 15:00"),
        ("every week Tue", "2026-11-19 15:00", "2026-11-24 00:00"),
    ],
)
def test_first_slot_follows_entry(text: str, entered: str, first: str) -> None:
    assert slot(text, None, entered) == wall(first, BERLIN)


@pytest.mark.parametrize(
    ("text", "previous", "following"),
    [
        pytest.param("every 4 weeks Tue 10:00", "2026-11-24 10:00:07", "2026-12-22 10:00", id="on time"),
        pytest.param("every 4 weeks Tue 10:00", "2026-11-26 16:00", "2026-12-22 10:00", id="two days late, no drift"),
        pytest.param("every 4 weeks Tue 10:00", "2026-12-09 16:00", "2027-01-05 10:00", id="weeks late, paced anew"),
        pytest.param("every day 08:00", "2026-11-24 08:00:01", "2026-11-25 08:00", id="daily"),
        pytest.param("every day 08:00", "2026-11-24 00:10", "2026-11-24 08:00", id="yesterday's slot, after midnight"),
        pytest.param("every 2 weeks 10:00", "2026-11-24 10:00", "2026-12-08 10:00", id="any weekday"),
        pytest.param("every 10 days", "2026-11-24 12:34", "2026-12-04 12:34", id="bare: from the previous mail"),
        pytest.param("every month 1st Tue 10:00", "2026-12-03 10:00", "2027-01-05 10:00", id="over the year's end"),
        pytest.param("every 2 months 31st 10:00", "2026-12-31 10:00", "2027-02-28 10:00", id="a short month"),
        pytest.param("every month", "2027-02-28 15:00", "2027-03-31 15:00", id="the day of entry, not of February"),
        pytest.param("every week Sun 02:30", "2027-03-21 02:30", "2027-03-28 03:00", id="into a skipped hour"),
        pytest.param("every week Sun 02:30", "2027-03-28 03:00", "2027-04-04 02:30", id="out of a skipped hour"),
    ],
)
def test_following_slot_counts_from_the_previous_slot(text: str, previous: str, following: str) -> None:
    assert slot(text, previous, "2026-10-31 15:00") == wall(following, BERLIN)


def test_repeated_hour_has_one_slot() -> None:
    daily = Cadence(1, DAY, None, time(2, 30))
    first, second = utc("2026-10-25 00:30"), utc("2026-10-25 01:30")
    assert next_slot(daily, utc("2026-10-24 00:30"), first, BERLIN) == first
    assert next_slot(daily, first, first, BERLIN) == utc("2026-10-26 01:30")
    assert next_slot(daily, second, first, BERLIN) == utc("2026-10-26 01:30")


def test_skipped_midnight_has_one_slot() -> None:
    weekly = Cadence(1, WEEK, 6)
    spring = next_slot(weekly, None, wall("2026-03-05 12:00", HAVANA), HAVANA)
    assert spring == wall("2026-03-08 01:00", HAVANA)
    assert next_slot(weekly, spring, spring, HAVANA) == wall("2026-03-15 00:00", HAVANA)


@pytest.mark.parametrize(
    ("text", "not_before", "resumed"),
    [
        ("every 4 weeks Tue 10:00", "2026-11-30 12:00", "2026-12-22 10:00"),
        ("every 4 weeks Tue 10:00", "2027-02-05 23:00", "2027-02-09 10:00"),
        ("every 4 weeks Tue 10:00", "2027-02-09 10:00", "2027-02-09 10:00"),
        ("every month 1st Tue 10:00", "2027-02-05 23:00", "2027-03-02 10:00"),
        ("every 10 days", "2027-02-05 23:00", "2027-02-05 23:00"),
    ],
)
def test_stream_that_ran_dry_resumes_on_its_grid(text: str, not_before: str, resumed: str) -> None:
    assert slot(text, "2026-11-24 10:00", "2026-11-19 15:00", not_before) == wall(resumed, BERLIN)


@pytest.mark.acceptance(row=11)
@settings(deadline=None, max_examples=200)
@given(zoned_instants(), cadences, st.lists(st.integers(0, 200_000), min_size=1, max_size=8))
def test_slots_only_move_on_and_never_repeat(
    case: tuple[ZoneInfo, datetime], cadence: Cadence, late_seconds: list[int]
) -> None:
    zone, entered = case
    previous, used = None, set()
    for late in late_seconds:
        following = next_slot(cadence, previous, entered, zone)
        assert following > (previous or entered)
        assert following not in used
        used.add(following)
        previous = following + timedelta(seconds=late)


@settings(deadline=None, max_examples=200)
@given(zoned_instants(), cadences, st.timedeltas(timedelta(0), timedelta(days=400)))
def test_resumed_slot_is_not_before_what_it_waits_for(
    case: tuple[ZoneInfo, datetime], cadence: Cadence, pause: timedelta
) -> None:
    zone, entered = case
    resumed = next_slot(cadence, entered, entered, zone, entered + pause)
    assert resumed >= max(entered + pause, next_slot(cadence, entered, entered, zone))


@settings(deadline=None)
@given(zoned_instants(), st.builds(Cadence, st.integers(1, 8), st.just(WEEK), weekdays, st.just(time(10))))
def test_named_slots_lie_on_that_day_and_time(case: tuple[ZoneInfo, datetime], cadence: Cadence) -> None:
    zone, entered = case
    first = next_slot(cadence, None, entered, zone)
    second = next_slot(cadence, first, entered, zone)
    days = (second.astimezone(zone).date() - first.astimezone(zone).date()).days
    assert first <= entered + timedelta(days=8)
    assert [at.astimezone(zone).time() for at in (first, second)] == [time(10), time(10)]
    assert first.astimezone(zone).weekday() == cadence.weekday
    assert days == 7 * cadence.count
