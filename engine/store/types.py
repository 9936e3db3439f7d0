"""Column types that behave alike on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB

from engine.clock import require_utc


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC; a naive one is refused, as nobody knows which instant it means.

    SQLite forgets time zones and answers naive datetimes; they are UTC by construction.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        return _text_of if dialect.name == "sqlite" else _utc_of

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:  # noqa: ARG002
        return _instant_of_text if dialect.name == "sqlite" else _utc_of


# One step each way: the lead's facts hold hundreds of thousands of instants, and SQLAlchemy's own way takes three.
def _text_of(value: datetime | None) -> str | None:
    return require_utc(value).replace(tzinfo=None).isoformat(" ", "microseconds") if value is not None else None


def _instant_of_text(value: str | None) -> datetime | None:
    return datetime.fromisoformat(f"{value}+00:00") if value is not None else None


def _utc_of(value: datetime | None) -> datetime | None:
    return require_utc(value) if value is not None else None


Json = JSON().with_variant(JSONB(), "postgresql")
"""A JSON document: JSONB on PostgreSQL, text on SQLite."""

RowId = BigInteger().with_variant(Integer(), "sqlite")
"""A row's number; SQLite counts by itself only in columns called INTEGER."""
