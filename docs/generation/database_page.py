"""docs/reference/database.md: the tables, from their definitions."""

from __future__ import annotations

import inspect
from typing import Any

from sqlalchemy import Table, UniqueConstraint

from docs.generation.markdown import code, page, prose, table
from engine.store.columns import Base
from engine.store.schema import MODULES

INTRO = """\
What is kept where, for those who write reports. Read as much as you like; write nothing: the engine's promises rest
on how it changes these rows. The schema is brought up to date by every command that opens the store, and may change
between versions. Instants are UTC.
"""


def database_page() -> str:
    """The whole page."""
    models = [
        one
        for module in MODULES
        for one in vars(module).values()
        if inspect.isclass(one) and issubclass(one, Base) and one is not Base
    ]
    return page("The database", INTRO, *(_table(model) for model in models))


def _table(model: type[Base]) -> str:
    shape: Table = model.__table__  # type: ignore[attr-defined]
    rows = []
    for column in shape.columns:
        notes = [f"→ {code(key.target_fullname)}" for key in column.foreign_keys]
        described = model.model_fields[column.name].description
        rows.append((code(column.name), _kind(column), " ".join([*([described] if described else []), *notes])))
    unique = [
        ", ".join(code(column.name) for column in constraint.columns)
        for constraint in shape.constraints
        if isinstance(constraint, UniqueConstraint)
    ]
    once = "".join(f"\n\nUnique: {names}." for names in sorted(unique))
    return f"## {shape.name}\n\n{prose(model.__doc__)}\n\n{table(('column', 'type', ''), rows)}{once}"


def _kind(column: Any) -> str:
    name = str(column.type).split("(")[0].lower()
    names = {"biginteger": "integer", "bigint": "integer", "float": "number", "datetime": "instant", "blob": "bytes"}
    found = names.get(name, name)
    return f"{found}, may be empty" if column.nullable else found
