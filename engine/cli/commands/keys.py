"""The keys that sign links and mails; rotate them.

With --rotate a new key is made. It signs once the daemon is started again; links of mails already sent go on working,
because older keys stay in the ring and verify. Trackers on other machines need the new var/keys.json before that:
they could not verify what the new key signs.

Examples:

  ripeline keys
  ripeline keys --rotate
"""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import say
from engine.service.keys import rotate_keys


def command(
    home: HomeOption = HERE,
    rotate: Annotated[bool, typer.Option("--rotate", help="Make a new key, for the next start on.")] = False,
) -> None:
    """Show the ring, or add a key to it."""
    place = opened(home)
    if rotate:
        number = rotate_keys(place.var / "keys.json")
        say(f"Key {number} signs as soon as the daemon is started again; older links go on working.", "green")
        say("Trackers on other machines need this var/keys.json first.")
        return
    ring = place.keys.ring
    verify = "1 key verifies" if len(ring.keys) == 1 else f"{len(ring.keys)} keys verify"
    say(f"Key {ring.current} signs; {verify}.", "bold")
    say(f"They are in {place.var / 'keys.json'}: back it up, and let nobody else read it.")
