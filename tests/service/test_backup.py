"""Backups: taken while everybody works, proven, restored, and held."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import zstandard
from sqlalchemy import Engine

from engine.clock import SteppedClock
from engine.domain.traffic import HitKind
from engine.service.backup import BackupError, check_backup, make_backup
from engine.service.held import release_sending, why_held
from engine.service.home import open_home
from engine.service.restore import restore_backup
from engine.store.database import StoreError, open_store, reading
from engine.store.deliveries import state_counts
from engine.store.erasure import everything_about
from engine.store.snapshot import counts_of, fill_from, is_empty, take_snapshot
from tests.service.world import MONDAY, World
from tests.store.conftest import engine_for, fresh_store, postgres_url, sqlite_template

__all__ = ["engine_for", "fresh_store", "postgres_url", "sqlite_template"]

JANE = "jane@northwind.example"


@pytest.fixture
def lived(world: World) -> World:
    """Jane had a mail and clicked; another one is due."""
    world.take_in(f"{JANE},Jane,web")
    world.go()
    world.hit(1, HitKind.CLICK)
    world.take_in("joe@northwind.example,Joe,web")
    world.tick()
    return world


@pytest.fixture
def archive(lived: World, tmp_path: Path) -> Path:
    path = tmp_path / "home.tar.zst"
    make_backup(lived.home, path)
    return path


def test_backup_holds_everything_and_only_its_owner_reads_it(lived: World, tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    path = tmp_path / "home.tar.zst"
    (lived.path / "var" / "spool").mkdir(exist_ok=True)
    (lived.path / "var" / "spool" / "tracker-1-1.jsonl").write_text("{}\n")
    manifest = make_backup(lived.home, path, lambda words, share: told.append((words, share)))
    assert (manifest.leads, manifest.mails) == (2, 2)
    assert {"store.db", "keys.json", "spool/tracker-1-1.jsonl", "config.toml", "campaigns/drip.toml"} <= set(
        manifest.files
    )
    assert path.stat().st_mode & 0o777 == 0o600
    assert told[-1] == ("proving it", 1.0)
    assert check_backup(path) == manifest
    assert [left.name for left in tmp_path.glob(".*")] == []


@pytest.mark.acceptance(row=12)
def test_restored_home_is_complete_and_sends_nothing_until_confirmed(
    lived: World, archive: Path, tmp_path: Path
) -> None:
    lived.send()
    assert len(lived.received()) == 2
    with reading(lived.home.store) as connection:
        before = everything_about(connection, lived.lead(JANE).id)
    root = tmp_path / "restored"
    manifest, aside = restore_backup(archive, root, MONDAY)
    assert aside is None
    assert manifest.identity == lived.home.identity
    again = World(root, lived.server)
    again.clock.step_to(MONDAY + timedelta(minutes=1))
    try:
        with reading(again.home.store) as connection:
            after = everything_about(connection, again.lead(JANE).id)
            assert state_counts(connection) == {"sent": 1, "due": 1}
        assert {name: len(rows) for name, rows in after.items()} == {name: len(rows) for name, rows in before.items()}
        assert again.home.keys == lived.home.keys, "links of mails already sent go on working"
        again.tick()
        again.send()
        assert len(again.received()) == 2
        assert "was restored from the backup of 02 Nov 2026 09:00 UTC" in (why_held(again.home) or "")
        assert again.alerts() == []
        release_sending(again.home)
        again.send()
        assert len(again.received()) == 3
    finally:
        again.close()


def test_restoring_puts_aside_what_was_there(lived: World, archive: Path) -> None:
    lived.home.store.dispose()
    _, aside = restore_backup(archive, lived.path, MONDAY)
    assert aside == lived.path / "var.before-20261102-090000"
    assert (aside / "ripeline.db").is_file()
    assert not (lived.path / "var" / "witness").exists()
    home = open_home(lived.path, lived.config, SteppedClock(MONDAY))
    assert why_held(home)
    home.store.dispose()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda content: content[: len(content) // 2], "no backup of a home, or damaged"),
        (lambda content: b"not a backup", "no backup of a home, or damaged"),
        (lambda content: content[:900] + bytes([content[900] ^ 1]) + content[901:], "damaged"),
    ],
)
def test_damaged_archive_is_refused_and_nothing_is_touched(
    archive: Path, tmp_path: Path, spoil: Callable[[bytes], bytes], said: str
) -> None:
    archive.write_bytes(spoil(archive.read_bytes()))
    with pytest.raises(BackupError, match=said):
        restore_backup(archive, tmp_path / "home", MONDAY)
    assert not (tmp_path / "home").exists()
    with pytest.raises(BackupError, match=said):
        check_backup(archive)


def packed(path: Path, *entries: tarfile.TarInfo) -> Path:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as found:
        for entry in entries:
            found.addfile(entry, io.BytesIO(b"x" * entry.size))
    path.write_bytes(zstandard.ZstdCompressor().compress(plain.getvalue()))
    return path


def entry(name: str, kind: bytes = tarfile.REGTYPE, **values: Any) -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type = kind
    for key, value in values.items():
        setattr(found, key, value)
    return found


@pytest.mark.acceptance(row=31)
@pytest.mark.parametrize(
    "bad",
    [
        entry("../outside", size=3),
        entry("/etc/outside", size=3),
        entry("link", tarfile.SYMTYPE, linkname="/etc/passwd"),
        entry("hard", tarfile.LNKTYPE, linkname="../../x"),
        entry("pipe", tarfile.FIFOTYPE),
        entry("manifest.json", size=65 * 1024 * 1024),
    ],
    ids=lambda found: found.name,
)
def test_archive_that_reaches_out_of_its_folder_is_refused(tmp_path: Path, bad: tarfile.TarInfo) -> None:
    with pytest.raises(BackupError):
        check_backup(packed(tmp_path / "bad.tar.zst", bad))
    assert not (tmp_path / "outside").exists()


def test_store_moves_to_the_other_database_and_back(engine_for: Engine, lived: World, tmp_path: Path) -> None:
    """A snapshot is the same file whichever database it comes from."""
    take_snapshot(lived.home.store, tmp_path / "first.db")
    if engine_for.dialect.name == "postgresql":
        assert is_empty(engine_for)
        shares: list[float] = []
        fill_from(tmp_path / "first.db", engine_for, shares.append)
        assert shares[-1] == 1.0
        take_snapshot(engine_for, tmp_path / "second.db")
        assert counts_of(tmp_path / "second.db") == counts_of(tmp_path / "first.db")
        with pytest.raises(StoreError, match="not empty"):
            fill_from(tmp_path / "first.db", engine_for)
    back = open_store(f"sqlite:///{tmp_path / 'third.db'}")
    fill_from(tmp_path / ("second.db" if engine_for.dialect.name == "postgresql" else "first.db"), back)
    with reading(back) as connection, reading(lived.home.store) as original:
        number = lived.lead(JANE).id
        assert everything_about(connection, number) == everything_about(original, number)
    back.dispose()
