"""Make a kept home of this version: `python -m tests.upgrades.keep_home tests/upgrades/home-schema-NNNN.tar.zst`.

To be run in the last version before a new schema. Jane clicks and gets her next mail, Joe waits for his, Bob
unsubscribes, Max asks for a demo and is with sales.
"""

from __future__ import annotations

import io
import shutil
import sys
import tarfile
import tempfile
from datetime import timedelta
from pathlib import Path

import zstandard

from engine.domain.traffic import HitKind
from engine.service.record import Happening, record_event
from tests.service.world import World, lay_out
from tests.smtpserver import SmtpServer

LEADS = ("jane@northwind.example,Jane,web", "joe@northwind.example,Joe,web", "max@northwind.example,Max,choice")
BOB = "bob@northwind.example,Bob,web"
SALES = """
[sales]
hand_raises = ["demo_requested"]
[[sales.person]]
name = "bea"
[[sales.route]]
name = "all"
to = ["bea"]
"""


def live(world: World) -> None:
    """An hour and a quarter of this home."""
    world.take_in(*LEADS, BOB)
    world.go()
    world.later(minutes=1)
    world.hit(1, HitKind.CLICK)
    world.later(minutes=14)
    world.unsubscribe(next(mail.id for mail in world.mails("bob@northwind.example")))
    record_event(world.home, Happening("max@northwind.example", "demo_requested", world.clock.now(), "demo:1"))
    world.go()
    world.later(minutes=60)


def keep(target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder, SmtpServer() as server:
        home = Path(folder) / "home"
        home.mkdir()
        lay_out(home)
        with (home / "config.toml").open("a", encoding="utf-8") as config:
            config.write(SALES)
        world = World(home, server)
        live(world)
        world.close()
        for left_over in (*home.glob("leads-*.csv"), *home.glob("var/*-turn")):
            left_over.unlink()
        shutil.rmtree(home / "var" / "cache")
        target.write_bytes(zstandard.ZstdCompressor(19).compress(_packed(home)))


def _packed(home: Path) -> bytes:
    """The files alone: without owners, times and rights of this machine."""
    found = io.BytesIO()
    with tarfile.open(fileobj=found, mode="w") as archive:
        for path in sorted(home.rglob("*")):
            archive.add(path, str(path.relative_to(home)), recursive=False, filter=_plain)
    return found.getvalue()


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mtime = int(timedelta(days=20_000).total_seconds())
    return entry


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
