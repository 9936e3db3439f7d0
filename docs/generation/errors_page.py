"""docs/reference/errors.md: every code of `ripeline check`."""

from __future__ import annotations

from docs.generation.markdown import page, table
from engine.authoring.error_codes import CODES

INTRO = """\
`ripeline check` tells every mistake with its place, a code, and what was probably meant. E is a mistake: the files
cannot be applied. W is a warning. The text beside the code says what was found; here is what each code stands for.
"""
GROUPS = (
    ("0", "Files and keys"),
    ("1", "Rules"),
    ("2", "Campaigns, and the people and fields they name"),
    ("3", "Templates"),
    ("E4", "Scenarios"),
    ("W4", "What is better mended"),
)


def errors_page() -> str:
    """The whole page."""
    return page("Mistakes that check finds", INTRO, *(_group(*group) for group in GROUPS))


def _group(number: str, title: str) -> str:
    rows = [(f"`{name}`", reason) for name, reason in CODES.items() if name.startswith(number) or name[1] == number]
    return f"## {title}\n\n{table(('code', 'meaning'), rows)}"
