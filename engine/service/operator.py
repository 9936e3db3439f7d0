"""Telling the operator: new alerts go out by mail over a relay that works, and by webhook; the log has them already."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from functools import partial
from typing import Any

from engine.connect.post import post_json
from engine.content.message import split_mailbox
from engine.service.home import Home
from engine.service.notices import notices
from engine.service.relays import relay_settings
from engine.smtp.notice import send_notice
from engine.store.alerts import mark_told, untold_alerts
from engine.store.database import reading, writing

log = logging.getLogger("ripeline.alert")


FIRST_REST, LONGEST_REST = timedelta(minutes=1), timedelta(minutes=30)


class OperatorBell:
    """Tells the operator, and colleagues what `notify` steps say.

    After a failure it rests, longer each time, as what is in trouble may be the way to them.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._rest = FIRST_REST
        self._silent_until: datetime | None = None

    def ring(self) -> int:
        """Tell what nobody was told of; how much was. What cannot be told now is tried again."""
        now = self._home.clock.now()
        if self._silent_until is not None and now < self._silent_until:
            return 0
        told = 0
        for tell in (*_alerts(self._home), *notices(self._home)):
            if not tell():
                self._silent_until, self._rest = now + self._rest, min(self._rest * 2, LONGEST_REST)
                return told
            told += 1
        self._silent_until, self._rest = None, FIRST_REST
        return told


def _alerts(home: Home) -> list[Callable[[], bool]]:
    return [partial(_tell_once, home, alert) for alert in _untold(home)]


def _tell_once(home: Home, alert: Any) -> bool:
    if not _tell(home, alert):
        return False
    with writing(home.store) as connection:
        mark_told(connection, alert.id, home.clock.now())
    return True


def _untold(home: Home) -> list[Any]:
    with reading(home.store) as connection:
        return untold_alerts(connection)


def _tell(home: Home, alert: Any) -> bool:
    """Whether a channel took it: a second try because of the other one would tell the first one twice."""
    channels = home.config.alerts
    if not channels.mail_to and not channels.webhook:
        return True
    by_mail = bool(channels.mail_to) and _by_mail(home, alert)
    by_webhook = bool(channels.webhook) and _by_webhook(home, alert)
    return by_mail or by_webhook


def _by_mail(home: Home, alert: Any) -> bool:
    message = _notice(home, alert)
    for relay in relay_settings(home.config, home.path):
        problem = send_notice(relay, home.config.sender.default, home.config.alerts.mail_to, message)
        if not problem:
            return True
        log.warning("the alert could not be mailed by relay '%s': %s", relay.name, problem)
    return False


def _notice(home: Home, alert: Any) -> EmailMessage:
    message = EmailMessage()
    message["From"] = home.config.sender.default
    message["To"] = home.config.alerts.mail_to
    message["Subject"] = f"[Ripeline] {' '.join(alert.text.split())[:80]}"
    message["Date"] = format_datetime(home.clock.now())
    message["Message-ID"] = make_msgid(domain=split_mailbox(home.config.sender.default)[1].rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(
        f"{alert.text}\n\nSince {home.told(alert.raised_at)} ({home.zone.key}), home {home.path.name}.\n"
    )
    return message


def _by_webhook(home: Home, alert: Any) -> bool:
    content = {"subject": alert.subject, "text": alert.text, "raised_at": alert.raised_at.isoformat()}
    problem = post_json(home.config.alerts.webhook, content)
    if problem:
        log.warning("the alert could not be posted: %s", problem)
    return not problem
