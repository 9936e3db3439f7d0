"""`notify` steps: a colleague is mailed once, by the daemon's bell."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes
from email.policy import SMTP
from typing import Any

from engine.config.model import Safety
from engine.service.operator import OperatorBell
from engine.store.actions import open_actions
from engine.store.database import reading
from tests.service.world import World
from tests.smtpscript import Rule, Say

Found = Callable[..., World]
JANE = "jane@northwind.example,Jane,web,{owner}"
COLUMNS = "email,first_name,source,owner"


def with_notice(world: World, who: str = "") -> World:
    """Jane's campaign tells somebody about her first of all."""
    step = '[[stage.aware.step]]\nid = "look"\nnotify = "Look at her company."\n' + (f'who = "{who}"\n' if who else "")
    first = '[[stage.aware.step]]\nemail = "first"\n'
    world.apply(world.rewrite("campaigns/drip.toml", lambda text: text.replace(first, step + first, 1)))
    return world


def due(world: World) -> list[Any]:
    with reading(world.home.store) as connection:
        return open_actions(connection, "notify", 10)


def notices(world: World) -> list[tuple[str, str]]:
    """Of the mails that the relay took, those to colleagues: for whom, and the subject."""
    found = [(mail.recipients[0], message_from_bytes(mail.message, policy=SMTP)) for mail in world.server.accepted]
    return [(to, str(message["Subject"])) for to, message in found if message["Auto-Submitted"]]


def test_owner_is_told_once(world: World) -> None:
    with_notice(world).take_in(JANE.format(owner="bea"), columns=COLUMNS)
    world.tick()
    bell = OperatorBell(world.home)
    assert [bell.ring(), bell.ring()] == [1, 0]
    assert notices(world) == [("bea@acme.example", "Jane: Look at her company.")]
    assert due(world) == []


def test_named_colleague_is_told(world: World) -> None:
    with_notice(world, who="carl").take_in(JANE.format(owner="bea"), columns=COLUMNS)
    world.tick()
    OperatorBell(world.home).ring()
    assert [to for to, _ in notices(world)] == ["carl@elsewhere.example"]


def test_lead_without_owner_leaves_the_reason_and_no_mail(world: World) -> None:
    with_notice(world).take_in(JANE.format(owner=""), columns=COLUMNS)
    world.tick()
    OperatorBell(world.home).ring()
    assert (notices(world), due(world)) == ([], [])


def test_safe_mode_diverts_notices_too(found: Found) -> None:
    world = with_notice(found(safety=Safety(deliver_to="ops@acme.example")))
    world.take_in(JANE.format(owner="bea"), columns=COLUMNS)
    world.tick()
    OperatorBell(world.home).ring()
    assert [to for to, _ in notices(world)] == ["ops@acme.example"]


def test_notice_waits_while_the_relay_refuses(found: Found) -> None:
    world = with_notice(found(Rule("MAIL", Say("421 4.3.2 not now"))))
    world.take_in(JANE.format(owner="bea"), columns=COLUMNS)
    world.tick()
    assert OperatorBell(world.home).ring() == 0
    assert len(due(world)) == 1
