"""A mail that its reader passed on: shown to whoever gets it, who may say who they are and become a lead too."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.content.shared import for_others
from engine.domain.accounts import company_test
from engine.domain.identity import EMAIL, ENTROPY_BYTES, Address, Identity, address_hash, public_id, read_address
from engine.domain.journey.facts import EventKind
from engine.domain.leadfields import BUILTINS, one_line
from engine.domain.leadmerge import Values
from engine.domain.leadrecord import LeadRecord, OptOut
from engine.domain.recipient import UnavailableError
from engine.service.home import Home
from engine.service.import_leads import internal_test
from engine.service.keepsakes import Keepsakes
from engine.store.accounts import join_same_account
from engine.store.bulk import CollisionError
from engine.store.database import StoreError, writing
from engine.store.events import NewEvent, add_events, count_named, delivered, mail_of
from engine.store.journey import wake
from engine.store.lead_decisions import ImportPolicy
from engine.store.lead_import import import_chunk, known_leads

SHARED, JOINED = "shared", "colleague_joined"
"""The events: of the lead whose mail was passed on, and of the colleague."""

COLLEAGUE = "colleague"
"""The source of leads who came so."""

NOT_ASKED = "gave no consent yet"
MOST = 20
"""Colleagues by one mail at most: whoever holds the address could fill the store with strangers otherwise."""

LONGEST_NAME = 100


class Colleagues:
    """Carries out what readers of a shared mail want; implements the tracker's protocol."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._kept = Keepsakes(home)

    def mail_to_share(self, delivery: int) -> str | None:
        """The HTML of the mail without its lead's own addresses; None once retention has ended.

        Raises:
            UnavailableError: the store is away.
        """
        html = self._kept.mail_as_sent(delivery)
        return for_others(html, self._home.keys.ring) if html is not None else None

    def bring(self, delivery: int, name: str, address: str, at: datetime, evidence: Mapping[str, str]) -> bool:
        """The reader says who they are: a new lead of the same company, without consent to marketing mail. False if
        that is no address. Whether somebody is known already is not told, and nothing of theirs is changed.

        Raises:
            UnavailableError: the store is away; nothing was changed.
        """
        read = read_address(address.strip())
        if not isinstance(read, Address):
            return False
        try:
            with writing(self._home.store) as connection:
                self._bring(connection, delivery, name, read, at, evidence)
        except CollisionError:
            return True  # the same form came twice at this moment; the other one is taken
        except StoreError as error:
            raise UnavailableError(str(error)) from error
        return True

    def _bring(
        self, connection: Any, delivery: int, name: str, address: Address, at: datetime, evidence: Mapping[str, str]
    ) -> None:
        mail = delivered(connection, [delivery]).get(delivery)
        identity = Identity(EMAIL, address.identity)
        if mail is None or mail.test or count_named(connection, delivery, SHARED) >= MOST:
            return
        if known_leads(connection, [identity]):
            return
        import_chunk(connection, [_record(identity, address, name)], self._policy(at), at)
        colleague = known_leads(connection, [identity])[identity]
        join_same_account(connection, colleague, mail.lead_id, at)
        digest = address_hash(self._home.keys.addresses, address.identity)
        where = mail_of(mail)
        proof = dict(evidence)
        events = [
            NewEvent(
                f"shared:{delivery}:{digest}",
                mail.lead_id,
                EventKind.CUSTOM,
                at,
                at,
                SHARED,
                mail=where,
                evidence=proof,
            ),
            NewEvent(f"joined:{digest}", colleague, EventKind.CUSTOM, at, at, JOINED, evidence=proof),
        ]
        add_events(connection, events)
        wake(connection, [mail.lead_id, colleague], at)

    def _policy(self, at: datetime) -> ImportPolicy:
        config = self._home.config
        internal = internal_test(config.internal)
        builtins = {**dict.fromkeys(BUILTINS, ""), "lifecycle": config.lifecycle.start, "source": COLLEAGUE}
        return ImportPolicy(
            key=self._home.keys.addresses,
            source="a mail that was passed on",
            start=Values(builtins, {}),
            internal=internal,
            new_id=lambda: public_id(at, os.urandom(ENTROPY_BYTES)),
            company=company_test(config.accounts.personal_domains, internal),
        )


def _record(identity: Identity, address: Address, name: str) -> LeadRecord:
    """What the form said; no marketing mail goes there until the person itself wants it."""
    called = one_line(" ".join(name.split())[:LONGEST_NAME])
    fields = {"name": called} if isinstance(called, str) and called else {}
    return LeadRecord(1, (identity,), address.written, fields=fields, opt_outs=(OptOut(NOT_ASKED),))
