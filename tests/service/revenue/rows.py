"""A home with leads, mails, events, hand-offs and deals for tests of what came of it; over either database."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Table

from engine.clock import SteppedClock
from engine.config.model import Config
from engine.domain.deals import DealRecord, Outcome
from engine.domain.identity import EMAIL, Identity
from engine.domain.journey.facts import EventKind
from engine.service.home import Home
from engine.service.revenue.record_opportunity import Recorded, record_opportunity
from engine.store.database import writing
from engine.store.events import MailOf, NewEvent, add_events
from engine.store.schema import METADATA

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def on(day: int, month: int = 11, hour: int = 10) -> datetime:
    """An hour of a day in 2026."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


@dataclass
class Books:
    """The store of a home, filled by hand."""

    engine: Engine
    folder: Path
    config: Config = field(default_factory=Config)
    clock: SteppedClock = field(default_factory=lambda: SteppedClock(NOW))
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def home(self) -> Home:
        return Home(self.folder, self.config, self.engine, self.clock)

    def add(self, table: str, **values: Any) -> int:
        """One row; what is left out is empty."""
        found: Table = METADATA.tables[table]
        row = {column.name: _empty(column) for column in found.columns if not column.primary_key}
        row |= {name: value for name, value in values.items() if name in found.columns}
        with writing(self.engine) as connection:
            result = connection.execute(found.insert().values(**row))
        key = result.inserted_primary_key
        return int(key[0]) if key and isinstance(key[0], int) else 0

    def lead(self, email: str, created: datetime = on(1, 9), **values: Any) -> int:
        public = f"lead{next(self._numbers)}"
        number = self.add(
            "lead", **{"public_id": public, "email": email, "created_at": created, "updated_at": created, **values}
        )
        self.add("identity", lead_id=number, kind=EMAIL, value=email)
        return number

    def account(self, name: str, *names: str) -> int:
        number = self.add("account", name=name, created_at=on(1, 9), updated_at=on(1, 9))
        for one in names:
            self.add("account_name", account_id=number, kind="domain", value=one)
        return number

    def enrolled(self, lead: int, campaign: str, at: datetime, **values: Any) -> int:
        common = {"run": 1, "status": "active", "stage": "s", "passed": [], "visit": 1, "holdout": False}
        instants = {"entered_at": at, "stage_entered_at": at, "since": at}
        return self.add("enrollment", lead_id=lead, campaign=campaign, **{**common, **instants, **values})

    def mail(self, lead: int, at: datetime, campaign: str = "drip", step: str = "first", **values: Any) -> int:
        common = {"mail": step, "kind": "marketing", "state": "sent", "topic": "data", "occurrence": 1}
        run = self.add("enrollment", **_run(lead, f"{campaign}{next(self._numbers)}", at))
        mail = {"lead_id": lead, "enrollment_id": run, "campaign": campaign, "step": step, "variants": {}}
        return self.add("delivery", **{**common, **mail, "created_at": at, "finished_at": at, **values})

    def event(self, lead: int, at: datetime, kind: EventKind = EventKind.CUSTOM, name: str = "", **values: Any) -> None:
        """Something that the lead did; `mail` is the number of the mail that it did it in."""
        mail = values.pop("mail", None)
        of = MailOf(mail, None, values.pop("campaign", "drip"), "s", values.pop("step", "first")) if mail else None
        new = NewEvent(f"e{next(self._numbers)}", lead, kind, at, at, name, mail=of, **values)
        with writing(self.engine) as connection:
            add_events(connection, [new])

    def handoff(self, lead: int, at: datetime, **values: Any) -> int:
        return self.add("handoff", **{"lead_id": lead, "at": at, "ripened_at": at, "state": "accepted", **values})

    def deal(self, external_id: str = "1", email: str = "jane@northwind.example", **values: Any) -> Recorded:
        return record_opportunity(self.home, a_deal(external_id, email, **values))


def a_deal(external_id: str = "1", email: str = "jane@northwind.example", **values: Any) -> DealRecord:
    """A deal of 1,000.00 that was opened on the tenth."""
    who = (Identity(EMAIL, email),) if email else ()
    common = {"lead": who, "opened_at": on(10), "amount": 100_000, "name": "Jane's big deal", "stage": "Proposal"}
    return DealRecord("crm", external_id, **{**common, **values})


def won(at: datetime = on(15), **values: Any) -> dict[str, Any]:
    return {"outcome": Outcome.WON, "closed_at": at, **values}


def lost(at: datetime = on(15), **values: Any) -> dict[str, Any]:
    return {"outcome": Outcome.LOST, "closed_at": at, **values}


def _run(lead: int, campaign: str, at: datetime) -> dict[str, Any]:
    run = {"lead_id": lead, "campaign": campaign, "run": 1, "visit": 1, "status": "active", "stage": "s"}
    return {**run, "passed": [], "holdout": False, "entered_at": at, "stage_entered_at": at, "since": at}


def _empty(column: Any) -> Any:
    """What a column that does not matter holds; documents are empty ones."""
    if column.nullable or column.name.endswith("_at"):
        return None
    return {str: "", int: 0, float: 0.0, bool: False}.get(column.type.python_type, {})
