"""Post a signed sample to a webhook of config.toml, and see what its receiver answers.

Examples:

  ripeline webhook crm
"""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import say
from engine.domain.outbox import Fate
from engine.service.webhooks import post_test


def command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The webhook's name below [webhooks].")],
    home: HomeOption = HERE,
) -> None:
    """Post a sample."""
    answer = post_test(opened(home), name)
    taken = answer.fate is Fate.DONE
    say(f"{'Taken' if taken else 'Not taken'}: {answer.words}", "green" if taken else "red")
    if not taken:
        raise typer.Exit(1)
