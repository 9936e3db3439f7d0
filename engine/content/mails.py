"""A compiled mail: all that is known before its lead is, as plain values that the store can keep."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from engine.errors import Place, Problem, Severity


@dataclass(frozen=True, slots=True, order=True)
class MailKey:
    """Which mail: its theme, stage and name in `templates/`; the empty language is the home's own."""

    theme: str
    stage: str
    name: str
    language: str = ""

    def __str__(self) -> str:
        stem = "/".join(part for part in (self.theme, self.stage, self.name) if part)
        return f"{stem}.{self.language}" if self.language else stem


@dataclass(frozen=True, slots=True, order=True)
class MailWanted:
    """A mail that a campaign sends. Operational mail needs no way to unsubscribe."""

    theme: str
    stage: str
    name: str
    operational: bool = False


class LinkKind(StrEnum):
    """What a link is for; only `track` links lead through the tracker and count as clicks."""

    TRACK = "track"
    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    VIEW = "view"
    SHARE = "share"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Link:
    """One link. `target` is exact, or Jinja source where it has holes; `dynamic`: they wait for the lead.

    A target that names `campaign`, `vars` or `base_url` is the same for all leads of one campaign: not dynamic.
    """

    index: int
    name: str
    target: str
    dynamic: bool = False
    tracked: bool = True
    kind: LinkKind = LinkKind.TRACK


@dataclass(frozen=True, slots=True, order=True)
class VariableUse:
    """A value that the mail asks for, like `lead.first_name`, and where the author wrote it."""

    path: str
    place: Place
    has_default: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Asset:
    """A picture beside the templates: `hash` names its content, `path` is relative to the templates' folder."""

    hash: str
    path: str
    content_type: str
    width: int = 0
    height: int = 0

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True, order=True)
class SourceFile:
    """A file that went into a mail, and the hash of its content, to know when the mail must be compiled again."""

    path: str
    hash: str


@dataclass(frozen=True)
class CompiledMail:
    """A mail without includes, inheritance, Markdown or MJML left: only holes that wait for a lead.

    `subject`, `preheader`, `sender`, `reply_to`, `html` and `text` are Jinja sources. `table` is the fingerprint of the
    links (6 bytes) that a mail's token names.
    """

    key: MailKey
    path: str
    subject: str
    preheader: str
    sender: str
    reply_to: str
    html: str
    text: str
    links: tuple[Link, ...]
    variables: tuple[VariableUse, ...]
    assets: tuple[Asset, ...]
    layout: str
    cache_key: str = ""
    sources: tuple[SourceFile, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @cached_property
    def table(self) -> bytes:
        parts = [[link.index, link.name, link.target, link.kind.value] for link in self.links]
        return hashlib.sha256(json.dumps(parts).encode()).digest()[:6]

    @cached_property
    def digest(self) -> str:
        """The mail's content address: 32 hexadecimal digits over all of it."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:32]

    def link(self, name: str) -> Link | None:
        """The link with this name, or None."""
        return next((link for link in self.links if link.name == name), None)

    def to_json(self) -> str:
        """The mail as one line of JSON; equal mails give equal text."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> CompiledMail:
        """The mail that `to_json` wrote.

        Raises:
            ValueError: the text is no compiled mail of this version.
        """
        try:
            return _mail(json.loads(text))
        except (KeyError, TypeError) as error:
            raise ValueError(f"this is no compiled mail: {error}") from error


def _mail(raw: dict[str, Any]) -> CompiledMail:
    nested = {
        "key": MailKey(**raw["key"]),
        "links": tuple(Link(**link | {"kind": LinkKind(link["kind"])}) for link in raw["links"]),
        "variables": tuple(VariableUse(**use | {"place": Place(**use["place"])}) for use in raw["variables"]),
        "assets": tuple(Asset(**asset) for asset in raw["assets"]),
        "sources": tuple(SourceFile(**source) for source in raw["sources"]),
        "warnings": problems_from(raw["warnings"]),
    }
    return CompiledMail(**raw | nested)


def problems_from(raw: list[dict[str, Any]]) -> tuple[Problem, ...]:
    """Problems as they stand in JSON, back as values."""
    return tuple(
        Problem(**entry | {"place": Place(**entry["place"]), "severity": Severity(entry["severity"])}) for entry in raw
    )
