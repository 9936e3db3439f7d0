"""A new campaign, small or for a whole theme, with its mails and its scenarios: a sound start to be rewritten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

from engine.authoring.values import domain_of
from engine.config.model import Config
from engine.service.new_files import (
    SKETCHES,
    NewFiles,
    campaign_path,
    in_words,
    refuse_wrong_name,
    scenarios_path,
    sketched,
)

_CAMPAIGN = "campaign"
_THEME = "theme"
_MAILS: Mapping[str, tuple[tuple[str, str], ...]] = {
    _CAMPAIGN: (("start", "hello"), ("start", "reminder"), ("next", "offer")),
    _THEME: (("aware", "problem"), ("aware", "cost"), ("compare", "ways"), ("compare", "example"), ("ready", "offer")),
}
"""The mails of each sketch, by stage."""


def new_campaign(home: Path, config: Config, name: str, theme: str, today: date) -> NewFiles:
    """A small campaign: two stages and three mails, of this theme.

    Raises:
        RipelineError: a name cannot be one.
    """
    campaign_path(name)
    refuse_wrong_name("a theme", theme)
    prefix = "" if theme == name else f"{name}-"
    return _sketch(_CAMPAIGN, home, config, (name, theme, prefix), today)


def new_theme(home: Path, config: Config, name: str, today: date) -> NewFiles:
    """A campaign for a new theme: from noticing a problem to wanting it solved.

    Raises:
        RipelineError: the name cannot be one.
    """
    return _sketch(_THEME, home, config, (name, name, ""), today)


def _sketch(sketch: str, home: Path, config: Config, names: tuple[str, str, str], today: date) -> NewFiles:
    name, theme, prefix = names
    path = campaign_path(name)
    values = {
        "name": name,
        "theme": theme,
        "title": in_words(name),
        "monday": _monday(today),
        **mail_values(home, config),
        **{mail: f"{prefix}{mail}" for _, mail in _MAILS[sketch]},
    }
    made = {
        path: sketched(f"{sketch}/campaign.toml", values),
        scenarios_path(name): sketched(f"{sketch}/campaign.test.toml", values),
        **dict(_mails(sketch, theme, prefix, values)),
    }
    return NewFiles(made)


def first_scenario(name: str, today: date) -> bytes:
    """A scenario for a campaign of which nothing is known: somebody does not come in."""
    return sketched("first.test.toml", {"name": name, "monday": _monday(today)})


def _monday(today: date) -> str:
    """The morning on which this week began, as TOML."""
    return f"{today - timedelta(days=today.weekday())}T09:00:00"


def _mails(sketch: str, theme: str, prefix: str, values: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    for stage, mail in _MAILS[sketch]:
        yield f"templates/{theme}/{stage}/{prefix}{mail}.md", sketched(f"{sketch}/{mail}.md", values)


def mail_values(home: Path, config: Config) -> Mapping[str, str]:
    """What starting texts of mails take from the home: its site, or the likely one of its sender; a letter's layout."""
    letter = (home / "templates/layouts/letter.html").is_file()
    guessed = f"https://www.{domain_of(config.sender.default)}"
    return {
        "site": (config.company.website or guessed).rstrip("/"),
        "layout": '\nlayout    = "letter"' if letter else "",
    }


def sketches() -> frozenset[str]:
    """The files that the sketches are made of, by their path below the folder."""
    return frozenset(path.relative_to(SKETCHES).as_posix() for path in SKETCHES.rglob("*.*"))
