"""Values out of JSON documents, read alike on SQLite and PostgreSQL: NULL where a key is missing or of another type.

A value is only ever cast inside a CASE that has seen its type: one text in a numeric field would otherwise abort a
whole PostgreSQL query.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Double, Integer, Numeric, Text, and_, case, cast, func, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from engine.domain.rules.values import NUMBER_GRAIN, NUMBER_LIMIT

_DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
_DATE_GLOB = _DAY
_DATETIME_GLOB = f"{_DAY}T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z"
_LEAP_YEAR = "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)"
_DATE_PATTERN = (
    "(?!0000)([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    f"|02-(0[1-9]|1[0-9]|2[0-8]))|{_LEAP_YEAR}-02-29)"
)
_TIME_PATTERN = "T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9][.][0-9]{6}Z"
MIDNIGHT = "T00:00:00.000000Z"


class JsonKind(FunctionElement[str]):
    """The database's own word for the type of a value in a document; arguments: document, key."""

    inherit_cache = True
    type = Text()


class JsonText(FunctionElement[str]):
    """A value as text, whatever its type."""

    inherit_cache = True
    type = Text()


class JsonElement(FunctionElement[Any]):
    """A value as JSON (PostgreSQL) or as SQLite's own value."""

    inherit_cache = True
    type = Numeric()


class JsonBoolean(FunctionElement[int]):
    """1 for true, 0 for false, else NULL; the databases have no boolean in common."""

    inherit_cache = True
    type = Integer()


class JsonHasText(FunctionElement[int]):
    """Whether a list in a document holds a text; arguments: document, key, text. Asked of lists only."""

    inherit_cache = True
    type = Integer()


class ValidDate(FunctionElement[int]):
    """Whether a text is a date of the calendar, `YYYY-MM-DD`."""

    inherit_cache = True
    type = Integer()


class ValidDatetime(FunctionElement[int]):
    """Whether a text is an instant, `YYYY-MM-DDTHH:MM:SS.ffffffZ`."""

    inherit_cache = True
    type = Integer()


class Bytewise(FunctionElement[str]):
    """A text that is ordered by its bytes, not by a language's habits."""

    inherit_cache = True
    type = Text()


class Position(FunctionElement[int]):
    """Where a text first stands in another, from 1; 0 if nowhere. No wildcards to escape, unlike LIKE."""

    inherit_cache = True
    type = Integer()


class InstantText(FunctionElement[str]):
    """An instant's column in the store's text form."""

    inherit_cache = True
    type = Text()


class UtcDay(FunctionElement[str]):
    """The day (UTC) of an instant's column, as `YYYY-MM-DD`."""

    inherit_cache = True
    type = Text()


def _parts(element: FunctionElement[Any], compiler: SQLCompiler, options: dict[str, Any]) -> list[str]:
    return [compiler.process(clause, **options) for clause in element.clauses]


def _path(key: str) -> str:
    return f"'$.\"' || {key} || '\"'"


@compiles(JsonKind)
def _kind(element: JsonKind, compiler: SQLCompiler, **options: Any) -> str:
    document, key = _parts(element, compiler, options)
    return f"json_type({document}, {_path(key)})"


@compiles(JsonKind, "postgresql")
def _kind_postgresql(element: JsonKind, compiler: SQLCompiler, **options: Any) -> str:
    document, key = _parts(element, compiler, options)
    return f"jsonb_typeof({document} -> CAST({key} AS TEXT))"


@compiles(JsonText)
@compiles(JsonElement)
def _extracted(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    document, key = _parts(element, compiler, options)
    return f"json_extract({document}, {_path(key)})"


@compiles(JsonText, "postgresql")
def _text_postgresql(element: JsonText, compiler: SQLCompiler, **options: Any) -> str:
    document, key = _parts(element, compiler, options)
    return f"({document} ->> CAST({key} AS TEXT))"


@compiles(JsonElement, "postgresql")
def _element_postgresql(element: JsonElement, compiler: SQLCompiler, **options: Any) -> str:
    document, key = _parts(element, compiler, options)
    return f"({document} -> CAST({key} AS TEXT))"


@compiles(JsonBoolean)
def _boolean(element: JsonBoolean, compiler: SQLCompiler, **options: Any) -> str:
    document, key = _parts(element, compiler, options)
    return f"CASE json_type({document}, {_path(key)}) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END"


@compiles(JsonBoolean, "postgresql")
def _boolean_postgresql(element: JsonBoolean, compiler: SQLCompiler, **options: Any) -> str:
    document, key = _parts(element, compiler, options)
    value = f"{document} -> CAST({key} AS TEXT)"
    return f"CASE {value} WHEN CAST('true' AS JSONB) THEN 1 WHEN CAST('false' AS JSONB) THEN 0 END"


@compiles(JsonHasText)
def _has_text(element: JsonHasText, compiler: SQLCompiler, **options: Any) -> str:
    document, key, text = _parts(element, compiler, options)
    items = f"SELECT value FROM json_each({document}, {_path(key)}) WHERE type = 'text'"  # noqa: S608 – parts are compiled SQL
    return f"({text} IN ({items}))"


@compiles(JsonHasText, "postgresql")
def _has_text_postgresql(element: JsonHasText, compiler: SQLCompiler, **options: Any) -> str:
    document, key, text = _parts(element, compiler, options)
    return f"CASE WHEN {document} -> CAST({key} AS TEXT) @> to_jsonb(CAST({text} AS TEXT)) THEN 1 ELSE 0 END"


def _is_in_calendar(day: str) -> str:
    """SQLite gives 30 February back as it is, unless it has to calculate with it."""
    return f"date({day}, '+0 days') = {day}"


@compiles(ValidDate)
def _valid_date(element: ValidDate, compiler: SQLCompiler, **options: Any) -> str:
    (text,) = _parts(element, compiler, options)
    real = _is_in_calendar(text)
    return f"CASE WHEN {text} GLOB '{_DATE_GLOB}' AND {text} >= '0001' AND {real} THEN 1 ELSE 0 END"


@compiles(ValidDate, "postgresql")
def _valid_date_postgresql(element: ValidDate, compiler: SQLCompiler, **options: Any) -> str:
    (text,) = _parts(element, compiler, options)
    return f"CASE WHEN {text} ~ '^{_DATE_PATTERN}$' THEN 1 ELSE 0 END"


@compiles(ValidDatetime)
def _valid_datetime(element: ValidDatetime, compiler: SQLCompiler, **options: Any) -> str:
    (text,) = _parts(element, compiler, options)
    real = _is_in_calendar(f"substr({text}, 1, 10)")
    return (
        f"CASE WHEN {text} GLOB '{_DATETIME_GLOB}' AND {text} >= '0001' AND {real}"
        f" AND substr({text}, 12, 2) < '24' THEN 1 ELSE 0 END"
    )


@compiles(ValidDatetime, "postgresql")
def _valid_datetime_postgresql(element: ValidDatetime, compiler: SQLCompiler, **options: Any) -> str:
    (text,) = _parts(element, compiler, options)
    return f"CASE WHEN {text} ~ '^{_DATE_PATTERN}{_TIME_PATTERN}$' THEN 1 ELSE 0 END"


@compiles(Bytewise)
def _bytewise(element: Bytewise, compiler: SQLCompiler, **options: Any) -> str:
    (text,) = _parts(element, compiler, options)
    return f"({text})"


@compiles(Bytewise, "postgresql")
def _bytewise_postgresql(element: Bytewise, compiler: SQLCompiler, **options: Any) -> str:
    (text,) = _parts(element, compiler, options)
    return f'(({text}) COLLATE "C")'


@compiles(Position)
def _position(element: Position, compiler: SQLCompiler, **options: Any) -> str:
    text, part = _parts(element, compiler, options)
    return f"instr({text}, {part})"


@compiles(Position, "postgresql")
def _position_postgresql(element: Position, compiler: SQLCompiler, **options: Any) -> str:
    text, part = _parts(element, compiler, options)
    return f"strpos({text}, {part})"


@compiles(InstantText)
def _instant_text(element: InstantText, compiler: SQLCompiler, **options: Any) -> str:
    (column,) = _parts(element, compiler, options)
    return f"replace({column}, ' ', 'T') || 'Z'"


@compiles(InstantText, "postgresql")
def _instant_text_postgresql(element: InstantText, compiler: SQLCompiler, **options: Any) -> str:
    (column,) = _parts(element, compiler, options)
    return f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"


@compiles(UtcDay)
def _utc_day(element: UtcDay, compiler: SQLCompiler, **options: Any) -> str:
    (column,) = _parts(element, compiler, options)
    return f"substr({column}, 1, 10)"


@compiles(UtcDay, "postgresql")
def _utc_day_postgresql(element: UtcDay, compiler: SQLCompiler, **options: Any) -> str:
    (column,) = _parts(element, compiler, options)
    return f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD')"


def kind_is(document: ColumnElement[Any], key: str, *kinds: str) -> ColumnElement[bool]:
    """Whether a value has one of these types, each in the words of both databases."""
    return JsonKind(document, literal(key)).in_(kinds)


def json_text(document: ColumnElement[Any], key: str) -> ColumnElement[Any]:
    """A text that is not empty."""
    value = JsonText(document, literal(key))
    return case((kind_is(document, key, "text", "string"), func.nullif(value, "")))


def json_number(document: ColumnElement[Any], key: str) -> ColumnElement[Any]:
    """A number as a double, within the limits of rules."""
    exact = cast(JsonElement(document, literal(key)), Numeric().with_variant(Double(), "sqlite"))
    return case((kind_is(document, key, "integer", "real", "number"), within_limits(exact)))


def within_limits(number: ColumnElement[Any]) -> ColumnElement[Any]:
    """The number as a double; NULL if it is too large, 0 if it is too small. Checked before it is cast."""
    size = func.abs(number)
    double = case((size < NUMBER_GRAIN, literal(0.0, Double())), else_=cast(number, Double()))
    return case((size <= NUMBER_LIMIT, double))


def json_boolean(document: ColumnElement[Any], key: str) -> ColumnElement[Any]:
    """1 or 0."""
    return JsonBoolean(document, literal(key))


def json_date(document: ColumnElement[Any], key: str) -> ColumnElement[Any]:
    """The midnight of a date, in the store's text form of instants."""
    text = json_text(document, key)
    return case((ValidDate(text) == 1, text.concat(MIDNIGHT)))


def json_datetime(document: ColumnElement[Any], key: str) -> ColumnElement[Any]:
    """An instant in the store's text form."""
    text = json_text(document, key)
    return case((ValidDatetime(text) == 1, text))


def json_has_text(document: ColumnElement[Any], key: str, text: ColumnElement[Any]) -> ColumnElement[Any]:
    """1 or 0 whether a list holds a text; NULL if there is no list, or no text to look for."""
    is_list = and_(kind_is(document, key, "array"), text.is_not(None))
    return case((is_list, JsonHasText(document, literal(key), text)))
