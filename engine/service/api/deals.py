"""Deals that other programs tell of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.domain.deals import DealRecord, Outcome
from engine.domain.identity import Identity
from engine.domain.refusals import InvalidError
from engine.inbound.leadfiles.draft import Vocabulary
from engine.service.api.leads import LeadWish, record_of
from engine.service.home import Home
from engine.service.revenue.record_opportunity import record_opportunity


class DealDesk:
    """What the API can do with deals."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def record(self, deal: Mapping[str, Any], lead: Mapping[str, str]) -> int:
        """Record a deal as it is now; its number.

        Raises:
            InvalidError: a name of the lead cannot be one.
            DealError: the deal contradicts itself, or what is known of it.
        """
        outcome = Outcome(deal["outcome"])
        told = DealRecord(**{**deal, "outcome": outcome, "lead": _names(lead)})
        return record_opportunity(self._home, told).number


def _names(lead: Mapping[str, str]) -> tuple[Identity, ...]:
    others = {kind: value for kind, value in lead.items() if kind != "email"}
    record, faults = record_of(LeadWish(lead.get("email", ""), others), Vocabulary({}, ()))
    if faults:
        raise InvalidError(faults)
    return record.identities
