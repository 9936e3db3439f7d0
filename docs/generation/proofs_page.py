"""docs/reference/proofs.md: where the tests are that prove the faults that the engine is held to."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from docs.generation.fault_titles import NOT_YET, TITLES
from docs.generation.markdown import code, page, table

TESTS = Path(__file__).parents[2] / "tests"
INTRO = """\
Forty faults and hostile inputs that the engine is held to. A test that proves a row, or a part of one, is marked with
its number (`@pytest.mark.acceptance(row=…)`); `make acceptance` runs them and prints all rows. A row with tests is not
always proven as a whole, and a row without any is not proven: read it as a gap.
"""


def proofs_page() -> str:
    """The whole page."""
    proofs = proofs_by_row()
    rows = [(str(row), title, _told(row, proofs[row])) for row, title in TITLES.items()]
    return page("Faults and their proofs", INTRO, table(("row", "fault → outcome", "tests in"), rows))


def _told(row: int, folders: set[str]) -> str:
    found = ", ".join(code(folder) for folder in sorted(folders))
    if row in NOT_YET:
        return f"**not yet**: {NOT_YET[row]}" + (f"; parts in {found}" if found else "")
    return found or "**none**"


def proofs_by_row() -> dict[int, set[str]]:
    """The folders of the tests that are marked with each row."""
    proofs: dict[int, set[str]] = defaultdict(set)
    for path in TESTS.rglob("test_*.py"):
        for row in _rows(path):
            proofs[row].add(f"tests/{path.relative_to(TESTS).parts[0]}")
    return proofs


def _rows(path: Path) -> Iterator[int]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "acceptance":
            for value in (*node.args, *(keyword.value for keyword in node.keywords)):
                if isinstance(value, ast.Constant) and isinstance(value.value, int):
                    yield value.value
