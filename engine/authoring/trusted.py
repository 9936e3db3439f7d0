"""Values of a config in which no mistakes were found: they are read once more, into what they mean.

What cannot be read here was changed since it was checked, or passed a check that it should not have.
"""

from __future__ import annotations

from engine.domain.rules import Rule
from engine.domain.timing import Cap, Delay, Span, parse_cap, parse_delay, parse_span
from engine.errors import Problem, ProblemsError


def span(text: str) -> Span:
    """A length of time.

    Raises:
        ValueError: it is none.
    """
    found = parse_span(text)
    if isinstance(found, str):
        raise ValueError(found)
    return found


def delay(text: str) -> Delay:
    """A length of time, which may be one of business days.

    Raises:
        ValueError: it is none.
    """
    found = parse_delay(text)
    if isinstance(found, str):
        raise ValueError(found)
    return found


def cap(text: str) -> Cap:
    """So many mails in so long a time.

    Raises:
        ValueError: it is none.
    """
    found = parse_cap(text)
    if isinstance(found, str):
        raise ValueError(found)
    return found


def rule(found: Rule | list[Problem]) -> Rule:
    """The rule that was read.

    Raises:
        ProblemsError: it gave problems instead.
    """
    if isinstance(found, list):
        raise ProblemsError(found)
    return found
