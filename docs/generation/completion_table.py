"""engine/cli/completion.json: what each command takes, for completion in shells, which must not load the commands."""

from __future__ import annotations

import importlib
import inspect
import json
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_type_hints

from typer.models import ArgumentInfo

from engine.cli.main import COMMANDS, VISIBLE

KINDS = {
    "CAMPAIGN": "campaign",
    "MAIL": "mail",
    "CAMPAIGN/STEP": "mail",
    "STEP": "step",
    "PLACE": "place",
    "THEME": "theme",
    "DIR": "dirs",
}
"""What a metavar means for completion; a path is a file, and everything else is not completed."""


def completion_table() -> str:
    """The whole file."""
    return json.dumps({name: _command(name) for name in VISIBLE}, ensure_ascii=False, indent=1) + "\n"


def _command(name: str) -> dict[str, Any]:
    found = list(_parameters(importlib.import_module(f"engine.cli.commands.{COMMANDS[name].module}").command))
    arguments = [(kind, hint) for kind, info, hint, _ in found if isinstance(info, ArgumentInfo)]
    return {
        "help": COMMANDS[name].help,
        "arguments": [kind for kind, _ in arguments],
        "many": any(_is_list(hint) for _, hint in arguments),
        "options": [
            {"names": _names(info, parameter), "value": kind, "many": _is_list(hint), "help": info.help}
            for kind, info, hint, parameter in found
            if not isinstance(info, ArgumentInfo)
        ],
    }


def _parameters(command: Any) -> Iterator[tuple[str | list[str], Any, Any, str]]:
    """Each parameter of a command: the kind of its value, its declaration, its type and its name."""
    hints = get_type_hints(command, include_extras=True)
    for name in inspect.signature(command).parameters:
        hint, info = get_args(hints[name])[:2]
        yield _kind(hint, info), info, hint, name


def _kind(hint: Any, info: Any) -> str | list[str]:
    if hint is bool:
        return ""
    inside = [hint, *get_args(hint)]
    for one in inside:
        if isinstance(one, type) and issubclass(one, Enum):
            return [str(choice.value) for choice in one]
    known = KINDS.get((info.metavar or "").strip("[]…"))
    return known or ("files" if Path in inside or list[Path] in inside else "none")


def _names(info: Any, parameter: str) -> list[str]:
    """The option's names, the long one first; within `Annotated` the first one stands where a default would."""
    said = [one for one in (info.default, *(info.param_decls or ())) if isinstance(one, str) and one.startswith("-")]
    return sorted(said, key=len, reverse=True) or [f"--{parameter.replace('_', '-')}"]


def _is_list(hint: Any) -> bool:
    return any(getattr(one, "__origin__", None) is list for one in (hint, *get_args(hint)))
