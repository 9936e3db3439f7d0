"""The head of a template: TOML between lines of `+++`, with the place of every value."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from engine.authoring.silence import EXAMPLE, Silence, read_silence
from engine.content.library import Library
from engine.errors import Place, Problem, did_you_mean

KEYS = ("subject", "preheader", "from", "reply_to", "layout", "title", "links", "silence")
_FENCE = re.compile(r"^\+\+\+[ \t]*$", re.MULTILINE)
_ALIASES = {"reply-to": "reply_to", "replyto": "reply_to", "preview": "preheader", "preheader_text": "preheader"}


@dataclass(frozen=True, slots=True)
class Head:
    """What a template's head says; `body_line` is the file's line on which the body begins."""

    values: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    silences: tuple[Silence, ...] = ()
    body: str = ""
    body_line: int = 1


def read_head(library: Library, path: str, source: str) -> tuple[Head, list[Problem]]:
    """A template's head and body; every mistake in the head is reported at its place."""
    if source.startswith("---"):
        return Head(body=source), [_yaml(library, path)]
    opening = _FENCE.match(source)
    if not opening:
        return Head(body=source), []
    closing = _FENCE.search(source, opening.end())
    if not closing:
        message = "the head that begins with +++ is never closed"
        hint = "put a line of +++ after subject and the other values"
        return Head(body=""), [Problem("E305", message, library.place(path, 1, 1, 3), hint)]
    return _parse(library, path, source, (opening.end() + 1, closing))


def _parse(library: Library, path: str, source: str, span: tuple[int, re.Match[str]]) -> tuple[Head, list[Problem]]:
    start, closing = span
    text = source[start : closing.start()]
    body = source[closing.end() :].removeprefix("\n")
    body_line = source.count("\n", 0, closing.end()) + 2
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Head(body=body, body_line=body_line), [_toml(library, path, error)]
    places = _places(library, path, text)
    whole = library.place(path, 1, 1)
    silences, mistaken = _silences(raw.pop("silence", {}), places, partial(_key_place, library, path, text))
    values, links, problems = _checked(raw, places, whole)
    return Head(values, links, places, silences, body, body_line), [*problems, *mistaken]


def _silences(
    raw: object, places: Mapping[str, Place], key: Callable[[str], Place]
) -> tuple[tuple[Silence, ...], list[Problem]]:
    if not isinstance(raw, dict):
        message = f"'silence' must be a table, not {_kind(raw)}"
        return (), [Problem("E307", message, places.get("silence", key("silence")), EXAMPLE)]
    found = [read_silence(code, reason, key(code), key(code)) for code, reason in raw.items()]
    problems = [one for one in found if isinstance(one, Problem)]
    return tuple(one for one in found if isinstance(one, Silence)), problems


def _key_place(library: Library, path: str, text: str, key: str) -> Place:
    """Where a key itself stands in the head."""
    for number, line in enumerate(text.split("\n"), start=2):
        if found := re.search(rf"""(?<![\w-])(["']?){re.escape(key)}\1\s*=""", line):
            return library.place(path, number, found.start() + len(found[1]) + 1, len(key))
    return library.place(path, 1, 1)


def _places(library: Library, path: str, text: str) -> dict[str, Place]:
    """Where each value begins, after its opening quotes; keys of a `[links]` table are `links.name`."""
    places: dict[str, Place] = {}
    table = ""
    for number, line in enumerate(text.split("\n"), start=2):
        if header := re.match(r"\s*\[\s*([\w.-]+)\s*\]", line):
            table = header[1] + "."
        elif pair := re.match(r"""(\s*)["']?([\w-]+)["']?(\s*=\s*)("{3}|'{3}|["'])?""", line):
            column = pair.end() + 1
            places[table + pair[2]] = library.place(path, number, column, max(1, len(pair[2])))
            for inner in re.finditer(r"([\w-]+)\s*=\s*[\"']", line[pair.end() :] if "{" in line else ""):
                places[f"{pair[2]}.{inner[1]}"] = library.place(path, number, pair.end() + inner.end() + 1)
    return places


def _checked(
    raw: dict[str, object], places: Mapping[str, Place], whole: Place
) -> tuple[dict[str, str], dict[str, str], list[Problem]]:
    values: dict[str, str] = {}
    links: dict[str, str] = {}
    problems: list[Problem] = []
    for key, value in raw.items():
        place = places.get(key, whole)
        if key == "links" and isinstance(value, dict):
            links, wrong = _links(value, places, place)
            problems += wrong
        elif key not in KEYS:
            hint = f"write {_ALIASES[key]}" if key in _ALIASES else did_you_mean(key, KEYS)
            problems.append(
                Problem(
                    "E306",
                    f"unknown value '{key}' in the head of a template",
                    place,
                    hint or f"known are {', '.join(KEYS)}",
                )
            )
        elif not isinstance(value, str):
            problems.append(Problem("E307", f"'{key}' must be a text in quotes, not {_kind(value)}", place))
        elif key != "links":
            values[key] = value
    return values, links, problems


def _links(
    raw: Mapping[str, object], places: Mapping[str, Place], whole: Place
) -> tuple[dict[str, str], list[Problem]]:
    problems = [
        Problem(
            "E307",
            f"the link '{name}' must be an address in quotes, not {_kind(value)}",
            places.get(f"links.{name}", whole),
        )
        for name, value in raw.items()
        if not isinstance(value, str)
    ]
    return {name: value for name, value in raw.items() if isinstance(value, str)}, problems


def _kind(value: object) -> str:
    names = {str: "a text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a table"}
    return names.get(type(value), "a date")


def _toml(library: Library, path: str, error: tomllib.TOMLDecodeError) -> Problem:
    text = str(error)
    where = re.search(r"\(at line (\d+), column (\d+)\)", text)
    message = "the head is no TOML: " + re.sub(r"\s*\(at .*\)", "", text)
    hint = 'a value looks like this: subject = "Your list rots"'
    line, column = (int(where[1]) + 1, int(where[2])) if where else (1, 1)
    return Problem("E305", message, library.place(path, line, column), hint)


def _yaml(library: Library, path: str) -> Problem:
    message = "this head is YAML (---); Ripeline's templates have TOML between lines of +++"
    hint = '+++ instead of ---, and subject = "…" instead of subject: …'
    return Problem("E304", message, library.place(path, 1, 1, 3), hint)
