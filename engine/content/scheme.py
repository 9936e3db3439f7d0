"""A mail as a program shows it that is light, or dark: its own rules for dark screens taken, or left out.

Only programs that follow the mail's `prefers-color-scheme` are shown so. Programs that recolour mails by themselves
(Gmail's app, Outlook on Windows) follow no published rule, and cannot be.
"""

from __future__ import annotations

import re

_QUERY = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)", re.IGNORECASE)
_BOTH = re.compile(r"(?<![\w-])((?:supported-)?color-schemes?\s*:\s*)(?:light\s+dark|dark\s+light)", re.IGNORECASE)
_META = re.compile(r"<meta\s[^>]*name\s*=\s*[\"']?color-scheme\b[^>]*>", re.IGNORECASE)
_DARK = re.compile(r"\bdark\b", re.IGNORECASE)
_ALWAYS, _NEVER = "(min-width: 0)", "(max-width: 0)"


def in_scheme(html: str, *, dark: bool) -> str:
    """The page as it looks there, whatever the browser that shows it prefers."""
    wanted = "dark" if dark else "light"
    html = _QUERY.sub(lambda found: _ALWAYS if found[1].lower() == wanted else _NEVER, html)
    html = _BOTH.sub(rf"\1{wanted}", html)
    return _META.sub(lambda found: _meta(found[0], wanted), html)


def follows_dark(html: str) -> bool:
    """Whether the mail has something to say for dark screens; programs leave others as they are, or recolour them."""
    return any(_DARK.search(found) for found in _META.findall(html)) or bool(_QUERY.search(html))


def _meta(tag: str, wanted: str) -> str:
    return f'<meta name="color-scheme" content="{wanted}">' if _DARK.search(tag) else tag
