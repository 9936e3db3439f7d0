"""Links that readers, filters or data protection stumble over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from engine.content.expressions import references
from engine.content.lint.draft import Draft, Element, known_part
from engine.errors import Place, Problem

SHORTENERS = frozenset(
    ("bit.ly", "buff.ly", "cutt.ly", "goo.gl", "is.gd", "lnkd.in", "ow.ly", "rb.gy", "rebrand.ly", "shorturl.at")
) | {"t.co", "t.ly", "tiny.cc", "tinyurl.com", "v.gd"}

VAGUE = frozenset(
    (
        *(
            "click here",
            "here",
            "click",
            "read more",
            "more",
            "learn more",
            "this link",
            "link",
            "this",
            "go",
            "details",
        ),
        *(
            "hier",
            "klicken sie hier",
            "hier klicken",
            "klick hier",
            "mehr",
            "weiterlesen",
            "mehr lesen",
            "mehr erfahren",
        ),
        *("dieser link", "details"),
    )
)
"""Words that say nothing without their sentence, in the languages of the templates that ship."""

_NOWHERE = frozenset(("example.com", "example.org", "example.net", "localhost"))  # RFC 2606
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s/]+\.[^\s/]+|[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|de|eu|io|ai|co)\b(?!@)")


def link_findings(draft: Draft) -> Iterator[Problem]:
    """Every finding in a link."""
    for link in draft.named("a", "area"):
        href = link.attributes.get("href", "").strip()
        for check in (_insecure, _elsewhere, _shortened, _nowhere, _personal, _vague):
            if "href" in link.attributes and (found := check(draft, link, href)) is not None:
                yield found


def _where(draft: Draft, link: Element, href: str) -> Place:
    """The address as far as it is known, or the link's words."""
    known = known_part(href)
    return draft.where(re.escape(known)) if len(known) > 1 else draft.where_words(link.words)


def _insecure(draft: Draft, link: Element, href: str) -> Problem | None:
    if not href.casefold().startswith("http:") or _is_nowhere(_host(href)):
        return None
    message = "this link leads to a page without encryption"
    return draft.warning("W521", message, _where(draft, link, href), f"write https{known_part(href)[4:60]}")


def _elsewhere(draft: Draft, link: Element, href: str) -> Problem | None:
    words = link.words
    shown = _ADDRESS.search(words)
    if shown is None or "@" in words or not href.casefold().startswith("http") or not _host(href):
        return None
    site = _host(shown[0] if "//" in shown[0] else f"https://{shown[0]}")
    if _site(site) == _site(_host(href)):
        return None
    message = f"this link shows {site} and leads to {_host(href)}"
    return draft.warning("W522", message, draft.where_words(words), "write words instead of an address")


def _shortened(draft: Draft, link: Element, href: str) -> Problem | None:
    host = _host(href)
    if host not in SHORTENERS:
        return None
    message = f"{host} hides where this link leads, and is on blocklists"
    return draft.warning(
        "W523", message, _where(draft, link, href), "write the address itself; clicks are counted anyway"
    )


def _nowhere(draft: Draft, link: Element, href: str) -> Problem | None:
    if href not in ("", "#") and not _is_nowhere(_host(href)):
        return None
    shown = f"'{href}'" if href else "nothing"
    message = f"this link leads to {shown}, which no reader can reach"
    return draft.warning("W524", message, _where(draft, link, href), "write the address that is meant")


def _is_nowhere(host: str) -> bool:
    if not host:
        return False
    try:
        return not ip_address(host.strip("[]")).is_global
    except ValueError:
        return (
            host in _NOWHERE
            or any(host.endswith(f".{one}") for one in _NOWHERE)
            or host.endswith((".local", ".internal"))
        )


def _personal(draft: Draft, link: Element, href: str) -> Problem | None:
    if href.casefold().startswith("mailto:"):
        return None
    marked = link.marked.get("href", "")
    expressions = (draft.marks.expression(mark) for mark in draft.marks.pattern.finditer(marked) if mark[1] == "h")
    named = (str(one) for expression in expressions if expression is not None for one in references(expression))
    if "lead.email" not in named:
        return None
    message = "this link carries the lead's mail address to the page"
    place = draft.where(r"lead\.email[^\n]*", re.escape(known_part(href)))
    return draft.warning("W525", message, place, "use an id of your own, or a form")


def _vague(draft: Draft, link: Element, href: str) -> Problem | None:
    words = link.words.casefold().strip(" .:!»›→>…")
    if words not in VAGUE or not href:
        return None
    message = f"'{link.words}' does not say where this link leads"
    return draft.warning("W516", message, _where(draft, link, href), 'name what is behind it: "Get the checklist"')


def _host(address: str) -> str:
    try:
        return (urlsplit(known_part(address)).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _site(host: str) -> str:
    """The last two labels: a site and its parts belong together."""
    return ".".join(host.split(".")[-2:])
