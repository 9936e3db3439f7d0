"""What every table is made of: one schema with its names, and the kinds of columns that come up again and again."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Column, ForeignKey, MetaData
from sqlmodel import Field, SQLModel

from engine.store.types import Instant, Json, RowId

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(SQLModel):
    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMING)


def row_id() -> Any:
    return Field(default=None, sa_column=Column(RowId, primary_key=True, autoincrement=True))


def reference(target: str, **options: Any) -> Any:
    return Field(sa_column=Column(RowId, ForeignKey(target), nullable=options.pop("nullable", False), **options))


def instant(**options: Any) -> Any:
    return Field(default=None, sa_column=Column(Instant(), **options))


def document() -> Any:
    return Field(default_factory=dict, sa_column=Column(Json, nullable=False))
