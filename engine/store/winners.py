"""Variants that were chosen: which hold now, and which ever did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from engine.store.revenue_tables import WinnerRow

winner = WinnerRow.__table__  # type: ignore[attr-defined]


def winners_now(connection: Connection) -> list[Any]:
    """The winners that hold."""
    return list(connection.execute(select(winner).where(winner.c.ended_at.is_(None)).order_by(winner.c.chosen_at)))


def winners_ever(connection: Connection) -> list[Any]:
    """All that were ever chosen, the newest first."""
    return list(connection.execute(select(winner).order_by(winner.c.chosen_at.desc())))


def add_winner(connection: Connection, values: Mapping[str, Any]) -> None:
    """A winner holds from now on; one before it has to be ended first."""
    connection.execute(winner.insert(), {"ended_by": "", **values})


def end_winner(connection: Connection, campaign: str, steps: Sequence[str], part: str, at: datetime, by: str) -> bool:
    """Leads get their own variants again; `steps` are all names of the step. Whether a winner held."""
    query = update(winner).where(
        winner.c.campaign == campaign, winner.c.step.in_(steps), winner.c.part == part, winner.c.ended_at.is_(None)
    )
    return connection.execute(query.values(ended_at=at, ended_by=by)).rowcount > 0
