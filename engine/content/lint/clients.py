"""HTML, styles and pictures that mail programs do not know, by the facts in `support.json`.

Told is only what breaks a mail where it is missing. What merely makes it plainer – rounded corners, shadows, letter
spacing – is left alone, and so are rules within `@media`, which programs take or leave.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from engine.config.model import MAIL_PROGRAMS
from engine.content.lint.css import Declaration
from engine.content.lint.draft import HOLE, Draft, Element, known_part
from engine.errors import Problem

TABLE = Path(__file__).with_name("support.json")


@dataclass(frozen=True, slots=True)
class Style:
    """A feature of CSS: the properties and values that use it; `over_ground` if a colour beneath stands in for it."""

    slug: str
    names: str
    values: str = ""
    over_ground: bool = False

    def used_by(self, one: Declaration) -> bool:
        return bool(re.fullmatch(self.names, one.name)) and bool(re.search(self.values, one.value))


STYLES = (
    Style("css-display-flex", "display", r"^(inline-)?flex$"),
    Style("css-display-grid", "display", r"^(inline-)?grid$"),
    Style("css-position", "position", r"^(absolute|fixed|sticky)$"),
    Style("css-float", "float", r"^(left|right)$"),
    Style("css-background-image", "background(-image)?", r"url\(", over_ground=True),
    Style("css-linear-gradient", "background(-image)?", r"linear-gradient\(", over_ground=True),
    Style("css-radial-gradient", "background(-image)?", r"radial-gradient\(", over_ground=True),
    Style("css-variables", ".*", r"var\("),
    Style("css-unit-calc", ".*", r"calc\("),
    Style("css-function-clamp", ".*", r"clamp\("),
    Style("css-function-min", ".*", r"(?<![\w-])min\("),
    Style("css-function-max", ".*", r"(?<![\w-])max\("),
    Style("css-unit-rem", ".*", r"\d\s*rem\b"),
    Style("css-unit-vw", "(?!max-|min-).*", r"\d\s*vw\b"),
    Style("css-unit-vh", "(?!max-|min-).*", r"\d\s*vh\b"),
    Style("css-rgba", "color|background(-color)?", r"rgba\("),
    Style("css-modern-color", ".*", r"\b(ok)?(lch|lab)\("),
    Style("css-function-light-dark", ".*", r"light-dark\("),
    Style("css-aspect-ratio", "aspect-ratio"),
    Style("css-object-fit", "object-fit", r"^(?!fill)"),
    Style("css-transform", "transform", r"^(?!none)"),
    Style("css-writing-mode", "writing-mode", r"^(?!horizontal)"),
    Style("css-visibility", "visibility", r"^(hidden|collapse)$"),
    Style("css-inset", "inset"),
    Style("css-margin-inline-block", "margin-(inline|block)"),
    Style("css-padding-inline-block", "padding-(inline|block)"),
    Style("css-inline-size", "inline-size"),
    Style("css-block-inline-size", "block-size"),
)
"""The styles that a layout can rest on."""

ELEMENTS: Mapping[str, str] = {
    "audio": "html-audio",
    "dialog": "html-dialog",
    "form": "html-form",
    "link": "html-link",
    "meter": "html-meter",
    "object": "html-object",
    "progress": "html-progress",
    "select": "html-select",
    "svg": "html-svg",
    "textarea": "html-textarea",
    "video": "html-video",
}
"""The elements whose absence loses something, with caniemail's name."""

NOWHERE = frozenset(("script", "iframe", "frame", "embed", "applet"))
"""Elements that every mail program takes out, as a danger."""

PICTURES: Mapping[str, str] = {
    "avif": "image-avif",
    "heic": "image-heif",
    "heif": "image-heif",
    "mp4": "image-mp4",
    "svg": "image-svg",
    "tif": "image-tiff",
    "tiff": "image-tiff",
    "webp": "image-webp",
    "data:": "image-base64",
}
"""Kinds of pictures by the end of their name."""

FEATURES = frozenset((*(style.slug for style in STYLES), *ELEMENTS.values(), *PICTURES.values()))
"""What the table must hold, by caniemail's names."""


def client_findings(draft: Draft) -> Iterator[Problem]:
    """One finding for each feature that some of the home's mail programs lack."""
    yield from _elements(draft)
    yield from _styles(draft)
    yield from _pictures(draft)


@cache
def _missing() -> Mapping[str, Sequence[str]]:
    table: Mapping[str, Mapping[str, Sequence[str]]] = json.loads(TABLE.read_text("utf-8"))
    return table["missing"]


def lacking(slug: str, clients: Sequence[str]) -> list[str]:
    """The programs among `clients` that do not know a feature, as people call them."""
    missing = _missing().get(slug, ())
    return [MAIL_PROGRAMS[client] for client in clients if client in missing]


def _elements(draft: Draft) -> Iterator[Problem]:
    told: set[str] = set()
    for element in draft.elements:
        if element.name in told or not (element.name in NOWHERE or element.name in ELEMENTS):
            continue
        if element.name == "link" and not _is_stylesheet(element):
            continue
        told.add(element.name)
        who = ["every mail program"] if element.name in NOWHERE else lacking(ELEMENTS[element.name], draft.clients)
        if who:
            message = f"<{element.name}> is not shown by {_listed(who)}"
            yield draft.warning("W501", message, draft.where(rf"<{element.name}\b"), "let a page do it, and link to it")


def _is_stylesheet(link: Element) -> bool:
    """Fonts are none: a mail without them is only plainer."""
    return "stylesheet" in link.attributes.get("rel", "") and "font" not in link.attributes.get("href", "")


def _styles(draft: Draft) -> Iterator[Problem]:
    told: set[str] = set()
    for element in draft.elements:
        for number, one in enumerate(element.style):
            for style in _features(one):
                if style.slug not in told and not _stood_in(style, one, element.style[:number], element):
                    told.add(style.slug)
                    yield from _style(draft, style, one)


@lru_cache(maxsize=4096)
def _features(one: Declaration) -> Sequence[Style]:
    return tuple(style for style in STYLES if style.used_by(one))


def _stood_in(style: Style, one: Declaration, before: Sequence[Declaration], element: Element) -> bool:
    """Whether a program that does not know the style takes another one instead."""
    if any(other.name == one.name and not style.used_by(other) for other in before):
        return True
    has_ground = "bgcolor" in element.attributes or any(other.name == "background-color" for other in element.style)
    return style.over_ground and has_ground


def _style(draft: Draft, style: Style, one: Declaration) -> Iterator[Problem]:
    who = lacking(style.slug, draft.clients)
    if not who:
        return
    shown = f"{one.name}: {one.value[:40].replace(HOLE, '…')}"
    message = f"'{shown}' is not understood by {_listed(who)}"
    place = draft.where(rf"{re.escape(one.name)}\s*:[^;\"']*{_core(style, one)}", rf"\b{re.escape(one.name)}\s*[:=]")
    yield draft.warning("W502", message, place, _INSTEAD.get(style.slug, ""))


def _core(style: Style, one: Declaration) -> str:
    found = re.search(style.values, one.value)
    return re.escape(found[0]) if found else ""


_INSTEAD: Mapping[str, str] = {
    "css-display-flex": "put columns into the cells of a table",
    "css-display-grid": "put columns into the cells of a table",
    "css-float": "use the cells of a table, or align",
    "css-position": "use the cells of a table, and padding",
    "css-background-image": "add a background-color that the text can be read on",
    "css-linear-gradient": "add a background-color that the text can be read on",
    "css-radial-gradient": "add a background-color that the text can be read on",
    "css-variables": "write the value itself",
    "css-unit-calc": "write the value before it too, in px or %",
    "css-unit-rem": "write px",
    "css-unit-vw": "write px or %",
    "css-unit-vh": "write px",
    "css-rgba": "write the colour that is seen, as #rrggbb",
    "css-modern-color": "write the colour as #rrggbb",
}


def _pictures(draft: Draft) -> Iterator[Problem]:
    told: set[str] = set()
    for element in draft.named("img", "input", "td", "table", "body"):
        source = element.attributes.get("src", "") or element.attributes.get("background", "")
        kind = _kind(source)
        if not kind or kind in told:
            continue
        told.add(kind)
        if who := lacking(PICTURES[kind], draft.clients):
            what = "a picture written into the mail (data:)" if kind == "data:" else f"a picture of the kind {kind}"
            place = draft.where(re.escape(known_part(source)[:60]))
            hint = "put it into assets/" if kind == "data:" else "save it as PNG, JPEG or GIF"
            yield draft.warning("W503", f"{what} is not shown by {_listed(who)}", place, hint)


def _kind(source: str) -> str:
    if source.startswith("data:"):
        return "data:"
    ending = urlsplit(known_part(source)).path.rpartition(".")[2].casefold() if source else ""
    return ending if ending in PICTURES else ""


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
