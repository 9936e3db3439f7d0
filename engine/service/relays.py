"""Relays from config: their settings, secrets from the environment or a file, and the way mails take."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from engine.config.model import Config, Relay
from engine.errors import RipelineError
from engine.smtp.mailer import Routes
from engine.smtp.settings import RelaySettings


def relay_settings(config: Config, home: Path) -> list[RelaySettings]:
    """The settings of every relay.

    Raises:
        RipelineError: there is no relay, or a password is not where config says.
    """
    if not config.relay:
        raise RipelineError(
            "config.toml names no relay, so no mail can be sent. Add a [[relay]] with name, host and port."
        )
    return [_settings(relay, home) for relay in config.relay]


def routes(config: Config) -> Routes:
    """The first relay takes what no other claims by sender domain; the others stand in for it."""
    names = [relay.name for relay in config.relay]
    general = [relay.name for relay in config.relay if not relay.sender_domains] or names
    by_domain = {domain.casefold(): relay.name for relay in config.relay for domain in relay.sender_domains}
    backups = {name: tuple(other for other in general if other != name) for name in names}
    return Routes(general[0], by_domain, backups)


def _settings(relay: Relay, home: Path) -> RelaySettings:
    return RelaySettings(
        name=relay.name,
        host=relay.host,
        port=relay.port,
        tls=relay.tls,
        insecure=relay.insecure,
        username=relay.username or None,
        password=_password(relay, home),
        hostname=relay.helo or _this_host(),
        max_connections=relay.connections,
        messages_per_connection=relay.mails_per_connection,
        rate_per_second=relay.per_second or None,
    )


def _password(relay: Relay, home: Path) -> str | None:
    if relay.password_env:
        found = os.environ.get(relay.password_env)
        if not found:
            raise RipelineError(f"relay '{relay.name}': the environment variable {relay.password_env} is not set")
        return found
    if relay.password_file:
        return _from_file(relay, home / relay.password_file)
    return None


def _from_file(relay: Relay, path: Path) -> str:
    try:
        readable_by_others = path.stat().st_mode & 0o077
        if readable_by_others:
            raise RipelineError(f"relay '{relay.name}': {path} can be read by others; chmod 600 {path}")
        return path.read_text("utf-8").strip()
    except OSError as error:
        raise RipelineError(
            f"relay '{relay.name}': its password cannot be read from {path} ({error.strerror})"
        ) from error


def _this_host() -> str:
    name = socket.getfqdn()
    return name if name.isascii() and " " not in name and name else "localhost"
