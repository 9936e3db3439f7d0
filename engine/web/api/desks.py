"""Whom the endpoints ask: narrow protocols, which the process fills with services of the home."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request

from engine.domain.api_keys import Caller
from engine.service.api.happenings import AskedRun, EventWish, Told
from engine.service.api.leads import LeadView, LeadWish, Search
from engine.service.api.pages import Page
from engine.service.api.permissions import ConsentWish
from engine.service.reports.report import Asked, Report
from engine.service.status import CampaignState


class Leads(Protocol):
    """Leads by name: an address, an id, or `kind:value`."""

    def search(self, search: Search) -> Page[LeadView]: ...
    def one(self, name: str) -> LeadView: ...
    def why(self, name: str) -> dict[str, object]: ...
    def lists(self) -> Mapping[str, int]: ...
    def upsert(self, wish: LeadWish, name: str, by: str) -> tuple[LeadView, bool]: ...
    def erase(self, name: str, by: str) -> None: ...
    def join(self, name: str, list_name: str) -> None: ...
    def leave(self, name: str, list_name: str) -> None: ...


class Permissions(Protocol):
    """Consent and suppressions."""

    def consents(self, name: str) -> list[Any]: ...
    def consent(self, name: str, wish: ConsentWish) -> Any: ...
    def suppressions(self, address: str) -> list[Any]: ...
    def suppress(self, address: str, scope: str, reason: str, by: str) -> list[Any]: ...
    def lift(self, address: str, scope: str) -> None: ...


class Happenings(Protocol):
    """What leads did, and their runs through campaigns."""

    def tell(self, events: Sequence[EventWish], *, create: bool, repeat: str, by: Caller) -> Told: ...
    def enroll(self, name: str, campaign: str, properties: Mapping[str, Any], repeat: str, by: Caller) -> AskedRun: ...
    def leave(self, number: int) -> Any: ...


class Rows(Protocol):
    """Pages of what leads have."""

    def page(self, what: str, filters: Mapping[str, Any], lead: str, cursor: str, limit: int) -> Page[Any]: ...
    def one(self, what: str, number: int) -> Any: ...


class Overview(Protocol):
    """The home as a whole."""

    def campaigns(self) -> tuple[CampaignState, ...]: ...
    def campaign(self, name: str) -> CampaignState: ...
    def reports(self) -> tuple[str, ...]: ...
    def report(self, name: str, asked: Asked) -> Report: ...
    def table(self, report: Report) -> str: ...


class Deals(Protocol):
    """Deals that other systems tell of."""

    def record(self, deal: Mapping[str, Any], lead: Mapping[str, str]) -> int:
        """Record a deal as it is now; its number."""


class Answers(Protocol):
    """What sales answers to a hand-off; `by` is who says so."""

    def accept(self, handoff: int, by: str) -> None: ...
    def reject(self, handoff: int, by: str, reason: str, note: str) -> None: ...
    def snooze(self, handoff: int, by: str, until: datetime) -> None: ...
    def touched(self, handoff: int, by: str) -> None: ...
    def finish(self, task: int, outcome: str, by: str) -> None: ...


@dataclass(frozen=True)
class Desks:
    """All of them."""

    leads: Leads
    permissions: Permissions
    happenings: Happenings
    rows: Rows
    overview: Overview
    deals: Deals
    answers: Answers


async def _desks(request: Request) -> Desks:
    found: Desks = request.app.state.desks
    return found


TheDesks = Annotated[Desks, Depends(_desks)]
