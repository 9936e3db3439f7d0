"""`make acceptance` tells of each of the forty rows what its tests say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from docs.generation.fault_titles import NOT_YET, TITLES

ROOT = Path(__file__).resolve().parents[2]
MARKED = """
import pytest

@pytest.mark.acceptance(row=1)
@pytest.mark.acceptance(row=2)
def test_good(): pass

@pytest.mark.acceptance(row=8)
def test_part(): pass
"""
BROKEN = """
@pytest.mark.acceptance(row=2)
def test_bad(): assert False
"""


@pytest.mark.parametrize(("tests", "status", "second"), [(MARKED, 0, "pass"), (MARKED + BROKEN, 1, "FAIL")])
def test_each_row_has_its_word(tmp_path: Path, tests: str, status: int, second: str) -> None:
    file = tmp_path / "test_marked.py"
    file.write_text(tests)
    command = [sys.executable, "-m", "tests.acceptance", str(file), "-c", "pyproject.toml", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = {
        int(line[:2]): line[4:] for line in done.stdout.splitlines() if line[:2].strip().isdigit() and line[2:4] == "  "
    }
    assert done.returncode == status, done.stdout
    assert set(lines) == set(TITLES)
    assert lines[1].startswith("pass")
    assert lines[1].endswith("[1 test]")
    assert lines[2].startswith(second)
    assert lines[3].startswith("not yet")
    assert all(lines[row].startswith("not yet") and reason in lines[row] for row, reason in NOT_YET.items())
    assert "(1 test of parts)" in lines[8]
