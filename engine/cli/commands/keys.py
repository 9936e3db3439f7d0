"""The keys that sign links, mails and webhooks, and the keys of the API.

With --rotate a new signing key is made. It signs once the daemon is started again; links of mails already sent go on
working, because older keys stay in the ring and verify. Trackers on other machines need the new var/keys.json before
that: they could not verify what the new key signs.

Other programs use the API with a key of their own. It is shown once, when it is made; only a digest of it is kept.
`revoke` ends a key at once, `expire` after the time that --expires says.

With --webhook a secret for a webhook is made. Called again, the new and the old one both sign until you take the old
line out of the file.

Examples:

  ripeline keys
  ripeline keys --rotate
  ripeline keys api new shop --scope events:write --scope leads:write
  ripeline keys api new report --scope reports:read --expires 90d
  ripeline keys api list
  ripeline keys api revoke shop
  ripeline keys --webhook crm
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, opened, root_of
from engine.cli.screen import columns, console, counted, say, show
from engine.domain.api_keys import SCOPE_WORDS, Scope
from engine.domain.timing import parse_span
from engine.errors import RipelineError
from engine.service.api_keys import expire_api_key, listed_api_keys, new_api_key, revoke_api_key
from engine.service.home import Home
from engine.service.keys import rotate_keys
from engine.service.webhooks import make_secret


class Which(StrEnum):
    """Which keys."""

    API = "api"


class Act(StrEnum):
    """What to do with a key of the API."""

    NEW = "new"
    LIST = "list"
    REVOKE = "revoke"
    EXPIRE = "expire"


_WITH_OPTIONS = {Act.NEW: ("--scope", "--expires"), Act.EXPIRE: ("--expires",)}


def command(
    which: Annotated[
        Which | None, typer.Argument(metavar="[api]", help="api: the keys of the API.", show_default=False)
    ] = None,
    act: Annotated[
        Act | None, typer.Argument(metavar="[ACT]", help="new, list, revoke or expire.", show_default=False)
    ] = None,
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="The key's name.", show_default=False)] = "",
    home: HomeOption = HERE,
    rotate: Annotated[bool, typer.Option("--rotate", help="Make a new signing key, for the next start on.")] = False,
    scope: Annotated[
        list[Scope] | None, typer.Option("--scope", help="What the key may do; may be given several times.")
    ] = None,
    expires: Annotated[str, typer.Option("--expires", metavar="SPAN", help="When the key ends, such as 90d.")] = "",
    webhook: Annotated[str, typer.Option(metavar="NAME", help="Make a secret for this webhook.")] = "",
) -> None:
    """Show the ring, add a key to it, make a webhook's secret, or manage the keys of the API."""
    if webhook:
        _make_secret(home, webhook)
        return
    place = opened(home)
    if which is None:
        _signing(place, rotate)
        return
    if rotate:
        raise RipelineError("--rotate makes a new signing key; a key of the API is replaced by a new one")
    _check_options(act or Act.LIST, name, scope, expires)
    match act:
        case Act.NEW:
            _new(place, name, scope or [], _end(place, expires))
        case Act.REVOKE:
            revoke_api_key(place, name)
            say(f"The key '{name}' does not open anything any more.", "green")
        case Act.EXPIRE:
            _expire(place, name, _end(place, expires))
        case _:
            _list(place)


def _check_options(act: Act, name: str, scope: list[Scope] | None, expires: str) -> None:
    for option, given in (("--scope", scope), ("--expires", expires)):
        if given and option not in _WITH_OPTIONS.get(act, ()):
            raise RipelineError(f"{option} does not go with `ripeline keys api {act}`")
    if bool(name) == (act is Act.LIST):
        wanted = "takes no name" if name else f"needs the key's name: ripeline keys api {act} NAME"
        raise RipelineError(f"`ripeline keys api {act}` {wanted}")


def _signing(place: Home, rotate: bool) -> None:
    if rotate:
        number = rotate_keys(place.var / "keys.json")
        say(f"Key {number} signs as soon as the daemon is started again; older links go on working.", "green")
        say("Trackers on other machines need this var/keys.json first.")
        return
    ring = place.keys.ring
    verify = "1 key verifies" if len(ring.keys) == 1 else f"{len(ring.keys)} keys verify"
    say(f"Key {ring.current} signs; {verify}.", "bold")
    say(f"They are in {place.var / 'keys.json'}: back it up, and let nobody else read it.")


def _end(place: Home, expires: str) -> datetime | None:
    if not expires:
        return None
    span = parse_span(expires)
    if isinstance(span, str):
        raise RipelineError(f"--expires: {span}")
    return place.clock.now() + span.elapsed


def _new(place: Home, name: str, scopes: list[Scope], expires_at: datetime | None) -> None:
    key = new_api_key(place, name, scopes, expires_at)
    typer.echo(key)
    until = f" until {place.told(expires_at)}" if expires_at else ""
    aside = console(errors=True)
    aside.print(
        f"This is the key '{name}'{until}. It is shown only here: keep it as you keep a password.", style="green"
    )
    for one in scopes:
        aside.print(f"  {one:<20} {SCOPE_WORDS[one]}")
    if not place.config.api.enabled:
        aside.print("The API is not served yet: set enabled = true under [api] in config.toml.", style="yellow")


def _expire(place: Home, name: str, at: datetime | None) -> None:
    if at is None:
        raise RipelineError(f"say after how long: ripeline keys api expire {name} --expires 30d")
    expire_api_key(place, name, at)
    say(f"The key '{name}' ends {place.told(at)}.", "green")


def _list(place: Home) -> None:
    found = listed_api_keys(place)
    if not found:
        say("There are no keys of the API. `ripeline keys api new NAME --scope …` makes one.")
        return
    rows = [[("name", "bold"), ("begins", "bold"), ("may", "bold"), ("state", "bold"), ("used last", "bold")]]
    for one in found:
        ends = f", ends {place.told(one.expires_at)}" if one.state == "usable" and one.expires_at else ""
        used = place.told(one.used_at) if one.used_at else "never"
        colour = "" if one.state == "usable" else "dim"
        rows.append([(one.name, colour), (f"{one.start}…", colour), (", ".join(one.scopes), colour)])
        rows[-1] += [(f"{one.state}{ends}", colour), (used, colour)]
    show(columns(rows))
    say(counted(sum(one.state == "usable" for one in found), "usable key"), "dim")


def _make_secret(home: Path, name: str) -> None:
    path, changed = make_secret(root_of(home), name)
    say(f"A new secret is in {path} (mode 0600): give it to the receiver over a safe way.", "green")
    if changed:
        say("The one before stands below it, and both sign; take its line out when the receiver has changed over.")
        return
    say(
        f'Name it in config.toml, below [webhooks]:  {name} = {{ url = "https://…", secret_file = "keys/{path.name}" }}'
    )
