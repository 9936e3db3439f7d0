"""The whole schema: every table, from all the modules that define them."""

from __future__ import annotations

from engine.store import access_tables, revenue_tables, sales_tables, tables
from engine.store.columns import Base

MODULES = (tables, sales_tables, revenue_tables, access_tables)
"""Where the tables are defined, in the order in which people read about them."""

METADATA = Base.metadata
