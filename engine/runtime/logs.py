"""Logs: lines that a person can read, or JSON for collectors. No personal data: messages name leads by number."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Literal

_ADDRESS = re.compile(r"[^\s<>@\"'(]{1,64}@[\w-]+(?:\.[\w-]+)+")
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class _People(logging.Formatter):
    """`10:12:05  sender   212 mails sent` with what was given as `extra` behind."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        name = record.name.removeprefix("ripeline.")
        level = "" if record.levelno <= logging.INFO else f"{record.levelname.lower()}: "
        text = f"{at:%Y-%m-%d %H:%M:%S}Z  {name:<9} {level}{record.getMessage()}"
        extras = "  ".join(f"{key}={value}" for key, value in _extras(record).items())
        lines = [f"{text}  {extras}".rstrip()]
        if record.exc_info:
            lines.append(self.formatException(record.exc_info))
        return "\n".join(lines)


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "part": record.name.removeprefix("ripeline."),
            "message": record.getMessage(),
            **_extras(record),
        }
        if record.exc_info:
            entry["trace"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str, ensure_ascii=False)


def _extras(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in vars(record).items() if key not in _OWN and not key.startswith("_")}


class _Discreet(logging.Filter):
    """Takes addresses out of what is logged: relays and templates quote them in their words."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _ADDRESS.sub("(an address)", record.getMessage()), ()
        return True


def set_up_logs(
    form: Literal["text", "json"],
    level: int = logging.INFO,
    *,
    personal_data: bool = False,
    file: logging.Handler | None = None,
) -> None:
    """Log in this form to a file, or to standard error; libraries speak only when something is wrong."""
    handler = file or logging.StreamHandler(sys.stderr)
    if not personal_data:
        handler.addFilter(_Discreet())
    handler.setFormatter(_Json() if form == "json" else _People())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    # it warns of every job that waits for the one job thread, as is meant
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.getLogger("ripeline").setLevel(level)
