"""Restoring a home from a backup: nothing that stands is overwritten, and nothing is sent until a person confirms."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from engine.authoring.home import read_home
from engine.authoring.policy import CONFIG_FILE
from engine.config.model import Config
from engine.errors import ProblemsError, RipelineError
from engine.service.backup import FILES, KEYS, SPOOL, STORE, Manifest, Told, unpacked
from engine.service.held import SENDING_HELD
from engine.service.private_file import write_private
from engine.store.bundles import set_home_value
from engine.store.database import Store, open_store, writing
from engine.store.snapshot import fill_from
from engine.store.standing import WITNESSED

HELD = "the store was restored from the backup of {made}: mail that went out since would go out again"


def restore_backup(archive: Path, root: Path, now: datetime, told: Told | None = None) -> tuple[Manifest, Path | None]:
    """Restore into a home. What was in its `var/` is put aside, never deleted; sending is held.

    Campaigns, templates and config come from the archive only where the home has none of its own: those of a home
    usually live in Git.

    Returns:
        What the archive held, and the folder where the old `var/` is now; None if there was none.

    Raises:
        BackupError: the archive is none, damaged or incomplete.
        RipelineError: the home's database cannot be filled.
    """
    with unpacked(archive) as (manifest, folder):
        root.mkdir(parents=True, exist_ok=True)
        _lay_out(folder, root)
        config = _config(root)
        aside = _put_aside(root / "var", now)
        store = open_store(config.store, root)
        try:
            fill_from(folder / STORE, store, (lambda share: told("filling the store", share)) if told else None)
            _hold(store, manifest)
        finally:
            store.dispose()
        _put_back(folder, root / "var")
    return manifest, aside


def _lay_out(folder: Path, root: Path) -> None:
    if (root / CONFIG_FILE).exists():
        return
    for name in FILES:
        if (folder / name).is_dir():
            shutil.copytree(folder / name, root / name, dirs_exist_ok=True)
        elif (folder / name).is_file():
            shutil.copy(folder / name, root / name)


def _config(root: Path) -> Config:
    found = read_home(root)
    if not found.config_usable:
        raise ProblemsError(p for p in found.problems if p.is_error and p.place.path == CONFIG_FILE)
    return found.config


def _put_aside(var: Path, now: datetime) -> Path | None:
    if not var.exists() or not any(path.name != "daemon.lock" for path in var.iterdir()):
        return None
    aside = var.with_name(f"var.before-{now:%Y%m%d-%H%M%S}")
    if aside.exists():
        raise RipelineError(f"{aside} is there already; move it away first")
    var.rename(aside)
    return aside


def _hold(store: Store, manifest: Manifest) -> None:
    with writing(store) as connection:
        set_home_value(connection, WITNESSED, None)  # that it is another file than before is known, and held for
        set_home_value(connection, SENDING_HELD, HELD.format(made=f"{manifest.made_at:%d %b %Y %H:%M} UTC"))


def _put_back(folder: Path, var: Path) -> None:
    var.mkdir(parents=True, exist_ok=True)
    if (folder / KEYS).is_file():
        write_private(var / "keys.json", (folder / KEYS).read_bytes())
    if (folder / SPOOL).is_dir():
        shutil.copytree(folder / SPOOL, var / "spool", dirs_exist_ok=True)
