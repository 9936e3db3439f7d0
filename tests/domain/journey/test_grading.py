"""Score and grade within a decision: what rules see, what is kept and told, and when the lead is looked at again."""

from __future__ import annotations

from engine.domain.journey.decision import Score
from engine.domain.journey.facts import EventKind, LeadFacts
from engine.domain.journey.programme import Policy
from engine.domain.scoring import Scoring

from .world import DAY, MONDAY, Play, campaign, email, lead, points, programme, scoring, setting, stage

CLICKS = scoring(points("ever.clicks", 10))
MIDNIGHT = MONDAY.replace(hour=0)


def play(scheme: Scoring, *steps: object, **more: str) -> Play:
    way = campaign("x", stage("one", *(steps or (email("a"),)), advance=more.pop("advance", "")), **more)
    return Play(programme(way, policy=Policy(scoring=scheme)), LeadFacts(lead()))


def test_rules_of_the_same_decision_see_the_new_score() -> None:
    lived = play(CLICKS, enter="score >= 20")
    lived.look()
    lived.happens(EventKind.CLICK)
    assert not lived.facts.enrollments

    lived.happens(EventKind.CLICK)

    assert lived.steps == ["a"]
    assert lived.facts.lead.score == 20


def test_score_and_grade_are_no_fields_of_the_lead() -> None:
    lived = play(scoring(points("ever.clicks", 10), fit={"ripe": 60}), setting("s", ripe=True), enter="true")
    decision = lived.look()

    assert decision.score == Score(0, "A")
    assert decision.fields == {"ripe": True}


def test_score_as_stored_is_no_news() -> None:
    lived = play(CLICKS, enter="false")
    lived.happens(EventKind.CLICK)

    assert lived.latest.score == Score(10, "")
    assert lived.look().score is None


def test_home_without_scoring_leaves_scores_alone() -> None:
    lived = play(Scoring(), enter="score >= 20")
    lived.becomes(score=46.0, fit="B")

    assert lived.latest.score is None
    assert (lived.facts.lead.score, lived.facts.lead.fit) == (46.0, "B")
    assert lived.steps == ["a"]


def test_story_tells_a_score_only_where_it_means_something_to_a_rule() -> None:
    lived = play(CLICKS, enter="score >= 20")
    lived.happens(EventKind.CLICK)
    assert lived.told("scored") == []

    lived.happens(EventKind.CLICK)
    lived.happens(EventKind.CLICK)

    assert [line.data for line in lived.told("scored")] == [{"score": 20, "fit": "", "reached": 20}]


def test_grade_that_changes_is_told_once() -> None:
    scheme = scoring(fit={"ripe": 60})
    lived = play(scheme, setting("s", ripe=True), enter="true")
    lived.becomes(fit="C")

    assert [line.data for line in lived.told("scored")] == [{"score": 0, "fit": "A", "fit_was": "C"}]


def test_first_grade_is_no_news() -> None:
    lived = play(scoring(fit={"ripe": 60}), enter="true")

    assert lived.look().score == Score(0, "D")
    assert lived.told("scored") == []


def test_lead_is_looked_at_when_its_faded_score_crosses_a_number_of_a_rule() -> None:
    lived = play(CLICKS, email("a", "300d"), enter="score >= 10", exit="score < 5")
    lived.happens(EventKind.CLICK)
    lived.run_to(MONDAY + 100 * DAY)

    [left] = lived.told("ended")
    assert left.at == MIDNIGHT + 31 * DAY
    assert lived.told("scored")[-1].data["under"] == 5


def test_verdict_that_a_click_was_a_machines_takes_its_points_back() -> None:
    lived = play(CLICKS, enter="false")
    lived.happens(EventKind.CLICK)
    lived.facts = lived.facts.__class__(lived.facts.lead)

    assert lived.look().score == Score(0, "")
