"""Alerts to the operator: written to the store first, then told by log, mail and webhook."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from engine.service.home import Home
from engine.store.alerts import add_alert, end_alert, open_alerts
from engine.store.database import reading, writing

log = logging.getLogger("ripeline.alert")


def raise_alert(home: Home, subject: str, text: str, now: datetime, connection: Any = None) -> None:
    """Tell the operator once about a trouble; while it lasts, the same subject is not told again.

    With a `connection` the alert belongs to its transaction.
    """
    if connection is not None:
        new = add_alert(connection, subject, text, now)
    else:
        with writing(home.store) as own:
            new = add_alert(own, subject, text, now)
    if new:
        log.error("%s", text)


def end_trouble(home: Home, subject: str, now: datetime) -> None:
    """The trouble is over: the next one of this subject is told again."""
    with reading(home.store) as connection:
        if all(alert.subject != subject for alert in open_alerts(connection)):
            return
    with writing(home.store) as connection:
        if end_alert(connection, subject, now):
            log.info("over: %s", subject)
