"""A sheet: rows whose cells are known by their roles, whatever the file calls them, and problems at their places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from engine.domain.identity import Rejected
from engine.domain.leadfields import moment, one_line
from engine.domain.money import named_currency, read_amount, read_currency
from engine.errors import Place, Problem, did_you_mean
from engine.inbound.leadfiles.columns import MappingError, plain
from engine.inbound.leadfiles.opening import open_lead_file
from engine.inbound.leadfiles.rows import BadRow, is_json_lines, read_objects, read_table, restored

Roles = Mapping[str, Sequence[str]]
"""What each role may be called: letters and digits only, casefolded; the likeliest name first."""


@dataclass(slots=True)
class Sheet:
    """The rows of a file, and the problems found so far; `wrong` are the cells that have one, by row and role."""

    path: Path
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    wrong: set[tuple[int, str]] = field(default_factory=set)

    def problem(self, code: str, message: str, row: int = 0, hint: str = "") -> None:
        self.problems.append(Problem(code, message, place_of(self.path, row), hint))


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in the file, its cells by role, and how the heading calls each role."""

    sheet: Sheet
    number: int
    cells: Mapping[str, str]
    names: Mapping[str, str]

    def text(self, role: str) -> str:
        """The cell in one line; a control character in it is a problem."""
        found = one_line(self.cells.get(role, ""))
        if isinstance(found, Rejected):
            self.wrong(role, found.reason)
            return ""
        return found

    def needed(self, role: str, what: str) -> str:
        """The cell, which must not be empty."""
        found = self.text(role)
        if not found and not self.cells.get(role, "").strip():
            self.sheet.wrong.add((self.number, role))
            self.sheet.problem("E502", f"the row says not {what}", self.number)
        return found

    def instant(self, role: str) -> datetime | None:
        """The cell as an instant in UTC; a day alone is its midnight."""
        text = self.text(role)
        found = moment(text) if text else None
        if isinstance(found, Rejected):
            self.wrong(role, found.reason)
            return None
        return found

    def currency(self, role: str, beside: str, otherwise: str) -> str:
        """The currency: of its own cell, as it stands beside the amount, or the home's."""
        said = self.text(role) or named_currency(self.text(beside))
        found = read_currency(said) if said else otherwise
        if isinstance(found, Rejected):
            self.wrong(role if self.text(role) else beside, found.reason)
            return otherwise
        return found

    def amount(self, role: str, currency: str) -> int | None:
        """The cell in the currency's smallest unit; None where it is empty or wrong."""
        text = self.text(role)
        found = read_amount(text, currency) if text else None
        if isinstance(found, Rejected):
            self.wrong(role, found.reason)
            return None
        return found

    def wrong(self, role: str, why: str, code: str = "E503") -> None:
        """Note that the cell cannot be used; `why` is a sentence's end that begins with it."""
        if (self.number, role) not in self.sheet.wrong:
            self.sheet.wrong.add((self.number, role))
            self.sheet.problem(code, f"{self.names.get(role, role)}: {why}", self.number)


def read_sheet(path: Path, roles: Roles, wanted: Mapping[str, str] | None = None) -> Sheet:
    """All rows of a file (CSV or JSON lines, also gzipped). `wanted` maps columns to roles by hand.

    Raises:
        LeadFileError: the file cannot be read.
        MappingError: `wanted` names a column or role that does not exist.
    """
    file = open_lead_file(path)
    sheet = Sheet(path)
    try:
        if is_json_lines(file):
            for number, found in enumerate(read_objects(file), start=1):
                if found is not None:
                    _add_object(sheet, number, found, roles, wanted or {})
            return sheet
        table, rows = read_table(file)
        named = _named(table.header, roles, wanted or {})
        for number, cells in enumerate(rows, start=2):
            if isinstance(cells, BadRow):
                sheet.problem("E503", f"the row {cells.reason}", number)
            elif any(cell.strip() for cell in cells):
                sheet.rows.append(_row(sheet, number, table.header, cells, named))
        return sheet
    finally:
        file.close()


def _named(header: Sequence[str], roles: Roles, wanted: Mapping[str, str]) -> dict[str, int]:
    """The place of each role in the heading, from 0."""
    headings = [plain(name) for name in header]
    found = dict(_by_hand(header, headings, roles, wanted))
    for role, names in roles.items():
        if role not in found:
            free = (headings.index(name) for name in names if name in headings)
            place = next((at for at in free if at not in found.values()), None)
            if place is not None:
                found[role] = place
    return found


def _by_hand(
    header: Sequence[str], headings: Sequence[str], roles: Roles, wanted: Mapping[str, str]
) -> Iterator[tuple[str, int]]:
    for name, role in wanted.items():
        if plain(name) not in headings:
            hint = did_you_mean(name, header) or f"the columns are {', '.join(header)}"
            raise MappingError(f"the file has no column '{name}'; {hint}")
        if role not in roles:
            hint = did_you_mean(role, roles) or f"known are {', '.join(roles)}"
            raise MappingError(f"a column cannot mean '{role}'; {hint}")
        yield role, headings.index(plain(name))


def _row(sheet: Sheet, number: int, header: Sequence[str], cells: Sequence[str], named: Mapping[str, int]) -> Row:
    found = {role: restored(cells[at]) if at < len(cells) else "" for role, at in named.items()}
    return Row(sheet, number, found, {role: header[at] for role, at in named.items()})


def _add_object(
    sheet: Sheet, number: int, found: Mapping[str, object] | BadRow, roles: Roles, wanted: Mapping[str, str]
) -> None:
    if isinstance(found, BadRow):
        sheet.problem("E503", f"the row {found.reason}", number)
        return
    keys = tuple(found)
    here = {name: role for name, role in wanted.items() if name in keys}
    named = _named(keys, roles, here)
    cells = ["" if found[key] is None else _as_text(found[key]) for key in keys]
    sheet.rows.append(_row(sheet, number, keys, cells, named))


def place_of(path: Path, row: int) -> Place:
    """A row of the file; 0 is the file as a whole."""
    return Place(path.as_posix(), row, 1 if row else 0)


def _as_text(value: object) -> str:
    """A JSON value as a file would write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.2f}" if value == round(value, 2) else repr(value)
    return str(value)
