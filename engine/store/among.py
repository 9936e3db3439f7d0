"""Asking for many rows by one parameter, and by the right index.

Hundreds of parameters cost the toolkit more time than the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Dialect,
    Text,
    TypeDecorator,
    UnaryExpression,
    bindparam,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import operators
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeEngine


class _Many(TypeDecorator[Sequence[Any]]):
    """A list as one value: an array on PostgreSQL, a JSON text on SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, item: type[TypeEngine[Any]]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        of = ARRAY(self.item) if dialect.name == "postgresql" else Text()
        return dialect.type_descriptor(of)

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        found = list(value or ())
        return found if dialect.name == "postgresql" else orjson.dumps(found).decode()


class _Among(FunctionElement[bool]):
    """A condition as it stands. The toolkit would write `… = 1` behind a boolean function where the database has no
    such type, and SQLite would then read whole tables instead of an index."""

    type = Boolean()
    inherit_cache = True
    name = "among"

    def self_group(self, against: OperatorType | None = None) -> _Among:  # noqa: ARG002
        return self

    def _negate(self) -> UnaryExpression[bool]:
        return UnaryExpression(self, operator=operators.inv, type_=self.type)


@compiles(_Among, "sqlite")
def _on_sqlite(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, given = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({given}))"  # noqa: S608 -- both are compiled, the list is bound


@compiles(_Among)
def _on_postgresql(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, given = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} = ANY ({given})"


def among_numbers(column: ColumnElement[int], name: str) -> ColumnElement[bool]:
    """Whether the column is one of the numbers that are given as the parameter `name`, a sequence."""
    return _Among(column, bindparam(name, type_=_Many(BigInteger)))


def among_texts(column: ColumnElement[str], name: str) -> ColumnElement[bool]:
    """Whether the column is one of the texts that are given as the parameter `name`, a sequence."""
    return _Among(column, bindparam(name, type_=_Many(Text)))


def unindexed(column: ColumnElement[Any]) -> Any:
    """The column, for a condition that must not choose the way to the rows.

    A state or a flag that half of a table shares would make SQLite, which has no statistics, read that half, although
    the same statement names the rows by their numbers.
    """
    return func.coalesce(column, column)
