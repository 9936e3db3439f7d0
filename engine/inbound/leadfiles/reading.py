"""Reading a file of leads: a stream of records and rejects, in constant memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TypeAlias

import orjson

from engine.config.model import LeadField
from engine.domain.leadrecord import LeadRecord, OptOut, Reject
from engine.inbound.leadfiles.columns import Column, Columns, map_columns
from engine.inbound.leadfiles.draft import Draft, Put, Vocabulary, put_for
from engine.inbound.leadfiles.opening import open_lead_file
from engine.inbound.leadfiles.rows import BadRow, is_json_lines, read_objects, read_table, restored
from engine.inbound.leadfiles.tools import opt_out_of_file

Item: TypeAlias = LeadRecord | Reject
_NESTED = ("fields", "attributes", "attribs", "traits")
_SHAPES = 256
_MOST_UNUSED = 500
_UNUSABLE = "the row has no address and no other identity (email, userId or a CRM's id) in a column we know"


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """How to read: what the home declares, and what the importer asks for.

    `wanted` maps columns to fields by hand. `empty_erases`: an empty cell takes a stored value away. `opt_out`: what
    everybody in the file asked for, whatever its name says; `trust_name`: its name may say so.
    """

    fields: Mapping[str, LeadField]
    stages: tuple[str, ...]
    wanted: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""
    empty_erases: bool = False
    opt_out: OptOut | None = None
    trust_name: bool = True

    @property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(self.fields, self.stages)


class LeadFile:
    """An open file of leads; iterate over it once. Closes with the `with` block.

    Raises:
        LeadFileError: from the constructor or the iteration, where the file cannot be read (on).
        MappingError: a column that `wanted` names does not exist.
    """

    def __init__(self, path: Path, settings: ReadSettings) -> None:
        self._file = open_lead_file(path, settings.encoding)
        self._settings = settings
        try:
            self._open()
        except BaseException:
            self._file.close()
            raise

    def _open(self) -> None:
        self.header: tuple[str, ...] = ()
        self._objects = _Objects(self._settings)
        if is_json_lines(self._file):
            self._items = self._from_objects()
            self._opt_out = self._whole_file(None)
            return
        table, rows = read_table(self._file)
        self.header = table.header
        self._columns = map_columns(table.header, self._settings.vocabulary, self._settings.wanted)
        self._opt_out = self._whole_file(self._columns)
        self._items = self._from_rows(rows, self._columns)

    def _whole_file(self, columns: Columns | None) -> OptOut | None:
        if self._settings.opt_out or not self._settings.trust_name:
            return self._settings.opt_out
        return opt_out_of_file(self._file.path.name, columns.tool if columns else None)

    def __enter__(self) -> LeadFile:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[Item]:
        return self._items

    @property
    def tool(self) -> str:
        """The tool that wrote the file, or an empty text."""
        tool = self._columns.tool if self.header else self._objects.tool
        return tool or "" if isinstance(tool, str) or tool is None else tool.name

    @property
    def mapping(self) -> tuple[Column, ...]:
        """The columns that are stored and what they mean; of JSON lines, those met so far."""
        return self._columns.used if self.header else self._objects.used

    @property
    def unused(self) -> tuple[str, ...]:
        """Columns that are not stored, as no field is declared for them."""
        nested = tuple(self._objects.unused)
        return (*self._columns.unused, *nested) if self.header else nested

    @property
    def encoding(self) -> str:
        return self._file.encoding

    @property
    def opt_out(self) -> OptOut | None:
        """What everybody in this file asked for, if the file as a whole says so."""
        return self._opt_out

    @property
    def size(self) -> int:
        """Bytes of the file, as it lies on the disk."""
        return self._file.size

    @property
    def position(self) -> int:
        """Bytes read so far, of `size`."""
        return self._file.position()

    def _from_rows(self, rows: Iterator[list[str] | BadRow], columns: Columns) -> Iterator[Item]:
        puts = [
            (place, column.name, self._put(column), self._erase(column))
            for place, column in enumerate(columns.columns)
            if column and column.target != "nothing"
        ]
        number = 1
        for row in rows:
            number += 1
            if isinstance(row, BadRow):
                yield Reject(number, "", row.reason, row.raw)
            elif row:
                cells = [restored(cell) for cell in row] if columns.ours else row
                item = self._read_row(number, cells, puts)
                if item is not None:
                    yield item

    def _put(self, column: Column) -> Put:
        if column.target == "attributes":
            return self._objects.put_text
        return put_for(column.target, self._settings.vocabulary)

    def _erase(self, column: Column) -> Callable[[Draft], None] | None:
        return erasing(column.target) if self._settings.empty_erases else None

    def _read_row(self, number: int, cells: Sequence[str], puts: Sequence[_CellPut]) -> Item | None:
        draft = Draft()
        width, filled = len(cells), False
        for place, name, put, erase in puts:
            cell = cells[place] if place < width else ""
            if cell and not cell.isspace():
                filled = True
                why = put(draft, cell)
                if why:
                    return Reject(number, name, why, tuple(cells))
            elif erase:
                erase(draft)
        if not filled and not any(cell.strip() for cell in cells):
            return None
        return self._finished(draft, number, tuple(cells))

    def _finished(self, draft: Draft, number: int, raw: tuple[str, ...]) -> Item:
        if not draft.identities:
            return Reject(number, "", _UNUSABLE, raw)
        if self._opt_out:
            draft.opt_out(self._opt_out)
        return draft.record(number)

    def _from_objects(self) -> Iterator[Item]:
        for number, found in enumerate(read_objects(self._file), start=1):
            if isinstance(found, BadRow):
                yield Reject(number, "", found.reason, found.raw)
            elif found is not None:
                draft, raw = Draft(), (orjson.dumps(found).decode(),)
                column, why = self._objects.read(draft, flattened(found))
                yield Reject(number, column, why, raw) if why else self._finished(draft, number, raw)


_CellPut: TypeAlias = tuple[int, str, Put, Callable[[Draft], None] | None]


class _Objects:
    """Reads objects whose keys are not known before; the columns of each shape met are worked out once."""

    def __init__(self, settings: ReadSettings) -> None:
        self._settings = settings
        self._shapes: dict[tuple[str, ...], Columns] = {}
        self._puts: dict[str, Put] = {}
        self._met: dict[str, Column] = {}
        self.unused: dict[str, None] = {}
        self.tool = ""

    @property
    def used(self) -> tuple[Column, ...]:
        return tuple(self._met.values())

    def put_text(self, draft: Draft, raw: object) -> str:
        """An object written in one cell, such as listmonk's attributes; it cannot change who the person is."""
        try:
            found = orjson.loads(raw) if isinstance(raw, str) else raw
        except orjson.JSONDecodeError as fault:
            return f"is no JSON object: {fault}"
        if not isinstance(found, dict):
            return "is no JSON object, such as {…}"
        column, why = self.read(draft, found, nested=True)
        return f"{column} {why}" if why else ""

    def read(self, draft: Draft, found: Mapping[str, object], *, nested: bool = False) -> tuple[str, str]:
        """Puts the object into the draft; the key and the reason where it cannot."""
        for column in self._columns(tuple(found)).columns:
            if column is None or column.target == "nothing":
                continue
            raw = found[column.name]
            if nested and column.target == "email":
                continue
            if raw is None or raw in ("", []):
                self._erase(draft, column)
                continue
            why = self._put(column.target)(draft, raw)
            if why:
                return column.name, why
        return "", ""

    def _erase(self, draft: Draft, column: Column) -> None:
        erase = erasing(column.target) if self._settings.empty_erases else None
        if erase:
            erase(draft)

    def _columns(self, keys: tuple[str, ...]) -> Columns:
        known = self._shapes.get(keys)
        if known is None:
            here = {name: to for name, to in self._settings.wanted.items() if name in keys}
            known = map_columns(keys, self._settings.vocabulary, here)
            if len(self._shapes) < _SHAPES:
                self._shapes[keys] = known
            self._remember(known)
        return known

    def _remember(self, columns: Columns) -> None:
        self.tool = self.tool or (columns.tool.name if columns.tool else "")
        self._met.update((column.name, column) for column in columns.used)
        for name in columns.unused:
            if len(self.unused) < _MOST_UNUSED:
                self.unused.setdefault(name)

    def _put(self, target: str) -> Put:
        if target == "attributes":
            return self.put_text
        if target not in self._puts:
            self._puts[target] = put_for(target, self._settings.vocabulary)
        return self._puts[target]


def flattened(found: Mapping[str, object]) -> Mapping[str, object]:
    """The object with the fields that it keeps one level deeper; a key on top counts more."""
    inner = [value for key in _NESTED if isinstance(value := found.get(key), dict)]
    if not inner:
        return found
    flat: dict[str, object] = {}
    for values in inner:
        flat.update(values)
    flat.update((key, value) for key, value in found.items() if not (key in _NESTED and isinstance(value, dict)))
    return flat


def erasing(target: str) -> Callable[[Draft], None] | None:
    """How an empty cell of this target takes the stored value away; None where nothing can be taken."""
    kind, _, name = target.partition(":")
    if kind == "field":
        return lambda draft: draft.fields.__setitem__(name, None)
    if kind == "builtin" and name != "lifecycle":
        return lambda draft: draft.builtins.__setitem__(name, "")
    return None
