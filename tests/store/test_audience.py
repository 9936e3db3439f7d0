"""Audiences on both databases: who is meant, passed over, let in, moved, and shown out."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine

from engine.store.audience import (
    count_meant,
    end_campaign,
    let_in,
    pass_over,
    relocate,
    rename_stage,
    sample_meant,
    waiting_at,
    wake_campaign,
)
from engine.store.database import reading, writing
from engine.store.facts import load_facts
from engine.store.journey import due_leads
from tests.domain.rules.facts import rule
from tests.store.journals import NOW, add_enrollment, add_lead

WEB = rule("source == 'web'")
FOLDED = {"~source": "web"}


def people(engine: Engine) -> None:
    """1 meets the condition, 2 does not, 3 was in the campaign already, 4 meets it."""
    with writing(engine) as connection:
        add_lead(connection, "a", folded=FOLDED)
        add_lead(connection, "b", source="fair", folded={"~source": "fair"})
        add_enrollment(connection, add_lead(connection, "c", folded=FOLDED), status="ended")
        add_lead(connection, "d", folded=FOLDED)


def test_audience_is_who_meets_the_condition_and_was_never_in(engine_for: Engine) -> None:
    people(engine_for)
    with reading(engine_for) as connection:
        assert count_meant(connection, "drip", WEB, NOW) == 2
        assert count_meant(connection, "other", WEB, NOW) == 3
        assert [row.id for row in sample_meant(connection, "drip", WEB, NOW, 1)] == [4], "the newest first"


def test_passed_over_are_those_who_meet_it_now_and_no_others(engine_for: Engine) -> None:
    people(engine_for)
    with writing(engine_for) as connection:
        assert pass_over(connection, "drip", WEB, NOW) == 2
        assert pass_over(connection, "drip", WEB, NOW) == 2, "asked again, it is the same"
        add_lead(connection, "e", folded=FOLDED)
    with reading(engine_for) as connection:
        passed = {facts.lead.id for facts in load_facts(connection, [1, 2, 3, 4, 5]) if facts.passed_over}
    assert passed == {1, 4}


def test_let_in_looks_at_them_and_forgets_that_they_were_passed_over(engine_for: Engine) -> None:
    people(engine_for)
    with writing(engine_for) as connection:
        pass_over(connection, "drip", WEB, NOW)
        assert let_in(connection, "drip", WEB, NOW) == 2
        assert due_leads(connection, NOW, 9) == [1, 4]
        assert not any(facts.passed_over for facts in load_facts(connection, [1, 4]))


def test_leads_are_relocated_by_stage_and_step(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        for name, step, status in (("a", "first", "active"), ("b", "second", "active"), ("c", "first", "ended")):
            who = add_lead(connection, name)
            add_enrollment(connection, who, step=step, status=status, due_at=NOW, waiting="wait")
        assert waiting_at(connection, "drip") == {("aware", "first"): 1, ("aware", "second"): 1}
        assert relocate(connection, "drip", "aware", {"first": "second"}) == 1
        assert relocate(connection, "drip", "elsewhere", {"second": "third"}) == 0
        assert waiting_at(connection, "drip") == {("aware", "second"): 2}
        moved = {facts.lead.id: facts.enrollments[0] for facts in load_facts(connection, [1, 2, 3])}
    assert (moved[1].step, moved[1].due_at, moved[1].waiting) == ("second", None, "")
    assert moved[2].due_at == NOW, "who stood there already keeps the time"
    assert moved[3].step == "first", "who left is history"


def test_renamed_stage_takes_its_leads_along(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        add_enrollment(connection, add_lead(connection))
        assert rename_stage(connection, "drip", "aware", "curious") == 1
        assert waiting_at(connection, "drip") == {("curious", "first"): 1}


def test_campaign_that_is_gone_lets_everybody_go_and_wakes_them(engine_for: Engine) -> None:
    later = NOW + timedelta(days=1)
    with writing(engine_for) as connection:
        inside = add_lead(connection, "a", next_due_at=later)
        add_enrollment(connection, inside)
        add_enrollment(connection, inside, campaign="other")
        assert wake_campaign(connection, "drip", NOW) == 1
        assert end_campaign(connection, "drip", "campaign_removed", NOW) == 1
        assert end_campaign(connection, "drip", "campaign_removed", NOW) == 0
        assert due_leads(connection, NOW, 9) == [inside]
        (facts,) = load_facts(connection, [inside])
    assert [(e.campaign, e.status.value, e.ended_why, e.step) for e in facts.enrollments] == [
        ("drip", "ended", "campaign_removed", ""),
        ("other", "active", "", "first"),
    ]
