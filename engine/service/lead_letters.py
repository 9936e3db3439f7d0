"""What another program is told about a lead: who it is, what the step was, and how it came there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.service.home import Home
from engine.service.running import Runner, Running
from engine.service.sales.desk import asked_of
from engine.service.why import story_of_lead
from engine.store.database import reading, writing
from engine.store.leads import lead_row
from engine.store.outbox import Letter, overdue_tasks, post, unposted_actions

STEP = "lead.step"
TASK_DUE = "task.due"
TASK_OVERDUE = "task.overdue"
OF_TASKS = (TASK_DUE, TASK_OVERDUE)
BATCH = 50
NEWEST = 20
"""Moments of the story that are told, the newest ones."""

Brief = Callable[[Home, Running, str], dict[str, Any]]
"""Tells about the lead with this opaque id."""


def lead_brief(home: Home, running: Running, public_id: str) -> dict[str, Any]:
    """The lead with its fields and the newest moments of its story."""
    story = story_of_lead(home, running, public_id, home.clock.now())
    moments = story.moments[-NEWEST:]
    return {
        "id": story.head.id,
        "email": story.head.email,
        "name": story.head.name,
        "company": story.head.company,
        "lifecycle": story.head.lifecycle,
        "score": story.head.score,
        "fit": story.head.fit,
        "lists": list(story.head.lists),
        "story": [{"at": m.at.isoformat(), "what": m.what, "about": m.about, "why": m.why} for m in moments],
    }


def post_webhook_steps(home: Home, runner: Runner, brief: Brief = lead_brief) -> int:
    """Write the letters of `webhook` steps that have none yet; how many."""
    with reading(home.store) as connection:
        due = unposted_actions(connection, "webhook", BATCH)
    posted = 0
    for step in due:
        letter = _letter(home, step, brief(home, runner.current(), step.public_id))
        with writing(home.store) as connection:
            posted += post(connection, letter, home.clock.now())
    return posted


def post_task_mails(home: Home) -> int:
    """Write the letters to colleagues for tasks that have none yet; how many. A task is over when it is said to be."""
    with reading(home.store) as connection:
        due = unposted_actions(connection, "task", BATCH)
        people = {task.id: lead_row(connection, task.lead_id) for task in due}
    posted = 0
    for task in due:
        who = people[task.id]
        name, to = f"task_{home.identity}_{task.id}", asked_of(task, who) if who is not None else ""
        if to:
            letter = Letter(name, "mail", to, TASK_DUE, {"task": task.id}, task.lead_id, action_id=task.id)
            with writing(home.store) as connection:
                posted += post(connection, letter, home.clock.now())
    return posted


def escalate_tasks(home: Home) -> int:
    """Tell whoever is above of tasks that nobody did in time; how many. They stay open."""
    above, now = home.config.sales.escalate_to, home.clock.now()
    if not above:
        return 0
    with reading(home.store) as connection:
        late = overdue_tasks(connection, TASK_OVERDUE, now, BATCH)
    for task in late:
        name = f"overdue_{home.identity}_{task.id}"
        letter = Letter(name, "mail", above, TASK_OVERDUE, {"task": task.id}, task.lead_id, action_id=task.id)
        with writing(home.store) as connection:
            post(connection, letter, now)
    return len(late)


def _letter(home: Home, step: Any, lead: dict[str, Any]) -> Letter:
    payload = {
        "at": step.created_at.isoformat(),
        "lead": lead | _fields(home, step.lead_id),
        "campaign": step.campaign,
        "stage": step.stage,
        "step": step.step,
        "occurrence": step.occurrence,
    }
    name = f"step_{home.identity}_{step.id}"
    return Letter(name, "webhook", str(step.payload.get("to", "")), STEP, payload, step.lead_id, action_id=step.id)


def _fields(home: Home, lead: int) -> dict[str, Any]:
    with reading(home.store) as connection:
        row = lead_row(connection, lead)
    if row is None:
        return {}
    return {"source": row.source, "owner": row.owner, "country": row.country, "fields": dict(row.fields)}
