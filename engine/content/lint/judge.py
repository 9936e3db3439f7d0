"""What mail programs, readers and mailboxes will make of a mail, judged on its finished HTML before it is sent.

Each file beside this one looks at one subject and gives warnings; a new check is a function there and its line in
`CHECKS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from engine.content.lint.clients import client_findings
from engine.content.lint.contrast import contrast_findings
from engine.content.lint.draft import Draft
from engine.content.lint.lines import line_findings
from engine.content.lint.links import link_findings
from engine.content.lint.structure import structure_findings
from engine.errors import Problem

MOST = 50
"""Nobody reads more, and to find where each stands takes time."""

Check = Callable[[Draft], Iterator[Problem]]

CHECKS: Mapping[str, Check] = {
    "clients": client_findings,
    "structure": structure_findings,
    "contrast": contrast_findings,
    "links": link_findings,
    "lines": line_findings,
}


def judge(draft: Draft) -> list[Problem]:
    """Every finding in a mail, each told once; of each subject at most `MOST`."""
    return list(dict.fromkeys(problem for check in CHECKS.values() for problem in islice(check(draft), MOST)))
