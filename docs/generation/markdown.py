"""Writing Markdown: tables, code and headings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NOTE = "<!-- Generated from the code by `make docs`; do not edit. -->\n"


def page(title: str, *parts: str) -> str:
    """A whole page: the note that it is generated, its title, and its parts with a blank line between."""
    return "\n\n".join([NOTE + f"\n# {title}", *(part.strip("\n") for part in parts if part.strip())]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are single lines."""
    lines = [_row(head), _row(["---"] * len(head)), *(_row(row) for row in rows)]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def code(words: object) -> str:
    """Words as code; empty for none."""
    text = str(words)
    return f"`{text}`" if text else ""


def prose(docstring: str | None) -> str:
    """A docstring's paragraphs as Markdown, each on one line."""
    paragraphs = (docstring or "").strip().split("\n\n")
    return "\n\n".join(" ".join(line.strip() for line in paragraph.splitlines()) for paragraph in paragraphs)
