"""Alerts reach the operator once, over a relay that works, and failing to tell him is not done in a hurry."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.config.model import Alerts, Relay
from engine.service.alerts import end_trouble, raise_alert
from engine.service.operator import OperatorBell
from tests.service.conftest import Found
from tests.service.world import MONDAY, World
from tests.smtpscript import Rule, Say

TO_OPS = Alerts(mail_to="ops@acme.example")


def trouble(world: World, subject: str = "relay:main", text: str = "relay 'main'\ncannot be reached") -> None:
    raise_alert(world.home, subject, text, world.clock.now())


def test_operator_is_told_once_however_often_the_trouble_is_raised(found: Found) -> None:
    world = found(alerts=TO_OPS)
    bell = OperatorBell(world.home)
    trouble(world)
    trouble(world)
    assert bell.ring() == 1
    trouble(world)
    assert bell.ring() == 0
    assert [mail.recipients for mail in world.server.accepted] == [("ops@acme.example",)]
    assert world.subjects() == ["[Ripeline] relay 'main' cannot be reached"]


def test_trouble_that_comes_back_is_told_again(found: Found) -> None:
    world = found(alerts=TO_OPS)
    bell = OperatorBell(world.home)
    trouble(world)
    bell.ring()
    end_trouble(world.home, "relay:main", world.clock.now())
    trouble(world)
    assert bell.ring() == 1


@pytest.mark.acceptance(row=17)
def test_alert_goes_by_the_relay_that_works(found: Found) -> None:
    world = found(alerts=TO_OPS)
    dead = Relay(name="dead", host="127.0.0.1", port=1, tls="none")
    alive = Relay(name="alive", host="127.0.0.1", port=world.server.port, tls="none")
    world.relays = (dead, alive)
    trouble(world, "relay:dead")
    assert OperatorBell(world.home).ring() == 1


def test_bell_rests_longer_each_time_while_nobody_can_be_told(found: Found) -> None:
    world = found(Rule("MAIL", Say("451 4.3.0 later")), alerts=TO_OPS)
    bell = OperatorBell(world.home)
    trouble(world)
    tried = []
    for second in range(0, 600, 5):
        world.clock.step_to(MONDAY + timedelta(seconds=second))
        before = len(world.server.commands)
        bell.ring()
        if len(world.server.commands) > before:
            tried.append(second)
    assert tried == [0, 60, 180, 420]
    world.server.script()
    world.clock.step_to(MONDAY + timedelta(hours=1))
    assert bell.ring() == 1


def test_without_channels_the_log_is_enough(world: World) -> None:
    trouble(world)
    assert OperatorBell(world.home).ring() == 1
    assert OperatorBell(world.home).ring() == 0
