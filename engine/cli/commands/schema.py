"""Let editors complete and explain the keys of your files, by JSON Schemas of campaigns, scenarios and config.

With --write the schemas go to .ripeline/schema/ of the home, with the settings that Taplo (in VS Code: Even Better
TOML) and Tombi need. Run it again after an update of Ripeline, or after changing [fields] in config.toml; files that
somebody else wrote stay as they are. Without --write a schema is printed: in a home with the home's own lead fields.

`api` prints the description of the JSON API (OpenAPI 3.1), for programs that make clients of it.

Examples:

  ripeline schema campaign
  ripeline schema --write
  ripeline schema api > openapi.json
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from engine.authoring.policy import CONFIG_FILE
from engine.authoring.schema import as_text, schema
from engine.cli.composition import the_processes
from engine.cli.home import HERE, HomeOption, config_of, root_of
from engine.cli.screen import as_json, say
from engine.config.model import Config
from engine.errors import RipelineError
from engine.service.editor_files import Written, write_editor_files


class Kind(StrEnum):
    """The files that have a schema."""

    CAMPAIGN = "campaign"
    SCENARIO = "scenario"
    CONFIG = "config"
    API = "api"


def command(
    kind: Annotated[
        Kind | None, typer.Argument(metavar="[KIND]", help="campaign, scenario, config or api.", show_default=False)
    ] = None,
    home: HomeOption = HERE,
    write: Annotated[bool, typer.Option("--write", help="Write all of them, and editors' settings.")] = False,
) -> None:
    """Print one schema, or write all."""
    if write == (kind is not None):
        raise RipelineError("say which schema to print: campaign, scenario, config or api; or write all with --write")
    if write:
        root = root_of(home)
        _tell(write_editor_files(root, config_of(root)))
    elif kind is Kind.API:
        typer.echo(as_json(the_processes().api_schema()))
    elif kind is not None:
        typer.echo(as_text(schema(kind.value, _config(home))), nl=False)


def _config(home: Path) -> Config | None:
    """The config of a home; outside of one there is none, and any lead field will do."""
    root = home.resolve()
    return config_of(root) if (root / CONFIG_FILE).is_file() else None


def _tell(found: Written) -> None:
    for name in found.written:
        say(f"wrote  {name}")
    if not found.written:
        say("Everything is up to date.")
    for name in found.kept:
        say(
            f"left   {name}: somebody else wrote it; docs/how-to/set-up-your-editor.md says what to put there", "yellow"
        )
