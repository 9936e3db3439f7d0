"""Moments relative to a date of the lead, the trigger or the campaign."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.timing.at import At, parse_at, tell_at, when_at
from engine.domain.timing.calendar import PlainCalendar
from engine.domain.timing.spans import BusinessDays, Span
from tests.domain.timing.zones import BERLIN, NEW_YORK, utc, wall, zoned_instants

PLAIN = PlainCalendar()
EXAMPLES = "write a date and, if wanted, a distance and a time, as in '3 days before trigger.trial_ends 10:00'"
TRIAL_ENDS = ("trigger", "trial_ends")
WEBINAR = ("vars", "webinar")
BIRTHDAY = ("lead", "birthday")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("3 days before trigger.trial_ends 10:00", At(Span(3), True, TRIAL_ENDS, time(10))),
        ("on lead.birthday 09:00", At(None, False, BIRTHDAY, time(9))),
        ("2 business days after vars.webinar 10:00", At(BusinessDays(2), False, WEBINAR, time(10))),
        ("1h before vars.webinar", At(Span(0, 3600), True, WEBINAR)),
        ("at trigger.trial_ends", At(None, False, TRIAL_ENDS)),
        ("trigger.trial_ends", At(None, False, TRIAL_ENDS)),
        ("1 day before vars.webinar at 10:00", At(Span(1), True, WEBINAR, time(10))),
        ("every year on lead.birthday 09:00", At(None, False, BIRTHDAY, time(9), yearly=True)),
        ("every year 1 week before lead.birthday", At(Span(7), True, BIRTHDAY, yearly=True)),
    ],
)
def test_moment_is_read(text: str, at: At) -> None:
    assert parse_at(text) == at


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", f"nothing is written here: {EXAMPLES}"),
        (
            "birthday",
            f"'birthday' is not understood: no date is named, such as lead.birthday or vars.webinar; {EXAMPLES}",
        ),
        ("3 days vars.webinar", f"'3 days vars.webinar' is not understood: {EXAMPLES}"),
        ("on led.birthday", "'led.birthday' in 'on led.birthday' is no date that is known here: did you mean 'lead'?"),
        (
            "on campaign.webinar",
            "'campaign.webinar' in 'on campaign.webinar' is no date that is known here: "
            "write webinar after lead., trigger. or vars.",
        ),
        ("3 dyas before vars.webinar", "'3 dyas' is not understood: did you mean '3 days'?"),
        ("on lead.birthday 9am", "'9am' in 'on lead.birthday 9am' is no time of day: write '09:00'"),
        (
            "3h before vars.webinar 10:00",
            "'3h before vars.webinar 10:00' says hours or minutes and a time of day: keep one of them",
        ),
        (
            "until 10:00 before vars.webinar",
            "'until 10:00 before vars.webinar' mixes 'until' with a date: "
            "write only the distance, as in '3 days before'",
        ),
    ],
)
def test_wrong_moment_says_what_to_write(text: str, wrong: str) -> None:
    assert parse_at(text) == wrong


@given(
    st.builds(Span, st.integers(0, 400)) | st.builds(BusinessDays, st.integers(1, 30)) | st.none(),
    st.booleans(),
    st.sampled_from((TRIAL_ENDS, WEBINAR, BIRTHDAY)),
    st.none() | st.builds(time, st.integers(0, 23), st.integers(0, 59)),
    st.booleans(),
)
def test_what_is_told_reads_the_same(
    offset: Span | BusinessDays | None, before: bool, anchor: tuple[str, str], moment: time | None, yearly: bool
) -> None:
    at = At(offset, before and offset is not None, anchor, moment, yearly)
    assert parse_at(tell_at(at)) == at


@given(st.text())
def test_any_text_is_read_or_explained(text: str) -> None:
    assert isinstance(parse_at(text), At | str)


def when(text: str, value: date | datetime | None, zone: ZoneInfo = BERLIN) -> datetime | None:
    at = parse_at(text)
    assert isinstance(at, At)
    return when_at(at, value, zone, PLAIN)


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        pytest.param("3 days before vars.w 10:00", date(2026, 12, 4), "2026-12-01 10:00", id="a date and a time"),
        pytest.param("3 days before vars.w", date(2026, 12, 4), "2026-12-01 00:00", id="a bare date begins at 0:00"),
        pytest.param("3 days before vars.w 10:00", utc("2026-12-04 17:00"), "2026-12-01 10:00", id="a time overrides"),
        pytest.param("1d before vars.w 10:00", utc("2026-12-04 23:30"), "2026-12-04 10:00", id="the lead's own date"),
        pytest.param("1 day before vars.w", utc("2026-12-04 17:00"), "2026-12-03 18:00", id="same time of day"),
        pytest.param("1 day before vars.w", utc("2026-03-29 16:00"), "2026-03-28 18:00", id="across a clock change"),
        pytest.param("1h before vars.w", utc("2026-12-04 17:00"), "2026-12-04 17:00", id="an hour is elapsed"),
        pytest.param("2h after vars.w", utc("2026-03-29 00:30"), "2026-03-29 04:30", id="elapsed over the gap"),
        pytest.param("2 business days after vars.w 10:00", date(2026, 12, 4), "2026-12-08 10:00", id="business days"),
        pytest.param("2 business days before vars.w", date(2026, 12, 7), "2026-12-03 00:00", id="and back"),
        pytest.param("on vars.w 02:30", date(2026, 3, 29), "2026-03-29 03:00", id="a skipped time"),
        pytest.param("on vars.w", utc("2026-12-04 17:00"), "2026-12-04 18:00", id="the moment itself"),
    ],
)
def test_moment_in_berlin(text: str, value: date | datetime, expected: str) -> None:
    assert when(text, value) == wall(expected, BERLIN)


def test_wall_time_without_a_zone_is_the_leads() -> None:
    naive = datetime(2026, 12, 4, 17, 0)  # noqa: DTZ001
    assert when("1h before vars.w", naive, NEW_YORK) == wall("2026-12-04 16:00", NEW_YORK)
    assert when("on vars.w 10:00", naive, NEW_YORK) == wall("2026-12-04 10:00", NEW_YORK)


def test_other_offsets_come_out_in_utc() -> None:
    tokyo = datetime(2026, 12, 4, 17, 0, tzinfo=timezone(timedelta(hours=9)))
    found = when("on vars.w", tokyo)
    assert found is not None and found.isoformat() == "2026-12-04T08:00:00+00:00"


def test_missing_date_has_no_moment() -> None:
    assert when("on lead.birthday 09:00", None) is None


@pytest.mark.parametrize("value", [date.min, date.max, utc("0001-01-01 00:00"), utc("9999-12-31 23:59")])
@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK])
@pytest.mark.parametrize("text", ["1 week before vars.w 09:00", "1 week after vars.w 09:00", "1d 1h before vars.w"])
def test_date_at_the_end_of_all_dates_does_no_harm(text: str, zone: ZoneInfo, value: date) -> None:
    found = when(text, value, zone)
    assert found is None or abs(found.year - value.year) <= 1


def test_anniversary_of_a_date_beyond_all_dates_has_no_moment() -> None:
    at = At(Span(7), False, BIRTHDAY, time(9), yearly=True)
    assert when_at(at, date.max, BERLIN, PLAIN, utc("2026-01-01 00:00")) is None


def test_time_of_day_overrides_the_window() -> None:
    at, bare = parse_at("on lead.birthday 09:00"), parse_at("on lead.birthday")
    assert isinstance(at, At) and isinstance(bare, At)
    assert at.overrides_window and not bare.overrides_window


@pytest.mark.parametrize(
    ("text", "value", "since", "expected"),
    [
        ("every year on lead.b 09:00", date(1980, 5, 3), "2026-05-01 00:00", "2026-05-03 09:00"),
        ("every year on lead.b 09:00", date(1980, 5, 3), "2026-05-03 09:00", "2026-05-03 09:00"),
        ("every year on lead.b 09:00", date(1980, 5, 3), "2026-05-03 09:01", "2027-05-03 09:00"),
        ("every year 1 week before lead.b 09:00", date(1980, 1, 3), "2026-12-20 12:00", "2026-12-27 09:00"),
        ("every year 1 week after lead.b 09:00", date(1980, 12, 28), "2027-01-02 12:00", "2027-01-04 09:00"),
        ("every year 2 business days after lead.b", date(1980, 5, 1), "2026-05-02 12:00", "2026-05-05 00:00"),
        ("every year on lead.b 09:00", date(1980, 2, 29), "2026-01-01 00:00", "2026-02-28 09:00"),
        ("every year on lead.b 09:00", date(1980, 2, 29), "2028-01-01 00:00", "2028-02-29 09:00"),
        ("every year on lead.b 09:00", date(2030, 2, 1), "2026-01-01 00:00", "2030-02-01 09:00"),
    ],
)
def test_yearly_moment_is_the_next_anniversary(text: str, value: date, since: str, expected: str) -> None:
    at = parse_at(text)
    assert isinstance(at, At)
    assert when_at(at, value, BERLIN, PLAIN, wall(since, BERLIN)) == wall(expected, BERLIN)


@settings(deadline=None)
@given(zoned_instants(), st.dates(date(1900, 1, 1), date(2030, 12, 31)))
def test_anniversary_is_within_a_year_of_its_wait(case: tuple[ZoneInfo, datetime], born: date) -> None:
    zone, since = case
    at = At(None, False, BIRTHDAY, time(9), yearly=True)
    found = when_at(at, born, zone, PLAIN, since)
    assert found is not None and found >= since
    assert born.year > since.year - 2 or found <= since + timedelta(days=367)


@settings(deadline=None)
@given(zoned_instants(), st.integers(0, 400), st.booleans())
def test_time_of_day_is_the_leads_own(case: tuple[ZoneInfo, datetime], days: int, before: bool) -> None:
    zone, anchor = case
    found = when_at(At(Span(days), before, WEBINAR, time(10)), anchor, zone, PLAIN)
    assert found is not None
    expected = anchor.astimezone(zone).date() + timedelta(days=-days if before else days)
    assert found.astimezone(zone).replace(tzinfo=None) == datetime.combine(expected, time(10))
