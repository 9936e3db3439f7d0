"""Carrying out `notify` steps: a short mail to a colleague about a lead, over a relay that works."""

from __future__ import annotations

import logging
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import format_datetime
from functools import partial
from typing import Any

from engine.content.message import split_mailbox
from engine.service.home import Home
from engine.service.relays import relay_settings
from engine.smtp.notice import send_notice
from engine.store.actions import end_action, open_actions
from engine.store.database import reading, writing

log = logging.getLogger("ripeline.notices")

BATCH = 50
OWNER = "owner"


def notices(home: Home) -> list[Callable[[], bool]]:
    """The notices that are due; calling one mails it and says whether that is settled."""
    with reading(home.store) as connection:
        due = open_actions(connection, "notify", BATCH)
    return [partial(_carry_out, home, notice) for notice in due]


def _carry_out(home: Home, notice: Any) -> bool:
    to = _colleague(home, notice)
    if not to:
        _end(home, notice, "nobody to tell: the lead has no owner whose address config knows")
        return True
    message = _message(home, notice, to)
    recipient = home.config.safety.deliver_to or split_mailbox(to)[1]
    for relay in relay_settings(home.config, home.path):
        problem = send_notice(relay, home.config.sender.default, recipient, message)
        if not problem:
            _end(home, notice, f"mailed by {relay.name}")
            return True
        log.warning("notice %d could not be mailed by relay '%s': %s", notice.id, relay.name, problem)
    return False


def _colleague(home: Home, notice: Any) -> str:
    who = str(notice.payload.get("who") or OWNER)
    return home.config.sender.owners.get(notice.owner, "") if who == OWNER else home.config.sender.owners.get(who, who)


def _end(home: Home, notice: Any, outcome: str) -> None:
    with writing(home.store) as connection:
        end_action(connection, notice.id, outcome, home.clock.now())


def _message(home: Home, notice: Any, to: str) -> EmailMessage:
    who = _name(notice)
    domain = split_mailbox(home.config.sender.default)[1].rpartition("@")[2]
    message = EmailMessage()
    message["From"] = home.config.sender.default
    message["To"] = to
    message["Subject"] = f"{who}: {notice.payload.get('text', '')}"[:120]
    message["Date"] = format_datetime(home.clock.now())
    message["Message-ID"] = f"<notice-{notice.id}.{home.identity}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    story = f"The whole story: ripeline why {notice.email}"
    message.set_content(f"{notice.payload.get('text', '')}\n\n{who}, {notice.email}\n\n{story}\n")
    return message


def _name(notice: Any) -> str:
    parts = [str(notice.fields.get(key) or "") for key in ("first_name", "last_name")]
    name = " ".join(part for part in parts if part) or str(notice.fields.get("name") or notice.email)
    company = str(notice.fields.get("company") or "")
    return f"{name}, {company}" if company else name
