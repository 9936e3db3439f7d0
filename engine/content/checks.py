"""What every mail must have, and what is better mended before it is sent."""

from __future__ import annotations

import html
import re

from engine.content.frontmatter import Head
from engine.content.mails import CompiledMail, LinkKind
from engine.content.markup import VOID, Part, tokens
from engine.content.origin import Origin
from engine.content.settings import CompileSettings
from engine.errors import Place, Problem, Severity

_MUST_CLOSE = frozenset(
    ("a", "table", "style", "title", "b", "i", "em", "strong", "span", "div", "center", "font", "h1", "h2", "h3")
)


def mail_problems(
    mail: CompiledMail, head: Head, settings: CompileSettings, place: Place, operational: bool
) -> list[Problem]:
    """What is missing in a whole mail, and warnings."""
    return [
        *_subject(mail, head, place),
        *([] if operational else _leaving(mail, place)),
        *_postal(mail, settings, place),
        *_repeated(mail, head, place),
    ]


def _subject(mail: CompiledMail, head: Head, place: Place) -> list[Problem]:
    if "subject" not in head.values:
        where = Place(place.path, 1, 1)
        return [Problem("E332", "this mail has no subject", where, 'begin the file with  +++ / subject = "…" / +++')]
    if not mail.subject.strip():
        return [
            Problem("E332", "the subject is empty", head.places.get("subject", place), 'subject = "Your list rots"')
        ]
    return []


def _leaving(mail: CompiledMail, place: Place) -> list[Problem]:
    if any(link.kind is LinkKind.UNSUBSCRIBE for link in mail.links):
        return []
    hint = 'add <a href="{{ unsubscribe_url }}">Unsubscribe</a>; the layouts that ship have it'
    return [Problem("E334", "there is no way to unsubscribe in this marketing mail", place, hint)]


def _postal(mail: CompiledMail, settings: CompileSettings, place: Place) -> list[Problem]:
    address = " ".join(settings.company.get("postal_address", "").split())
    if not address:
        hint = 'add  postal_address = "…"  to [company]'
        return [
            Problem(
                "E335",
                "the company has no postal address, and the law asks for one in every mail",
                Place("config.toml"),
                hint,
            )
        ]
    if address in " ".join(mail.text.split()) or address in _words(mail.html):
        return []
    hint = "add {{ company.postal_address }}; the layouts that ship have it"
    return [Problem("E336", "this mail does not say the company's postal address", place, hint)]


def _words(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<br\s*/?>|<[^>]*>", " ", markup)).split())


def _repeated(mail: CompiledMail, head: Head, place: Place) -> list[Problem]:
    if mail.preheader and mail.preheader.strip().casefold() == mail.subject.strip().casefold():
        where = head.places.get("preheader", place)
        return [
            Problem(
                "W405", "the preheader repeats the subject", where, "say what the subject does not", Severity.WARNING
            )
        ]
    return []


def open_tags(body: str, origin: Origin) -> list[Problem]:
    """Elements that an HTML file opens and never closes; branches are taken one at a time."""
    source = re.sub(r"\{[{#].*?[}#]\}", lambda match: re.sub(r"[^\n]", " ", match[0]), body, flags=re.DOTALL)
    masked = re.sub(r"\{%.*?%\}", lambda match: re.sub(r"[^\n]", " ", match[0]), source, flags=re.DOTALL)
    if re.search(r"\{%-?\s*(el|else)", source):
        return []  # each branch may open its own; the balance is then not to be had by counting
    stack: list[tuple[str, int]] = []
    for token in tokens(masked):
        if token.hidden or token.name not in _MUST_CLOSE or token.name in VOID:
            continue
        if token.part is Part.OPEN and not masked[: token.end].endswith("/>"):
            stack.append((token.name, token.start))
        elif token.part is Part.CLOSE and any(name == token.name for name, _ in stack):
            while stack.pop()[0] != token.name:
                pass
    return [_unclosed(name, start, body, origin) for name, start in stack]


def _unclosed(name: str, start: int, body: str, origin: Origin) -> Problem:
    line = body.count("\n", 0, start) + 1
    place = origin.place(line)
    column = start - body.rfind("\n", 0, start)
    where = Place(place.path, place.line, column, len(name) + 1)
    error = name in {"a", "table", "style", "title"}
    severity = Severity.ERROR if error else Severity.WARNING
    return Problem("E311" if error else "W408", f"<{name}> is never closed", where, f"add </{name}>", severity)
