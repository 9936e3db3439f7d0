"""The values of `[crm]` that types alone cannot check: what a connection needs, and where it may go."""

from __future__ import annotations

from urllib.parse import urlsplit

from engine.authoring.reader import Notes
from engine.authoring.toml_source import Item
from engine.authoring.web_address import https, is_inner, web
from engine.config.outside import Crm

_NEEDED = {"url": 'add  url = "https://…"', "client_id": "add the consumer key of the connected app"}


def check_crm(crm: Crm, root: Item, notes: Notes) -> None:
    """Note what a connection lacks, a secret said twice, and an address that it may not speak with."""
    found = root.get("crm")
    if found is None:
        return
    if crm.kind:
        _complete(crm, found, notes)
    if crm.secret_env and crm.secret_file:
        message = "the secret of the CRM is said to stand in two places"
        notes.error("E014", found.find("secret_file").key, message, "keep secret_env or secret_file")
    url = found.get("url")
    if crm.url and url is not None:
        _address(crm, url, notes)


def _complete(crm: Crm, found: Item, notes: Notes) -> None:
    for key, hint in _NEEDED.items():
        item = found.get(key)
        if item is None or item.value == "":
            notes.error("E011", found.find("kind").place, f"[crm] has a kind and no {key}", hint)
    if not (crm.secret_env or crm.secret_file):
        message, hint = "nothing says where the secret of the CRM is", 'add  secret_env = "SALESFORCE_SECRET"'
        notes.error("E011", found.find("kind").place, message, hint)


def _address(crm: Crm, url: Item, notes: Notes) -> None:
    parts = urlsplit(crm.url)
    if "@" in parts.netloc:
        notes.error("E017", url.place, "the address of the CRM holds a password", "take it out of the address")
    elif crm.inner:
        web(url, notes)
    elif https(url, notes) and is_inner(parts.hostname or ""):
        message = f"{parts.hostname} stands in your own network, which [crm] may not speak with"
        notes.error("E014", url.place, message, "add  inner = true  if it is meant")
