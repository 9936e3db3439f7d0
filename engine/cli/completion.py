"""What a shell offers for the word at the cursor: commands, options, and names of the home.

It runs at each press of Tab, so it imports neither typer nor the commands: what they take stands in `completion.json`,
which `make docs` writes. Leads are never offered: they are people, and a screen may have onlookers.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

TABLE = Path(__file__).with_name("completion.json")
_SCENARIOS = ".test.toml"
_NO_THEMES = frozenset({"layouts", "partials", "assets", "shared"})

Kind: TypeAlias = str | list[str]
"""What stands as a value: a word such as `campaign`, or its choices; "" for an option without one."""


class Offer(NamedTuple):
    """What may stand at the cursor: `also` says whether the shell adds `files` or `dirs`, or only `words` count."""

    also: str
    words: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Typed:
    """The words behind the command before the cursor: values by option, and the arguments."""

    values: Mapping[str, str]
    arguments: tuple[str, ...]
    waiting: str = ""


def answer(index: str, words: Sequence[str]) -> str:
    """The lines that the shells' scripts read: what to add, then a word, a tab and its meaning each."""
    try:
        offer = offered(int(index), list(words), json.loads(TABLE.read_text("utf-8")))
    except (OSError, ValueError, LookupError, AttributeError, TypeError):
        return "words\n"
    return "\n".join([offer.also, *(f"{word}\t{meaning}" for word, meaning in offer.words)]) + "\n"


def offered(index: int, words: list[str], table: Mapping[str, Any]) -> Offer:
    """What may stand at the cursor, in the word of this number; the program's name has number 0."""
    before, current = _joined(words[1:index], words[index] if index < len(words) else "")
    place = next((n for n, word in enumerate(before) if not word.startswith("-")), None)
    if place is None:
        of_program = [("--help", "Tell what there is."), ("--version", "Say the version.")]
        commands = [(name, one["help"]) for name, one in table.items()]
        return _matching(of_program if current.startswith("-") else commands, current)
    command = table.get(before[place])
    return _of_command(command, before[place + 1 :], current) if command else Offer("words", [])


def _of_command(command: Mapping[str, Any], before: list[str], current: str) -> Offer:
    """What may stand behind a command and these words: an option's value, an option, or an argument."""
    options = {name: option for option in command["options"] for name in option["names"]}
    typed = _typed(before, options)
    if typed.waiting:
        return _values(options[typed.waiting]["value"], current, typed)
    name, equals, value = current.partition("=")
    if equals and name in options:
        offer = _values(options[name]["value"], value, typed)
        return Offer(offer.also, [(f"{name}={word}", meaning) for word, meaning in offer.words])
    if current.startswith("-"):
        return _matching([*_unused(command["options"], typed), ("--help", "Tell what it does.")], current)
    return _values(_argument(command, len(typed.arguments)), current, typed)


def _argument(command: Mapping[str, Any], number: int) -> Kind:
    """The kind of the argument that comes next; the last one of some commands may be repeated."""
    kinds: list[Kind] = command["arguments"]
    if number < len(kinds):
        return kinds[number]
    return kinds[-1] if command["many"] else "none"


def _joined(before: list[str], current: str) -> tuple[list[str], str]:
    """Bash takes `--home=x` as three words."""
    found = [word for word in before if word != "="]
    return found, "" if current == "=" else current


def _typed(words: list[str], options: Mapping[str, Any]) -> _Typed:
    values: dict[str, str] = {}
    arguments: list[str] = []
    waiting = ""
    for word in words:
        if waiting:
            values[waiting], waiting = word, ""
        elif word.startswith("-"):
            name, equals, value = word.partition("=")
            values[name] = value
            waiting = name if name in options and options[name]["value"] and not equals else ""
        else:
            arguments.append(word)
    return _Typed(values, tuple(arguments), waiting)


def _unused(options: Sequence[Mapping[str, Any]], typed: _Typed) -> Iterator[tuple[str, str]]:
    for option in options:
        if option["many"] or not any(name in typed.values for name in option["names"]):
            yield option["names"][0], option["help"]


def _matching(words: Sequence[tuple[str, str]], current: str, also: str = "words") -> Offer:
    return Offer(also, [(word, meaning) for word, meaning in words if word.startswith(current)])


def _values(kind: Kind, current: str, typed: _Typed) -> Offer:
    if isinstance(kind, list):
        return _matching([(word, "") for word in kind], current)
    if kind in ("files", "dirs"):
        return Offer(kind, [])
    read = _NAMES.get(kind)
    home = Path(typed.values.get("--home") or os.environ.get("RIPELINE_HOME") or ".")
    return _matching([(name, "") for name in read(home, typed)] if read else [], current)


# Names of the home, by the kind of value


def _campaigns(home: Path, typed: _Typed) -> list[str]:  # noqa: ARG001
    return [_campaign(path) for path in _files(home)]


def _themes(home: Path, typed: _Typed) -> list[str]:  # noqa: ARG001
    folders = (path.name for path in (home / "templates").iterdir() if path.is_dir())
    return sorted(name for name in folders if name not in _NO_THEMES and not name.startswith("."))


def _mails(home: Path, typed: _Typed) -> list[str]:
    return [f"{campaign}/{_id(step)}" for campaign, _, step in _steps(home, typed) if "email" in step]


def _step_names(home: Path, typed: _Typed) -> list[str]:
    return list(dict.fromkeys(_id(step) for _, _, step in _steps(home, typed) if _id(step)))


def _places(home: Path, typed: _Typed) -> list[str]:
    """Stages, and the steps in them that have a name."""
    found = [(stage, _id(step)) for _, stage, step in _steps(home, typed)]
    return list(
        dict.fromkeys(place for stage, step in found for place in (stage, f"{stage}/{step}" if step else stage))
    )


_NAMES: Mapping[str, Callable[[Path, _Typed], list[str]]] = {
    "campaign": _campaigns,
    "theme": _themes,
    "mail": _mails,
    "step": _step_names,
    "place": _places,
}


def _files(home: Path) -> list[Path]:
    found = (home / "campaigns").glob("*.toml")
    named = (path for path in found if not path.name.endswith(_SCENARIOS) and not path.name.startswith("."))
    return sorted(named, key=_campaign)


def _campaign(path: Path) -> str:
    return path.name.removesuffix(".toml")


def _steps(home: Path, typed: _Typed) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Campaign, stage and step, of the campaign that was typed or of all; files with mistakes are passed over."""
    said = {typed.values.get("--campaign", ""), *typed.arguments[:1]}
    files = _files(home)
    for path in [path for path in files if _campaign(path) in said] or files:
        name = _campaign(path)
        try:
            stages = tomllib.loads(path.read_text("utf-8")).get("stage", {})
            found = [(stage, step) for stage, table in stages.items() for step in table.get("step", [])]
        except (OSError, ValueError, AttributeError):
            continue
        yield from ((name, stage, step) for stage, step in found if isinstance(step, dict))


def _id(step: Mapping[str, Any]) -> str:
    return str(step.get("id") or step.get("email") or "")
