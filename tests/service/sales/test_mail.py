"""The alert goes to whoever has the lead, over a real relay, and its button leads to the desk."""

from __future__ import annotations

import re
from datetime import timedelta
from email.message import EmailMessage

import pytest

from engine.config.sales import Route
from engine.domain.sales.sheet import Said
from engine.domain.tokens import Purpose, read_mail_token
from engine.service.outbox import Postman, outbox_of
from engine.service.sales.answer import accept, snooze
from engine.service.sales.desk import SalesDesk
from engine.store.actions import open_actions
from engine.store.database import reading
from tests.service.conftest import Found
from tests.service.sales.test_hand_over import JANE, SALES, asked, asks, handoff
from tests.service.world import MONDAY, World
from tests.smtpscript import rule_from

CALL = """
title = "Call"
theme = "data"
state = "live"
enter = "source == 'call'"
backfill = true
[stage.aware]
exhausted = "exit"
[[stage.aware.step]]
id = "ring"
task = "Call her before the trial ends"
who = "bea"
max = "2d"
[[stage.aware.step]]
email = "first"
"""


ANSWER = """
title = "You asked for a demo"
theme = "data"
state = "live"
on = "event('demo_requested')"
from = { owner = true, else = "Ann Lee <ann@acme.example>" }
[stage.aware]
exhausted = "exit"
[[stage.aware.step]]
email = "first"
kind = "operational"
"""


def carry(world: World) -> int:
    return Postman(world.home, world.runner).round()


def mails(world: World, to: str) -> list[EmailMessage]:
    return world.received(to)


def text_of(mail: EmailMessage) -> str:
    text = mail.get_body(("plain",))
    assert text is not None
    return str(text.get_content())


def token_in(mail: EmailMessage, room: str) -> str:
    found = re.search(rf"/{room}/([\w-]+)", text_of(mail))
    assert found
    return found[1]


def test_the_owner_is_told_and_the_time_to_it_is_known(found: Found) -> None:
    world = asked(found)
    carry(world)

    (mail,) = mails(world, "carl@elsewhere.example")
    assert mail["Subject"] == "Jane – ripe: demo requested"
    text = mail.get_body(("plain",))
    assert text is not None
    assert "Say first: Begin with the latest: demo requested.\r\n" in text.get_content()
    assert "they asked for you, and know what is listed below." in text.get_content()
    assert handoff(world).alerted_at == world.clock.now()
    carry(world)
    assert len(mails(world, "carl@elsewhere.example")) == 1


def test_the_button_leads_to_the_desk_of_this_lead_and_person(found: Found) -> None:
    world = asked(found)
    carry(world)

    (mail,) = mails(world, "carl@elsewhere.example")
    ref = read_mail_token(world.home.keys.ring, Purpose.HANDOFF, token_in(mail, "h"))
    assert ref is not None
    desk = SalesDesk(world.home)
    assert "It is yours" in desk.answer("handoff", ref.delivery, ref.table, Said("accept"))
    assert handoff(world).answered_by == "carl"


def test_who_asks_for_a_demo_is_answered_in_the_same_minute_by_whoever_gets_the_lead(found: Found) -> None:
    world = found(sales=SALES.model_copy(update={"route": (Route(name="all", to=("bea",)),)}))
    (world.path / "campaigns" / "answer.toml").write_text(ANSWER, "utf-8")
    world.apply(world.prospect())
    world.take_in(f"{JANE},Jane,elsewhere")
    world.go()
    asks(world, JANE)
    world.go()
    carry(world)

    assert len(mails(world, "bea@acme.example")) == 1
    (answer,) = mails(world, JANE)
    assert answer["From"] == "Bea Day <bea@acme.example>"
    assert world.clock.now() == MONDAY


def test_what_was_answered_meanwhile_is_not_mailed(found: Found) -> None:
    world = asked(found)
    accept(world.home, handoff(world).id, "carl")
    carry(world)
    assert mails(world, "carl@elsewhere.example") == []
    assert not [row for row in outbox_of(world.home).letters if row.kind == "mail"]


def test_a_relay_that_is_away_loses_no_alert(found: Found) -> None:
    world = asked(found, relays=())
    world.server.script(rule_from("MAIL=451 4.3.0 try later"))
    carry(world)
    assert handoff(world).alerted_at is None

    world.server.script()
    world.clock.step_to(world.clock.now() + timedelta(minutes=1))
    carry(world)
    assert len(mails(world, "carl@elsewhere.example")) == 1


def test_nobody_answers_and_the_one_above_is_told(found: Found) -> None:
    world = asked(found)
    carry(world)
    world.later(days=1)
    world.go()
    carry(world)
    (mail,) = mails(world, "bea@acme.example")
    assert token_in(mail, "h")
    assert mail["Subject"] == "Jane – no answer yet: demo requested"
    assert "carl has not answered about this lead." in text_of(mail)


def test_who_snoozed_is_asked_again_and_told_so(found: Found) -> None:
    world = asked(found)
    carry(world)
    snooze(world.home, handoff(world).id, "carl", world.clock.now() + timedelta(days=2))
    world.later(days=3)
    carry(world)
    again = mails(world, "carl@elsewhere.example")[-1]
    assert again["Subject"] == "Jane – asked again: demo requested"


@pytest.mark.parametrize(
    ("said", "outcome"), [(Said("done", note="they stay"), "they stay"), (Said("failed"), "could not be done")]
)
def test_a_task_is_mailed_answered_and_the_campaign_goes_on(found: Found, said: Said, outcome: str) -> None:
    world = found(sales=SALES)
    (world.path / "campaigns" / "call.toml").write_text(CALL, "utf-8")
    world.apply(world.prospect())
    world.take_in(f"{JANE},Jane,call")
    world.go()
    carry(world)

    (mail,) = mails(world, "bea@acme.example")
    assert mail["Subject"] == "Jane – Call her before the trial ends"
    with reading(world.home.store) as connection:
        assert len(open_actions(connection, "task", 9)) == 1, "telling of it does not end it"
    ref = read_mail_token(world.home.keys.ring, Purpose.TASK, token_in(mail, "k"))
    assert ref is not None
    SalesDesk(world.home).answer("task", ref.delivery, ref.table, said)
    world.go()

    assert [line.data["outcome"] for line in world.story(JANE) if line.code == "task_done"] == [outcome]
    assert len(mails(world, JANE)) == 1


def test_a_task_that_nobody_did_is_told_to_the_one_above_once(found: Found) -> None:
    world = found(sales=SALES.model_copy(update={"escalate_to": "carl"}))
    (world.path / "campaigns" / "call.toml").write_text(CALL, "utf-8")
    world.apply(world.prospect())
    world.take_in(f"{JANE},Jane,call")
    world.go()
    carry(world)
    assert mails(world, "carl@elsewhere.example") == []

    world.later(days=2)
    carry(world)
    world.later(minutes=10)
    carry(world)
    (mail,) = mails(world, "carl@elsewhere.example")
    assert mail["Subject"] == "Jane – Overdue: Call her before the trial ends"
    ref = read_mail_token(world.home.keys.ring, Purpose.TASK, token_in(mail, "k"))
    assert ref is not None
    assert "Thank you" in SalesDesk(world.home).answer("task", ref.delivery, ref.table, Said("done"))


@pytest.mark.parametrize("taken", [False, True])
def test_sales_hears_that_a_machine_had_ripened_the_lead(found: Found, taken: bool) -> None:
    """A click passes for a person's; the mail's other links, told of later, give the scanner away."""
    world = found(sales=SALES, sales_ready="ever.clicks >= 1")
    world.take_in(f"{JANE},Jane,web")
    world.go()
    world.hit(1, link=1, at=MONDAY + timedelta(minutes=1))
    world.later(minutes=10)
    assert handoff(world).rule == "ever.clicks >= 1"
    carry(world)
    if taken:
        accept(world.home, handoff(world).id, handoff(world).owner)

    first = world.events(JANE)[0]
    for link in (0, 2):
        world.hit(1, link=link, at=first.at + timedelta(milliseconds=300 * (link + 1)))
    world.later(minutes=10)

    assert [line.code for line in world.story(JANE)].count("handoff_corrected") == 1
    carry(world)
    alert, correction = mails(world, handoff_address(world))
    assert "ripe:" in str(alert["Subject"])
    assert "perhaps not ripe:" in str(correction["Subject"])
    assert "was a machine's" in text_of(correction)


def handoff_address(world: World) -> str:
    return {"carl": "carl@elsewhere.example", "bea": "bea@acme.example"}[handoff(world).owner]
