"""Posting JSON to an address that an operator configured, unsigned: alerts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from engine.connect.http import Ask, NoAnswerError, RefusedAddressError, ask


def post_json(url: str, content: Mapping[str, object]) -> str:
    """Post the content; an empty text when it was taken (2xx), otherwise what went wrong."""
    body = json.dumps(content).encode()
    try:
        reply = ask(Ask("POST", url, body, {"Content-Type": "application/json"}))
    except (RefusedAddressError, NoAnswerError) as error:
        return str(error)
    return "" if 200 <= reply.status < 300 else f"{urlsplit(url).hostname} answered {reply.status}"
