"""Make a campaign, a mail or a theme, with texts to start from.

A campaign comes with its mails and with scenarios that pass; it is a draft, so that nothing runs. A theme is a problem
that you solve: its campaign leads from noticing it to wanting it solved. A mail is named theme/stage/name; with
--campaign its step is added too. Nothing is ever overwritten.

With --from a campaign is copied, and each of its [vars] is asked for, or given by --var. With --theme, too, its mails
are copied to the folder of that theme; otherwise both send the same mails.

Examples:

  ripeline new campaign welcome
  ripeline new campaign webinar-spring --from webinar
  ripeline new email data-quality/aware/story --campaign clean-data --after cost
  ripeline new theme lost-time
"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, config_of, root_of
from engine.cli.screen import say
from engine.clock import SystemClock
from engine.errors import RipelineError, did_you_mean
from engine.service.copy_campaign import as_toml, copied, shown, vars_of
from engine.service.new_campaign import new_campaign, new_theme
from engine.service.new_email import new_email
from engine.service.new_files import NewFiles, campaign_path, in_words, refuse_taken, scenarios_path, write_new


class Kind(StrEnum):
    """What can be made."""

    CAMPAIGN = "campaign"
    EMAIL = "email"
    THEME = "theme"


def command(
    kind: Annotated[Kind, typer.Argument(metavar="KIND", help="campaign, email or theme.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name; for a mail theme/stage/name.")],
    home: HomeOption = HERE,
    source: Annotated[str, typer.Option("--from", metavar="CAMPAIGN", help="Copy this campaign.")] = "",
    title: Annotated[str, typer.Option(metavar="TEXT", help="With --from: what people call the new one.")] = "",
    theme: Annotated[str, typer.Option(metavar="THEME", help="The campaign's theme; its own name if not given.")] = "",
    values: Annotated[
        list[str] | None, typer.Option("--var", metavar="NAME=VALUE", help="With --from: a var; may be repeated.")
    ] = None,
    campaign: Annotated[str, typer.Option(metavar="CAMPAIGN", help="For a mail: the campaign that sends it.")] = "",
    after: Annotated[str, typer.Option(metavar="STEP", help="For a mail: the step that it follows.")] = "",
) -> None:
    """Decide what to make, write it, say what to do next."""
    root = root_of(home)
    of_campaigns, of_copies = bool(source or theme), bool(title or values)
    _refuse_options(kind, of_campaigns or of_copies, bool(campaign or after))
    if of_copies and not source:
        raise RipelineError("--title and --var go with --from: they are for the copy of a campaign")
    if source:
        _copy(root, source, name, title or in_words(name), theme, values or [])
        return
    config, today = config_of(root), SystemClock().now().date()
    if kind is Kind.CAMPAIGN:
        files = new_campaign(root, config, name, theme or name, today)
    elif kind is Kind.THEME:
        files = new_theme(root, config, name, today)
    else:
        files = new_email(root, config, name, campaign, after)
    write_new(root, files)
    _tell(files)
    _next(kind, name, campaign)


def _refuse_options(kind: Kind, of_campaigns: bool, of_mails: bool) -> None:
    if of_campaigns and kind is not Kind.CAMPAIGN:
        raise RipelineError(f"--from, --theme, --title and --var are for a campaign, not for a new {kind.value}")
    if of_mails and kind is not Kind.EMAIL:
        raise RipelineError(f"--campaign and --after are for a new email, not for a {kind.value}")


def _copy(root: Path, source: str, name: str, title: str, theme: str, given: list[str]) -> None:
    from engine.rehearsal.fitting import keep_what_passes

    refuse_taken(root, campaign_path(name))
    files = copied(root, source, name, title, theme, _values(vars_of(root, source), given, name))
    write_new(root, files)
    gone = keep_what_passes(root, name, SystemClock().now().date())
    _tell(files)
    scenarios = scenarios_path(name)
    if scenarios not in files.made and (root / scenarios).is_file():
        say(f"made      {scenarios}")
    for scenario in gone:
        say(f"left out  the scenario '{scenario}' of {source}: it does not fit the new values", "yellow")
    say()
    say("Next:")
    say(f"  look at enter, on, exit and goal in campaigns/{name}.toml: they are those of {source}")
    _commands(name)


def _values(known: dict[str, object], given: list[str], name: str) -> dict[str, str]:
    """A value for each var: as given, or asked for."""
    found = dict(_given(one, known) for one in given)
    for var, typed in found.items():
        as_toml(var, typed, known[var])
    lacking = [var for var in known if var not in found]
    if lacking and not sys.stdin.isatty():
        wanted = " ".join(f"--var {var}=…" for var in lacking)
        why = f"{name} needs values, and there is no terminal to ask in"
        raise RipelineError(f"{why}: add {wanted}. Nothing was written.")
    if lacking:
        say("A value for each of its vars; Enter keeps the old one.")
    return {**found, **{var: _asked(var, known[var]) for var in lacking}}


def _asked(var: str, before: object) -> str:
    """What a person types for a var; asked again until it is of the kind that stood there."""
    while True:
        typed: str = typer.prompt(f"  {var}", default=shown(before))
        try:
            as_toml(var, typed, before)
        except RipelineError as wrong:
            say(f"  {wrong}", "yellow")
        else:
            return typed


def _given(one: str, known: dict[str, object]) -> tuple[str, str]:
    var, equals, value = one.partition("=")
    if not equals:
        raise RipelineError(f"--var {one}: write NAME=VALUE")
    if var not in known:
        hint = did_you_mean(var, known) or f"it has: {', '.join(known) or 'none'}"
        raise RipelineError(f"--var {var}: the campaign has no such var; {hint}")
    return var, value


def _tell(files: NewFiles) -> None:
    for path in files.made:
        say(f"made      {path}")
    for path in files.changed:
        say(f"changed   {path}")


def _next(kind: Kind, name: str, campaign: str) -> None:
    say()
    say("Next:")
    if kind is not Kind.EMAIL:
        say("  write the mails: a note {# … #} in each says what belongs there")
        _commands(name)
        return
    _, stage, mail = name.removesuffix(".md").split("/")
    say("  write the mail: a note {# … #} in it says what belongs there")
    if not campaign:
        say(f'  let a campaign send it: email = "{mail}", below a header [[stage.{stage}.step]]')
        return
    say(f"  ripeline preview {campaign}/{mail}")
    say(f"  ripeline test {campaign}      its scenarios may have to speak of the new mail")
    say("  ripeline plan      who gets it of those on their way")


def _commands(name: str) -> None:
    say(f"  ripeline preview --campaign {name}")
    say(f"  ripeline test {name}")
    say(f'  set state = "live" in campaigns/{name}.toml, and  ripeline apply')
