"""Let your shell complete commands, options and names of the home, such as campaigns and mails.

Without --install the script is printed, for `source` or for a place of your own. Addresses and names of leads are never
offered.

Examples:

  ripeline completion bash --install
  source <(ripeline completion zsh)
"""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.completion_scripts import MARK, SCRIPTS
from engine.cli.screen import say
from engine.errors import RipelineError
from engine.service.whole_file import write_whole


class Shell(StrEnum):
    """Shells that can be helped."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def command(
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")],
    install: Annotated[bool, typer.Option("--install", help="Put it where new shells look for it.")] = False,
) -> None:
    """Print the script, or put it where the shell looks."""
    if not install:
        typer.echo(SCRIPTS[shell], nl=False)
        return
    path = _place(shell)
    if path.exists() and MARK not in path.read_text("utf-8", errors="replace"):
        raise RipelineError(f"{path} is there already, and somebody else wrote it. Move it away, and try again.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise RipelineError(f"{path.parent} cannot be made: {fault.strerror or fault}") from fault
    write_whole(path, SCRIPTS[shell].encode())
    say(f"wrote  {path}")
    say(_NEXT[shell])


def _place(shell: Shell) -> Path:
    """Where the shell looks for it."""
    home = Path.home()
    match shell:
        case Shell.BASH:
            data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local/share")
            return data / "bash-completion/completions/ripeline"
        case Shell.ZSH:
            return home / ".zfunc/_ripeline"
        case Shell.FISH:
            config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
            return config / "fish/completions/ripeline.fish"


_NEXT = {
    Shell.BASH: "New shells have it, if the package bash-completion is installed; otherwise let ~/.bashrc source it.",
    Shell.ZSH: "New shells have it, if ~/.zshrc says  fpath+=(~/.zfunc); autoload -Uz compinit; compinit",
    Shell.FISH: "New shells have it.",
}
