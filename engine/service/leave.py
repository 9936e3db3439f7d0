"""What a recipient says by a click: leave, come back, choose topics, refuse tracking. Effective before the answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.domain.journey.decision import Line
from engine.domain.journey.facts import EventKind
from engine.domain.recipient import Ack, Choices, Topic, UnavailableError, Wish
from engine.service.home import Home
from engine.service.themes import themes_of
from engine.store.database import StoreError, reading, writing
from engine.store.events import MailOf, NewEvent, add_events, delivered
from engine.store.journey import tell, wake
from engine.store.permission import (
    address_of,
    consents_of,
    lift,
    record_consent,
    set_tracking,
    suppress_hashes,
    suppressions_of,
)

UNSUBSCRIBED = "unsubscribed"


class Leave:
    """Carries out what recipients ask by the tokens of their mails; implements the tracker's protocols."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def unsubscribe(self, delivery: int, how: str, at: datetime, evidence: Mapping[str, str]) -> Ack:
        """No marketing mail any more; committed when this returns.

        Raises:
            UnavailableError: the store is away; nothing was changed.
        """
        try:
            with writing(self._home.store) as connection:
                who = _who(connection, delivery)
                if who is None:
                    return Ack.DONE
                if _came_back_later(connection, who.id, at):
                    return Ack.ALREADY
                new = suppress_hashes(connection, [who.address_hash], "marketing", UNSUBSCRIBED, how, at)
                if new:
                    _keep(connection, who.id, "", False, at, how, evidence)
                    tell(connection, who.id, Line(at, "unsubscribed", data={"how": how}))
                    add_events(connection, [_event(connection, delivery, who.id, at, how)])
                    wake(connection, [who.id], at)
                return Ack.DONE if new else Ack.ALREADY
        except StoreError as error:
            raise UnavailableError(str(error)) from error

    def undo(self, delivery: int, at: datetime, evidence: Mapping[str, str]) -> Ack:
        """Take the unsubscribe back; what stands for another reason (a complaint, a bounce) stays."""
        try:
            with writing(self._home.store) as connection:
                who = _who(connection, delivery)
                if who is None or not lift(connection, who.address_hash, "marketing"):
                    return Ack.ALREADY
                _keep(connection, who.id, "", True, at, "page", evidence)
                tell(connection, who.id, Line(at, "resubscribed", data={"how": "page"}))
                wake(connection, [who.id], at)
                left = suppressions_of(connection, who.address_hash)
                return Ack.REFUSED if any(found.scope == "all" for found in left) else Ack.DONE
        except StoreError as error:
            raise UnavailableError(str(error)) from error

    def choices(self, delivery: int) -> Choices | None:
        """What the recipient of this mail chose so far.

        Raises:
            UnavailableError: the store is away.
        """
        try:
            with reading(self._home.store) as connection:
                who = _who(connection, delivery)
                return _choices(connection, who) if who is not None else None
        except StoreError as error:
            raise UnavailableError(str(error)) from error

    def choose(self, delivery: int, wish: Wish, at: datetime, evidence: Mapping[str, str]) -> Ack:
        """Set the topics and the tracking that the recipient wants from now on."""
        try:
            with writing(self._home.store) as connection:
                who = _who(connection, delivery)
                if who is None:
                    return Ack.ALREADY
                for topic in themes_of(connection):
                    _set_topic(connection, who, topic, topic in wish.topics, at, evidence)
                set_tracking(connection, who.id, wish.tracking)
                wake(connection, [who.id], at)
                return Ack.DONE
        except StoreError as error:
            raise UnavailableError(str(error)) from error


def _who(connection: Any, delivery: int) -> Any | None:
    """Whose mail it is; nobody's if it was a test, in which a colleague may try every button."""
    mail = delivered(connection, [delivery]).get(delivery)
    return address_of(connection, mail.lead_id) if mail is not None and not mail.test else None


def _choices(connection: Any, who: Any) -> Choices:
    scopes = {found.scope for found in suppressions_of(connection, who.address_hash)}
    themes = themes_of(connection).items()
    topics = tuple(Topic(key, title, wanted=f"topic:{key}" not in scopes) for key, title in themes)
    return Choices(topics, who.tracking, who.subscribed)


def _came_back_later(connection: Any, lead: int, at: datetime) -> bool:
    """Whether the lead gave its consent again after this unsubscribe, which waited in the spool meanwhile."""
    return any(row.granted and not row.topic and row.at > at for row in consents_of(connection, lead))


def _event(connection: Any, delivery: int, lead: int, at: datetime, how: str) -> NewEvent:
    mail = delivered(connection, [delivery])[delivery]
    return NewEvent(
        f"unsubscribe:{delivery}:{at.isoformat()}",
        lead,
        EventKind.UNSUBSCRIBE,
        at,
        at,
        judged=f"by {how}",
        mail=MailOf(delivery, mail.enrollment_id, mail.campaign, mail.stage, mail.step),
    )


def _set_topic(connection: Any, who: Any, topic: str, wanted: bool, at: datetime, evidence: Mapping[str, str]) -> None:
    scope = f"topic:{topic}"
    if wanted:
        changed = lift(connection, who.address_hash, scope)
    else:
        changed = suppress_hashes(connection, [who.address_hash], scope, "topic declined", "preferences", at) > 0
    if changed:
        _keep(connection, who.id, topic, wanted, at, "preferences", evidence)
        tell(connection, who.id, Line(at, "topic_chosen", data={"topic": topic, "wanted": wanted}))


def _keep(
    connection: Any, lead: int, topic: str, granted: bool, at: datetime, source: str, evidence: Mapping[str, str]
) -> None:
    record_consent(connection, lead, topic=topic, granted=granted, at=at, source=source, proof=evidence)
