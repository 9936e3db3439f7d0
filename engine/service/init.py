"""Laying out a new home: the shipped campaigns and templates, a config in safe mode, and what Git should not keep."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.authoring.home import read_bundle_texts
from engine.authoring.policy import CONFIG_FILE
from engine.authoring.toml_layout import laid_out
from engine.errors import RipelineError
from engine.service.editor_files import editor_files
from engine.service.starter import starter_files

GITIGNORE = """\
# What a running home writes: its database, keys and logs. None of it belongs into Git.
var/

# Secrets of webhooks, the CRM and relays.
keys/

# Rows that an import refused: they hold people's data.
*.rejects.csv
"""
SAMPLE_COMPANY, SAMPLE_DOMAIN = "Northlight", "northlight.example"
SAMPLE_SENDER = f"Ann Lee <ann.lee@{SAMPLE_DOMAIN}>"
"""Who sends in the shipped files; a new home puts its own names there."""

_TEXTS = frozenset({".md", ".html", ".mjml", ".txt"})
_NOT_IN_PROSE = frozenset('{}<>[]"\\')
"""Characters that mean something in a template; a company with one of them keeps the sample's name there."""

_HEADER = re.compile(r"^\s*\[")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who sends. `sender` is a name with an address, `deliver_to` gets all mail while the home is in safe mode."""

    company: str
    postal_address: str
    sender: str
    deliver_to: str

    @property
    def domain(self) -> str:
        """The domain that mails are from."""
        return self.sender.rpartition("@")[2].rstrip("> ").casefold()


@dataclass(frozen=True, slots=True)
class Laid:
    """What a new home got: paths written, and those that were there before and stayed as they are."""

    written: tuple[str, ...]
    kept: tuple[str, ...]


def lay_out(folder: Path, who: Identity, *, beside: bool = False) -> Laid:
    """Write a new home into a folder. `beside`: it may hold other files; none of them is overwritten.

    Raises:
        RipelineError: the folder is not empty, or cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise RipelineError(f"{folder} is a file; name a folder for the new home")
    if not beside and folder.exists() and any(folder.iterdir()):
        raise RipelineError(
            f"{folder} is not empty. Name another folder, or add --force: it lays the home out beside what is there "
            "and overwrites nothing."
        )
    try:
        return _write(folder, list(_content(who)))
    except OSError as fault:
        raise RipelineError(f"{folder} cannot be written: {fault.strerror or fault}") from fault


def _write(folder: Path, content: Iterable[tuple[str, bytes]]) -> Laid:
    written, kept = [], []
    for name, text in content:
        path = folder / name
        if path.exists() or path.is_symlink():
            kept.append(name)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
        written.append(name)
    return Laid(tuple(written), tuple(kept))


def _content(who: Identity) -> Iterator[tuple[str, bytes]]:
    yield ".gitignore", GITIGNORE.encode()
    for path, name in starter_files():
        content = path.read_bytes()
        if name == CONFIG_FILE:
            config = laid_out(config_for(content.decode(), who))
            yield name, config.encode()
            yield from _for_editors(config)
        else:
            yield name, _renamed_file(name, content, who)


def _for_editors(config: str) -> Iterator[tuple[str, bytes]]:
    """Schemas and settings by which editors know the keys of the home's files."""
    found, _, _ = read_bundle_texts({CONFIG_FILE: config})
    return ((name, text.encode()) for name, text in editor_files(found))


def _renamed_file(name: str, content: bytes, who: Identity) -> bytes:
    """A shipped file with the home's own names; pictures stay as they are."""
    if name.endswith(".toml"):
        return laid_out(renamed(content.decode(), who, _inner(who.company))).encode()
    plain = not set(who.company) & _NOT_IN_PROSE
    named = who.company if plain else SAMPLE_COMPANY
    return renamed(content.decode(), who, named).encode() if Path(name).suffix in _TEXTS else content


def renamed(text: str, who: Identity, company: str) -> str:
    """A shipped text with the home's own company, sender and domain in the place of the sample's."""
    text = text.replace(SAMPLE_SENDER, _inner(who.sender)).replace(SAMPLE_DOMAIN, who.domain)
    return text.replace(SAMPLE_COMPANY, company)


def config_for(text: str, who: Identity) -> str:
    """The shipped config with these names in the place of the sample company's, in safe mode."""
    values: Mapping[tuple[str, str], str] = {
        ("", "test_recipients"): f"[{quoted(who.deliver_to)}]",
        ("company", "name"): quoted(who.company),
        ("company", "postal_address"): quoted(who.postal_address),
        ("safety", "deliver_to"): quoted(who.deliver_to),
        ("sender", "default"): quoted(who.sender),
        ("alerts", "mail_to"): quoted(who.deliver_to),
    }
    for (section, key), value in values.items():
        text = with_value(text, section, key, value)
    return renamed(text, who, _inner(who.company))


def with_value(text: str, section: str, key: str, value: str) -> str:
    """The TOML text with this value, written as TOML, for a key of a section; all else stays as it was written."""
    lines = text.split("\n")
    start = _section_start(lines, section)
    if start is None:
        return "\n".join([*lines, f"[{section}]", f"{key} = {value}", ""])
    pattern = re.compile(rf"(\s*{re.escape(key)}\s*=\s*)(\"[^\"]*\"|\[[^\]]*\]|[^#\s]+)(.*)")
    for number in range(start, len(lines)):
        if _HEADER.match(lines[number]):
            break
        found = pattern.fullmatch(lines[number])
        if found:
            lines[number] = f"{found[1]}{value}{found[3]}"
            return "\n".join(lines)
    lines.insert(start, f"{key} = {value}")
    return "\n".join(lines)


def _section_start(lines: list[str], section: str) -> int | None:
    """The number of the line after the section's header; the top of the file has none."""
    if not section:
        return 0
    header = re.compile(rf"\s*\[{re.escape(section)}\]\s*(#.*)?")
    return next((number + 1 for number, line in enumerate(lines) if header.fullmatch(line)), None)


def quoted(text: str) -> str:
    """The text as a TOML string.

    Raises:
        RipelineError: it holds a character that no name and no address may hold.
    """
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise RipelineError(f"{text!r} holds a control character, which no name and no address may hold")
    return f'"{_inner(text)}"'


def _inner(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
