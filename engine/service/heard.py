"""What of a check is told: without what campaigns and config say is meant, and with the silences that have no use.

Templates silence their own findings when they are compiled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from engine.authoring.home import Home
from engine.authoring.silence import needless, without_silenced
from engine.errors import Problem


def heard(problems: Sequence[Problem], home: Home) -> list[Problem]:
    """The problems that are told. What a silence silences is judged only where there are no mistakes to mend first."""
    told = list(_without_campaigns_own(problems, home))
    told, used = without_silenced(told, home.silences)
    if any(problem.is_error for problem in told):
        return told
    return [*told, *needless(home.silences, used)]


def _without_campaigns_own(problems: Iterable[Problem], home: Home) -> Iterator[Problem]:
    by_file: dict[str, list[Problem]] = {}
    for problem in problems:
        by_file.setdefault(problem.place.path, []).append(problem)
    silences = {draft.document.path: draft.silences for draft in home.drafts.values()}
    for path in {**by_file, **silences}:
        own = silences.get(path, ())
        told, used = without_silenced(by_file.get(path, ()), own)
        yield from told
        if not any(problem.is_error for problem in told):
            yield from needless(own, used)
