"""Two leads turn out to be one person: what of both stays, decided before anything is written.

Whatever is stricter wins: an opt-out of either holds for both, and who refuses tracking in one refuses it. Nobody gets
a mail twice: of two runs through one campaign the one that is further on stays, and the other ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.domain.leadfields import BUILTINS
from engine.domain.leadmerge import Values

MERGED = "merged"
"""Why a run ended that another run of the same person goes on for; the code of the story's line."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two leads, as far as joining them asks. `refused`: the person said no to marketing mail, by whichever
    way that is on record."""

    number: int
    email: str
    created_at: datetime
    values: Values
    subscribed: bool
    tracking: bool
    internal: bool
    refused: bool
    account: int | None = None
    handed_off_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """One run through a campaign. `mails` counts those that went or are on their way; `progress` orders what is equal
    in mails: the stages entered, the steps passed."""

    number: int
    campaign: str
    key: str
    run: int
    open: bool
    mails: int
    progress: tuple[int, int]
    entered_at: datetime

    @property
    def reached(self) -> tuple[int, tuple[int, int], float]:
        """How far it is: by mails first, by the older one at last."""
        return self.mails, self.progress, -self.entered_at.timestamp()


@dataclass(frozen=True, slots=True)
class Together:
    """What the one lead is from now on."""

    values: Values
    subscribed: bool
    tracking: bool
    internal: bool
    account: int | None
    handed_off_at: datetime | None


@dataclass(frozen=True, slots=True)
class Courses:
    """`numbers`: the run numbers that the other lead's runs get, by enrollment. `ends`: enrollments that end."""

    numbers: Mapping[int, int]
    ends: frozenset[int]


def survivor(one: Side, two: Side) -> tuple[Side, Side]:
    """The lead that stays, and the one that goes into it: who can be mailed before who cannot, the older first."""
    first, second = sorted((one, two), key=lambda side: (not side.email, side.created_at, side.number))
    return first, second


def together(kept: Side, other: Side, stages: Sequence[str]) -> Together:
    """Both as one: what the kept lead has stays, what it lacks is the other's; of two stages of life the later one."""
    builtins = {name: kept.values.builtins[name] or other.values.builtins[name] for name in BUILTINS}
    builtins["lifecycle"] = _later(kept.values.builtins["lifecycle"], other.values.builtins["lifecycle"], stages)
    handed = [at for at in (kept.handed_off_at, other.handed_off_at) if at is not None]
    return Together(
        Values(builtins, {**other.values.fields, **kept.values.fields}),
        subscribed=kept.subscribed and not other.refused,
        tracking=kept.tracking and other.tracking,
        internal=kept.internal or other.internal,
        account=kept.account if kept.account is not None else other.account,
        handed_off_at=max(handed, default=None),
    )


def _later(one: str, two: str, stages: Sequence[str]) -> str:
    """The stage that is further on; one beside the order (recycled, disqualified) was set on purpose, and stays."""
    if not one or not two:
        return one or two
    if one in stages and two in stages:
        return max(one, two, key=list(stages).index)
    return two if one in stages else one


def settle_courses(kept: Sequence[Course], other: Sequence[Course]) -> Courses:
    """How the other's runs follow the kept lead's, and which runs end so that nobody gets a mail twice.

    Runs of one campaign and key on both sides are one way gone twice: the furthest of them stays as it is, open or
    ended, and the open ones beside it end.
    """
    numbers: dict[int, int] = {}
    last: dict[str, int] = {}
    for course in kept:
        last[course.campaign] = max(last.get(course.campaign, 0), course.run)
    for course in sorted(other, key=lambda one: (one.campaign, one.run)):
        last[course.campaign] = numbers[course.number] = last.get(course.campaign, 0) + 1
    return Courses(numbers, frozenset(_doubled(kept, other)))


def _doubled(kept: Sequence[Course], other: Sequence[Course]) -> list[int]:
    shared = _ways(kept) & _ways(other)
    ends: list[int] = []
    for way in shared:
        runs = [course for course in (*kept, *other) if (course.campaign, course.key) == way]
        counted = [course for course in runs if course.open or course.mails]
        if not counted:
            continue
        furthest = max(counted, key=lambda course: course.reached)
        ends += [course.number for course in runs if course.open and course is not furthest]
    return ends


def _ways(courses: Sequence[Course]) -> set[tuple[str, str]]:
    return {(course.campaign, course.key) for course in courses}


def side_of(row: Any, *, refused: bool) -> Side:
    """The side that a lead's row tells."""
    return Side(
        row.id,
        row.email,
        row.created_at,
        Values({name: getattr(row, name) for name in BUILTINS}, row.fields),
        row.subscribed,
        row.tracking,
        row.internal,
        refused,
        row.account_id,
        row.handed_off_at,
    )
