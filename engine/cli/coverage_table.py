"""The table of themes and stages for people, as wide as the terminal: broken into several where it must be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.cli.screen import Line, Segment, cells, counted, padded
from engine.service.coverage import Coverage

_GAP = 2
_HOLE = "none"
_ABSENT = "·"
_STAFFED = "–"


def coverage_lines(coverage: Coverage, width: int | None) -> Iterator[Line]:
    """The table and what its signs mean; `width` is that of the terminal, None for no limit."""
    names = max((cells(theme) for theme in coverage.themes), default=0)
    for number, stages in enumerate(_fitting(coverage, names, width)):
        if number:
            yield []
        yield [(" " * names, ""), *((_cell(stage, stage), "bold") for stage in stages)]
        for theme in coverage.themes:
            yield [(padded(theme, names), "bold"), *(_count(coverage, theme, stage) for stage in stages)]
    holes = sum(coverage.is_hole(theme, stage) for theme in coverage.themes for stage in coverage.stages)
    yield []
    signs = f"   {_ABSENT} no such stage   {_STAFFED} people, and no mail"
    yield [(f"Mails by theme and stage: {counted(holes, 'hole')}.", "bold"), (signs, "dim")]


def _count(coverage: Coverage, theme: str, stage: str) -> Segment:
    if coverage.is_hole(theme, stage):
        return _cell(_HOLE, stage), "bold yellow"
    found = coverage.themes[theme].get(stage)
    if found:
        return _cell(str(found), stage), ""
    return _cell(_ABSENT if found is None else _STAFFED, stage), "dim"


def _cell(words: str, stage: str) -> str:
    return " " * (_room(stage) - cells(words)) + words


def _room(stage: str) -> int:
    return max(cells(stage), len(_HOLE)) + _GAP


def _fitting(coverage: Coverage, names: int, width: int | None) -> Iterator[Sequence[str]]:
    """The stages in groups that fit beside the themes."""
    group: list[str] = []
    used = names
    for stage in coverage.stages:
        if group and width is not None and used + _room(stage) > width:
            yield group
            group, used = [], names
        group.append(stage)
        used += _room(stage)
    if group:
        yield group
