"""An open home: its folder, its config, its store, its keys, and the clock that everybody in it reads."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from zoneinfo import ZoneInfo

from engine.authoring.policy import CONFIG_FILE
from engine.clock import Clock, SystemClock
from engine.config.model import Config
from engine.domain.timing import tell_instant, zone_named
from engine.errors import RipelineError
from engine.service.keys import Keys, load_keys
from engine.store.bundles import first_home_value
from engine.store.database import Store, is_newest, migrate, only_reading, open_store, writing


@dataclass(frozen=True)
class Home:
    """Where campaigns live and leads are kept. `path` is the folder with `config.toml`."""

    path: Path
    config: Config
    store: Store
    clock: Clock

    @cached_property
    def keys(self) -> Keys:
        return load_keys(self.var / "keys.json")

    @property
    def var(self) -> Path:
        """Where the home keeps what it needs while running: database, spool, keys, logs."""
        return self.path / "var"

    @property
    def spool(self) -> Path:
        return self.var / "spool"

    def told(self, instant: datetime) -> str:
        """The instant as people of this home read it: `Tue 24 Nov 09:00`, in the company's zone."""
        return tell_instant(instant, self.zone, self.clock.now())

    @cached_property
    def zone(self) -> ZoneInfo:
        """The company's zone."""
        return zone_named(self.config.company.zone) or ZoneInfo("UTC")

    @property
    def config_digest(self) -> str:
        """Tells one state of `config.toml` from another, as it is on disk now; empty where there is none."""
        file = self.path / CONFIG_FILE
        return blake2b(file.read_bytes(), digest_size=8).hexdigest() if file.is_file() else ""

    @cached_property
    def identity(self) -> str:
        """The store's own name, by which a cloned or restored one is recognised."""
        with writing(self.store) as connection:
            return first_home_value(connection, "identity", uuid.uuid4().hex[:12])


def open_home(path: Path, config: Config, clock: Clock | None = None) -> Home:
    """Open the home's store, bringing its schema up to date.

    Raises:
        RipelineError: there is no home at this path, or its store cannot be opened.
    """
    if not path.is_dir():
        raise RipelineError(f"{path} is no folder. `ripeline init {path}` lays out a new home there.")
    store = open_store(config.store, path)
    migrate(store)
    return Home(path, config, store, clock or SystemClock())


def open_to_read(path: Path, config: Config, clock: Clock | None = None) -> Home:
    """The home for whoever may only look: its store is not changed, not even to bring its schema up to date.

    Raises:
        RipelineError: the store cannot be opened, or is of another version than this program.
    """
    store = only_reading(open_store(config.store, path))
    if not is_newest(store):
        raise RipelineError(
            "the store is of another version of Ripeline, and is only read here. "
            "`ripeline status` brings it up to date; back it up before."
        )
    return Home(path, config, store, clock or SystemClock())
