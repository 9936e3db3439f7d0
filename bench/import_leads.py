"""Importing leads from CSV against a bare bulk load of the very same rows, in one run.

The bare load takes finished rows, as the import left them, and puts them through the driver's `executemany` into a
fresh store with the same tables, indexes, settings and chunk size. Run as `python -m bench.import_leads [rows]`; with
`--million` it takes 1,000,000.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from engine.config.model import Config, LeadField
from engine.service.import_leads import CHUNK, ImportOptions, import_file
from engine.store.database import migrate, open_store

ROWS = 100_000
NEEDED = 1 / 3
TABLES = ("lead", "identity", "list_member")
CONFIG = Config(fields={"employees": LeadField(type="number")})
HEADER = "email,first_name,last_name,company,industry,employees,source,country,language,zone,owner"
INDUSTRIES = ("SaaS", "Logistics", "Machine building", "Retail")


def write_csv(path: Path, rows: int) -> None:
    """A file of that many leads, each with ten values."""
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER + "\n")
        for number in range(rows):
            company, industry = number % 5000, INDUSTRIES[number % 4]
            person = f"user.{number}@company{company}.example,Jane,Doe{number},Company {company} GmbH"
            file.write(f"{person},{industry},{number % 900},webinar,DE,de,Europe/Berlin,ann\n")


def timed_import(source: Path, database: Path) -> float:
    """Seconds that importing the file into a fresh store takes."""
    store = open_store(f"sqlite:///{database}")
    migrate(store)
    begun = time.perf_counter()
    import_file(store, source, CONFIG, b"k" * 32, datetime.now(UTC), ImportOptions(list_name="bench"))
    seconds = time.perf_counter() - begun
    store.dispose()
    return seconds


def timed_bare_load(imported: Path, database: Path) -> float:
    """Seconds that the driver alone takes for the same rows, already normalised; reading them is not counted."""
    store = open_store(f"sqlite:///{database}")
    migrate(store)
    store.dispose()
    source, target = sqlite3.connect(imported), sqlite3.connect(database, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
        target.execute(f"PRAGMA {pragma}")
    seconds = sum(_load_chunk(target, chunk) for chunk in _chunks(source))
    source.close()
    target.close()
    return seconds


def _chunks(source: sqlite3.Connection) -> Iterator[dict[str, list[tuple[object, ...]]]]:
    """The rows of all tables for `CHUNK` leads at a time."""
    (last,) = source.execute("SELECT max(id) FROM lead").fetchone()
    for first in range(1, last + 1, CHUNK):
        yield {
            table: source.execute(
                f"SELECT * FROM {table} WHERE {'id' if table == 'lead' else 'lead_id'} BETWEEN ? AND ?",
                (first, first + CHUNK - 1),
            ).fetchall()
            for table in TABLES
        }


def _load_chunk(target: sqlite3.Connection, chunk: dict[str, list[tuple[object, ...]]]) -> float:
    begun = time.perf_counter()
    target.execute("BEGIN IMMEDIATE")
    for table, rows in chunk.items():
        target.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(rows[0]))})", rows)
    target.execute("COMMIT")
    return time.perf_counter() - begun


def compare(rows: int = ROWS, rounds: int = 3) -> tuple[float, float]:
    """Seconds of the import and of the bare load: the best of some rounds, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        write_csv(home / "leads.csv", rows)
        imports, loads = [], []
        for turn in range(rounds):
            imports.append(timed_import(home / "leads.csv", home / f"import{turn}.db"))
            loads.append(timed_bare_load(home / f"import{turn}.db", home / f"bare{turn}.db"))
        return min(imports), min(loads)


def main(rows: int = ROWS, rounds: int = 3) -> bool:
    """Print the row of the table; whether the ratio is reached."""
    ours, bare = compare(rows, rounds)
    ratio = bare / ours
    print(
        f"import of {rows:,} leads from CSV   {rows / ours:,.0f}/s   bare load {rows / bare:,.0f}/s   "
        f"ratio {ratio:.2f} (needed {NEEDED:.2f})"
    )
    return ratio >= NEEDED


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:] if word.isdigit()]
    size = 1_000_000 if "--million" in sys.argv else (given or [ROWS])[0]
    sys.exit(not main(size, 1 if size >= 1_000_000 else 3))
