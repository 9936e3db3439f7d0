"""What a person wants to be simulated, and how it is written: 50/day, demo_booked=2%, 35%."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.errors import RipelineError
from engine.rehearsal.simulation.setup import Arrivals, Chance

_ARRIVALS = re.compile(r"(\d[\d_,]*) *(?:/|per|an?) *(hour|day|week|month)s?", re.IGNORECASE)
_EVERY = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
}
_EVENT = re.compile(r"(?P<name>[^=]+)=(?P<share>.+)")
_SHARE = re.compile(r"(\d+(?:\.\d+)?) *%|(0?\.\d+|[01])")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person wants to be simulated.

    With `leads` so many made-up leads stand in for the home's own, of whom otherwise at most `sample` are played.
    `opens` and `clicks` are shares of all mails, `sales` shares of all hand-offs by how they end; they stand in for
    what is learnt or assumed.
    """

    start: datetime
    days: int = 90
    seed: int = 1
    leads: int = 0
    sample: int = 10_000
    arrivals: Arrivals | None = None
    drafts: bool = False
    chances: tuple[Chance, ...] = ()
    opens: float | None = None
    clicks: float | None = None
    sales: tuple[tuple[str, float], ...] = ()


def parse_arrivals(text: str) -> Arrivals:
    """`50/day`, `300 per week`.

    Raises:
        RipelineError: the text says no number of leads per time.
    """
    found = _ARRIVALS.fullmatch(text.strip())
    count = int(found[1].replace(",", "").replace("_", "")) if found else 0
    if found is None or count < 1:
        raise RipelineError(f"--arrivals '{text}' is no number of leads per time: write 50/day or 300/week")
    return Arrivals(count, _EVERY[found[2].casefold()])


def parse_chance(text: str) -> Chance:
    """`demo_booked=2%`.

    Raises:
        RipelineError: the text says no event and share.
    """
    found = _EVENT.fullmatch(text.strip())
    if found is None or not found["name"].strip():
        raise RipelineError(f"--event '{text}' is no event with its share of the leads: write demo_booked=2%")
    return Chance(found["name"].strip(), parse_share(found["share"], f"--event {found['name'].strip()}="))


def parse_answer(text: str) -> tuple[str, float]:
    """`too_early=40%`.

    Raises:
        RipelineError: the text says no end of hand-offs and its share.
    """
    found = _EVENT.fullmatch(text.strip())
    if found is None:
        raise RipelineError(f"--sales '{text}' is no answer with its share of the hand-offs: write accepted=60%")
    name = found["name"].strip()
    return name, parse_share(found["share"], f"--sales {name}=")


def parse_share(text: str, option: str) -> float:
    """`2%` or `0.02`.

    Raises:
        RipelineError: the text is no share between 0 and 1.
    """
    found = _SHARE.fullmatch(text.strip())
    share = (float(found[1]) / 100 if found[1] else float(found[2])) if found else -1.0
    if not 0 <= share <= 1:
        raise RipelineError(f"{option}{'' if option.endswith('=') else ' '}{text} is no share: write 2% or 0.02")
    return share
