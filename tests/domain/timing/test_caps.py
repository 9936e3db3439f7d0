"""How many mails a lead may get."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.timing.caps import Cap, cap_frees_at, parse_cap, tell_cap
from engine.domain.timing.spans import Span
from tests.domain.timing.zones import BERLIN, instants, utc, wall

WEEKLY = Cap(2, Span(7))
DAILY = Cap(1, Span(1))
EXAMPLES = "write '2 per week', '1 per day' or '10 per 30 days'"

caps = st.builds(Cap, st.integers(1, 4), st.builds(Span, st.integers(0, 10), st.integers(1, 90_000)))


@pytest.mark.parametrize(
    ("text", "cap"),
    [
        ("2 per week", WEEKLY),
        ("1 per day", DAILY),
        ("3 per 7 days", Cap(3, Span(7))),
        ("10 per 30d", Cap(10, Span(30))),
        ("2 mails per week", WEEKLY),
        ("2 a week", WEEKLY),
        ("2/week", WEEKLY),
        ("1 per 36h", Cap(1, Span(0, 129_600))),
    ],
)
def test_cap_is_read(text: str, cap: Cap) -> None:
    assert parse_cap(text) == cap


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", f"'' is no cap: {EXAMPLES}"),
        ("2", f"'2' is no cap: {EXAMPLES}"),
        ("two per week", f"'two per week' is no cap: {EXAMPLES}"),
        ("2 per wek", "'2 per wek' is no cap: '1 wek' is not understood: did you mean '1 week'?"),
        ("0 per day", "'0 per day' lets no mail through: write at least 1, or stop the mail with never_mail"),
        ("2 per 0d", f"'2 per 0d' is no cap: its length of time is nothing; {EXAMPLES}"),
    ],
)
def test_wrong_cap_says_what_to_write(text: str, wrong: str) -> None:
    assert parse_cap(text) == wrong


@pytest.mark.parametrize(
    ("cap", "text"),
    [
        (WEEKLY, "2 mails per week"),
        (DAILY, "1 mail per day"),
        (Cap(3, Span(14)), "3 mails per 2 weeks"),
        (Cap(3, Span(11)), "3 mails per 11 days"),
    ],
)
def test_cap_is_told(cap: Cap, text: str) -> None:
    assert tell_cap(cap) == text


@given(caps)
def test_what_is_told_reads_the_same(cap: Cap) -> None:
    assert parse_cap(tell_cap(cap)) == cap


MONDAY, TUESDAY = wall("2026-11-02 10:24", BERLIN), wall("2026-11-03 11:00", BERLIN)


def test_lead_below_every_cap_is_free() -> None:
    assert cap_frees_at([WEEKLY], [MONDAY], TUESDAY) is None
    assert cap_frees_at([WEEKLY], [], TUESDAY) is None
    assert cap_frees_at([], [MONDAY, TUESDAY], TUESDAY) is None


def test_full_cap_frees_when_its_oldest_mail_leaves() -> None:
    friday = wall("2026-11-06 09:00", BERLIN)
    assert cap_frees_at([WEEKLY], [MONDAY, TUESDAY], friday) == (wall("2026-11-09 10:24", BERLIN), WEEKLY)
    assert cap_frees_at([WEEKLY], [MONDAY, TUESDAY], wall("2026-11-09 10:24", BERLIN)) is None


def test_days_are_local_dates_where_the_zone_is_known() -> None:
    friday = wall("2026-11-06 09:00", BERLIN)
    assert cap_frees_at([WEEKLY], [MONDAY, TUESDAY], friday, BERLIN) == (wall("2026-11-09 00:00", BERLIN), WEEKLY)


def test_daily_mail_under_a_daily_cap_does_not_drift() -> None:
    sent = wall("2026-11-06 09:00:07", BERLIN)
    assert cap_frees_at([DAILY], [sent], wall("2026-11-07 09:00", BERLIN), BERLIN) is None


def test_the_cap_that_holds_longest_is_named() -> None:
    found = cap_frees_at([DAILY, WEEKLY], [MONDAY, TUESDAY], TUESDAY)
    assert found == (wall("2026-11-09 10:24", BERLIN), WEEKLY)


@pytest.mark.acceptance(row=11)
def test_mails_from_before_a_clock_was_set_back_still_count() -> None:
    sent = [utc("2026-11-06 10:00"), utc("2026-11-06 11:00")]
    found = cap_frees_at([WEEKLY], sent, utc("2026-11-05 10:00"))
    assert found == (utc("2026-11-13 10:00"), WEEKLY)


@given(st.lists(caps, min_size=1, max_size=3), st.lists(instants, max_size=12).map(sorted), instants, st.booleans())
def test_freed_instant_is_free_and_the_one_before_is_not(
    held_by: list[Cap], sent: list[datetime], now: datetime, local: bool
) -> None:
    zone = BERLIN if local else None
    found = cap_frees_at(held_by, sent, now, zone)
    if found is not None:
        frees, cap = found
        assert frees > now
        assert cap_frees_at(held_by, sent, frees, zone) is None
        assert cap_frees_at([cap], sent, frees - timedelta(microseconds=1), zone) == found


@given(st.builds(Cap, st.integers(1, 4), st.builds(Span, st.just(0), st.integers(1, 900_000))), st.data())
def test_no_stretch_of_time_ever_holds_more_than_the_cap(cap: Cap, data: st.DataObject) -> None:
    sent: list[datetime] = []
    now = data.draw(instants)
    for _ in range(10):
        now += timedelta(seconds=data.draw(st.integers(0, 400_000)))
        held = cap_frees_at([cap], sent, now)
        now = held[0] if held else now
        sent.append(now)
    for end in sent:
        assert sum(end - cap.per.elapsed < mail <= end for mail in sent) <= cap.mails
