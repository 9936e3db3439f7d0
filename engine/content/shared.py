"""A mail for somebody whom its reader passed it on to: without the reader's own addresses.

Whoever holds a mail's unsubscribe or preference address speaks for its lead, and its tracked links count as the lead's.
So all of these are taken out; a link whose target is the same for everybody leads straight there, out of the frame that
shows the mail.
"""

from __future__ import annotations

import re
from html import escape

from engine.domain.tokens import KeyRing, Purpose, read_mail_token, read_shared_link

_MAIL = r"[A-Za-z0-9_-]{36}"
_CLICK = rf"c/(?P<track>{_MAIL})/(?P<link>[A-Za-z0-9_-]+)"
_OURS = rf"https?://[^\s\"'<>]*?/(?:o/{_MAIL}\.gif|{_CLICK}|[upvs]/{_MAIL}(?:/[a-z]+)?)"
_PIXEL = re.compile(rf"<img\b[^>]*?/o/{_MAIL}\.gif[^>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(rf"\s(?:href|src|action)\s*=\s*([\"']){_OURS}\1", re.IGNORECASE)
_HEAD = re.compile(r"(<head\b[^>]*>)", re.IGNORECASE)
_ANYWHERE = re.compile(_OURS, re.IGNORECASE)


def for_others(html: str, ring: KeyRing) -> str:
    """The HTML of a mail as it was sent, without what belongs to the lead alone."""

    def attribute(found: re.Match[str]) -> str:
        target = _target(ring, found)
        return f' href="{escape(target)}"' if target else ""

    html = _HEAD.sub(r'\1<base target="_blank">', _PIXEL.sub("", html), count=1)
    html = _ATTRIBUTE.sub(attribute, html)
    return _ANYWHERE.sub(lambda found: escape(_target(ring, found)), html)


def _target(ring: KeyRing, found: re.Match[str]) -> str:
    """Where a tracked link leads everybody; empty for all other addresses of ours."""
    if not found["link"]:
        return ""
    mail = read_mail_token(ring, Purpose.TRACK, found["track"])
    link = read_shared_link(ring, mail.table, found["link"]) if mail is not None else None
    return link.target if link is not None else ""
