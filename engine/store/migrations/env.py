"""Alembic's entry: migrations run on the connection that `engine.store.database.migrate` hands over."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from engine.store.schema import METADATA
from engine.store.types import Instant, Json, RowId


def _render(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Our own column types stand in migrations by their names."""
    if kind != "type":
        return False
    names = {id(Json): "Json", id(RowId): "RowId"}
    return "Instant()" if isinstance(item, Instant) else names.get(id(item), False)


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=_render,
    transaction_per_migration=False,
)
context.run_migrations()
