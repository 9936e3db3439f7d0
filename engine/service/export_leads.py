"""Exporting leads as CSV or JSON lines: a stream, safe to open in a spreadsheet, and importing it changes nothing."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import orjson

from engine.config.model import Config
from engine.domain.identity import EMAIL, USER_ID, Identity
from engine.domain.leadfields import tags_text
from engine.inbound.leadfiles.rows import neutralised
from engine.service.private_file import fill_private
from engine.store.database import Store, reading
from engine.store.lead_import import suppressions_by_hash
from engine.store.leads import identities_of, leads_page, lists_of

HEAD = ("ripeline_id", "email", "userId", "identities")
BUILT_IN = ("lifecycle", "source", "country", "language", "zone", "owner")
TAIL = ("lists", "suppressed", "subscribed", "score", "fit", "created", "updated")


def export_file(
    store: Store,
    path: Path,
    config: Config,
    *,
    list_name: str = "",
    condition: Any = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write leads to a file that its owner alone may read; how many. `.jsonl` gives JSON lines, anything else CSV.

    Leads of a list only, or those who meet a condition that `engine.store.rules_sql` made of a rule.

    Raises:
        RipelineError: the file cannot be written.
    """
    leads = _counted(exported(store, list_name=list_name, condition=condition), progress)
    write = write_json_lines if path.suffix in (".jsonl", ".ndjson") else write_csv
    return fill_private(path, lambda out: write(leads, out, tuple(config.lead_fields)))


def _counted(leads: Iterator[dict[str, Any]], progress: Callable[[int], None] | None) -> Iterator[dict[str, Any]]:
    for count, one in enumerate(leads, start=1):
        yield one
        if progress and count % 1000 == 0:
            progress(count)


def exported(store: Store, *, list_name: str = "", condition: Any = None) -> Iterator[dict[str, Any]]:
    """Leads one by one, typed, in the order in which they came; each page is read in a transaction of its own."""
    after = 0
    while True:
        with reading(store) as connection:
            rows = leads_page(connection, after, condition, list_name)
            ids = [row.id for row in rows]
            names, lists = (identities_of(connection, ids), lists_of(connection, ids)) if ids else ({}, {})
            against = suppressions_by_hash(connection, [row.address_hash for row in rows if row.address_hash])
        for row in rows:
            yield _lead(row, names[row.id], lists[row.id], against.get(row.address_hash, ()))
        if not rows:
            return
        after = ids[-1]


def _lead(row: Any, names: Sequence[Identity], lists: Sequence[str], against: Sequence[Any]) -> dict[str, Any]:
    others = [f"{one.kind}:{one.value}" for one in names if one.kind not in (EMAIL, USER_ID)]
    return {
        "ripeline_id": row.public_id,
        "email": row.email,
        "userId": next((one.value for one in names if one.kind == USER_ID), ""),
        "identities": others,
        **{name: getattr(row, name) for name in BUILT_IN},
        "fields": row.fields,
        "lists": lists,
        "suppressed": {found.scope: found.reason for found in against},
        "subscribed": row.subscribed,
        "score": row.score,
        "fit": row.fit,
        "created": row.created_at,
        "updated": row.updated_at,
    }


def write_json_lines(leads: Iterator[Mapping[str, Any]], out: IO[str], _fields: Sequence[str] = ()) -> int:
    """One object a line, values typed; how many."""
    count = 0
    for one in leads:
        out.write(orjson.dumps(one, option=orjson.OPT_UTC_Z).decode() + "\n")
        count += 1
    return count


def write_csv(leads: Iterator[Mapping[str, Any]], out: IO[str], fields: Sequence[str]) -> int:
    """A table with a column for each field; what a spreadsheet would run as a formula gets an apostrophe before it."""
    writer = csv.writer(out)
    writer.writerow([*HEAD, *BUILT_IN, *fields, *TAIL])
    count = 0
    for one in leads:
        values = (
            *(one[name] for name in (*HEAD, *BUILT_IN)),
            *(one["fields"].get(name) for name in fields),
            *(one[name] for name in TAIL),
        )
        writer.writerow([neutralised(cell(value)) for value in values])
        count += 1
    return count


def cell(value: Any) -> str:
    """A typed value as a cell that an import reads back as it was."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:.0f}" if value.is_integer() else repr(value)
        case str():
            return value
        case list():
            return tags_text(value) if value else ""
        case dict():
            return orjson.dumps(value).decode() if value else ""
        case _:
            return str(value.isoformat()).replace("+00:00", "Z")
