"""Telling the operator: new alerts go out by mail over a relay that works, and by webhook; the log has them already."""

from __future__ import annotations

import logging
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Any

from engine.connect.post import post_json
from engine.content.message import split_mailbox
from engine.service.home import Home
from engine.service.relays import relay_settings
from engine.smtp.notice import send_notice
from engine.store.alerts import mark_told, untold_alerts
from engine.store.database import reading, writing

log = logging.getLogger("ripeline.alert")


def tell_operator(home: Home) -> int:
    """Tell alerts that nobody was told of; how many were. What cannot be told now is tried again."""
    with reading(home.store) as connection:
        alerts = untold_alerts(connection)
    told = 0
    for alert in alerts:
        if _tell(home, alert):
            with writing(home.store) as connection:
                mark_told(connection, alert.id, home.clock.now())
            told += 1
    return told


def _tell(home: Home, alert: Any) -> bool:
    """Whether every channel that config names took it."""
    channels = home.config.alerts
    by_mail = _by_mail(home, alert) if channels.mail_to else True
    by_webhook = _by_webhook(home, alert) if channels.webhook else True
    return by_mail and by_webhook


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
    message["Subject"] = f"[Ripeline] {alert.text[:80]}"
    message["Date"] = format_datetime(home.clock.now())
    message["Message-ID"] = make_msgid(domain=split_mailbox(home.config.sender.default)[1].rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(f"{alert.text}\n\nSince {alert.raised_at:%Y-%m-%d %H:%M} UTC, home {home.path.name}.\n")
    return message


def _by_webhook(home: Home, alert: Any) -> bool:
    content = {"subject": alert.subject, "text": alert.text, "raised_at": alert.raised_at.isoformat()}
    problem = post_json(home.config.alerts.webhook, content)
    if problem:
        log.warning("the alert could not be posted: %s", problem)
    return not problem
