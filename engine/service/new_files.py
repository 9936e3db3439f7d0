"""Files that a command makes in a home: what stands in them is decided first, then all are written, or none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from engine.authoring.campaign_file import CAMPAIGN_ID
from engine.authoring.home import CAMPAIGNS
from engine.authoring.scenario_file import SCENARIOS
from engine.authoring.toml_layout import laid_out
from engine.authoring.values import is_name, name_hint
from engine.errors import RipelineError
from engine.service.whole_file import write_whole

SKETCHES = Path(__file__).with_name("sketches")


@dataclass(frozen=True, slots=True)
class NewFiles:
    """Files by their path in the home: those to be made, and those that stand there already and get another text."""

    made: Mapping[str, bytes]
    changed: Mapping[str, bytes] = field(default_factory=dict)


def write_new(home: Path, files: NewFiles) -> None:
    """Write them into the home.

    Raises:
        RipelineError: a file to be made stands there already, or one cannot be written.
    """
    for name in files.made:
        refuse_taken(home, name)
    for name, content in {**files.made, **files.changed}.items():
        folder = (home / name).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise RipelineError(f"{folder} cannot be made: {fault.strerror or fault}") from fault
        write_whole(home / name, content)


def refuse_taken(home: Path, name: str) -> None:
    """Let a path pass where nothing stands yet, no link either.

    Raises:
        RipelineError: something does.
    """
    if (home / name).exists() or (home / name).is_symlink():
        raise RipelineError(f"{name} is there already, and nothing was written. Choose another name.")


def sketched(name: str, values: Mapping[str, str]) -> bytes:
    """A starting text with these values in the place of its $names; TOML is laid out."""
    text = Template((SKETCHES / name).read_text("utf-8")).substitute(values)
    return (laid_out(text) if name.endswith(".toml") else text).encode()


def campaign_path(name: str) -> str:
    """The file of a campaign in its home.

    Raises:
        RipelineError: this cannot be a campaign's name.
    """
    if not CAMPAIGN_ID.fullmatch(name):
        raise RipelineError(f"'{name}' cannot be a campaign's name: small letters, digits and dashes only")
    return f"{CAMPAIGNS}/{name}.toml"


def scenarios_path(name: str) -> str:
    """The file of a campaign's scenarios in its home."""
    return f"{CAMPAIGNS}/{name}{SCENARIOS}"


def refuse_wrong_name(what: str, name: str) -> None:
    """Let names of themes, stages and mails pass.

    Raises:
        RipelineError: this cannot be one.
    """
    if not is_name(name):
        raise RipelineError(f"'{name}' cannot be {what}; {name_hint(name)}")


def in_words(name: str) -> str:
    """A name as the beginning of a sentence: `clean-crm` as `Clean crm`."""
    words = name.replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]
