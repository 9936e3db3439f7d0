"""What screen readers need: the language, headings in order, tables that say what they are, links with words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from engine.content.lint.draft import HOLE, Draft, Element, known_part
from engine.errors import Problem

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_NO_TABLE = frozenset(("presentation", "none"))
_LANGUAGE = r"<(html|mjml)\b[^>]*>?"


def structure_findings(draft: Draft) -> Iterator[Problem]:
    """Every finding of structure."""
    yield from _language(draft)
    yield from _headings(draft)
    yield from _tables(draft)
    yield from _links(draft)


def _language(draft: Draft) -> Iterator[Problem]:
    """`<html lang>`; a mail that is no document of its own has none, and programs show it in a page of theirs."""
    for root in draft.named("html"):
        said = root.attributes.get("lang", "").strip()
        if not said:
            message = "this mail does not say in which language it is"
            yield draft.warning("W511", message, draft.where(_LANGUAGE), 'write <html lang="{{ language }}">')
        elif HOLE not in said and _primary(said) != _primary(draft.language):
            message = f"this mail says that it is in '{said}', and it is in '{draft.language}'"
            place = draft.where(rf"""lang=["']?{re.escape(said)}""", _LANGUAGE)
            yield draft.warning("W511", message, place, 'write lang="{{ language }}"')


def _primary(language: str) -> str:
    return language.partition("-")[0].casefold()


def _headings(draft: Draft) -> Iterator[Problem]:
    for before, after in pairwise(draft.named(*_HEADINGS)):
        if _level(after) > _level(before) + 1:
            message = f"a heading {after.name} follows {before.name}, and skips a level"
            yield draft.warning("W513", message, draft.where_words(after.words), f"make it h{_level(before) + 1}")


def _level(heading: Element) -> int:
    return int(heading.name[1])


def _tables(draft: Draft) -> Iterator[Problem]:
    told: set[str] = set()
    for table in draft.named("table"):
        role = table.attributes.get("role", "").strip().casefold()
        own = [cell for cell in table.within() if next(e for e in cell.above if e.name == "table") is table]
        headed = any(cell.name in ("th", "caption") for cell in own)
        if role in _NO_TABLE and headed:
            message = "this table has headers, and its role says that it is for layout"
            yield draft.warning("W514", message, draft.where_words(table.words), "take the role out")
        elif role not in _NO_TABLE and not headed and not _is_data(table):
            message = "this table has no headers, and its role does not say that it is for layout"
            tag = _without_role(table)
            if tag not in told:
                told.add(tag)
                place = draft.where(tag, r"<table\b(?![^>]*\brole=)[^>]*>?")
                yield draft.warning("W514", message, place, 'write <table role="presentation">')


def _without_role(table: Element) -> str:
    """Its tag as it can stand in a file, told from others by its class or id."""
    known = next((key for key in ("class", "id") if key in table.attributes), "")
    name = rf"\b{known}=[\"']?{re.escape(table.attributes[known])}" if known else ""
    return rf"<table\b(?![^>]*\brole=)[^>]*{name}[^>]*>?"


def _is_data(table: Element) -> bool:
    return table.attributes.get("role", "") in ("table", "grid")


def _links(draft: Draft) -> Iterator[Problem]:
    for link in draft.named("a"):
        if "href" not in link.attributes or link.words or link.attributes.get("aria-label", "").strip():
            continue
        picture = next((element for element in link.within() if element.name == "img"), None)
        message = "this link has no words" + (", only a picture without a text" if picture else "")
        addresses = (link.attributes["href"], picture.attributes.get("src", "") if picture else "")
        place = draft.where(*(re.escape(known) for one in addresses if (known := known_part(one))))
        yield draft.warning("W515", message, place, 'give the picture alt="…"' if picture else "write words into it")
