"""A small home whose preview is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.processes.preview import serving
from tests.rehearsal.homes import write

SCENARIOS = """\
[[scenario]]
name = "somebody else"
start = 2026-11-02T09:00:00
lead = { source = "web", first_name = "Ada", company = "<b>Bold & Co</b>" }
then = [{ stage = "aware" }]
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    root = write(tmp_path, SCENARIOS)
    mail = (root / "templates/dq/aware/cost.html").read_text("utf-8")
    (root / "templates/dq/aware/cost.de.html").write_text(mail.replace("You have", "Sie haben"), "utf-8")
    decay = root / "templates/dq/aware/decay.html"
    style = "<style>@media (prefers-color-scheme: dark) { body { background: rgb(1, 2, 3) } }</style></head>"
    decay.write_text(decay.read_text("utf-8").replace("</head>", style), "utf-8")
    return root


@pytest.fixture
def site(home: Path) -> Iterator[str]:
    """The preview's address."""
    with serving(home) as address:
        yield address


def change(home: Path, name: str, old: str, new: str) -> None:
    path = home / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
