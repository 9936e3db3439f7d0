"""Two leads that a person knows to be one: shown before, and made one on request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.authoring.sales import policy_of
from engine.domain.sales.occasion import MERGED
from engine.errors import RipelineError
from engine.service.home import Home
from engine.service.sales.news import News, tell_news
from engine.service.who import full_name, meant_lead
from engine.store.database import reading, writing
from engine.store.lead_merge import MergedLeads, merge_leads


@dataclass(frozen=True, slots=True)
class Pair:
    """Two leads by number, and how to call them."""

    one: int
    two: int
    names: tuple[str, str]


def pair_of(home: Home, one: str, two: str) -> Pair:
    """The two leads that are called so.

    Raises:
        RipelineError: nobody is called so, several are, or both are one lead already.
    """
    with reading(home.store) as connection:
        rows = meant_lead(connection, one), meant_lead(connection, two)
    if rows[0].id == rows[1].id:
        raise RipelineError(f"'{one}' and '{two}' are one lead already")
    return Pair(rows[0].id, rows[1].id, (_called(rows[0]), _called(rows[1])))


def merge(home: Home, pair: Pair, by: str) -> MergedLeads:
    """Make one lead of the pair, and look at it at once.

    Raises:
        RipelineError: somebody erased or merged one of them meanwhile.
    """
    with writing(home.store) as connection:
        done = make_one(connection, home, pair.one, pair.two, f"by {by}", home.clock.now())
    if done is None:
        raise RipelineError("one of these leads is gone: somebody erased or merged it meanwhile")
    return done


def make_one(connection: Any, home: Home, one: int, two: int, because: str, now: datetime) -> MergedLeads | None:
    """Make two leads one, whoever says that they are, and tell sales where a hand-off ended by it; None where they are
    one already, or one of them is gone."""
    done = merge_leads(connection, one, two, because, home.config.lifecycle.stages, now)
    if done is not None and done.sales.ended is not None and done.sales.live is not None:
        ended, live = done.sales.ended, done.sales.live
        more = {"because": because, "goes_on": live.id, "with": live.owner}
        news = News(MERGED, ended.id, done.kept, ended.owner, ended.story, more)
        tell_news(connection, policy_of(home.config), news, now)
    return done


def _called(row: Any) -> str:
    name = full_name(row.fields)
    return f"{name} <{row.email}>" if name and row.email else name or row.email or row.public_id
