"""Scoring many leads at once: what counts for them, asked of the database, and their scores written.

The database says of each lead which rules hold and how often something counted on which day. What that is worth is
worked out by `engine.domain.scoring`, in whole numbers, and so is the same as for one lead that is decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    false,
    func,
    literal,
    or_,
    select,
    update,
)

from engine.domain.actor import Actor
from engine.domain.journey.decision import Score
from engine.domain.journey.facts import EventKind
from engine.domain.rules import Activity, Node
from engine.domain.rules.nodes import EventHappened, MailHappened, Replied
from engine.domain.scoring import Scoring, age_of_day, grade_from, score_from_units, units
from engine.store.among import among_numbers, unindexed
from engine.store.json_values import UtcDay
from engine.store.many import run_many
from engine.store.rules_sql import SENT_AT, mail_events, mails_sent, named_events, where
from engine.store.tables import DeliveryRow, EventRow, LeadRow

lead = LeadRow.__table__  # type: ignore[attr-defined]
event = EventRow.__table__  # type: ignore[attr-defined]
delivery = DeliveryRow.__table__  # type: ignore[attr-defined]

Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Rescored:
    """A lead with its score and grade as stored, and as they are."""

    lead: int
    account: int | None
    before: Score
    after: Score


@dataclass(frozen=True)
class BulkScoring:
    """Scores leads by a scheme as of an instant. Made once for many chunks of leads; `only_scored` passes over leads
    whose score is 0, as fading leaves it so."""

    scoring: Scoring
    now: datetime
    only_scored: bool = False

    def chunk(self, connection: Connection, after: int, limit: int) -> tuple[list[Rescored], int | None]:
        """Of the next leads behind that number those whose score or grade is not as stored, and the number of the last
        one looked at; None once there are no more. Their rows are locked until this transaction ends."""
        rows = connection.execute(self._leads, {"behind": after, "most": limit}).all()
        if not rows:
            return [], None
        sums = self._sums(connection, [row[0] for row in rows])
        found = (self._rescored(row, sums.get(row[0])) for row in rows)
        return [one for one in found if one.after != one.before], rows[-1][0]

    def _rescored(self, row: Sequence[Any], sums: Sequence[int] | None) -> Rescored:
        number, account, score, fit, *holds = row
        whens, fits = holds[: len(self.scoring.points)], holds[len(self.scoring.points) :]
        parts = zip(self.scoring.points, whens, sums or (), strict=False)
        worth = sum([points.bounded(part) for points, holds, part in parts if holds])
        grade = sum([part for part, holds in zip(self._fit_units, fits, strict=True) if holds])
        after = Score(score_from_units(self.scoring, worth), grade_from(self.scoring, grade))
        return Rescored(number, account, Score(score, fit), after)

    def _sums(self, connection: Connection, ids: Sequence[int]) -> Mapping[int, list[int]]:
        """By lead: what each rule of points adds up to, in units, without its bounds."""
        sums: dict[int, list[int]] = {}
        for places, query in self._counts:
            for number, day, *counts in connection.execute(query, {"ids": ids}):
                into = sums.get(number)
                if into is None:
                    into = sums[number] = [0] * len(self.scoring.points)
                worths = self._worth_of(day)
                for place, times in zip(places, counts, strict=True):
                    if times:
                        into[place] += times * worths[place]
        return sums

    def _worth_of(self, day: str) -> Sequence[int]:
        found = self._worths.get(day)
        if found is None:
            age = age_of_day(date.fromisoformat(day), self.now)
            found = self._worths[day] = [points.fading.worth(age) for points in self.scoring.points]
        return found

    @cached_property
    def _worths(self) -> dict[str, Sequence[int]]:
        """What one occurrence of each rule is worth, by its day."""
        return {}

    @cached_property
    def _fit_units(self) -> Sequence[int]:
        return [units(fit.points) for fit in self.scoring.fit]

    @cached_property
    def _leads(self) -> Select[Any]:
        asked = [points.when for points in self.scoring.points] + [fit.when for fit in self.scoring.fit]
        answers = [literal(1) if rule is None else case((where(rule, self.now), 1), else_=0) for rule in asked]
        columns = (lead.c.id, lead.c.account_id, lead.c.score, lead.c.fit)
        labelled = [answer.label(f"holds_{number}") for number, answer in enumerate(answers)]
        query = select(*columns, *labelled).where(lead.c.id > bindparam("behind"), lead.c.merged_into.is_(None))
        if self.only_scored:
            query = query.where(unindexed(lead.c.score) != 0)
        return query.order_by(lead.c.id).limit(bindparam("most")).with_for_update()

    @cached_property
    def _counts(self) -> Sequence[tuple[Sequence[int], Select[Any]]]:
        """The queries that count, each with the places of the rules that its columns answer."""
        nodes = list(enumerate(points.each.node for points in self.scoring.points))
        found = []
        events = [(place, _event_condition(node)) for place, node in nodes if not _is_sent(node)]
        if events:
            found.append((tuple(place for place, _ in events), _events_by_day([one for _, one in events])))
        sent = [(place, node) for place, node in nodes if _is_sent(node)]
        if sent:
            conditions = [and_(*mails_sent(node.pattern)) for _, node in sent if isinstance(node, MailHappened)]
            found.append((tuple(place for place, _ in sent), _sent_by_day(conditions)))
        return found


_SCORE = (
    update(lead)
    .where(lead.c.id == bindparam("number"))
    .values(score=bindparam("new_score"), fit=bindparam("new_fit", type_=lead.c.fit.type))
)


def save_scores(connection: Connection, scores: Iterable[tuple[int, Score]]) -> None:
    """Write the scores and grades of leads, by number."""
    run_many(connection, _SCORE, [{"number": who, "new_score": s.score, "new_fit": s.fit} for who, s in scores])


def _is_sent(node: Node) -> bool:
    return isinstance(node, MailHappened) and node.pattern.activity is Activity.SENT


def _event_condition(node: Node) -> Condition:
    """Which events of people a rule of points counts."""
    match node:
        case EventHappened():
            return and_(*named_events(node.pattern))
        case MailHappened():
            return and_(*mail_events(node.pattern))
        case Replied():
            return and_(event.c.kind == EventKind.REPLY)
        case _:
            raise TypeError(f"{node!r} cannot be counted")


def _events_by_day(conditions: Sequence[Condition]) -> Select[Any]:
    day = UtcDay(event.c.at)
    human = event.c.actor == Actor.HUMAN
    return (
        select(event.c.lead_id, day, *_times(conditions))
        .where(among_numbers(event.c.lead_id, "ids"), unindexed(event.c.pending) == false(), human, or_(*conditions))
        .group_by(event.c.lead_id, day)
    )


def _sent_by_day(conditions: Sequence[Condition]) -> Select[Any]:
    day = UtcDay(SENT_AT)
    return (
        select(delivery.c.lead_id, day, *_times(conditions))
        .where(among_numbers(delivery.c.lead_id, "ids"), or_(*conditions))
        .group_by(delivery.c.lead_id, day)
    )


def _times(conditions: Sequence[Condition]) -> Iterator[ColumnElement[Any]]:
    for number, condition in enumerate(conditions):
        yield func.sum(case((condition, 1), else_=0)).label(f"times_{number}")
