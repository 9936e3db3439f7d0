"""`make torture`: kill the sending process at random, hundreds of times, over thousands of leads (row 6).

Prints how the relay's ledger and the store agree, and ends with 1 if a mail was lost, went out unexpectedly, or was
doubled without the store owning up to it.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.daemons import Town, point_at
from tests.faults.kill_loop import POLICY, RULES, KillLoop, smtp_process
from tests.faults.ledger import Balance
from tests.service.world import lay_out


def main() -> int:
    """Play it as the arguments say."""
    wanted = _arguments()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ripeline-torture-") as folder:
        found = _play(Path(folder), wanted)
    _say(f"{wanted.kills} kills over {wanted.leads:,} leads in {time.monotonic() - begun:.0f} s, seed {wanted.seed}")
    _say(_told(found))
    return 0 if found.is_promise_kept else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31), help="plays the same goals again")
    return parser.parse_args()


def _play(folder: Path, wanted: argparse.Namespace) -> Balance:
    home, ledger = folder / "home", folder / "ledger.jsonl"
    home.mkdir()
    lay_out(home)
    with smtp_process(ledger, *RULES) as port:
        point_at(home, port, POLICY)
        town = Town(home)
        try:
            return KillLoop(town, ledger, wanted.leads, wanted.kills, wanted.seed, _say).play()
        finally:
            town.end()


def _told(found: Balance) -> str:
    unowned = f", {len(found.unowned)} of them not owned up to" if found.unowned else ""
    return (
        f"lost {len(found.lost)}   unexpected {len(found.unexpected)}   duplicated {len(found.duplicated)}{unowned}   "
        f"unknown {len(found.unknown)}"
    )


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
