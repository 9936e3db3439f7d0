"""What every report is: a table with its words, which the command line, a CSV file, JSON and the API show alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

Cell = str | int | float | date | None


class Kind(StrEnum):
    """What a column holds.

    text · count: a number of things · share: 0 to 1 · money: in the smallest unit of the currency · days: a length of
    time · day: a date · number: anything else
    """

    TEXT = "text"
    COUNT = "count"
    SHARE = "share"
    MONEY = "money"
    DAYS = "days"
    DAY = "day"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in JSON and CSV, what people read above it, and what it holds."""

    name: str
    title: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns; `bar` names the column that a picture shows, `caption` stands above where there are more."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    bar: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A report: `name` as asked for, `title` for people, tables, and notes that say what the figures mean or lack."""

    name: str
    title: str
    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What whoever asks may choose: the days (both included), and the report's own options by name."""

    first: date | None = None
    last: date | None = None
    options: Mapping[str, str] = field(default_factory=dict)
