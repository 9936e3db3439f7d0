"""Safe mode for other programs: what is told outside about leads waits, unless its host is one for trying things out.

A letter that is held is not changed: whether it may go is asked of config whenever it would. So letters go out as soon
as safe mode is off, and `ripeline outbox --drop` takes away what is not to go then.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from engine.config.model import Config
from engine.store.outbox import Target

WEBHOOK, CRM = "webhook", "crm"


def held_targets(config: Config) -> Mapping[Target, str]:
    """Who is told nothing while safe mode is on, each with why; nobody where it is off."""
    if not config.safety.deliver_to:
        return {}
    allowed = {host.casefold() for host in config.safety.hosts}
    hosts = {(WEBHOOK, name): host_of(found) for name, found in _addresses(config).items()}
    if config.crm.kind:
        hosts[CRM, config.crm.kind] = host_of(config.crm.url)
    return {target: _why(host) for target, host in hosts.items() if host not in allowed}


def _addresses(config: Config) -> Mapping[str, str]:
    return {name: found if isinstance(found, str) else found.url for name, found in config.webhooks.items()}


def _why(host: str) -> str:
    return f"held by safe mode, as {host or 'its host'} is not among [safety] hosts"


def host_of(url: str) -> str:
    """The host of an address, in small letters; empty where it has none."""
    try:
        return (urlsplit(url).hostname or "").casefold()
    except ValueError:
        return ""
