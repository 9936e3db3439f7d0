"""Steps that reach outside: each is recorded once as due; a task is waited for."""

from __future__ import annotations

import pytest

from engine.domain.steps import HandoffStep, NotifyStep, WebhookStep
from engine.domain.timing import Span
from tests.domain.journey.world import DAY, HOUR, MONDAY, Play, campaign, email, programme, setting, stage, task

WAIT = Span(days=1)


@pytest.mark.parametrize(
    ("step", "payload"),
    [
        (NotifyStep(id="x", text="look", wait=WAIT), {"text": "look", "who": "owner"}),
        (WebhookStep(id="x", to="crm", wait=WAIT), {"to": "crm"}),
        (HandoffStep(id="x", note="call", wait=WAIT), {"to": "sales", "note": "call"}),
    ],
)
def test_an_action_is_due_once_and_the_story_tells_it(step, payload):
    play = Play(programme(campaign("c", stage("one", step, email("a", "1d")))))
    play.run_to(MONDAY + DAY)
    acts = [act for _, decision in play.decisions for act in decision.actions]
    assert [(act.kind, dict(act.payload)) for act in acts] == [(step.kind, payload)]
    assert play.told(step.kind)[0].data == {"step": "x", **payload}
    play.run_to(MONDAY + 9 * DAY)
    assert len(play.facts.actions) == 1


def test_the_journey_waits_for_a_tasks_outcome():
    play = Play(programme(campaign("c", stage("one", task("call", "2 business days"), email("a", "1h")))))
    play.run_to(MONDAY + DAY).task_done("call").run_to(MONDAY + 5 * DAY)
    assert play.sent_at("a") == MONDAY + DAY + HOUR
    assert play.told("task_overdue") == []


def test_a_task_that_nobody_does_is_waited_for_until_its_deadline():
    play = Play(programme(campaign("c", stage("one", task("call", "2 business days", "3d"), email("a", "1h")))))
    play.run_to(MONDAY + 12 * DAY)
    assert play.facts.actions[0].deadline == MONDAY + 7 * DAY
    assert play.sent_at("a") == MONDAY + 7 * DAY + HOUR
    assert len(play.told("task_overdue")) == 1


def test_a_task_comes_again_on_the_next_visit_of_its_stage():
    one = stage("one", task("call", "1d"), exhausted="one", after="1d")
    play = Play(programme(campaign("c", one))).run_to(MONDAY + 5 * DAY)
    assert [a.occurrence for a in play.facts.actions] == [1, 2, 3]


def test_a_task_whose_date_passed_before_the_lead_came_is_not_asked_for():
    dated = task("call", "1d", at="1 day before trigger.ends 09:00")
    play = Play(programme(campaign("c", stage("one", dated, email("a")), on="trial"))).event("trial", ends="2026-11-02")
    assert play.facts.actions == ()
    assert play.steps == ["a"]


@pytest.mark.parametrize("values", [{"points": 3}, {"lifecycle": "mql", "plan": "pro"}])
def test_set_writes_fields_and_tells_them(values):
    play = Play(programme(campaign("c", stage("one", setting("x", **values))))).run_to(MONDAY)
    assert play.told("set")[0].data == {"step": "x", "values": values}
    kept = {**play.facts.lead.fields, "lifecycle": play.facts.lead.lifecycle}
    assert values.items() <= kept.items()
