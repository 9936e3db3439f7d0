"""What a rule asks of the world: a narrow window on one lead's facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from engine.domain.actor import Actor
from engine.domain.rules.nodes import Activity, Reach


class Occurrence(Protocol):
    """One event: when it happened, and what came with it."""

    @property
    def at(self) -> datetime: ...

    @property
    def actor(self) -> Actor: ...

    @property
    def properties(self) -> Mapping[str, object]: ...


class FactsView(Protocol):
    """One lead's facts, seen from one enrollment (or from outside of any, where enrollment facts are empty).

    Raw values are returned as they are kept: a value of another type than declared counts as missing.
    """

    @property
    def stage(self) -> str | None:
        """The enrollment's stage."""

    @property
    def stage_entered_at(self) -> datetime | None: ...

    @property
    def entered_at(self) -> datetime | None:
        """When the enrollment began."""

    def field(self, name: str) -> object:
        """A declared field or one of the built-in lead names of `scope.LEAD_NAMES`; None if missing.

        Dates are `date` or text `YYYY-MM-DD`, instants aware `datetime` or text `YYYY-MM-DDTHH:MM:SS.ffffffZ`.
        """

    def trigger(self, name: str) -> object:
        """A property of the event that started the enrollment."""

    def var(self, name: str) -> object:
        """One of the campaign's `vars`."""

    def events(self, name: str, reach: Reach) -> Sequence[Occurrence]:
        """Events of that casefolded name, in any order: since the enrollment began, or `Reach.EVER`."""

    def mails(
        self, activity: Activity, reach: Reach, campaign: str | None, step: str | None, link: str | None
    ) -> Sequence[datetime]:
        """When mails were sent, opened or clicked by a human; None stands for any campaign, step or link.

        For `Reach.STAGE` and `Reach.ENROLLMENT` the campaign is always None: it is the enrollment's own.
        """

    def replied(self, reach: Reach) -> bool: ...

    def in_list(self, name: str) -> bool: ...

    def enrolled(self, campaign: str, finished: bool) -> bool:
        """Whether the lead ever entered the campaign, or reached its end."""
