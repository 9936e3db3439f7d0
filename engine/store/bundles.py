"""Bundles: versions of campaigns and templates as applied, with the content they refer to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from engine.store.inserts import insert_ignoring
from engine.store.tables import BlobRow, BundleRow, CampaignRow, HomeRow

bundle = BundleRow.__table__  # type: ignore[attr-defined]
blob = BlobRow.__table__  # type: ignore[attr-defined]
campaign = CampaignRow.__table__  # type: ignore[attr-defined]
home = HomeRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class StoredBundle:
    """A bundle: `files` are the campaign files' texts by name, `mails` the digests of compiled mails by their key."""

    id: int
    digest: str
    applied_at: datetime
    applied_by: str
    summary: str
    files: Mapping[str, str]
    mails: Mapping[str, str]


def current_bundle_id(connection: Connection) -> int | None:
    """The number of the bundle that runs: the newest."""
    return connection.scalar(select(func.max(bundle.c.id)))


def read_bundle(connection: Connection, number: int) -> StoredBundle | None:
    row = connection.execute(select(bundle).where(bundle.c.id == number)).one_or_none()
    return _stored(row) if row is not None else None


def bundle_history(connection: Connection, limit: int) -> list[StoredBundle]:
    """The newest bundles first."""
    return [_stored(row) for row in connection.execute(select(bundle).order_by(bundle.c.id.desc()).limit(limit))]


def _stored(row: Any) -> StoredBundle:
    return StoredBundle(row.id, row.digest, row.applied_at, row.applied_by, row.summary, row.files, row.mails)


def add_bundle(connection: Connection, values: Mapping[str, Any]) -> int:
    """Store a bundle, which runs from the commit on; its number."""
    number = connection.execute(bundle.insert().returning(bundle.c.id), dict(values)).scalar_one()
    return int(number)


@dataclass(frozen=True, slots=True)
class Blob:
    """A content, found by the digest of what it is."""

    digest: str
    content_type: str
    name: str
    content: bytes


def keep_blobs(connection: Connection, blobs: Iterable[Blob]) -> None:
    """Store contents that are not there yet."""
    insert_ignoring(connection, blob, [asdict(found) for found in blobs], ("digest",))


def read_blob(connection: Connection, digest: str) -> Blob | None:
    row = connection.execute(select(blob).where(blob.c.digest == digest)).one_or_none()
    return Blob(row.digest, row.content_type, row.name, row.content) if row is not None else None


def campaign_rows(connection: Connection) -> dict[str, Any]:
    """How campaigns stand in this home, by name."""
    return {row.name: row for row in connection.execute(select(campaign))}


def set_campaign(connection: Connection, name: str, **values: Any) -> None:
    """Set `live_since` or `paused_at` of a campaign."""
    insert_ignoring(connection, campaign, [{"name": name}], ("name",))
    connection.execute(update(campaign).where(campaign.c.name == name).values(**values))


def home_value(connection: Connection, name: str) -> str | None:
    """A single value of this store, such as its identity."""
    return connection.scalar(select(home.c.value).where(home.c.name == name))


def first_home_value(connection: Connection, name: str, value: str) -> str:
    """Set a single value unless it is there already, by whomever; the one that stands."""
    insert_ignoring(connection, home, [{"name": name, "value": value}], ("name",))
    return connection.scalar(select(home.c.value).where(home.c.name == name)) or value


def swap_home_value(connection: Connection, name: str, before: str | None, value: str) -> bool:
    """Set a single value if it still is as it was before (None: not there); whether it was so."""
    if before is None:
        return bool(insert_ignoring(connection, home, [{"name": name, "value": value}], ("name",)))
    changed = update(home).where(home.c.name == name, home.c.value == before).values(value=value)
    return connection.execute(changed).rowcount == 1


def home_values(connection: Connection, prefix: str) -> dict[str, str]:
    """All single values whose name begins so."""
    query = select(home).where(home.c.name.startswith(prefix, autoescape=True))
    return {row.name: row.value for row in connection.execute(query)}


def set_home_value(connection: Connection, name: str, value: str | None) -> None:
    """Set a single value of this store; None removes it."""
    if value is None:
        connection.execute(home.delete().where(home.c.name == name))
    elif not insert_ignoring(connection, home, [{"name": name, "value": value}], ("name",)):
        connection.execute(update(home).where(home.c.name == name).values(value=value))
