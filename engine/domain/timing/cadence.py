"""The cadence of a stream: "every 4 weeks Tue 10:00", "every day 08:00", "every month 1st Tue 10:00", "every 10 days".

A cadence that names a day or a time has slots on that grid; the first mail takes the next slot after entry, and each
further one the slot that many periods after the slot that the previous mail belongs to. So a mail that went out late
neither shifts those behind it nor is followed by another in the same slot. A bare cadence ("every 10 days") counts from
the previous mail, and its first mail goes one period after entry.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from engine.domain.timing.local import MIDNIGHT, ONE_DAY, instant_at
from engine.domain.timing.words import (
    DAYS,
    clock_hint,
    looks_like_clock,
    plural,
    read_clock,
    read_weekday,
    squeeze,
    tell_clock,
    weekday_hint,
)
from engine.errors import did_you_mean

LAST = -1
"""The ordinal of "last": the last such weekday, or the last day, of a month."""


class Period(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Cadence:
    """Every `count` `period`s, on `weekday` (0 = Monday), at `time` of the local clock.

    `ordinal` is for months only: the 1st … 4th or last (-1) `weekday`, or without a weekday that day of the month.
    A day without a time means the start of that day; the window then says when.
    """

    count: int
    period: Period
    weekday: int | None = None
    time: time | None = None
    ordinal: int | None = None

    @property
    def is_bare(self) -> bool:
        """Whether neither day nor time is named, so that the previous mail alone sets the pace."""
        return self.weekday is None and self.time is None and self.ordinal is None


_EXAMPLES = "write a cadence such as 'every 4 weeks Tue 10:00', 'every 10 days' or 'every month 1st Tue 10:00'"
_LONGEST = {Period.DAY: 366, Period.WEEK: 104, Period.MONTH: 24}
_ONCE = {"daily": "every day 08:00", "weekly": "every week Tue 10:00", "monthly": "every month 1st Tue 10:00"}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": LAST}
_NUMBERED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)", re.IGNORECASE)
_PERIODS = {name: period for period in Period for name in (period.value, f"{period.value}s")}


def parse_cadence(text: str) -> Cadence | str:
    """The cadence that a text says, or what is wrong with it, for the person who wrote it."""
    words = squeeze(text).split()
    if not words:
        return f"nothing is written here: {_EXAMPLES}"
    cadence = _read(words)
    return f"'{squeeze(text)}' is no cadence: {cadence}" if isinstance(cadence, str) else cadence


def next_slot(
    cadence: Cadence,
    previous: datetime | None,
    entered: datetime,
    zone: ZoneInfo,
    not_before: datetime | None = None,
) -> datetime:
    """The UTC instant of the stream's next slot, strictly after the `previous` mail, or after entry without one.

    `not_before` is for a stream that ran dry or stood still: the first slot that also is not before that instant.
    """
    reference = previous or entered
    grid = _Grid.of(cadence, reference, entered, zone)
    anchor = grid.last_until(reference)
    whole_period = previous is not None or cadence.is_bare
    slot = grid.first_after(reference, grid.period_after(anchor) if whole_period else anchor)
    if not_before is None or slot >= not_before:
        return slot
    return not_before if cadence.is_bare else grid.first_from(not_before)


def tell_cadence(cadence: Cadence) -> str:
    """The cadence as "every 4 weeks Tue 10:00": a text that parses to the same cadence."""
    unit = cadence.period.value if cadence.count == 1 else plural(cadence.count, cadence.period.value)
    words = ["every", unit]
    if cadence.ordinal is not None:
        words.append("last" if cadence.ordinal == LAST else _tell_ordinal(cadence.ordinal))
        words += ["day"] if cadence.ordinal == LAST and cadence.weekday is None else []
    if cadence.weekday is not None:
        words.append(DAYS[cadence.weekday])
    if cadence.time is not None:
        words.append(tell_clock(cadence.time))
    return " ".join(words)


def _read(words: list[str]) -> Cadence | str:
    """The cadence, or what to write instead."""
    if words[0].casefold() != "every":
        once = _ONCE.get(words[0].casefold())
        return f"write '{once}'" if once else _EXAMPLES
    rest = words[1:]
    count = int(rest.pop(0)[:9]) if rest and rest[0].isdecimal() else 1
    if not rest:
        return _EXAMPLES
    period = _PERIODS.get(rest[0].casefold())
    if period is None:
        return _period_hint(rest)
    if not 1 <= count <= _LONGEST[period]:
        return f"it must repeat every 1 to {_LONGEST[period]} {period}s"
    return _read_place(count, period, rest[1:])


def _period_hint(words: list[str]) -> str:
    if read_weekday(words[0]) is not None:
        return f"write 'every week {' '.join(words)}'"
    if words[0].casefold() == "other" and len(words) > 1:
        return f"write 'every 2 {' '.join([words[1].rstrip('s') + 's', *words[2:]])}'"
    return did_you_mean(words[0], _PERIODS) or _EXAMPLES


def _read_place(count: int, period: Period, words: list[str]) -> Cadence | str:
    """What follows the period: [ordinal] [weekday] [time], or the first word that does not belong there."""
    rest = list(words)
    ordinal = _read_ordinal(rest[0]) if rest else None
    if ordinal is not None:
        rest.pop(0)
    weekday = read_weekday(rest[0]) if rest else None
    if weekday is not None or (ordinal is not None and rest and rest[0].casefold() == "day"):
        rest.pop(0)
    moment = read_clock(rest[0]) if rest else None
    if moment is not None:
        rest.pop(0)
    if rest:
        hint = clock_hint(rest[0]) if looks_like_clock(rest[0]) else weekday_hint(rest[0])
        return f"'{rest[0]}' is neither a weekday nor a time of day; {hint}"
    return _misplaced(period, weekday, ordinal) or Cadence(count, period, weekday, moment, ordinal)


def _misplaced(period: Period, weekday: int | None, ordinal: int | None) -> str:
    if ordinal is not None and period is not Period.MONTH:
        return "only months have a 1st or a last; leave that word out"
    if weekday is not None and period is Period.DAY:
        return f"a weekday needs weeks or months, as in 'every week {DAYS[weekday]} 10:00'"
    if weekday is not None and period is Period.MONTH and ordinal is None:
        return f"say which {DAYS[weekday]} of the month, as in 'every month 1st {DAYS[weekday]} 10:00'"
    if ordinal is not None and not LAST <= ordinal <= (31 if weekday is None else 4):
        return "not every month has that day; write 'last'" if weekday is not None else "no month has that day"
    return ""


def _read_ordinal(word: str) -> int | None:
    if found := _NUMBERED.fullmatch(word):
        return int(found[1]) or 99
    return _ORDINALS.get(word.casefold())


def _tell_ordinal(ordinal: int) -> str:
    ending = "th" if 11 <= ordinal <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(ordinal % 10, "th")
    return f"{ordinal}{ending}"


@dataclass(frozen=True, slots=True)
class _Grid:
    """The local dates and the time of day on which slots can lie."""

    cadence: Cadence
    moment: time
    month_day: int
    zone: ZoneInfo

    @classmethod
    def of(cls, cadence: Cadence, reference: datetime, entered: datetime, zone: ZoneInfo) -> _Grid:
        # A bare monthly cadence keeps the day of entry: taken from the previous mail, the 31st would become the 28th.
        origin = (entered if cadence.period is Period.MONTH else reference).astimezone(zone)
        moment = cadence.time or (origin.time() if cadence.is_bare else MIDNIGHT)
        return cls(cadence, moment, origin.day, zone)

    def last_until(self, instant: datetime) -> date:
        """The latest date of the grid whose slot is not after `instant`."""
        today = instant.astimezone(self.zone).date()
        if self.cadence.period is Period.MONTH:
            day = self._in_month(today.year, today.month)
        elif self.cadence.weekday is not None:
            day = today - timedelta(days=(today.weekday() - self.cadence.weekday) % 7)
        else:
            day = today
        return day if self._slot(day) <= instant else self._step(day, -1)

    def first_after(self, instant: datetime, day: date) -> datetime:
        """The first slot on `day` or a later date of the grid that is strictly after `instant`."""
        while (slot := self._slot(day)) <= instant:
            day = self._step(day, 1)
        return slot

    def first_from(self, instant: datetime) -> datetime:
        """The first slot that is not before `instant`."""
        day = self.last_until(instant)
        slot = self._slot(day)
        return slot if slot == instant else self.first_after(instant, day)

    def period_after(self, day: date) -> date:
        """The date of the grid one whole period on."""
        if self.cadence.period is Period.MONTH:
            return self._step(day, self.cadence.count)
        return day + timedelta(days=self.cadence.count * (7 if self.cadence.period is Period.WEEK else 1))

    def _slot(self, day: date) -> datetime:
        return instant_at(day, self.moment, self.zone)

    def _step(self, day: date, steps: int) -> date:
        """That many dates of the grid on: months, the same weekday, or days."""
        if self.cadence.period is not Period.MONTH:
            return day + timedelta(days=steps if self.cadence.weekday is None else 7 * steps)
        year, month = divmod(day.year * 12 + day.month - 1 + steps, 12)
        return self._in_month(year, month + 1)

    def _in_month(self, year: int, month: int) -> date:
        ordinal, weekday = self.cadence.ordinal, self.cadence.weekday
        length = ((date(year, month, 28) + timedelta(days=4)).replace(day=1) - ONE_DAY).day
        if weekday is None:
            wanted = self.month_day if ordinal is None else ordinal
            return date(year, month, length if wanted == LAST else min(wanted, length))
        if ordinal == LAST:
            last = date(year, month, length)
            return last - timedelta(days=(last.weekday() - weekday) % 7)
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * ((ordinal or 1) - 1))
