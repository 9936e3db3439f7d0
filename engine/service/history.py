"""The bundles that were applied."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from engine.service.home import Home
from engine.store.bundles import bundle_history
from engine.store.database import reading


class Applied(NamedTuple):
    """One bundle: its number and digest, when and by whom it was applied, and what it changed, a line each."""

    bundle: int
    digest: str
    at: datetime
    by: str
    summary: str


def applied(home: Home, limit: int) -> list[Applied]:
    """The newest bundles first; the first one is what runs."""
    with reading(home.store) as connection:
        found = bundle_history(connection, limit)
    return [Applied(one.id, one.digest, one.applied_at, one.applied_by, one.summary) for one in found]
