"""Style attributes and colours, read by tinycss2; it is imported when first asked, because few commands need it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

Colour = tuple[float, float, float, float]
"""Red, green, blue and opacity, each from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """One property with its value in small letters, as it would be written."""

    name: str
    value: str


@lru_cache(maxsize=4096)
def declarations(style: str) -> tuple[Declaration, ...]:
    """What a `style` attribute says, in its order; what is not well-formed is left out, as programs do."""
    import tinycss2

    found = tinycss2.parse_declaration_list(style, skip_comments=True, skip_whitespace=True)
    return tuple(
        Declaration(one.lower_name, tinycss2.serialize(one.value).strip().lower())
        for one in found
        if one.type == "declaration"
    )


@lru_cache(maxsize=4096)
def colour(value: str) -> Colour | None:
    """The colour that a value names; None for one that depends on others, and for what is none."""
    from tinycss2.color3 import RGBA, parse_color

    found = parse_color(value.strip())
    return (found.red, found.green, found.blue, found.alpha) if isinstance(found, RGBA) else None


@lru_cache(maxsize=4096)
def colour_among(value: str) -> Colour | None:
    """The colour within a shorthand such as `background`."""
    import tinycss2

    parts = tinycss2.parse_component_value_list(value)
    found = (colour(part.serialize()) for part in parts if part.type in ("ident", "hash", "function"))
    return next((one for one in found if one is not None), None)


def rules_of_media(sheet: str, query: str) -> str:
    """The rules that a stylesheet has for a media query; `query` is without blanks."""
    import tinycss2

    found = tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True)
    return "\n".join(
        tinycss2.serialize(rule.content)
        for rule in found
        if rule.type == "at-rule" and rule.lower_at_keyword == "media" and rule.content is not None
        if query in "".join(tinycss2.serialize(rule.prelude).casefold().split())
    )
