"""The pictures of the report as shapes: plain rectangles on a plane of its own, which the page draws as SVG.

Words stand outside of the pictures, as text of the page: so they keep their size on a phone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from engine.rehearsal.simulation.figures import Day, Funnel, StageFlow

HEIGHT = 100.0
COLOURS = 8
LAST_TICK = 0.9
"""A name that would begin further to the right has no room."""
_NICE = (10, 15, 20, 30, 40, 50, 60, 80, 100)


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle of a campaign's or outcome's colour; `told` is what a pointer on it tells."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    told: str = ""


@dataclass(frozen=True, slots=True)
class DaysPicture:
    """Stacked bars, one a day; `spread` are the bounds of each day's mails; `top` is what the height stands for."""

    width: int
    top: int
    bars: tuple[Bar, ...]
    spread: tuple[Bar, ...]
    ticks: tuple[tuple[float, str], ...]


def days_picture(days: Sequence[Day], campaigns: Sequence[str]) -> DaysPicture:
    """The mails of every day, by campaign from the ground up."""
    top = _nice(max((day.mails.high for day in days), default=0))
    bars = tuple(bar for place, day in enumerate(days) for bar in _stacked(place, day, campaigns, top))
    spread = tuple(
        Bar(
            place + 0.44, HEIGHT * (1 - day.mails.high / top), 0.12, HEIGHT * (day.mails.high - day.mails.low) / top, ""
        )
        for place, day in enumerate(days)
        if day.mails.high > day.mails.low
    )
    return DaysPicture(len(days), top, bars, spread, tuple(_months(days)))


def _stacked(place: int, day: Day, campaigns: Sequence[str], top: int) -> Iterator[Bar]:
    ground = HEIGHT
    for number, name in enumerate(campaigns):
        mails = day.by_campaign.get(name, 0)
        if mails:
            height = HEIGHT * mails / top
            ground -= height
            told = f"{day.date:%a} {day.date.day} {day.date:%b}: {mails:,} of {name}"
            yield Bar(place + 0.08, ground, 0.84, height, colour(number), told)


def colour(number: int) -> str:
    """The class of the colour of the campaign with this place."""
    return f"c{number % COLOURS}"


def _months(days: Sequence[Day]) -> Iterator[tuple[float, str]]:
    """Where weeks begin, so many of them that their names find room: in hundredths of the width."""
    mondays = [place for place, day in enumerate(days) if day.date.weekday() == 0]
    step = max(1, -(-len(mondays) // 4))
    for place in mondays[::step]:
        share = place / len(days)
        if share < LAST_TICK:
            yield 100 * share, f"{days[place].date.day} {days[place].date:%b}"


def _nice(most: int) -> int:
    """A round number that is not below."""
    scale = 1
    while scale * _NICE[-1] < most:
        scale *= 10
    return next(step * scale for step in _NICE if step * scale >= most)


OUTCOMES = ("advance", "branch", "run out", "to sales", "end", "still there")


def funnel_picture(funnel: Funnel) -> list[tuple[StageFlow, tuple[Bar, ...]]]:
    """One bar a stage, as long as it has leads, parted by what becomes of them."""
    most = max((flow.came.value + flow.at_start for flow in funnel.stages), default=0) or 1
    return [(flow, tuple(_parted(flow, most))) for flow in funnel.stages]


def _parted(flow: StageFlow, most: int) -> Iterator[Bar]:
    counts = (
        flow.advanced.value,
        flow.branched.value,
        flow.exhausted.value,
        0,  # a hand-off is no way out of a stage: who was handed off is still there, or went on
        flow.left.value,
        flow.at_end.value,
    )
    x = 0.0
    for number, (word, count) in enumerate(zip(OUTCOMES, counts, strict=True)):
        width = 100 * count / most
        if count:
            yield Bar(x, 0, width, 1, f"o{number}", f"{count:,} {word}")
        x += width


@dataclass(frozen=True, slots=True)
class HourCell:
    """The mails in an hour of a day of the week, over the whole span; `strength` is their share of the most."""

    mails: int
    strength: float


def week_picture(hours: dict[datetime, int], zone: ZoneInfo, scale: float) -> list[list[HourCell]]:
    """Seven rows, Monday first, of 24 hours of the home's day."""
    counts = [[0] * 24 for _ in range(7)]
    for hour, mails in hours.items():
        local = hour.astimezone(zone)
        counts[local.weekday()][local.hour] += mails
    most = max(max(row) for row in counts) or 1
    return [[HourCell(round(mails * scale), mails / most) for mails in row] for row in counts]
