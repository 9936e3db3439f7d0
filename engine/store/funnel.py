"""Funnels: how many leads entered each campaign, reached each stage, got mail there and answered it.

Only the demo asks, of its own small home: each of these looks at every enrollment, mail or event. Reports of a home
read roll-ups (`engine.store.daily_counts`, `engine.store.cohorts`).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, distinct, func, select

from engine.store.tables import DeliveryRow, EnrollmentRow, EventRow, LeadRow, StoryRow

enrollment = EnrollmentRow.__table__  # type: ignore[attr-defined]
delivery = DeliveryRow.__table__  # type: ignore[attr-defined]
event = EventRow.__table__  # type: ignore[attr-defined]
story = StoryRow.__table__  # type: ignore[attr-defined]
lead = LeadRow.__table__  # type: ignore[attr-defined]

_INTO_A_STAGE = ("advanced", "branched", "exhausted")


@dataclass(frozen=True, slots=True)
class StageFigures:
    """A stage of a campaign: leads that came to it, mails sent there, leads that opened and clicked as people do."""

    campaign: str
    stage: str
    came: int = 0
    mails: int = 0
    opened: int = 0
    clicked: int = 0


def entered(connection: Connection) -> dict[str, int]:
    """How many enrollments each campaign has had."""
    query = select(enrollment.c.campaign, func.count()).group_by(enrollment.c.campaign)
    return {row.campaign: row.count_1 for row in connection.execute(query)}


def goals(connection: Connection) -> dict[str, int]:
    """How many enrollments of each campaign reached its goal."""
    query = select(enrollment.c.campaign, func.count(enrollment.c.goal_at)).group_by(enrollment.c.campaign)
    return {row.campaign: row.count_1 for row in connection.execute(query)}


def stage_figures(connection: Connection) -> dict[tuple[str, str], StageFigures]:
    """The figures of every stage that somebody came to by moving, got mail in, or acted in; internal people apart."""
    came = _by_stage(connection, _came())
    mails = _by_stage(connection, _mails())
    opened, clicked = (_by_stage(connection, _acted(kind)) for kind in ("open", "click"))
    places = came.keys() | mails.keys() | opened.keys() | clicked.keys()
    return {
        place: StageFigures(
            *place, came.get(place, 0), mails.get(place, 0), opened.get(place, 0), clicked.get(place, 0)
        )
        for place in places
    }


def _by_stage(connection: Connection, query: object) -> dict[tuple[str, str], int]:
    return {(row[0], row[1]): row[2] for row in connection.execute(query)}  # type: ignore[call-overload]


def _came() -> object:
    to = story.c.data["to"].as_string()
    moved = select(story.c.campaign, to.label("stage"), func.count(distinct(story.c.lead_id)))
    return moved.where(story.c.code.in_(_INTO_A_STAGE)).group_by(story.c.campaign, to)


def _mails() -> object:
    sent = select(delivery.c.campaign, delivery.c.stage, func.count())
    return sent.where(delivery.c.state == "sent", ~delivery.c.test).group_by(delivery.c.campaign, delivery.c.stage)


def _acted(kind: str) -> object:
    acted = select(event.c.campaign, event.c.stage, func.count(distinct(event.c.lead_id)))
    ours = acted.join(lead, lead.c.id == event.c.lead_id).where(~lead.c.internal)
    human = ours.where(event.c.kind == kind, event.c.actor == "human", ~event.c.pending)
    return human.group_by(event.c.campaign, event.c.stage)
