"""The tables of the API: its keys, the answers that a repeated request gets again, visitors not known yet, and
the messages of event clients that came before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field

from engine.store.columns import Base, document, instant, reference, row_id
from engine.store.types import Json, RowId


class ApiKeyRow(Base, table=True):
    """A key of the API: its name, the first letters that people see, and the digest of the rest; never the key."""

    __tablename__ = "api_key"
    __table_args__ = (UniqueConstraint("digest"),)

    id: int = row_id()
    name: str = Field(sa_type=Text)
    start: str = Field(sa_type=Text)
    digest: str = Field(sa_type=Text)
    scopes: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    created_at: datetime = instant(nullable=False)
    expires_at: datetime | None = instant()
    revoked_at: datetime | None = instant()
    used_at: datetime | None = instant()


class RepeatableRow(Base, table=True):
    """The answer to a request with an Idempotency-Key, for the same request sent again."""

    __tablename__ = "repeatable"
    __table_args__ = (Index("ix_repeatable_at", "at"),)

    api_key_id: int = reference("api_key.id", primary_key=True)
    key: str = Field(sa_column=Column(Text, primary_key=True))
    request: str = Field(sa_type=Text, description="Digest of method, path and body.")
    status: int = 0
    content: bytes = Field(default=b"", sa_column=Column(LargeBinary, nullable=False))
    at: datetime = instant(nullable=False)


class VisitorEventRow(Base, table=True):
    """What somebody did whom nobody knows yet; it becomes a lead's event when the visitor becomes known."""

    __tablename__ = "visitor_event"
    __table_args__ = (
        UniqueConstraint("source_id"),
        Index("ix_visitor_event_visitor", "visitor"),
        Index("ix_visitor_event_received", "received_at"),
        Index("ix_visitor_event_delivery", "delivery_id"),
    )

    id: int = row_id()
    source_id: str = Field(sa_type=Text)
    visitor: str = Field(sa_type=Text, description="The anonymousId.")
    kind: str = Field(sa_type=Text)
    name: str = Field(default="", sa_type=Text)
    at: datetime = instant(nullable=False)
    received_at: datetime = instant(nullable=False)
    properties: dict[str, Any] = document()
    evidence: dict[str, Any] = document()
    delivery_id: int | None = Field(
        default=None,
        sa_type=RowId,
        description="The mail whose link led here, until it is known whether that tells who the visitor is.",
    )


class SeenMessageRow(Base, table=True):
    """A message of an event client that leaves no event behind, so that the same one sent again changes nothing."""

    __tablename__ = "seen_message"
    __table_args__ = (Index("ix_seen_message_at", "at"),)

    source_id: str = Field(sa_column=Column(Text, primary_key=True))
    at: datetime = instant(nullable=False)
