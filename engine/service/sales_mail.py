"""Carrying out letters of the kind mail: a salesperson hears of a lead, or it is tried again."""

from __future__ import annotations

from typing import Any

from engine.content.message import split_mailbox
from engine.content.sales_mail import Envelope, sales_mail
from engine.domain.sales.brief import sheet_of
from engine.domain.sales.handoff import HandoffState
from engine.domain.tokens import Purpose, person_token
from engine.service.home import Home
from engine.service.relays import relay_settings
from engine.service.sales_desk import question_of
from engine.smtp.notice import send_notice
from engine.store.database import reading, writing
from engine.store.handoffs import handoff_row, mark_alerted

SETTLED = "not needed any more"


def mail_letter(home: Home, letter: Any) -> str:
    """Send one; an empty text when it went or is not needed any more, otherwise what went wrong."""
    with reading(home.store) as connection:
        row = handoff_row(connection, letter.handoff_id) if letter.handoff_id is not None else None
    if row is None or not HandoffState(row.state).waits:
        return ""
    to = mailbox_of(home, letter.target)
    if not to:
        return f"nobody knows the address of '{letter.target}': add it to sender.owners"
    problem = _send(home, row, letter, to)
    if not problem:
        with writing(home.store) as connection:
            mark_alerted(connection, row.id, home.clock.now())
    return problem


def mailbox_of(home: Home, person: str) -> str:
    """The mailbox of an owner; an address stands for itself; empty where neither is known."""
    return home.config.sender.owners.get(person, person if "@" in person else "")


def page_of(home: Home, purpose: Purpose, number: int, person: str) -> str:
    """The address of the page on which this person answers."""
    base = (home.config.sales.answers_at or home.config.tracking.base_url).rstrip("/")
    room = "k" if purpose is Purpose.TASK else "h"
    return f"{base}/{room}/{person_token(home.keys.ring, purpose, number, person)}"


def _send(home: Home, row: Any, letter: Any, to: str) -> str:
    sender = home.config.sender.default
    domain = split_mailbox(sender)[1].rpartition("@")[2]
    envelope = Envelope(sender, to, home.clock.now(), f"<{letter.message_id}.{home.identity}@{domain}>")
    page = page_of(home, Purpose.HANDOFF, row.id, letter.target)
    message = sales_mail(sheet_of(row.story, home.told), question_of(home, row), page, envelope)
    recipient = home.config.safety.deliver_to or split_mailbox(to)[1]
    problem = "no relay is configured"
    for relay in relay_settings(home.config, home.path):
        problem = send_notice(relay, sender, recipient, message)
        if not problem:
            return ""
    return problem
