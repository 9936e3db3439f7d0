"""Random kills: the relay's ledger and the store agree afterwards, as the promise says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.daemons import Town
from tests.faults.kill_loop import POLICY, RULES, KillLoop, smtp_process

LEADS, KILLS, SEED = 200, 8, 20261122


@pytest.mark.slow
@pytest.mark.acceptance(row=6)
def test_random_kills_lose_nothing_and_own_up_to_every_duplicate(settle: Callable[..., Town], tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    with smtp_process(ledger, *RULES) as port:
        found = KillLoop(settle(port, POLICY), ledger, LEADS, KILLS, SEED).play()
    assert not found.lost
    assert not found.unexpected
    assert not found.unowned, "every duplicate is one that the store says may be one"
    assert found.unknown or found.duplicated, "the kills hit something"
