"""A practice, and what was found of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from engine.service.doctor.evidence import Evidence


class Standing(StrEnum):
    """How far a home is with a practice."""

    YES = "yes"
    HALF = "half"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Finding:
    """How far, why in one line with the home's own figures, and the next step: a command, or lines to write."""

    standing: Standing
    why: str
    step: str = ""


@dataclass(frozen=True, slots=True)
class Practice:
    """What the people need, at which level of maturity it belongs, and what judges it."""

    number: int
    title: str
    level: str
    judge: Callable[[Evidence], Finding]


def yes(why: str) -> Finding:
    return Finding(Standing.YES, why)


def half(why: str, step: str) -> Finding:
    return Finding(Standing.HALF, why, step)


def no(why: str, step: str) -> Finding:
    return Finding(Standing.NO, why, step)
