"""A store of one's own for tests of services that handle leads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.config.model import Config, LeadField
from engine.service.import_leads import ImportOptions, ImportSummary, import_file
from engine.store.database import Store, migrate, open_store, reading
from engine.store.leads import find_lead

KEY = b"k" * 32
T0 = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
CONFIG = Config(
    fields={
        "employees": LeadField(type="number"),
        "tags": LeadField(type="tags"),
        "vip": LeadField(type="boolean"),
        "seen": LeadField(type="datetime"),
        "notes": LeadField(),
    }
)


@contextmanager
def fresh_sqlite(folder: Path, name: str = "ripeline.db") -> Iterator[Store]:
    """A migrated store in a file."""
    store = open_store(f"sqlite:///{folder / name}")
    migrate(store)
    try:
        yield store
    finally:
        store.dispose()


def take_in(store: Store, path: Path, content: str, now: datetime = T0, **options: Any) -> ImportSummary:
    """Import that text as the file `path`."""
    path.write_text(content, encoding="utf-8", newline="")
    return import_file(store, path, CONFIG, KEY, now, ImportOptions(**options))


def lead_called(store: Store, name: str) -> Any:
    """The lead's row."""
    with reading(store) as connection:
        return find_lead(connection, name)
