"""A code of `check` explained: what it means, why it is told, how to mend it and how to silence it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from engine.authoring.error_codes import CODES
from engine.authoring.findings import FINDINGS, can_be_silenced
from engine.cli.screen import Line
from engine.errors import RipelineError, did_you_mean

_WIDTH = 100


def explanation_lines(code: str) -> Iterator[Line]:
    """What a page would say of this code.

    Raises:
        RipelineError: there is no such code.
    """
    known = code.strip().upper()
    if known not in CODES:
        hint = did_you_mean(known, CODES) or "docs/reference/errors.md lists them"
        raise RipelineError(f"check knows no code '{code}'; {hint}")
    yield [(known, "bold red" if known.startswith("E") else "bold yellow"), (f"  {CODES[known]}", "bold")]
    finding = FINDINGS.get(known)
    parts = ("A mistake: until it is mended the files cannot be applied.",)
    if finding is not None:
        silence = (
            f'If it is meant:  silence = {{ {known} = "why" }}  in the file it is told of, or below [check] in config.'
        )
        parts = (finding.why, finding.mend, *((silence,) if can_be_silenced(known) else ()))
    for part in parts:
        yield []
        yield from ([(line, "")] for line in textwrap.wrap(part.replace("`", ""), _WIDTH, break_on_hyphens=False))
