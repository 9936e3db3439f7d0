"""docs/reference/cli.md: every command with its options, from what `--help` tells."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from enum import Enum
from itertools import groupby
from types import ModuleType
from typing import Any, get_args, get_type_hints

from typer.models import ArgumentInfo

from docs.generation.markdown import code, page, prose, table
from engine.cli.main import COMMANDS, VISIBLE

INTRO = """\
`ripeline COMMAND --help` tells the same. Every command works in the home that is the current folder, or that
`--home DIR` or the environment variable `RIPELINE_HOME` names. It ends with 0 if all went well, 1 after a failure that
it told in a sentence, 2 if it was called wrongly, 130 if it was interrupted; other ends are said below.
"""
EXAMPLES = "\nExample"


def cli_page() -> str:
    """The whole page."""
    parts = []
    for panel, names in groupby(VISIBLE, key=lambda name: COMMANDS[name].panel):
        parts.append(f"## {panel}")
        parts += [_command(name) for name in names]
    return page("Commands", INTRO, *parts)


def _command(name: str) -> str:
    module = importlib.import_module(f"engine.cli.commands.{COMMANDS[name].module}")
    words, examples = _split(module.__doc__ or "")
    shown = f"```text\n{examples}\n```" if examples else ""
    rows = list(_parameters(module))
    options = table(("argument or option", "meaning"), rows) if rows else ""
    return "\n\n".join(part for part in (f"### {name}", words, shown, options) if part)


def _split(text: str) -> tuple[str, str]:
    """The paragraphs, and the lines of the examples."""
    words, _, after = text.partition(EXAMPLES)
    lines = [line.removeprefix("  ") for line in after.partition(":")[2].split("\n")]
    return prose(words), "\n".join(lines).strip("\n")


def _parameters(module: ModuleType) -> Iterator[tuple[str, str]]:
    hints = get_type_hints(module.command, include_extras=True)
    for name, parameter in inspect.signature(module.command).parameters.items():
        kind, info = get_args(hints[name])[:2]
        if name != "home":
            yield (
                _argument(name, info)
                if isinstance(info, ArgumentInfo)
                else _option(name, kind, info, parameter.default)
            )


def _argument(name: str, info: Any) -> tuple[str, str]:
    return code(info.metavar or name.upper()), info.help or ""


def _option(name: str, kind: Any, info: Any, default: Any) -> tuple[str, str]:
    names = ", ".join(_declared(info)) or f"--{name.replace('_', '-')}"
    value = "" if kind is bool else f" {info.metavar or _placeholder(kind)}"
    told = "" if kind is bool or default in ("", None) else f" Default: {_plain(default)}."
    return code(names + value), (info.help or "") + told


def _declared(info: Any) -> list[str]:
    """The option's names; within `Annotated` the first one stands where a default would."""
    return [one for one in (info.default, *(info.param_decls or ())) if isinstance(one, str) and one.startswith("-")]


def _placeholder(kind: Any) -> str:
    found = next((one for one in (kind, *get_args(kind)) if isinstance(one, type) and issubclass(one, Enum)), None)
    if found is not None:
        return "|".join(str(choice.value) for choice in found)
    return "N" if kind is int else "TEXT"


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value
