"""The store's figures for monitoring, on a home in play."""

from __future__ import annotations

from datetime import timedelta

from engine.service.gauges import gauges_of
from engine.service.held import hold_sending
from engine.service.pause import pause_campaign
from tests.service.world import MONDAY, World
from tests.smtpscript import Rule, Say


def test_figures_follow_a_mail_on_its_way(world: World) -> None:
    world.take_in("jane@northwind.example,Jane,web")
    assert gauges_of(world.home, MONDAY).look_lag == 0
    late = gauges_of(world.home, MONDAY + timedelta(minutes=3))
    assert (late.look_lag, late.due, late.due_lag) == (180, 0, 0)
    world.tick()
    late = gauges_of(world.home, MONDAY + timedelta(minutes=2))
    assert (late.due, late.due_lag) == (1, 120)
    assert late.bundle is not None and late.bundle[0] == 1
    claimed = world.dispatch.claim(10)
    assert claimed is not None
    assert gauges_of(world.home, MONDAY).in_flight == {"sending": 1, "transmitting": 0, "deferred": 0, "put_aside": 0}
    world.dispatch.admit([claimed.claims[0].id])
    assert gauges_of(world.home, MONDAY).in_flight["transmitting"] == 1


def test_deferred_mail_is_in_flight_until_it_is_due_again(world: World) -> None:
    world.take_in("jane@northwind.example,Jane,web")
    world.server.script(Rule("RCPT", Say("450 4.2.0 later")))
    world.go()
    now = gauges_of(world.home, world.clock.now())
    assert (now.due, now.in_flight["deferred"]) == (0, 1)
    later = gauges_of(world.home, MONDAY + timedelta(days=1))
    assert (later.due, later.in_flight["deferred"]) == (1, 0)


def test_mails_of_a_paused_campaign_are_due_and_not_late(world: World) -> None:
    world.take_in("jane@northwind.example,Jane,web")
    world.tick()
    pause_campaign(world.home, "drip")
    still = world.runner.current().standing_still
    assert still == ["drip"]
    late = gauges_of(world.home, MONDAY + timedelta(hours=1), still)
    assert (late.due, late.due_lag) == (1, 0)


def test_held_sending_and_alerts_are_told(world: World) -> None:
    world.take_in("jane@northwind.example,Jane,web")
    world.server.script(Rule("MAIL", Say("550 5.7.1 not you")))
    world.go()
    hold_sending(world.home, "jo", "prices")
    now = gauges_of(world.home, world.clock.now())
    assert now.held == "paused by jo: prices"
    assert now.alerts == ("relay:main",)
    assert (now.due, now.in_flight["put_aside"] + now.in_flight["deferred"]) == (0, 1)
