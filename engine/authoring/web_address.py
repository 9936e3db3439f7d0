"""Addresses of pages and services in files."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from engine.authoring.reader import Notes
from engine.authoring.toml_source import Item


def https(item: Item, notes: Notes) -> str | None:
    """The HTTPS address, noting one that is none; this machine may do without."""
    value = str(item.value)
    parts = urlsplit(value)
    if parts.scheme == "https" and parts.hostname:
        return value
    if parts.scheme == "http" and parts.hostname and is_this_machine(parts.hostname):
        return value
    notes.error("E014", item.place, f"'{value}' is no HTTPS address", 'write "https://…"')
    return None


def web(item: Item, notes: Notes) -> str | None:
    """The address of a page or service, noting what is none."""
    value = str(item.value)
    parts = urlsplit(value)
    if parts.scheme in ("http", "https") and parts.hostname:
        return value
    notes.error("E014", item.place, f"'{value}' is no web address", 'write "https://…"')
    return None


def is_this_machine(host: str) -> bool:
    """Whether a host is the one that this runs on."""
    if host in ("localhost", ""):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_inner(host: str) -> bool:
    """Whether a host, by its name or number alone, is this machine or stands in a private network."""
    try:
        return is_this_machine(host) or not ip_address(host).is_global
    except ValueError:
        return False
