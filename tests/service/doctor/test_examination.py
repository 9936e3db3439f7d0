"""`ripeline doctor`: each practice is judged by this home's own config, campaigns and data."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from engine.config.model import Config
from engine.domain.campaign import Campaign, CampaignState, Stage, Trigger
from engine.domain.delivery import MailKind
from engine.domain.steps import EmailStep
from engine.service.doctor.evidence import Evidence
from engine.service.doctor.examination import PRACTICES, Examination, Examined, examine
from engine.service.doctor.practice import Finding, Practice, Standing
from tests.service.world import World

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
LEAD = SimpleNamespace(owner="", source="web", updated_at=NOW, subscribed=True, fields={})
EMPTY = Evidence(Config(), (), frozenset(), None, (), (), (0, 0), (), NOW)


def handed(**values: Any) -> Any:
    base = dict.fromkeys(("alerted_at", "answered_at", "ended_at"))
    return SimpleNamespace(**{**base, "at": NOW, "ripened_at": NOW, "reason": "", **values})


def config(**sections: Any) -> Config:
    return Config.model_validate(sections)


def judged(number: int, **changes: Any) -> Finding:
    practice = next(one for one in PRACTICES if one.number == number)
    return practice.judge(replace(EMPTY, **changes))


def campaign(name: str, holdout: float = 0.0, **variants: tuple[str, ...]) -> Campaign:
    mail = EmailStep(id="first", mail="first", variants=variants)
    return Campaign(name, name, (Stage("aware", (mail,)),), CampaignState.LIVE, holdout=holdout)


HELD = campaign("held", 0.1)
TRIED = campaign("tried", subject=("One", "Two"))
DEALS = frozenset({"opportunity", "cost"})
ANSWER = replace(
    HELD,
    on=Trigger("Demo_Requested"),
    stages=(Stage("only", (EmailStep(id="thanks", mail="thanks", mail_kind=MailKind.OPERATIONAL),)),),
)
ASKED = {
    "config": config(sales={"hand_raises": ["demo_requested"]}),
    "handoffs": (handed(alerted_at=NOW + timedelta(minutes=3)),),
}
ANN = {"person": [{"name": "ann"}], "fallback": "ann"}
CASES: list[tuple[int, dict[str, Any], Standing, str]] = [
    (1, {}, Standing.NO, "no rule says"),
    (1, {"config": config(sales_ready="score >= 60"), "agreed": NOW}, Standing.YES, "since 25 Nov 2026"),
    (2, {"config": config(lifecycle={"when": {"mql": "score > 3"}})}, Standing.HALF, "none has an owner"),
    (3, {"leads": (LEAD,), "lacking": (2, 1)}, Standing.NO, "without an owner: 2, without anything to come: 1"),
    (3, {"leads": (LEAD,), "lacking": (0, 1)}, Standing.HALF, "without anything to come: 1"),
    (3, {"leads": (LEAD,)}, Standing.YES, "every lead has an owner"),
    (4, {"config": config(scoring={"fit": [{"name": "x", "when": "true", "points": 1}]})}, Standing.HALF, "0 rules"),
    (5, {"config": config(sales=ANN)}, Standing.YES, "ann gets what no route takes"),
    (8, {"handoffs": (handed(alerted_at=NOW + timedelta(minutes=3)),)}, Standing.YES, "3 min after the event"),
    (8, {"handoffs": (handed(alerted_at=NOW + timedelta(hours=2)),)}, Standing.HALF, "120 min"),
    (8, {**ASKED, "campaigns": (HELD,)}, Standing.HALF, "no campaign answers whoever tells demo_requested"),
    (8, {**ASKED, "campaigns": (ANSWER,)}, Standing.YES, "3 min after the event"),
    (10, {"handoffs": (handed(ended_at=NOW),)}, Standing.HALF, "100% of 1 hand-offs ended without an answer"),
    (
        21,
        {"config": config(safety={"deliver_to": "me@x.example"}, crm={"kind": "salesforce"})},
        Standing.HALF,
        "safe mode holds what goes to crm 'salesforce'",
    ),
    (14, {"consents": (10, 4)}, Standing.HALF, "4 of the newest 10"),
    (15, {"old": (NOW - timedelta(days=900), NOW)}, Standing.HALF, "50% of the oldest 2 leads"),
    (16, {"leads": (LEAD,), "kinds": frozenset({"opportunity"})}, Standing.YES, "1 of the newest 1"),
    (17, {"kinds": DEALS}, Standing.HALF, "a holdout in 0 of 0 campaigns"),
    (17, {"held_out": 3, "kinds": DEALS, "campaigns": (HELD,)}, Standing.YES, "3 leads held out"),
    (17, {"kinds": DEALS, "campaigns": (HELD,)}, Standing.HALF, "not there: leads that were held out"),
    (19, {"kinds": frozenset({"forecast"})}, Standing.HALF, "nobody is told"),
    (20, {"campaigns": (TRIED,)}, Standing.HALF, "1 of 1 mails have variants; none of them went out yet"),
    (20, {"campaigns": (TRIED,), "tried": frozenset({("tried", "first")})}, Standing.YES, "1 went out"),
    (20, {"campaigns": (TRIED,), "tried": frozenset({("other", "first")})}, Standing.HALF, "none of them went out"),
    (21, {"config": config(api={"enabled": True})}, Standing.HALF, "connected: the API"),
]


@pytest.mark.parametrize(("number", "changes", "standing", "words"), CASES)
def test_a_practice_is_judged_by_what_there_is(
    number: int, changes: dict[str, Any], standing: Standing, words: str
) -> None:
    found = judged(number, **changes)
    assert found.standing is standing
    assert words in found.why


@pytest.mark.parametrize("practice", PRACTICES, ids=lambda one: f"N{one.number}")
def test_whatever_is_missing_has_a_next_step(practice: Practice) -> None:
    found = practice.judge(EMPTY)
    assert found.standing is not Standing.YES
    assert found.step


def _examination(**standings: Standing) -> Examination:
    def finding(level: str) -> Finding:
        return Finding(standings.get(level, Standing.YES), "")

    return Examination(tuple(Examined(one, finding(one.level)) for one in PRACTICES))


def test_a_level_is_reached_only_with_those_below_it() -> None:
    assert _examination().level == "best"
    assert _examination(good=Standing.NO).level == "average"
    assert _examination(average=Standing.HALF).level == ""


def test_the_next_step_is_the_lowest_level_s_first() -> None:
    assert _examination().next is None
    found = _examination(good=Standing.NO, average=Standing.HALF).next
    assert found is not None
    assert found.practice.number == 1


def test_a_home_is_examined_without_being_changed(world: World) -> None:
    world.take_in("jane@northwind.example,Jane,web")
    first = examine(world.home)
    assert examine(world.home) == first
    assert {one.practice.number for one in first.found} == set(range(1, 22))


def test_who_lacks_an_owner_or_anything_to_come_is_who_the_report_names(world: World) -> None:
    world.take_in("joe@northwind.example,Joe,nowhere")
    world.go()
    [finding] = [one.finding for one in examine(world.home).found if one.practice.number == 3]
    assert "without an owner: 1, without anything to come: 1" in finding.why
