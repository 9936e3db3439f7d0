"""Subject and preheader: as long as mail programs show them."""

from __future__ import annotations

from collections.abc import Iterator

from engine.content.lint.draft import HOLE, Draft
from engine.domain.timing.words import plural
from engine.errors import Place, Problem, Severity

LONGEST_SUBJECT = 70
"""Characters that a desktop shows; a phone shows about forty."""
LONGEST_PREHEADER = 140
SHORTEST_PREHEADER = 30
OF_A_VALUE = 8
"""How many characters a value of the lead counts as."""

_UNSEEN = frozenset("\u00ad\u034f\u2007\u200b\u200c\u200d\ufeff")


def line_findings(draft: Draft) -> Iterator[Problem]:
    """What is too long, too short or missing in the head."""
    yield from subject_findings(draft.line("subject"), draft.places.get("subject", draft.page))
    place = draft.places.get("preheader", draft.page)
    preheader = " ".join(draft.line("preheader").split())
    length = _length(preheader)
    if not preheader and not _begins_with_own_words(draft):
        hint = 'add  preheader = "…"  to the head'
        yield draft.warning("W533", "this mail has no preheader", Place(draft.page.path), hint)
    elif length > LONGEST_PREHEADER:
        message = f"the preheader has {plural(length, 'character')}; programs show about {LONGEST_PREHEADER}"
        yield draft.warning("W532", message, place, "shorten it")
    elif preheader and length < SHORTEST_PREHEADER and not (_repeats(draft, preheader) or _is_filled_up(draft)):
        message = f"the preheader has {plural(length, 'character')}; mail programs go on with the mail's first words"
        yield draft.warning("W532", message, place, f"write {SHORTEST_PREHEADER} or more")


def _repeats(draft: Draft, preheader: str) -> bool:
    """Whether it is the subject once more, which is told of it already (W405)."""
    return preheader.casefold() == " ".join(draft.line("subject").split()).casefold()


def _begins_with_own_words(draft: Draft) -> bool:
    """Whether the mail's own first words stand where mail programs look: a letter has no need of a preheader."""
    first = next((words for words in draft.read_words() if words.strip(HOLE + " ")), "")
    place = draft.where_words(first)
    return bool(first) and place.line > 0 and place.path == draft.page.path


def _is_filled_up(draft: Draft) -> bool:
    """Whether the layout keeps the mail's first words away by characters that nobody sees."""
    return any(sum(char in _UNSEEN for char in text) >= SHORTEST_PREHEADER for text in draft.texts())


def subject_findings(subject: str, place: Place) -> Iterator[Problem]:
    """What is wrong with the length of a subject, in a head or among a step's variants."""
    length = _length(subject)
    if length > LONGEST_SUBJECT:
        message = f"the subject has {plural(length, 'character')}; programs show about {LONGEST_SUBJECT}, phones 40"
        yield Problem("W531", message, place, "say the matter first, the rest in the preheader", Severity.WARNING)


def _length(line: str) -> int:
    return len(line) + line.count(HOLE) * (OF_A_VALUE - 1)
