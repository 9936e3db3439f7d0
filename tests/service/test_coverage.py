"""Themes × stages."""

from __future__ import annotations

from engine.domain.campaign import Campaign, Stage
from engine.domain.steps import EmailStep, HandoffStep
from engine.service.coverage import coverage

AWARE = Stage("aware", steps=(EmailStep(id="a", mail="a"), EmailStep(id="b", mail="b", variants={"email": ("b", "c")})))
READY = Stage("ready", steps=(HandoffStep(id="sales"),))
EMPTY = Stage("slow")


def campaign(name: str, theme: str, *stages: Stage) -> Campaign:
    return Campaign(name, name, stages, theme=theme)


def test_mails_are_counted_by_theme_over_all_its_campaigns() -> None:
    found = coverage([campaign("one", "data", AWARE, EMPTY), campaign("two", "data", AWARE), campaign("x", "", AWARE)])
    assert found.stages == ("aware", "slow")
    assert found.themes == {"data": {"aware": 3, "slow": 0}, "x": {"aware": 3}}


def test_holes_are_stages_without_mails_or_people() -> None:
    found = coverage([campaign("one", "data", AWARE, EMPTY, READY), campaign("two", "price", AWARE)])
    holes = {(theme, stage) for theme in found.themes for stage in found.stages if found.is_hole(theme, stage)}
    assert holes == {("data", "slow")}


def test_wanted_stages_come_first_and_are_holes_in_every_theme_that_lacks_them() -> None:
    found = coverage([campaign("one", "data", AWARE, READY)], ["decide", "ready"])
    assert found.stages == ("decide", "ready", "aware")
    assert [stage for stage in found.stages if found.is_hole("data", stage)] == ["decide", "ready"]
