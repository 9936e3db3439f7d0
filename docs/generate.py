"""`python -m docs.generate`: writes the pages of docs/reference/ from the code, and what shells complete.

With `--check` it only compares.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from docs.generation.api_page import api_page
from docs.generation.campaign_page import campaign_page
from docs.generation.cli_page import cli_page
from docs.generation.completion_table import completion_table
from docs.generation.config_page import config_page
from docs.generation.database_page import database_page
from docs.generation.errors_page import errors_page
from docs.generation.events_page import events_page
from docs.generation.proofs_page import proofs_page
from docs.generation.rules_page import rules_page
from docs.generation.scenarios_page import scenarios_page
from docs.generation.templates_page import templates_page

FOLDER = Path(__file__).parent / "reference"
COMPLETION = Path(__file__).parents[1] / "engine/cli/completion.json"

PAGES: Mapping[str, Callable[[], str]] = {
    "api.md": api_page,
    "campaign.md": campaign_page,
    "cli.md": cli_page,
    "config.md": config_page,
    "database.md": database_page,
    "errors.md": errors_page,
    "events.md": events_page,
    "proofs.md": proofs_page,
    "rules.md": rules_page,
    "scenarios.md": scenarios_page,
    "templates.md": templates_page,
}
MADE: Mapping[str, Callable[[], str]] = {**PAGES, COMPLETION.name: completion_table}


def stale() -> list[str]:
    """The files that are not what the code says now."""
    return [name for name, make in MADE.items() if not _is_fresh(_path(name), make())]


def _path(name: str) -> Path:
    return COMPLETION if name == COMPLETION.name else FOLDER / name


def _is_fresh(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text("utf-8") == text


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` name those that are stale and end with 1 if there are any."""
    found = stale()
    if "--check" in arguments:
        print("\n".join(found))  # noqa: T201
        return 1 if found else 0
    FOLDER.mkdir(exist_ok=True)
    for name in found:
        _path(name).write_text(MADE[name](), "utf-8")
    print(f"{len(MADE)} files, {len(found)} written: {', '.join(found) or 'all were fresh'}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
