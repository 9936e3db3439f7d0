"""A task of a campaign is done, or could not be done: the journey goes on, and rules may ask what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.domain.journey.decision import Line
from engine.domain.journey.facts import EventKind
from engine.domain.journey.handing import finishing
from engine.domain.own_events import TASK_DONE
from engine.errors import RipelineError
from engine.service.home import Home
from engine.store.actions import action_row, end_action
from engine.store.database import writing
from engine.store.events import NewEvent, add_events
from engine.store.journey import tell, wake

LONGEST_OUTCOME = 500


class TaskError(RipelineError):
    """A task cannot be finished; the text says why."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A task that is over. `new`: this call ended it."""

    action: int
    outcome: str
    new: bool


def finish_task(home: Home, action: int, outcome: str, by: str) -> Finished:
    """Write down what came of a task; the lead goes on from here. Finishing it again changes nothing.

    Rules know the outcome as `event('task_done', step='call', outcome='reached')`.

    Raises:
        TaskError: there is no such task, or the outcome is empty.
    """
    said = " ".join(outcome.split())[:LONGEST_OUTCOME]
    if not said:
        raise TaskError("say what came of it in a few words.")
    now = home.clock.now()
    with writing(home.store) as connection:
        row = action_row(connection, action)
        if row is None or row.kind != "task":
            raise TaskError(f"there is no task {action}.")
        if not end_action(connection, action, said, now):
            return Finished(action, row.outcome, new=False)
        told = finishing(row.step, said, by)
        source = f"task:{action}"
        event = NewEvent(source, row.lead_id, EventKind.CUSTOM, now, now, TASK_DONE, properties=told)
        add_events(connection, [event])
        tell(connection, row.lead_id, Line(now, TASK_DONE, data=told))
        wake(connection, [row.lead_id], now)
    return Finished(action, said, new=True)
