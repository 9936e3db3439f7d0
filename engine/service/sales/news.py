"""Telling of a hand-off, in the transaction of what is told: people by mail, programs by webhook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.domain.sales.occasion import ESCALATED, MAILED
from engine.domain.sales.policy import SalesPolicy
from engine.store.outbox import Letter, post


@dataclass(frozen=True, slots=True)
class News:
    """What happened to a hand-off: its topic, whose it is, and what else a program may want to know."""

    topic: str
    handoff: int
    lead: int
    owner: str
    story: Mapping[str, Any]
    more: Mapping[str, Any]


def tell_news(connection: Any, sales: SalesPolicy, news: News, now: datetime) -> None:
    """Post it to everybody whom config names for it."""
    name = f"handoff-{news.handoff}-{news.topic.partition('.')[2]}-{int(now.timestamp() * 1000)}"
    whom = sales.escalate_to or news.owner if news.topic == ESCALATED else news.owner
    if whom and news.topic in MAILED:
        _post(connection, name, "mail", whom, news, now)
    if sales.webhook:
        _post(connection, name, "webhook", sales.webhook, news, now)
    if sales.crm:
        _post(connection, name, "crm", sales.crm, news, now)


def _post(connection: Any, name: str, kind: str, target: str, news: News, now: datetime) -> None:
    payload = {"handoff": news.handoff, "owner": news.owner, "at": now.isoformat(), **news.more}
    if kind != "mail":
        payload["story"] = dict(news.story)
    letter = Letter(f"{name}-{kind}", kind, target, news.topic, payload, news.lead, news.handoff)
    post(connection, letter, now)
