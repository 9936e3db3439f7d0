"""When a lead is handed to sales, comes back, and ripens again; and how it goes through the lifecycle."""

from __future__ import annotations

from typing import Any

from engine.domain.journey.facts import EventKind, LeadFacts
from engine.domain.journey.programme import Policy
from engine.domain.lifecycle import Lifecycle
from engine.domain.sales.policy import GivenBack, SalesPolicy
from engine.domain.timing import Span

from .world import DAY, HOUR, MONDAY, Play, campaign, email, lead, programme, rule, setting, stage

STAGES = ("subscriber", "engaged", "mql", "sal", "sql", "customer")
SALES = SalesPolicy(
    ready=rule("count('visit') >= 2"),
    hand_raises=frozenset({"demo_requested"}),
    rest=Span(days=30),
    reasons={
        "too_early": GivenBack("Too early", campaign="wake-up"),
        "no_fit": GivenBack("Not for us", disqualify=True),
        "soon": GivenBack("Soon", rest=Span(days=2)),
    },
)
LIFE = Lifecycle(STAGES, {"engaged": rule("event('visit')")}, {"customer": ("recycled",)})
NURTURE = campaign("nurture", stage("one", email("a"), email("b", "5d"), exhausted="hold"), theme="data")
WAKE_UP = campaign("wake-up", stage("one", email("a"), email("c"), exhausted="exit"), enter="false", theme="data")


def play(*more: Any, sales: SalesPolicy = SALES, **values: Any) -> Play:
    policy = Policy(sales=sales, lifecycle=LIFE)
    who = lead(lifecycle=values.pop("lifecycle", "subscriber"), **values)
    lived = Play(programme(NURTURE, WAKE_UP, *more, policy=policy), LeadFacts(who))
    lived.look()
    return lived


def ripe(lived: Play) -> bool:
    return lived.latest.handover is not None


def times_ripe(lived: Play) -> int:
    return sum(line.code == "ripe" for line in lived.lines)


def test_ripe_by_the_rule_it_is_handed_over_once_with_its_reason() -> None:
    lived = play().event("visit")
    assert not ripe(lived)

    lived.run_for(HOUR).event("visit")

    found = lived.latest.handover
    assert found is not None
    assert found.rule == "count('visit') >= 2"
    assert "visit" in found.because
    assert found.ripened_at == lived.now
    assert found.theme == "data"
    assert lived.facts.lead.lifecycle == "mql"
    lived.run_for(HOUR).event("visit")
    assert not ripe(lived)


def test_campaigns_pause_while_sales_has_the_lead() -> None:
    lived = play().event("demo_requested")
    assert lived.enrollment("nurture").waiting == "handed_off"
    assert lived.run_for(10 * DAY).steps == ["a"]


def test_a_raised_hand_counts_whatever_the_score_and_also_outside_of_campaigns() -> None:
    lived = play()
    lived.programme = programme(policy=lived.programme.policy)
    assert ripe(lived.event("demo_requested"))


def test_a_hand_raised_long_before_anybody_listened_surprises_nobody() -> None:
    for ago, handed_over in ((6, True), (8, False)):
        lived = play()
        lived.happens(EventKind.CUSTOM, "demo_requested", at=lived.now - ago * DAY)
        assert ripe(lived) is handed_over


def test_colleagues_and_the_disqualified_are_not_handed_over() -> None:
    assert not ripe(play(internal=True).event("demo_requested"))
    assert not ripe(play(lifecycle="disqualified").event("visit").run_for(HOUR).event("visit"))
    for stands in ("sal", "sql", "customer"):
        assert not ripe(play(lifecycle=stands).event("visit").run_for(HOUR).event("visit"))


def handed_and_back(reason: str) -> Play:
    lived = play().event("visit").run_for(HOUR).event("visit")
    return lived.run_for(DAY).event("recycled", reason=reason)


def test_given_back_it_rests_and_ripens_only_by_something_new() -> None:
    lived = handed_and_back("no_answer")
    assert not ripe(lived)
    assert lived.facts.lead.lifecycle == "recycled"

    assert times_ripe(lived) == times_ripe(lived.run_for(40 * DAY)) == 1
    assert times_ripe(lived.event("visit")) == 2


def test_what_it_does_while_it_rests_counts_when_the_rest_is_over() -> None:
    lived = handed_and_back("soon").run_for(DAY).event("visit")
    assert not ripe(lived)
    assert lived.due_at is not None
    lived.run_for(2 * DAY)
    assert len([line for line in lived.lines if line.code == "ripe"]) == 2


def test_a_raised_hand_breaks_the_rest() -> None:
    assert ripe(handed_and_back("too_early").run_for(HOUR).event("demo_requested"))


def test_the_reason_leads_into_its_campaign_which_repeats_no_mail() -> None:
    lived = handed_and_back("too_early").run_for(DAY)
    run = lived.enrollment("wake-up")
    assert run.trigger["reason"] == "too_early"
    assert lived.steps == ["a", "c"]


def test_the_way_through_the_lifecycle_follows_sales_and_deals() -> None:
    lived = play().event("visit")
    assert lived.facts.lead.lifecycle == "engaged"
    ways = [("demo_requested", "mql"), ("handoff_accepted", "sal"), ("opportunity_opened", "sql")]
    for name, after in (*ways, ("opportunity_won", "customer")):
        lived.run_for(HOUR).event(name)
        assert lived.facts.lead.lifecycle == after
    moves = [line.data["after"] for line in lived.lines if line.code == "lifecycle"]
    assert moves == ["engaged", "mql", "sal", "sql", "customer"]


def test_given_back_as_unfit_it_is_disqualified_and_stays_so() -> None:
    lived = handed_and_back("no_fit").run_for(40 * DAY).event("visit")
    assert lived.facts.lead.lifecycle == "disqualified"


def test_a_step_cannot_lead_where_the_lifecycle_does_not() -> None:
    back = campaign("back", stage("one", setting("s", lifecycle="subscriber"), exhausted="exit"))
    lived = play(back, lifecycle="customer")
    assert lived.facts.lead.lifecycle == "customer"
    assert [line.data["after"] for line in lived.lines if line.code == "lifecycle_refused"] == ["subscriber"]


def test_deciding_again_changes_nothing() -> None:
    lived = play().event("visit").run_for(HOUR).event("visit")
    assert lived.now > MONDAY
    again = lived.look()
    assert (again.handover, again.moved, again.lines) == (None, (), ())


def test_a_home_without_such_rules_hands_nobody_over() -> None:
    assert not ripe(play(sales=SalesPolicy()).event("demo_requested"))


def test_a_deal_that_is_lost_comes_back_by_how_it_ended_and_one_that_is_won_frees_the_lead() -> None:
    sales = SalesPolicy(hand_raises=SALES.hand_raises, reasons={"no_decision": GivenBack("No decision", "wake-up")})
    lost = play(sales=sales).event("demo_requested").run_for(DAY).event("opportunity_lost", outcome="no_decision")
    assert lost.facts.lead.lifecycle == "recycled"
    assert lost.enrollment("wake-up").trigger["outcome"] == "no_decision"
    won = play(sales=sales).event("demo_requested").run_for(DAY).event("opportunity_won")
    assert won.facts.lead.lifecycle == "customer"
    assert won.enrollment("nurture").waiting != "handed_off"


ANSWER = campaign(
    "answer",
    stage("only", email("thanks", operational=True), email("calendar", "1d", operational=True), exhausted="exit"),
    on="demo_requested",
)


def sent(lived: Play, name: str) -> list[str]:
    return [mail.step for mail in lived.facts.deliveries if mail.campaign == name]


def test_a_raised_hand_is_answered_in_the_look_that_hands_it_over_while_nurturing_pauses() -> None:
    lived = play(ANSWER).event("demo_requested")
    assert lived.facts.lead.handed_off_at == lived.now
    assert sent(lived, "answer") == ["thanks"]
    before = sent(lived, "nurture")
    lived.run_for(10 * DAY)
    assert sent(lived, "answer") == ["thanks", "calendar"], "what is owed goes on"
    assert sent(lived, "nurture") == before, "sales has the lead"


def test_a_campaign_with_any_marketing_mail_pauses_as_a_whole() -> None:
    mixed = campaign(
        "mixed", stage("only", email("thanks", operational=True), email("more", "1d")), on="demo_requested"
    )
    lived = play(mixed).event("demo_requested")
    lived.run_for(10 * DAY)
    assert lived.facts.lead.handed_off_at is not None
    assert sent(lived, "mixed") == []
