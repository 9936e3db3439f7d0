"""`[scoring]` of config: the scheme by which leads are scored, and what types alone cannot find wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from engine.authoring import trusted
from engine.authoring.reader import Notes
from engine.authoring.toml_source import Item
from engine.authoring.values import rule
from engine.config.model import Config
from engine.domain.rules import Rule, Scope, names_used, parse_counted, parse_rule
from engine.domain.scoring import FitPoints, Points, Scoring
from engine.domain.timing import parse_span
from engine.errors import Place, Problem, did_you_mean

GRADES = ("A", "B", "C")
SCORES = frozenset({"score", "fit", "account_score"})
"""What no rule of scoring may ask, as it follows from the answer."""


Parse = Callable[[str, Scope, Place], Rule | list[Problem]]


def scoring_from(config: Config, scope: Scope, place: Place) -> Scoring:
    """The scheme of a config in which no mistakes were found; its rules are read in `scope`.

    Raises:
        ProblemsError: a rule of it cannot be read; it is told at `place`.
    """
    found = config.scoring

    def read(parse: Parse, source: str) -> Rule:
        return trusted.rule(parse(source, scope, place))

    points = tuple(
        Points(
            name=given.name,
            each=read(parse_counted, given.each),
            points=given.points,
            half_life=trusted.span(given.half_life or found.half_life).elapsed,
            when=read(parse_rule, given.when) if given.when else None,
            most=given.most,
        )
        for given in found.points
    )
    fit = tuple(FitPoints(given.name, read(parse_rule, given.when), given.points) for given in found.fit)
    grades = {grade: found.grades[grade] for grade in GRADES if grade in found.grades}
    return Scoring(points, fit, grades, found.most)


def check_scoring(config: Config, scope: Scope, root: Item, notes: Notes) -> None:
    """Note every rule, grade, name and length of time of `[scoring]` that cannot be used."""
    section = root.get("scoring")
    if section is None or not section.is_table:
        return
    for each in _each(section, "points", "each"):
        _check_counted(each, scope, notes)
    for when in (*_each(section, "points", "when"), *_each(section, "fit", "when")):
        _check_when(when, scope, notes)
    for length in (section.get("half_life"), *_each(section, "points", "half_life")):
        _check_half_life(length, notes)
    for kind in ("points", "fit"):
        _check_names(_each(section, kind, "name"), kind, notes)
    _check_grades(section.get("grades"), config, notes)


def _each(section: Item, kind: str, key: str) -> list[Item]:
    """The value of a key in every table of a kind, where it is a text."""
    tables = section.get(kind)
    found = (table.get(key) for table in tables.items.values() if table.is_table) if tables is not None else ()
    return [item for item in found if item is not None and isinstance(item.value, str) and item.value]


def _check_counted(item: Item, scope: Scope, notes: Notes) -> None:
    found = parse_counted(str(item.value), scope, Place(item.place.path, 1, 1))
    if isinstance(found, list):
        notes.extend(item.moved(problem) for problem in found)


def _check_when(item: Item, scope: Scope, notes: Notes) -> None:
    found = rule(scope)(item, notes)
    asked = sorted(SCORES & names_used(found)) if found is not None else []
    if asked:
        message = f"this rule asks for {asked[0]}, and {asked[0]} follows from it"
        notes.error("E260", item.place, message, "ask what the lead is or did; `sales_ready` may ask for the score")


def _check_half_life(item: Item | None, notes: Notes) -> None:
    if item is None or not isinstance(item.value, str) or not item.value:
        return
    length = parse_span(item.value)
    if isinstance(length, str):
        message, _, hint = length.partition(": ")
        notes.error("E015", item.place, message, hint)
    elif length.is_zero:
        notes.error("E015", item.place, "a half-life is longer than nothing", 'for example "30d"')


def _check_names(items: list[Item], kind: str, notes: Notes) -> None:
    seen: set[str] = set()
    for item in items:
        name = str(item.value)
        if name.casefold() in seen:
            message = f"two rules of {kind} are called '{name}'"
            notes.error("E262", item.place, message, "the lines of a score are told apart by their names: rename one")
        seen.add(name.casefold())


def _check_grades(item: Item | None, config: Config, notes: Notes) -> None:
    if item is None or not item.is_table:
        return
    for name, inside in item.entries():
        if name not in GRADES:
            hint = did_you_mean(name, GRADES) or "there are A, B and C; whoever has fewer points than all of them is D"
            notes.error("E261", inside.key, f"there is no grade '{name}'", hint)
    found = [(grade, config.scoring.grades[grade]) for grade in GRADES if grade in config.scoring.grades]
    for (better, more), (worse, less) in pairwise(found):
        if more <= less:
            message = f"{better} begins at {more:g} points and {worse} at {less:g}"
            place = item.find(better).place if item.get(better) is not None else item.place
            notes.error("E261", place, message, f"a better grade needs more points: {better} > {worse}")
