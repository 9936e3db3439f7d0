"""Permission for other programs: consent with its proof, and addresses that must not be mailed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.domain.identity import Address, address_hash, read_address
from engine.domain.journey.decision import Line
from engine.domain.refusals import ConflictError, Fault, InvalidError, MissingError
from engine.service.api.pages import the_lead
from engine.service.home import Home
from engine.service.leave import UNSUBSCRIBED
from engine.store.database import reading, writing
from engine.store.erasure import ERASED
from engine.store.journey import tell, wake
from engine.store.permission import consents_of, lift, record_consent, suppress_hashes, suppressions_of

NEVER_LIFTED = frozenset(("complained", "complaint", ERASED))
"""Reasons that no program may take back: the person said so to others, or wants to be forgotten."""


@dataclass(frozen=True)
class ConsentWish:
    """What a lead allowed or withdrew: a topic (empty for all marketing mail), when, where, in which words."""

    granted: bool
    topic: str = ""
    at: datetime | None = None
    source: str = ""
    proof: Mapping[str, Any] = field(default_factory=dict)


class PermissionDesk:
    """What the API can do about permission."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def consents(self, name: str) -> list[Any]:
        """What a lead allowed and withdrew, oldest first.

        Raises:
            MissingError: there is no such lead.
        """
        with reading(self._home.store) as connection:
            return consents_of(connection, the_lead(connection, name).id)

    def consent(self, name: str, wish: ConsentWish) -> Any:
        """Keep what a lead allowed or withdrew; saying the newest once more changes nothing.

        A withdrawal suppresses the address at once, as an unsubscribe does.

        Raises:
            MissingError: there is no such lead.
            ConflictError: it gives what the person took back before.
        """
        now = self._home.clock.now()
        with writing(self._home.store) as connection:
            row = the_lead(connection, name)
            scope = f"topic:{wish.topic}" if wish.topic else "marketing"
            _check_gift(connection, row, wish, scope)
            newest = next((one for one in reversed(consents_of(connection, row.id)) if one.topic == wish.topic), None)
            if newest is not None and _same(newest, wish):
                return newest
            at = wish.at or now
            self._write(connection, row, wish, at)
            if not wish.granted and row.address_hash:
                suppress_hashes(connection, [row.address_hash], scope, UNSUBSCRIBED, wish.source, at)
            wake(connection, [row.id], now)
            return consents_of(connection, row.id)[-1]

    def _write(self, connection: Any, row: Any, wish: ConsentWish, at: datetime) -> None:
        given, topic = wish.granted, wish.topic
        record_consent(connection, row.id, topic=topic, granted=given, at=at, source=wish.source, proof=wish.proof)
        if wish.topic:
            data = {"topic": wish.topic, "wanted": wish.granted}
            tell(connection, row.id, Line(at, "topic_chosen", data=data))
        elif not wish.granted:
            tell(connection, row.id, Line(at, "unsubscribed", data={"how": wish.source}))

    def suppressions(self, address: str) -> list[Any]:
        """What stands against mailing an address.

        Raises:
            InvalidError: it is no address.
        """
        with reading(self._home.store) as connection:
            return suppressions_of(connection, self._hash(address, "path.address"))

    def suppress(self, address: str, scope: str, reason: str, by: str) -> list[Any]:
        """Never mail an address again within the scope, whether a lead has it or not; what stands against it then.

        Raises:
            InvalidError: it is no address.
        """
        known, now = self._hash(address, "body.email"), self._home.clock.now()
        with writing(self._home.store) as connection:
            suppress_hashes(connection, [known], scope, reason, f"API key {by}", now)
            return suppressions_of(connection, known)

    def lift(self, address: str, scope: str) -> None:
        """Take a suppression back.

        Raises:
            InvalidError: it is no address.
            MissingError: nothing of this scope stands against it.
            ConflictError: it is of a kind that only the person could take back.
        """
        known = self._hash(address, "path.address")
        with writing(self._home.store) as connection:
            found = next((one for one in suppressions_of(connection, known) if one.scope == scope), None)
            if found is None:
                raise MissingError(f"nothing of the scope '{scope}' stands against this address")
            if found.reason in NEVER_LIFTED:
                raise ConflictError(f"this address is suppressed as '{found.reason}', which no program may lift")
            lift(connection, known, scope)

    def _hash(self, address: str, place: str) -> str:
        found = read_address(address)
        if not isinstance(found, Address):
            raise InvalidError([Fault(place, found.reason, "give one address, such as jane@northwind.example")])
        return address_hash(self._home.keys.addresses, found.identity)


def _check_gift(connection: Any, row: Any, wish: ConsentWish, scope: str) -> None:
    """Consent that is told does not undo what a person said: only lifting the suppression does, knowingly."""
    if not wish.granted or not row.address_hash:
        return
    against = [one for one in suppressions_of(connection, row.address_hash) if one.scope in (scope, "all")]
    if against:
        raise ConflictError(
            f"mail to this lead is suppressed ({against[0].scope}: {against[0].reason}); "
            "lift that first, and only if the person asked for it"
        )


def _same(known: Any, wish: ConsentWish) -> bool:
    said = known.granted == wish.granted and known.source == wish.source and known.proof == dict(wish.proof)
    return said and (wish.at is None or known.at == wish.at)
