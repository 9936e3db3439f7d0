"""Carrying out letters of the kind mail: a salesperson hears of a lead or of a task, or it is tried again."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

from engine.content.message import split_mailbox
from engine.content.sales_mail import Envelope, sales_mail
from engine.domain.outbox import Answer, Fate
from engine.domain.sales.occasion import occasion_of
from engine.domain.tokens import Purpose, person_token
from engine.service.home import Home
from engine.service.relays import relay_settings
from engine.service.sales.desk import shown_question
from engine.smtp.notice import send_notice
from engine.store.database import reading, writing
from engine.store.handoffs import mark_alerted

NOT_NEEDED = "not needed any more"


def mail_letter(home: Home, letter: Any) -> Answer:
    """Send one; what was answered meanwhile is asked no more, and news are told all the same."""
    kind, number = ("task", letter.action_id) if letter.handoff_id is None else ("handoff", letter.handoff_id)
    with reading(home.store) as connection:
        shown = shown_question(connection, home, kind, number)
    occasion = occasion_of(letter.topic, letter.payload)
    if shown is None or not occasion.concerns(shown[1]):
        return Answer(Fate.DONE, NOT_NEEDED)
    to = mailbox_of(home, letter.target)
    if not to:
        return Answer(Fate.AGAIN, f"nobody knows the address of '{letter.target}': add it to sender.owners")
    page = page_of(home, kind, number, letter.target)
    problem = _send(home, letter, lambda envelope: sales_mail(*shown, page, envelope, occasion))
    if problem:
        return Answer(Fate.AGAIN, problem)
    if kind == "handoff" and not occasion.news:
        with writing(home.store) as connection:
            mark_alerted(connection, number, home.clock.now())
    return Answer(Fate.DONE, f"mailed to {letter.target}")


def mailbox_of(home: Home, person: str) -> str:
    """The mailbox of an owner; an address stands for itself; empty where neither is known."""
    return home.config.sender.owners.get(person, person if "@" in person else "")


def page_of(home: Home, kind: str, number: int, person: str) -> str:
    """The address of the page on which this person answers."""
    base = (home.config.sales.answers_at or home.config.tracking.base_url).rstrip("/")
    room, purpose = ("k", Purpose.TASK) if kind == "task" else ("h", Purpose.HANDOFF)
    return f"{base}/{room}/{person_token(home.keys.ring, purpose, number, person)}"


def _send(home: Home, letter: Any, written: Callable[[Envelope], EmailMessage]) -> str:
    """Write it and send it over the first relay that takes it; what went wrong, or an empty text."""
    sender, to = home.config.sender.default, mailbox_of(home, letter.target)
    domain = split_mailbox(sender)[1].rpartition("@")[2]
    envelope = Envelope(sender, to, home.clock.now(), f"<{letter.message_id}.{home.identity}@{domain}>")
    message = written(envelope)
    recipient = home.config.safety.deliver_to or split_mailbox(to)[1]
    problem = "no relay is configured"
    for relay in relay_settings(home.config, home.path):
        problem = send_notice(relay, sender, recipient, message)
        if not problem:
            return ""
    return problem
