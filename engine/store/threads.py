"""Threads: the mail that was sent at a step last, which a later one of the same run answers."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, or_, select

from engine.domain.delivery import DeliveryState
from engine.store.among import among_numbers, among_texts, unindexed
from engine.store.many import read_many
from engine.store.tables import DeliveryRow

delivery = DeliveryRow.__table__  # type: ignore[attr-defined]

_STATE = unindexed(delivery.c.state)
_OF_RUNS = (
    select(delivery.c.enrollment_id, delivery.c.step, delivery.c.id, delivery.c.subject)
    .where(
        among_numbers(delivery.c.enrollment_id, "runs"),
        among_texts(delivery.c.step, "steps"),
        or_(*(gone == _STATE for gone in (DeliveryState.SENT.value, DeliveryState.UNKNOWN.value))),
    )
    .order_by(delivery.c.id)
)


def threads(connection: Connection, wanted: Sequence[tuple[int, str]]) -> dict[tuple[int, str], tuple[int, str]]:
    """For (enrollment, step): the number and subject of the mail that was sent there last."""
    asked = set(wanted)
    names = {"runs": [run for run, _ in asked], "steps": list({step for _, step in asked})}
    rows = read_many(connection, _OF_RUNS, names)
    return {(run, step): (number, subject) for run, step, number, subject in rows if (run, step) in asked}
