"""Texts too near in colour to their ground, by WCAG 2.2 success criterion 1.4.3 (contrast, level AA).

Judged are the colours that stand in the elements, in light mode; where a picture lies behind a text nobody can say.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from engine.content.lint.css import Colour, Declaration, colour, colour_among
from engine.content.lint.dark import darkened
from engine.content.lint.draft import Draft, Element
from engine.errors import Place, Problem

ENOUGH = 4.5
ENOUGH_IF_LARGE = 3.0
LARGE = 24.0
"""Pixels: 18 points, from which on a text is large; bold ones from `LARGE_BOLD` on."""
LARGE_BOLD = 18.66
BOLD = 600

_BLACK: Colour = (0.0, 0.0, 0.0, 1.0)
_WHITE: Colour = (1.0, 1.0, 1.0, 1.0)
_LINK: Colour = (0.0, 0.0, 238 / 255, 1.0)
_UNSEEN = frozenset(("head", "title", "style", "script", "noscript", "template", "svg", "object", "select"))
_HEADINGS = {"h1": 2.0, "h2": 1.5, "h3": 1.17, "h4": 1.0, "h5": 0.83, "h6": 0.67}
_SIZE = re.compile(r"(?<![\w.])(?P<number>\d*\.?\d+)(?P<unit>px|pt|em|rem|%)")
_AS_BEFORE = frozenset(("none", "transparent", "inherit", "initial", "unset", "currentcolor"))
_PIXELS = {"px": 1.0, "pt": 4 / 3, "rem": 16.0}


@dataclass(frozen=True, slots=True)
class Look:
    """How the texts within an element look; a colour is None where nobody can say. Sizes are pixels.

    `link` is that of links of which the mail says nothing, `said` are the colours of text and ground as somebody wrote
    them; empty where nobody did.
    """

    colour: Colour | None = _BLACK
    ground: Colour | None = _WHITE
    link: Colour | None = _LINK
    said: tuple[str, str] = ("", "")
    size: float = 16.0
    bold: bool = False
    unseen: bool = False

    @property
    def enough(self) -> float:
        large = self.size >= LARGE or (self.bold and self.size >= LARGE_BOLD)
        return ENOUGH_IF_LARGE if large else ENOUGH


def contrast_findings(draft: Draft) -> Iterator[Problem]:
    """One finding for each pair of colours, at the first text that has them."""
    told: set[tuple[str, str]] = set()
    yield from _judged(draft, Look(), told)
    if (dark := darkened(draft)) is not None:
        yield from _judged(dark, Look(colour=None, ground=None, link=None), told, ", in dark mode,")


def _judged(draft: Draft, look: Look, told: set[tuple[str, str]], mode: str = "") -> Iterator[Problem]:
    """The findings of one mode; `look` is that of a text of which the mail says nothing."""
    for text, found in _texts(draft.root, look):
        if found.colour is None or found.ground is None or found.unseen or not any(char.isalnum() for char in text):
            continue
        shown = _over(found.colour, found.ground)
        pair = hexadecimal(shown), hexadecimal(found.ground)
        ratio = contrast(shown, found.ground)
        if ratio < found.enough and pair not in told:
            told.add(pair)
            yield _finding(draft, text, replace(found, colour=shown), ratio, mode)


def _finding(draft: Draft, text: str, look: Look, ratio: float, mode: str) -> Problem:
    assert look.colour is not None and look.ground is not None
    found = math.floor(ratio * 10) / 10
    pair = f"{hexadecimal(look.colour)} on {hexadecimal(look.ground)}"
    message = f"this text is{mode} {pair}: a contrast of {found:g}, and {look.enough:g} is needed"
    hint = f"{hexadecimal(nearest(look.colour, look.ground, look.enough))} would be enough"
    return draft.warning("W512", message, _place(draft, text, look), hint)


def _place(draft: Draft, text: str, look: Look) -> Place:
    """The text, where the page chose one of the colours; else the colour where the layout chose it, for all mails."""
    if draft.says(*look.said) or not any(look.said):
        return draft.where_words(text)
    colour, ground = (re.escape(said) for said in look.said)
    choices = (
        (colour, rf"(?<![\w-])color\s*[:=]\s*[\"']?{colour}"),
        (ground, rf"background[^:=]*[:=]\s*[\"']?{ground}"),
    )
    patterns = (pattern for said, pattern in choices if said)
    return next((place for one in patterns if (place := draft.where(one)).line), draft.where_words(text))


def _texts(element: Element, look: Look) -> Iterator[tuple[str, Look]]:
    """Every text with how it looks."""
    for part in element.inside:
        if isinstance(part, str):
            yield part, look
        else:
            yield from _texts(part, _within(part, look))


def _within(element: Element, look: Look) -> Look:
    """How texts look in an element, by its own words and what it inherits."""
    style = {one.name: one.value for one in element.style}
    size = _size(element, style, look.size)
    own = _own_colour(element, style)
    unseen = look.unseen or element.name in _UNSEEN or "hidden" in element.attributes or _is_unseen(style)
    return Look(
        colour=_text_colour(element, own, look.colour, look.link),
        link=look.link,
        ground=_ground(element, look.ground),
        said=(own or look.said[0], _own_ground(element, style) or look.said[1]),
        size=size,
        bold=_bold(element, style, look.bold),
        unseen=unseen or size == 0,
    )


def _is_unseen(style: Mapping[str, str]) -> bool:
    return (
        style.get("display") == "none"
        or style.get("visibility") == "hidden"
        or style.get("opacity") == "0"
        or style.get("max-height") in ("0", "0px")
    )


def _own_colour(element: Element, style: Mapping[str, str]) -> str:
    return style.get("color", "") or (element.attributes.get("color", "") if element.name == "font" else "")


def _own_ground(element: Element, style: Mapping[str, str]) -> str:
    return style.get("background-color") or style.get("background") or element.attributes.get("bgcolor", "")


def _text_colour(element: Element, own: str, inherited: Colour | None, link: Colour | None) -> Colour | None:
    if own:
        return inherited if own in _AS_BEFORE else colour(own)
    return link if element.name == "a" and "href" in element.attributes else inherited


def _ground(element: Element, inherited: Colour | None) -> Colour | None:
    """The ground behind the element's texts: its own over what is behind it; None above pictures."""
    ground = inherited
    attribute = element.attributes.get("bgcolor", "")
    if attribute:
        ground = _laid(colour(attribute) or colour(f"#{attribute}"), ground)
    if element.attributes.get("background"):
        ground = None
    for one in element.style:
        ground = _declared(one, ground)
    return ground


def _declared(one: Declaration, ground: Colour | None) -> Colour | None:
    if one.name not in ("background", "background-color", "background-image"):
        return ground
    if one.name == "background-image":
        return ground if one.value in _AS_BEFORE else None
    found = colour_among(one.value)
    is_picture = "url(" in one.value or "gradient(" in one.value
    if is_picture or (found is None and one.value not in _AS_BEFORE):
        return None
    return _laid(found, ground)


def _laid(colour: Colour | None, ground: Colour | None) -> Colour | None:
    if colour is None or colour[3] == 0:
        return ground
    return colour if colour[3] == 1 else _over(colour, ground) if ground is not None else None


def _over(colour: Colour, ground: Colour) -> Colour:
    """What is seen of a colour that lets its ground shine through."""
    red, green, blue = (
        top * colour[3] + below * (1 - colour[3]) for top, below in zip(colour[:3], ground[:3], strict=True)
    )
    return red, green, blue, 1.0


def _size(element: Element, style: Mapping[str, str], inherited: float) -> float:
    said = style.get("font-size") or style.get("font", "")
    if said.strip() in ("0", "0px"):
        return 0.0
    if found := _SIZE.search(said):
        number, unit = float(found["number"]), found["unit"]
        return number * (_PIXELS.get(unit) or (inherited / 100 if unit == "%" else inherited))
    return inherited * _HEADINGS.get(element.name, 1.0)


def _bold(element: Element, style: Mapping[str, str], inherited: bool) -> bool:
    weight = style.get("font-weight", "")
    if weight:
        return weight in ("bold", "bolder") or (weight.isdigit() and int(weight) >= BOLD)
    return inherited or element.name in ("b", "strong", "th", *_HEADINGS)


def luminance(colour: Colour) -> float:
    """How light a colour is, from 0 to 1 (WCAG 2.2, "relative luminance")."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    """From 1, the same, to 21, black on white (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def nearest(colour: Colour, ground: Colour, enough: float) -> Colour:
    """The colour nearest to this one, on its way to black or to white, that is enough on the ground."""
    ends = sorted((_BLACK, _WHITE), key=lambda end: contrast(end, ground), reverse=True)
    steps = (_over((*ends[0][:3], share / 100), colour) for share in range(101))
    return next((step for step in steps if contrast(_rounded(step), ground) >= enough), ends[0])


def _rounded(colour: Colour) -> Colour:
    red, green, blue = (round(part * 255) / 255 for part in colour[:3])
    return red, green, blue, 1.0


def hexadecimal(colour: Colour) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour[:3])
