"""Prints the pages of previews and reviews, from the templates in `pages/`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_PAGES = Path(__file__).parent / "pages"


def printed(name: str, **values: Any) -> str:
    """The page `name`, filled in; every value is escaped."""
    return _environment().get_template(f"{name}.html").render(values)


def part(name: str) -> str:
    """A file that pages need, such as `style.css`."""
    return (_PAGES / name).read_text("utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        auto_reload=False,
    )
