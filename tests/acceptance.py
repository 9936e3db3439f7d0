"""`make acceptance`: run the tests that are marked with a row of the reliability table, and print all forty rows.

`python -m tests.acceptance [what pytest takes]`; ends with 1 if a test of any row fails.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Sequence

import pytest

from docs.generation.fault_titles import NOT_YET, TITLES
from tests.faults.figures import FIGURES

PASS, FAIL, LATER = "pass", "FAIL", "not yet"


class Rows:
    """A plugin of pytest that notes, for each row, which tests passed and which did not."""

    def __init__(self) -> None:
        self._rows_of: dict[str, set[int]] = {}
        self.passed: dict[int, set[str]] = defaultdict(set)
        self.failed: dict[int, set[str]] = defaultdict(set)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            marks = item.iter_markers("acceptance")
            self._rows_of[item.nodeid] = {mark.kwargs["row"] for mark in marks}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed or (report.passed and report.when == "call"):
            into = self.failed if report.failed else self.passed
            for row in self._rows_of.get(report.nodeid, ()):
                into[row].add(report.nodeid)

    def verdict(self, row: int) -> tuple[str, str]:
        """The row's word, and what is to be said of it."""
        passed, failed = len(self.passed[row] - self.failed[row]), len(self.failed[row])
        tests = f"{passed + failed} test{'' if passed + failed == 1 else 's'}"
        if failed:
            return FAIL, f"{tests}, {failed} failed"
        if row in NOT_YET:
            return LATER, NOT_YET[row] + (f" ({tests} of parts)" if passed else "")
        return (PASS, tests) if passed else (LATER, "no test ran")


def main(arguments: Sequence[str]) -> int:
    """Run them and print the rows."""
    rows = Rows()
    ended = pytest.main(["-q", "-m", "acceptance", *arguments], plugins=[rows])
    verdicts = {row: rows.verdict(row) for row in TITLES}
    print()  # noqa: T201
    for row, (word, told) in verdicts.items():
        print(f"{row:2}  {word:7}  {TITLES[row]}  [{told}]")  # noqa: T201
    for what, count in FIGURES.items():
        print(f"{count:5,}  {what}")  # noqa: T201
    words = [word for word, _ in verdicts.values()]
    print(", ".join(f"{words.count(word)} {word}" for word in (PASS, FAIL, LATER)))  # noqa: T201
    return 0 if ended in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) and FAIL not in words else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
