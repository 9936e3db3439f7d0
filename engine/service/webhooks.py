"""Webhooks of config: their addresses and secrets, and posting to one, signed as Standard Webhooks has it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from engine.config.outside import Webhook
from engine.connect.http import Ask, NoAnswerError, RefusedAddressError, ask
from engine.connect.signing import BadSecretError, fresh_secret, read_secret, sign
from engine.domain.outbox import Answer, Fate, read_status
from engine.errors import RipelineError, did_you_mean
from engine.service.home import Home
from engine.service.private_file import write_private

TEST = "ripeline.test"


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who is posted to: the address, the keys that sign (none: unsigned), whether the host stands inside."""

    name: str
    url: str
    keys: tuple[bytes, ...] = ()
    inner: bool = False


def receiver(home: Home, name: str) -> Receiver:
    """The webhook that config calls so.

    Raises:
        RipelineError: config knows none of the name, or its secret is not where it should be, or is none.
    """
    found = home.config.webhooks.get(name)
    if found is None:
        hint = did_you_mean(name, home.config.webhooks) or "name one below [webhooks]"
        raise RipelineError(f"config.toml has no webhook '{name}': {hint}")
    if isinstance(found, str):
        return Receiver(name, found)
    return Receiver(name, found.url, _keys(name, found, home.path), found.inner)


def _keys(name: str, hook: Webhook, home: Path) -> tuple[bytes, ...]:
    """The keys, more than one while the secret is changed: they stand in one text, with blanks or lines between."""
    try:
        keys = tuple(read_secret(word) for word in _secret(name, hook, home).split())
    except BadSecretError as error:
        raise RipelineError(f"webhook '{name}': {error}. `ripeline keys --webhook {name}` makes one") from error
    if not keys:
        raise RipelineError(f"webhook '{name}': its secret is empty")
    return keys


def _secret(name: str, hook: Webhook, home: Path) -> str:
    if hook.secret_env:
        found = os.environ.get(hook.secret_env)
        if not found:
            raise RipelineError(f"webhook '{name}': the environment variable {hook.secret_env} is not set")
        return found
    path = home / hook.secret_file
    try:
        if path.stat().st_mode & 0o077:
            raise RipelineError(f"webhook '{name}': {path} can be read by others; chmod 600 {path}")
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RipelineError(f"webhook '{name}': its secret cannot be read from {path}") from error


def post_to(to: Receiver, message_id: str, topic: str, data: Mapping[str, Any], at: datetime) -> Answer:
    """Post one message and read what its receiver says.

    The content is `{type, timestamp, data}`; `timestamp` there is when it happened, and stays the same in every try.
    """
    host = urlsplit(to.url).hostname or to.name
    stamp = data.get("at") or at.isoformat()
    body = json.dumps({"type": topic, "timestamp": stamp, "data": data}, ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Ripeline",
        **sign(to.keys, message_id, at, body),
    }
    try:
        reply = ask(Ask("POST", to.url, body, headers, to.inner))
    except (RefusedAddressError, NoAnswerError) as error:
        return Answer(Fate.AGAIN, str(error))
    return read_status(reply.status, host, reply.retry_after(at))


def post_test(home: Home, name: str) -> Answer:
    """Post a signed sample to a webhook, outside of the outbox.

    Raises:
        RipelineError: see `receiver`.
    """
    now = home.clock.now()
    data = {"note": "A test by `ripeline webhook`: nothing happened.", "home": home.path.name, "at": now.isoformat()}
    return post_to(receiver(home, name), f"test_{home.identity}_{int(now.timestamp())}", TEST, data, now)


def make_secret(home: Path, name: str) -> tuple[Path, bool]:
    """A new secret for a webhook, in `keys/NAME-webhook-secret`; where it is, and whether one stood there before.

    The one before goes on signing beside it until somebody takes its line out, so that the receiver can change over.

    Raises:
        RipelineError: the name cannot be one, or the file cannot be written.
    """
    if not name or not all(char.isalnum() or char in "-_" for char in name):
        raise RipelineError(f"'{name}' cannot be the name of a webhook: use letters, digits, - and _")
    path = home / "keys" / f"{name}-webhook-secret"
    try:
        if not path.parent.exists():
            path.parent.mkdir(mode=0o700)
            (path.parent / ".gitignore").write_text("# Secrets never belong into Git.\n*\n", "utf-8")
        before = path.read_text("utf-8").split() if path.exists() else []
    except OSError as error:
        raise RipelineError(f"{path} cannot be read ({error.strerror})") from error
    write_private(path, ("\n".join([fresh_secret(), *before[:1]]) + "\n").encode())
    return path, bool(before)
