"""Every code that the product uses is explained, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

import engine
from engine.authoring.error_codes import CODES

ENGINE = Path(engine.__file__).parent
TOLD_AS_WARNING = {"E111"}  # rules call it so; people see W111
REGISTRY = {ENGINE / "authoring" / name for name in ("error_codes.py", "findings.py")}


def used_codes() -> set[str]:
    sources = (path.read_text("utf-8") for path in ENGINE.rglob("*.py") if path not in REGISTRY)
    return {code for source in sources for code in re.findall(r'"([EW]\d{3})"', source)}


def test_every_code_that_is_used_is_explained() -> None:
    assert used_codes() - CODES.keys() == TOLD_AS_WARNING


def test_every_code_that_is_explained_is_used() -> None:
    assert CODES.keys() - used_codes() == set()


def test_each_reason_is_one_sentence() -> None:
    assert [code for code, reason in CODES.items() if not reason.endswith(".") or len(reason) > 110] == []
