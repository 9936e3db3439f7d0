"""What became of variants, by day: leads mailed, and among them those who opened, clicked, answered, reached the goal.

Each lead counts once for each, by the first mail of the step that it got. Mails to internal people, tests, and mails
decided while a winner was chosen are outside: what a winner got was not left to chance. Rows are read once, in the
order of their numbers, as in `daily_counts`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, bindparam, false, select, update

from engine.store.bundles import home_values, set_home_value
from engine.store.daily_counts import EVENTS, counted_up_to
from engine.store.inserts import insert_ignoring
from engine.store.many import run_many
from engine.store.revenue_tables import VariantCountRow
from engine.store.tables import AttemptRow, DeliveryRow, EnrollmentRow, EventRow, LeadRow, StoryRow
from engine.store.winners import winners_ever

counted = VariantCountRow.__table__  # type: ignore[attr-defined]
attempt = AttemptRow.__table__  # type: ignore[attr-defined]
delivery = DeliveryRow.__table__  # type: ignore[attr-defined]
enrollment = EnrollmentRow.__table__  # type: ignore[attr-defined]
event = EventRow.__table__  # type: ignore[attr-defined]
lead = LeadRow.__table__  # type: ignore[attr-defined]
story = StoryRow.__table__  # type: ignore[attr-defined]

ATTEMPTS, HITS, GOALS = "variants:attempt", "variants:event", "variants:goal"
"""The store's values that hold the watermarks."""

SENT, GOAL = "sent", "goal"
WHAT = {"open": "opened", "click": "clicked", "reply": "replied"}
_KINDS = tuple(WHAT)

BEGUN = "variants:begun:"
"""The store's values that say which variants a step's part has, and since which bundle."""

Key = tuple[str, str, str, int, date, str]
Spot = tuple[int, str, str]
"""Lead, campaign, step."""


@dataclass(frozen=True, slots=True)
class Mail:
    """The first mail of a step that a lead got, and its variants by part."""

    id: int
    campaign: str
    step: str
    variants: Mapping[str, int]
    finished_at: datetime


def counts_by_day(connection: Connection) -> list[Any]:
    """All counts, the oldest first."""
    return list(connection.execute(select(counted).order_by(counted.c.day)))


def count_sent(connection: Connection, zone: ZoneInfo, before: datetime, limit: int) -> int:
    """Count leads mailed; how many attempts were read."""
    query = (
        select(attempt.c.id, attempt.c.ended_at, attempt.c.outcome, attempt.c.delivery_id, delivery.c.lead_id)
        .add_columns(delivery.c.campaign, delivery.c.step, delivery.c.variants)
        .join(delivery, delivery.c.id == attempt.c.delivery_id)
        .where(attempt.c.id > counted_up_to(connection, ATTEMPTS))
    )
    rows = _until(connection, query.order_by(attempt.c.id).limit(limit), before)
    new = [row for row in rows if row.outcome == "accepted" and row.variants]
    mails = _first_mails(connection, {(row.lead_id, row.campaign, row.step) for row in new})
    firsts = ((row, mails.get((row.lead_id, row.campaign, row.step))) for row in new)
    keys = [
        key
        for row, mail in firsts
        if mail is not None and mail.id == row.delivery_id
        for key in _keys(mail, _day(row.ended_at, zone), SENT)
    ]
    return _done(connection, ATTEMPTS, Counter(keys), rows)


def count_hits(connection: Connection, zone: ZoneInfo, before: datetime, limit: int) -> int:
    """Count leads who did something with a mail, people only; how many events were read.

    It follows the count of events by day, whose watermark stops at the first that waits to be judged.
    """
    query = (
        select(event.c.id, event.c.received_at, event.c.kind, event.c.actor, event.c.at)
        .add_columns(event.c.lead_id, event.c.campaign, event.c.step)
        .where(event.c.id > counted_up_to(connection, HITS), event.c.id <= counted_up_to(connection, EVENTS))
    )
    rows = _until(connection, query.order_by(event.c.id).limit(limit), before)
    new = [row for row in rows if row.kind in WHAT and row.actor == "human" and row.step]
    mails = _first_mails(connection, {(row.lead_id, row.campaign, row.step) for row in new})
    acts = {(spot, kind): _acts(connection, spot, kind) for spot in mails for kind in _KINDS}
    keys: list[Key] = []
    for row in new:
        spot = (row.lead_id, row.campaign, row.step)
        if spot in mails and acts[spot, row.kind][0].id == row.id:
            keys += _keys(mails[spot], _day(row.at, zone), WHAT[row.kind])
    return _done(connection, HITS, Counter(keys), rows)


def recount_hits(connection: Connection, zone: ZoneInfo, judged: Iterable[tuple[Any, str]]) -> None:
    """Take back what passed for a person's and is a machine's, before that is written; a later act takes its place."""
    gone = {row.id: row for row, actor in judged if actor != "human" and row.kind in WHAT and row.step}
    upto = counted_up_to(connection, HITS)
    spots = {((row.lead_id, row.campaign, row.step), row.kind) for row in gone.values() if row.id <= upto}
    mails = _first_mails(connection, {spot for spot, _ in spots})
    more: Counter[Key] = Counter()
    for spot, kind in spots:
        acts = [one for one in _acts(connection, spot, kind) if one.id <= upto]
        left = [one for one in acts if one.id not in gone]
        if spot in mails and acts and acts[0].id in gone:
            more.subtract(_keys(mails[spot], _day(acts[0].at, zone), WHAT[kind]))
            more.update(_keys(mails[spot], _day(left[0].at, zone), WHAT[kind]) if left else [])
    _add(connection, more)


def count_goals(connection: Connection, zone: ZoneInfo, before: datetime, limit: int) -> int:
    """Count leads who reached the campaign's goal after they had the mail; how many lines of stories were read."""
    query = (
        select(story.c.id, story.c.at, story.c.code, story.c.lead_id, story.c.campaign)
        .where(story.c.id > counted_up_to(connection, GOALS))
        .order_by(story.c.id)
        .limit(limit)
    )
    rows = _until(connection, query, before)
    keys: list[Key] = []
    for row in rows:
        if row.code == GOAL:
            keys += _goal_keys(connection, row, zone)
    return _done(connection, GOALS, Counter(keys), rows)


def _goal_keys(connection: Connection, row: Any, zone: ZoneInfo) -> list[Key]:
    had = select(delivery.c.step).distinct()
    had = had.where(delivery.c.lead_id == row.lead_id, delivery.c.campaign == row.campaign, delivery.c.state == "sent")
    mails = _first_mails(connection, {(row.lead_id, row.campaign, step) for step in connection.scalars(had)})
    earlier = select(story.c.at).where(
        story.c.lead_id == row.lead_id,
        story.c.campaign == row.campaign,
        story.c.code == GOAL,
        story.c.id < row.id,
    )
    before = list(connection.scalars(earlier))
    found = [mail for mail in mails.values() if mail.finished_at <= row.at]
    new = [mail for mail in found if not any(at >= mail.finished_at for at in before)]
    return [key for mail in new for key in _keys(mail, _day(row.at, zone), GOAL)]


def _first_mails(connection: Connection, spots: Iterable[Spot]) -> dict[Spot, Mail]:
    """The first mail of the step that each lead got, where it had variants and they were left to chance."""
    wanted = set(spots)
    if not wanted:
        return {}
    query = (
        select(delivery.c.id, delivery.c.lead_id, delivery.c.campaign, delivery.c.step, delivery.c.variants)
        .add_columns(delivery.c.created_at, delivery.c.finished_at, delivery.c.bundle_id)
        .join(lead, lead.c.id == delivery.c.lead_id)
        .where(
            delivery.c.lead_id.in_(bindparam("leads", expanding=True)),
            delivery.c.state == "sent",
            delivery.c.test == false(),
            lead.c.internal == false(),
        )
        .order_by(delivery.c.id.desc())
    )
    rows = connection.execute(query, {"leads": sorted({number for number, _, _ in wanted})})
    found = {(row.lead_id, row.campaign, row.step): row for row in rows}
    spans, begun = _spans(connection), _begun(connection)
    return {
        spot: Mail(row.id, row.campaign, row.step, _own(row, begun), row.finished_at)
        for spot, row in found.items()
        if spot in wanted and _by_chance(row, spans)
    }


def _own(row: Any, begun: Mapping[str, int]) -> dict[str, int]:
    """The parts whose variants are still those that the mail was sent with."""
    place = f"{row.campaign}/{row.step}"
    return {part: n for part, n in row.variants.items() if (row.bundle_id or 0) >= begun.get(f"{place}/{part}", 0)}


def begin_experiments(
    connection: Connection, choices: Mapping[tuple[str, str, str], Sequence[str]], bundle: int
) -> None:
    """Variants as a bundle has them, by (campaign, step, part): changed ones begin from nothing.

    What was counted before keeps its rows, under the part's name with the bundle that ended it.
    """
    known = home_values(connection, BEGUN)
    for (campaign, step, part), texts in choices.items():
        name, words = f"{BEGUN}{campaign}/{step}/{part}", json.dumps(list(texts), ensure_ascii=False)
        since, _, before = known.get(name, "").partition(" ")
        if since and before != words:
            retired = update(counted).where(
                counted.c.campaign == campaign, counted.c.step == step, counted.c.part == part
            )
            connection.execute(retired.values(part=f"{part}@{bundle}"))
        if before != words:
            set_home_value(connection, name, f"{bundle if since else 0} {words}")


def _begun(connection: Connection) -> dict[str, int]:
    """The bundles since which the variants are what they are, by campaign/step/part."""
    values = home_values(connection, BEGUN)
    return {name.removeprefix(BEGUN): int(value.partition(" ")[0]) for name, value in values.items()}


def _spans(connection: Connection) -> Mapping[tuple[str, str], list[Any]]:
    spans: dict[tuple[str, str], list[Any]] = {}
    for row in winners_ever(connection):
        spans.setdefault((row.campaign, row.step), []).append(row)
    return spans


def _by_chance(row: Any, spans: Mapping[tuple[str, str], list[Any]]) -> bool:
    """Whether the mail has variants and was decided while none of them had been chosen."""
    return bool(row.variants) and not any(
        one.chosen_at <= row.created_at and (one.ended_at is None or row.created_at < one.ended_at)
        for one in spans.get((row.campaign, row.step), ())
    )


def _acts(connection: Connection, spot: Spot, kind: str) -> list[Any]:
    """What people did with the step's mails, in the order of the events' numbers."""
    number, campaign, step = spot
    query = select(event.c.id, event.c.at).where(
        event.c.lead_id == number,
        event.c.kind == kind,
        event.c.campaign == campaign,
        event.c.step == step,
        event.c.actor == "human",
        event.c.pending == false(),
    )
    return list(connection.execute(query.order_by(event.c.id)))


def _keys(mail: Mail, day: date, what: str) -> list[Key]:
    return [(mail.campaign, mail.step, part, int(number), day, what) for part, number in mail.variants.items()]


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def _until(connection: Connection, query: Select[Any], before: datetime) -> list[Any]:
    """The rows before the first that is too young: one with a lower number may still be on its way to be committed."""
    rows: list[Any] = []
    for row in connection.execute(query):
        if row[1] is not None and row[1] >= before:
            break
        rows.append(row)
    return rows


def _done(connection: Connection, watermark: str, more: Counter[Key], rows: Sequence[Any]) -> int:
    _add(connection, more)
    if rows:
        set_home_value(connection, watermark, str(rows[-1][0]))
    return len(rows)


_NAMES = ("campaign", "step", "part", "variant", "day", "what")
_MORE = (
    update(counted)
    .where(*(counted.c[name] == bindparam(f"of_{name}") for name in _NAMES))
    .values(n=counted.c.n + bindparam("more"))
)


def _add(connection: Connection, more: Counter[Key]) -> None:
    changed = {key: number for key, number in more.items() if number}
    rows = [{**dict(zip(_NAMES, key, strict=True)), "n": 0} for key in changed]
    insert_ignoring(connection, counted, rows, _NAMES)
    values = [
        {f"of_{name}": value for name, value in zip(_NAMES, key, strict=True)} | {"more": number}
        for key, number in changed.items()
    ]
    run_many(connection, _MORE, values)
