"""What lets editors complete and explain the files of a home: JSON Schemas, and the settings that name them.

Taplo (in VS Code the extension Even Better TOML) and Tombi each read a file of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.authoring.schema import KINDS, WRITTEN_BY, as_text, schema
from engine.config.model import Config
from engine.errors import RipelineError

SCHEMAS = ".ripeline/schema"
_HEAD = f"# {WRITTEN_BY}. To keep changes of your own, take this line out.\n"

TAPLO = f"""\
{_HEAD}
include = ["config.toml", "campaigns/*.toml"]

[formatting]
align_entries       = true
array_auto_collapse = false
array_auto_expand   = false
inline_table_expand = false
column_width        = 120

[[rule]]
include = ["config.toml"]
schema  = {{ path = "{SCHEMAS}/config.json" }}

[[rule]]
include = ["campaigns/*.toml"]
exclude = ["campaigns/*.test.toml"]
schema  = {{ path = "{SCHEMAS}/campaign.json" }}

[[rule]]
include = ["campaigns/*.test.toml"]
schema  = {{ path = "{SCHEMAS}/scenario.json" }}
"""

TOMBI = f"""\
{_HEAD}
toml-version = "v1.0.0"

[format.rules]
line-width                     = 120
key-value-equals-sign-alignment = true

[[schemas]]
path    = "{SCHEMAS}/config.json"
include = ["config.toml"]

[[schemas]]
path    = "{SCHEMAS}/scenario.json"
include = ["campaigns/*.test.toml"]

[[schemas]]
path    = "{SCHEMAS}/campaign.json"
include = ["campaigns/*.toml"]
"""

VSCODE = f"""\
// {WRITTEN_BY}. To keep changes of your own, take this line out.
{{ "recommendations": ["tamasfe.even-better-toml"] }}
"""


@dataclass(frozen=True, slots=True)
class Written:
    """Paths in the home: written anew, fresh already, and those that somebody else wrote and that stay as they are."""

    written: tuple[str, ...]
    fresh: tuple[str, ...]
    kept: tuple[str, ...]


def editor_files(config: Config) -> Iterator[tuple[str, str]]:
    """Every file for editors, with its path in a home."""
    for kind in KINDS:
        yield f"{SCHEMAS}/{kind}.json", as_text(schema(kind, config))
    yield ".taplo.toml", TAPLO
    yield ".tombi.toml", TOMBI
    yield ".vscode/extensions.json", VSCODE


def write_editor_files(home: Path, config: Config) -> Written:
    """Write the files for editors into a home; only those are overwritten that this function wrote.

    Raises:
        RipelineError: a file cannot be read or written.
    """
    outcome: dict[str, list[str]] = {"written": [], "fresh": [], "kept": []}
    for name, text in editor_files(config):
        path = home / name
        try:
            outcome[_state(path, text)].append(name)
            if name in outcome["written"]:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
        except OSError as fault:
            raise RipelineError(f"{path} cannot be written: {fault.strerror or fault}") from fault
    return Written(**{state: tuple(names) for state, names in outcome.items()})


def _state(path: Path, text: str) -> str:
    if path.is_symlink():
        return "kept"
    if not path.exists():
        return "written"
    found = path.read_text("utf-8", errors="replace")
    if found == text:
        return "fresh"
    return "written" if any(WRITTEN_BY in line for line in found.split("\n")[:3]) else "kept"
