"""Findings that a file says are meant: `silence = { W512 = "the grey is our brand's" }`, with the reason.

Templates, campaigns and config silence warnings in the same words; mistakes cannot be silenced.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.authoring.error_codes import CODES
from engine.authoring.findings import FINDINGS, NEVER_SILENT, can_be_silenced
from engine.errors import Place, Problem, Severity, did_you_mean

EXAMPLE = 'write  silence = { W512 = "why it is meant" }'


@dataclass(frozen=True, slots=True, order=True)
class Silence:
    """A warning's code that is not told, why, and where that is said."""

    code: str
    reason: str
    place: Place


def read_silence(code: str, reason: object, key: Place, place: Place) -> Silence | Problem:
    """One entry of `silence`, or what is wrong with it; `key` is the place of the code, `place` that of the reason."""
    if not can_be_silenced(code):
        return Problem("E020", _not_silenced(code), key, did_you_mean(code, set(FINDINGS) - NEVER_SILENT))
    if not isinstance(reason, str) or not reason.strip():
        return Problem("E020", f"nothing says why {code} is meant", place, f'write  {code} = "…", with the reason')
    return Silence(code, reason, key)


def _not_silenced(code: str) -> str:
    if code in CODES and code not in FINDINGS:
        return f"{code} is a mistake, and mistakes are mended, not silenced"
    if code in NEVER_SILENT:
        return f"{code} is told of silences themselves: take the other one out instead"
    return f"there is no warning '{code}'"


def without_silenced(
    problems: Iterable[Problem], silences: Sequence[Silence]
) -> tuple[list[Problem], frozenset[Silence]]:
    """The problems that are still told, and the silences that had something to silence."""
    by_code = {silence.code: silence for silence in silences}
    told: list[Problem] = []
    used: set[Silence] = set()
    for problem in problems:
        silence = None if problem.is_error else by_code.get(problem.code)
        if silence is None:
            told.append(problem)
        else:
            used.add(silence)
    return told, frozenset(used)


def needless(silences: Iterable[Silence], used: frozenset[Silence]) -> list[Problem]:
    """The silences that silenced nothing, each told at its place."""
    return [
        Problem("W002", f"nothing here has the finding {silence.code}", silence.place, "take it out", Severity.WARNING)
        for silence in silences
        if silence not in used
    ]
