"""Backups of a home: store, keys, spool and files in one archive, taken while the daemon runs, proven by restoring.

The archive is a tar file, packed with Zstandard (RFC 8878). Its `manifest.json` has the digest of every file in it and
the number of rows of every table.
"""

from __future__ import annotations

import io
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import IO

import msgspec
import zstandard

from engine.errors import RipelineError
from engine.service.home import Home
from engine.store.database import migrate, open_store
from engine.store.snapshot import counts_of, faults_of, take_snapshot

FORMAT = 1
MANIFEST, STORE, KEYS, SPOOL = "manifest.json", "store.db", "keys.json", "spool"
FILES = ("config.toml", "campaigns", "templates")
LONGEST_MANIFEST = 64 * 1024 * 1024

Told = Callable[[str, float], None]
"""Told what is being done, and the share of it that is done."""


class Manifest(msgspec.Struct, frozen=True):
    """What an archive holds: made when, by which format, of which store, with which rows and files."""

    format: int
    made_at: datetime
    identity: str
    database: str
    rows: dict[str, int]
    files: dict[str, str]

    @property
    def leads(self) -> int:
        return self.rows.get("lead", 0)

    @property
    def mails(self) -> int:
        return self.rows.get("delivery", 0)


class BackupError(RipelineError):
    """An archive cannot be made, or is not what it should be; the text says which and why."""


def make_backup(home: Home, target: Path, told: Told | None = None) -> Manifest:
    """Write an archive of the home that its owner alone may read, and prove it by restoring it to a temporary place.

    Raises:
        BackupError: the archive cannot be written, or what was written does not restore.
        StoreError: the store is away.
    """
    draft = target.with_name(f".{target.name}.part")
    try:
        with tempfile.TemporaryDirectory(prefix="ripeline-") as folder:
            manifest = _gather(home, Path(folder), told)
            _pack(Path(folder), manifest, draft)
        with unpacked(draft) as (found, place):
            _prove(found, place, told)
        draft.replace(target)
    except OSError as fault:
        raise BackupError(f"{target} cannot be written: {fault.strerror or fault}") from fault
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def check_backup(archive: Path, told: Told | None = None) -> Manifest:
    """Prove an archive by restoring it to a temporary place.

    Raises:
        BackupError: it is none, damaged, or incomplete.
    """
    with unpacked(archive) as (manifest, folder):
        _prove(manifest, folder, told)
    return manifest


@contextmanager
def unpacked(archive: Path) -> Iterator[tuple[Manifest, Path]]:
    """An archive's manifest and its files in a temporary folder, every digest checked.

    Raises:
        BackupError: it is no backup, damaged, or incomplete.
    """
    with tempfile.TemporaryDirectory(prefix="ripeline-") as name:
        folder = Path(name)
        try:
            with archive.open("rb") as packed, zstandard.ZstdDecompressor().stream_reader(packed) as stream:
                _extract(stream, folder)
            manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
        except FileNotFoundError as fault:
            missing = "it has no manifest" if archive.exists() else "there is no such file"
            raise BackupError(f"{archive} is no backup of a home: {missing}") from fault
        except (OSError, tarfile.TarError, zstandard.ZstdError, msgspec.DecodeError) as fault:
            raise BackupError(f"{archive} is no backup of a home, or damaged: {fault}") from fault
        _compare(archive, manifest, folder)
        yield manifest, folder


def _gather(home: Home, folder: Path, told: Told | None) -> Manifest:
    """Everything that belongs together. The spool comes first: a hit drained meanwhile is in both, and counts once."""
    _copy_tree(home.spool, folder / SPOOL)
    if home.keys:
        (folder / KEYS).write_bytes((home.var / "keys.json").read_bytes())
    for name in FILES:
        _copy_tree(home.path / name, folder / name)
    take_snapshot(home.store, folder / STORE, (lambda share: told("copying the store", share)) if told else None)
    files = {path.relative_to(folder).as_posix(): _digest(path) for path in _files(folder)}
    rows = dict(counts_of(folder / STORE))
    return Manifest(FORMAT, home.clock.now(), home.identity, home.store.dialect.name, rows, files)


def _copy_tree(source: Path, target: Path) -> None:
    """A file, or the files of a folder; links are not followed, as they may lead out of the home."""
    for path in [source] if source.is_file() else _files(source):
        to = target / path.relative_to(source) if path != source else target
        to.parent.mkdir(parents=True, exist_ok=True)
        try:
            to.write_bytes(path.read_bytes())
        except FileNotFoundError:
            continue  # a segment of the spool that was drained at this moment: the store has it


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _pack(folder: Path, manifest: Manifest, target: Path) -> None:
    number = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600)
    with (
        os.fdopen(number, "wb") as file,
        zstandard.ZstdCompressor(level=3, write_checksum=True).stream_writer(file, closefd=False) as packed,
        tarfile.open(fileobj=packed, mode="w|") as archive,
    ):
        content = msgspec.json.format(msgspec.json.encode(manifest))
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode = len(content), 0o600
        archive.addfile(entry, io.BytesIO(content))
        for name in manifest.files:
            archive.add(folder / name, name, recursive=False)


def _extract(stream: IO[bytes], folder: Path) -> None:
    """Plain files alone, each within the folder (PEP 706's filter): an archive comes from anywhere."""
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for entry in archive:
            if not entry.isfile():
                raise BackupError(f"'{entry.name}' in the archive is no plain file; no backup of ours holds such")
            if entry.name == MANIFEST and entry.size > LONGEST_MANIFEST:
                raise BackupError("the archive's manifest is larger than any of ours")
            archive.extract(entry, folder, filter="data")


def _compare(archive: Path, manifest: Manifest, folder: Path) -> None:
    if manifest.format > FORMAT:
        raise BackupError(f"{archive} was made by a newer Ripeline; restore it with that one")
    found = {path.relative_to(folder).as_posix() for path in _files(folder)} - {MANIFEST}
    lacking = sorted(set(manifest.files) - found)
    if lacking:
        raise BackupError(f"{archive} is incomplete: it lacks {', '.join(lacking[:3])}")
    wrong = [name for name, digest in manifest.files.items() if _digest(folder / name) != digest]
    if wrong or found - set(manifest.files):
        names = ", ".join([*wrong, *sorted(found - set(manifest.files))][:3])
        raise BackupError(f"{archive} is damaged: {names} is not what was written")


def _prove(manifest: Manifest, folder: Path, told: Told | None) -> None:
    """Open the store of an archive as a home would, and count what is in it."""
    if told:
        told("proving it", 0.0)
    fault = faults_of(folder / STORE)
    if fault:
        raise BackupError(f"the archive's store is damaged: {fault}")
    found: Mapping[str, int] = counts_of(folder / STORE)
    if dict(found) != manifest.rows:
        name = next(name for name in manifest.rows if found.get(name) != manifest.rows[name])
        raise BackupError(f"the archive's '{name}' has {found.get(name, 0):,} rows, not {manifest.rows[name]:,}")
    store = open_store(f"sqlite:///{folder / STORE}")
    migrate(store)
    store.dispose()
    if told:
        told("proving it", 1.0)


def _digest(path: Path) -> str:
    found = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()
