"""Export leads as CSV or JSON lines.

Importing the file again changes nothing. What a spreadsheet would run as a formula gets an apostrophe before it. The
file can be read by you alone, as it holds people's data.

Examples:

  ripeline export leads.csv
  ripeline export --list newsletter --format jsonl > newsletter.jsonl
  ripeline export ripe.csv --where "score >= 60 and lifecycle != 'customer'"
  ripeline export jane.json --about jane@northwind.example     all that is known of one person
"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.authoring.policy import scope_for
from engine.cli.home import HERE, HomeOption, opened, refused
from engine.cli.screen import console, counted
from engine.domain.rules import Rule, parse_rule
from engine.errors import Place, RipelineError
from engine.service.erase import dossier_of, write_dossier
from engine.service.export_leads import export_file, exported, write_csv, write_json_lines
from engine.service.home import Home
from engine.service.running import Runner
from engine.store.rules_sql import where


class FileFormat(StrEnum):
    """What the file holds."""

    CSV = "csv"
    JSONL = "jsonl"


def command(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Where to write; the screen if not given.")
    ] = None,
    home: HomeOption = HERE,
    list_name: Annotated[str, typer.Option("--list", metavar="NAME", help="Only leads on this list.")] = "",
    rule: Annotated[str, typer.Option("--where", metavar="RULE", help="Only leads for whom this rule holds.")] = "",
    about: Annotated[str, typer.Option("--about", metavar="LEAD", help="All that is known of a person, as JSON.")] = "",
    form: Annotated[FileFormat | None, typer.Option("--format", help="csv or jsonl; by the file's name.")] = None,
) -> None:
    """Write the leads, and say how many."""
    place = opened(home)
    if about:
        _person(place, about, file)
        return
    condition = _condition(place, rule) if rule else None
    if file is None:
        write = write_json_lines if form is FileFormat.JSONL else write_csv
        leads = exported(place.store, list_name=list_name, condition=condition)
        count = write(leads, sys.stdout, tuple(place.config.lead_fields))
    else:
        path = file if form is None or file.suffix else file.with_suffix(f".{form}")
        count = export_file(place.store, path, place.config, list_name=list_name, condition=condition)
    where_to = f" to {path}" if file is not None else ""
    console(errors=True).print(f"{counted(count, 'lead')} exported{where_to}.")


def _person(place: Home, name: str, file: Path | None) -> None:
    """Everything about one person, for a request of access."""
    if file is None:
        raise RipelineError("name a file for it, such as person.json: people's data does not belong on a screen")
    found = dossier_of(place, name)
    write_dossier(found, file)
    rows = sum(found.counts.values())
    console(errors=True).print(f"All that is known of {found.email or 'this lead'} ({rows:,} rows) is in {file}.")


def _condition(place: Home, text: str) -> Any:
    """The rule as the store asks it; a mistake in it is shown at its place."""
    steps = {
        name: {step.id: None for _, step in campaign.steps()}
        for name, campaign in Runner(place).current().programme.campaigns.items()
    }
    found = parse_rule(text, scope_for(place.config, campaigns=steps), Place("--where", 1, 1))
    if isinstance(found, Rule):
        return where(found, place.clock.now())
    raise refused(found, place.path, {"--where": text})
