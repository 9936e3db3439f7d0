"""A mail as a page shows it: for whom and how it is looked at, and what there is to say of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from engine.content.message import split_mailbox
from engine.content.scheme import follows_dark, in_scheme
from engine.service.check import CheckReport
from engine.service.mail_choice import MailChoice, edition
from engine.service.preview import Preview, Reader, preview

CLIPPED = 102
"""KB of HTML beyond which Gmail cuts a mail off (measured by senders; Google documents no figure)."""

PARTS = ("mail", "text", "source")
WIDTHS = ("desktop", "phone", "both")
OWN_LANGUAGE = "-"
"""Stands for the home's own language, whose files name none."""

_OUTSIDE = re.compile(r"(?:\bsrc\s*=\s*[\"']?|\bbackground\s*=\s*[\"']?|url\(\s*[\"']?)(?:https?:)?//", re.IGNORECASE)
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_OUTSIDE_OF_THE_FRAME = '<base target="_blank">'
_NAMES = {"persona": "for"}
_OF_ONE_MAIL = frozenset({"mail", "subject", "language"})


@dataclass(frozen=True, slots=True)
class Look:
    """How a mail is looked at, as it stands in the page's address; everything that is as usual stands in none.

    `mail` and `subject` are numbers of variants; without a `language` it is the lead's own.
    """

    persona: str = ""
    mail: int = 0
    subject: int = 0
    language: str = ""
    width: str = "desktop"
    dark: bool = False
    part: str = "mail"
    pictures: bool = False

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Look:
        """The look that an address asks for; what it does not understand is as usual."""
        return cls(
            persona=query.get("for", ""),
            mail=_number(query.get("mail", "")),
            subject=_number(query.get("subject", "")),
            language=query.get("language", ""),
            width=query["width"] if query.get("width") in WIDTHS else "desktop",
            dark=query.get("dark") == "1",
            part=query["part"] if query.get("part") in PARTS else "mail",
            pictures=query.get("pictures") == "1",
        )

    def query(self, **changes: Any) -> str:
        """The look with changes, as the end of an address."""
        return _query(dict(replace(self, **changes)._told()))

    def carried(self) -> str:
        """What of it goes along to another mail, as the end of an address."""
        return _query({name: value for name, value in self._told() if name not in _OF_ONE_MAIL})

    def hidden(self) -> list[tuple[str, str]]:
        """What a form with persona and variants must say besides."""
        return [(name, value) for name, value in self._told() if name not in {*_OF_ONE_MAIL, "for"}]

    def _told(self) -> Iterator[tuple[str, str]]:
        for field in fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                yield _NAMES.get(field.name, field.name), "1" if value is True else str(value)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _query(values: Mapping[str, str]) -> str:
    return f"?{urlencode(values)}" if values else ""


@dataclass(frozen=True, slots=True)
class MailView:
    """A written mail, and what to say of it. `outside` counts pictures that lie on other servers."""

    mail: Preview
    outside: int
    follows_dark: bool
    clip: int = CLIPPED

    @property
    def name(self) -> str:
        """The sender as an inbox shows it."""
        name, address = split_mailbox(self.mail.sender)
        return name or address

    @property
    def kilobytes(self) -> str:
        return f"{self.mail.html_bytes / 1024:.1f}".removesuffix(".0")

    @property
    def source(self) -> str:
        return self.mail.source.decode("utf-8", "replace").replace("\r\n", "\n")

    def page(self, *, dark: bool = False) -> str:
        """The HTML as a program shows it that is light, or dark; its links open outside of the frame that it is in."""
        html = in_scheme(self.mail.html, dark=dark)
        return _HEAD.sub(rf"\g<0>{_OUTSIDE_OF_THE_FRAME}", html, count=1) if _HEAD.search(html) else html


def looked_at(report: CheckReport, choice: MailChoice, look: Look, reader: Reader) -> MailChoice:
    """The edition of the mail that is asked for, else the one that this reader would get."""
    language = look.language.replace(OWN_LANGUAGE, "") if look.language else reader.lead.language
    return edition(report, choice, look.mail, look.subject, language)


def mail_view(report: CheckReport, choice: MailChoice, reader: Reader, now: datetime) -> MailView:
    """The mail for this reader.

    Raises:
        MailError: it cannot be written for this lead.
    """
    written = preview(report, choice, reader, now)
    return MailView(written, len(_OUTSIDE.findall(written.html)), follows_dark(written.html))
