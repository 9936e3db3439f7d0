"""What becomes of a mail on each reply of a real SMTP server, on a stepped clock."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from engine.config.model import Relay, Safety
from engine.service.deliver import Batch, Sent
from engine.service.letters import Letter
from engine.service.record import Happening, record_event
from engine.smtp.mailer import SendResult
from engine.smtp.replies import Outcome, OutcomeKind, Phase
from engine.store.bundles import home_values, set_home_value
from engine.store.database import reading, writing
from tests.service.conftest import Found
from tests.service.world import MONDAY, World
from tests.smtpscript import Cut, Raw, Rule, Say, Wait

JANE, BOB, EVE = "jane@northwind.example", "bob@northwind.example", "eve@bluefjord.example"


@pytest.mark.acceptance(row=14)
def test_one_refusal_among_many_leaves_the_others_sent(found: Found) -> None:
    world = found(Rule("DOT", Say("554 5.6.0 no"), match="lead42@"))
    world.take_in(*(f"lead{n}@northwind.example,Jane,web" for n in range(100)))
    world.go()
    states = [world.states(f"lead{n}@northwind.example")[0][1] for n in range(100)]
    assert states.count("sent") == 99
    assert states[42] == "failed"
    assert len(world.server.accepted) == 99
    world.later(hours=47)
    assert len(world.server.accepted) == 99, "nobody is mailed again because of it"


@pytest.mark.acceptance(row=15)
@pytest.mark.parametrize(
    "rule",
    [
        Rule("RCPT", Say("451 4.7.1 greylisted, come back later"), times=2),
        Rule("RCPT", Say("450 4.2.1 busy"), times=2),
        Rule("DOT", Say("421 4.3.2 closing", close=True), times=2),
        Rule("DATA", Cut(), times=2),
    ],
    ids=["greylisted", "busy", "closing after the dot", "cut before the dot"],
)
def test_mail_refused_for_the_moment_is_tried_on_schedule_and_delivered_once(found: Found, rule: Rule) -> None:
    world = found(rule)
    world.take_in(f"{JANE},Jane,web")
    world.go()
    mail = world.mails(JANE)[0]
    assert (mail.state, mail.due_at) == ("deferred", MONDAY + timedelta(minutes=30))
    world.later(minutes=30)
    assert world.mails(JANE)[0].due_at == MONDAY + timedelta(minutes=90)
    world.later(hours=1)
    assert world.states(JANE) == [("first", "sent")]
    assert [row.number for row in world.attempts(mail.id)] == [1, 2, 3]
    assert len(world.server.accepted) == 1


def test_mail_deferred_for_ever_is_given_up_and_the_journey_goes_on(found: Found) -> None:
    world = found(Rule("RCPT", Say("451 4.3.0 later")))
    world.take_in(f"{JANE},Jane,web")
    world.later(timedelta(hours=6), days=8)
    first = world.mails(JANE)[0]
    assert first.state == "failed"
    assert "given up after" in first.reason
    assert len(world.mails(JANE)) == 2, "the next step was decided"
    assert world.suppressions(JANE) == []


@pytest.mark.acceptance(row=16)
def test_unknown_address_is_suppressed(found: Found) -> None:
    world = found(Rule("RCPT", Say("550 5.1.1 no such user"), match="jane@"))
    world.take_in(f"{JANE},Jane,web", f"{BOB},Bob,web")
    world.go()
    assert world.states(JANE) == [("first", "failed")]
    assert world.suppressions(JANE) == [("all", "bounced: the address does not exist")]
    assert [(event.kind, event.name, event.actor) for event in world.events(JANE)] == [("bounce", "hard", "machine")]
    world.later(days=3)
    assert world.states(JANE) == [("first", "failed")], "the second step is not mailed"
    assert world.states(BOB) == [("first", "sent"), ("second", "sent")]


@pytest.mark.acceptance(row=16)
def test_policy_refusal_pauses_the_domain_and_keeps_the_lead(found: Found) -> None:
    world = found(Rule("RCPT", Say("550 5.7.515 does not meet the required authentication level"), match="northwind"))
    world.take_in(f"{JANE},Jane,web", f"{EVE},Eve,web")
    world.go()
    assert world.states(JANE) == [("first", "deferred")]
    assert world.states(EVE) == [("first", "sent")], "other domains go on"
    assert world.suppressions(JANE) == []
    assert world.alerts() == ["domain:northwind.example"]
    world.take_in(f"{BOB},Bob,web")
    refused = len([line for line in world.server.lines() if "bob@" in line])
    world.go()
    assert world.mails(BOB)[0].due_at > world.clock.now(), "the domain rests"
    assert len([line for line in world.server.lines() if "bob@" in line]) == refused, "nobody of it is tried"
    world.server.script()
    world.later(hours=2)
    assert world.states(JANE) == world.states(BOB) == [("first", "sent")]
    assert world.alerts() == []


def test_domain_paused_by_one_sender_is_paused_for_the_next(found: Found) -> None:
    world = found(Rule("RCPT", Say("550 5.7.1 blocked"), match="northwind"))
    world.take_in(f"{JANE},Jane,web")
    world.go()
    with reading(world.home.store) as connection:
        assert list(home_values(connection, "domain_paused:")) == ["domain_paused:northwind.example"]


def test_mail_refused_by_policy_for_ever_is_given_up(found: Found) -> None:
    world = found(Rule("RCPT", Say("550 5.7.1 blocked")))
    world.take_in(f"{JANE},Jane,web")
    world.later(timedelta(hours=12), days=5)
    assert world.mails(JANE)[0].state == "failed"
    assert world.suppressions(JANE) == []


@pytest.mark.acceptance(row=17)
def test_relay_that_is_down_for_a_day_bounces_nobody_alerts_once_and_drains(found: Found) -> None:
    world = found(Rule("CONNECT", Say("554 5.3.2 no service", close=True)))
    world.take_in(*(f"lead{n}@northwind.example,Jane,web" for n in range(12)))
    world.later(timedelta(minutes=20), hours=24)
    states = {world.states(f"lead{n}@northwind.example")[0][1] for n in range(12)}
    assert states <= {"due", "deferred"}
    assert world.alerts() == ["relay:main"]
    assert all(world.suppressions(f"lead{n}@northwind.example") == [] for n in range(12))
    world.server.script()
    world.later(hours=1)
    assert [world.states(f"lead{n}@northwind.example") for n in range(12)] == [[("first", "sent")]] * 12
    assert len(world.server.accepted) == 12
    assert world.alerts() == []


@pytest.mark.acceptance(row=17)
def test_days_of_outage_do_not_count_as_age_of_the_mail(found: Found) -> None:
    world = found(Rule("CONNECT", Say("554 5.3.2 no service", close=True)))
    world.take_in(f"{JANE},Jane,web")
    world.go()
    world.clock.step_to(MONDAY + timedelta(days=6))
    world.go()
    world.clock.step_to(MONDAY + timedelta(days=6, hours=1))
    world.server.script(Rule("RCPT", Say("451 4.7.1 greylisted"), times=1))
    world.later(hours=3)
    assert world.states(JANE) == [("first", "sent")], "one greylisting after the outage is not the end"


@pytest.mark.acceptance(row=18)
def test_slow_250_is_waited_for(found: Found) -> None:
    may_answer = threading.Event()
    world = found(Rule("DOT", Wait(until=may_answer)))
    world.take_in(f"{JANE},Jane,web")
    world.tick()
    with ThreadPoolExecutor(1) as other:
        sending = other.submit(world.send)
        world.server.wait_for(lambda server: "DATA" in server.lines())
        world.clock.step_to(MONDAY + timedelta(minutes=9))
        assert world.mails(JANE)[0].state in ("sending", "transmitting")
        may_answer.set()
        sending.result(20)
    assert world.states(JANE) == [("first", "sent")]
    assert world.mails(JANE)[0].finished_at == MONDAY + timedelta(minutes=9)


@pytest.mark.acceptance(row=19)
def test_relay_without_starttls_gets_nothing_in_clear(found: Found) -> None:
    world = found()
    safe = Relay(name="main", host="127.0.0.1", port=world.server.port, tls="starttls", connections=1)
    world.relays = (safe,)
    world.take_in(f"{JANE},Jane,web")
    world.go()
    assert world.mails(JANE)[0].state in ("due", "deferred")
    assert not [line for line in world.server.lines() if line.startswith(("MAIL", "RCPT", "DATA", "AUTH"))]
    assert world.alerts() == ["relay:main"]


@pytest.mark.acceptance(row=20)
@pytest.mark.parametrize(
    "nonsense",
    [Raw(b"\x00\xff\xfe what is this\r\n"), Say("999 nonsense"), Raw(b"250-", times=0), Say("333 hm")],
    ids=["garbage", "unknown code", "endless", "out of place"],
)
@pytest.mark.parametrize("command", ["RCPT", "DATA"])
def test_nonsense_before_the_dot_defers_the_mail(found: Found, command: str, nonsense: Raw | Say) -> None:
    world = found(Rule(command, nonsense, times=1))
    world.take_in(f"{JANE},Jane,web")
    world.go()
    assert world.states(JANE) == [("first", "deferred")]
    world.later(minutes=30)
    assert world.states(JANE) == [("first", "sent")]


def test_content_that_can_never_be_taken_stops_the_step_until_the_files_are_mended(found: Found) -> None:
    world = found(Rule("DOT", Say("552 5.3.4 message too big"), times=1))
    world.take_in(f"{JANE},Jane,web")
    world.go()
    world.take_in(f"{BOB},Bob,web")
    world.later(hours=5)
    assert world.states(JANE) == [("first", "failed")]
    assert world.states(BOB) == [("first", "due")], "the same content is not sent to the next"
    assert world.alerts() == ["step:drip/first"]
    plan = world.rewrite("templates/data/aware/first.html", lambda text: text.replace("Hello", "Good day"))
    world.apply(plan)
    world.go()
    assert world.states(BOB) == [("first", "sent")]
    assert world.alerts() == []


@pytest.mark.acceptance(row=35)
def test_unsubscribe_between_claim_and_gate_is_not_sent(found: Found) -> None:
    go_on = threading.Event()
    world = found(Rule("DATA", Wait(until=go_on)))
    world.take_in(f"{JANE},Jane,web")
    world.tick()
    delivery = world.mails(JANE)[0].id
    with ThreadPoolExecutor(1) as other:
        sending = other.submit(world.send)
        world.server.wait_for(lambda server: any(line.startswith("DATA") for line in server.lines()))
        assert world.mails(JANE)[0].state == "sending", "claimed, and not yet at the gate"
        world.unsubscribe(delivery)
        go_on.set()
        sending.result(20)
    assert world.states(JANE) == [("first", "dropped")]
    assert "suppressed meanwhile" in world.mails(JANE)[0].reason
    assert not world.server.accepted
    assert not b"".join(world.server.unfinished)


@pytest.mark.acceptance(row=35)
def test_unsubscribe_before_the_claim_is_not_sent(world: World) -> None:
    world.take_in(f"{JANE},Jane,web")
    world.tick()
    world.unsubscribe(world.mails(JANE)[0].id)
    world.go()
    assert world.states(JANE) == [("first", "dropped")]
    assert world.server.accepted == []


def test_template_that_fails_for_one_lead_holds_only_that_leads_mail(world: World) -> None:
    world.take_in(f"{JANE},,web", f"{BOB},Bob,web")
    world.go()
    assert world.states(BOB) == [("first", "sent")]
    mail = world.mails(JANE)[0]
    assert (mail.state, mail.due_at, mail.attempts) == ("due", MONDAY + timedelta(hours=1), 0)
    assert world.alerts() == ["mail:drip/first"]
    assert "templates/data/aware/first.html:6:" in mail.reason
    world.later(hours=6)
    held = [line for line in world.story(JANE) if line.code == "mail_held"]
    assert len(held) == 1, "the story says it once, not every hour"
    world.take_in(f"{JANE},Jane,web")
    world.later(hours=1)
    assert world.states(JANE) == [("first", "sent")]


def test_mail_that_nobody_foresaw_holds_up_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.take_in(f"{JANE},Jane,web", f"{BOB},Bob,web")
    written = world.dispatch._letters.write

    def write(claim: object, *rest: object) -> Letter:
        if claim.lead == world.lead(JANE).id:  # type: ignore[attr-defined]
            raise ZeroDivisionError
        return written(claim, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(world.dispatch._letters, "write", write)
    world.go()
    assert world.states(BOB) == [("first", "sent")]
    assert world.states(JANE) == [("first", "due")]
    assert world.alerts() == ["mail:drip/first"]


def test_expired_mail_is_dropped_and_the_journey_goes_on(found: Found) -> None:
    world = found(Rule("RCPT", Say("451 4.3.0 later"), skip=1))
    world.take_in(f"{JANE},Jane,other")
    day = (MONDAY + timedelta(days=3)).date().isoformat()
    record_event(world.home, Happening(JANE, "ordered", MONDAY, "o1", {"number": "17", "day": day}))
    world.later(days=4)
    assert world.states(JANE) == [("receipt", "sent"), ("dated", "failed")]
    assert "not worth sending any more" in world.mails(JANE)[1].reason
    assert world.story(JANE)[-1].code == "ended"


def test_mailbox_full_is_a_soft_bounce_and_tried_again(found: Found) -> None:
    world = found(Rule("RCPT", Say("452 4.2.2 mailbox full"), times=1))
    world.take_in(f"{JANE},Jane,web")
    world.later(hours=1)
    assert world.states(JANE) == [("first", "sent")]
    assert [(event.kind, event.name) for event in world.events(JANE)] == [("bounce", "soft")]
    assert world.suppressions(JANE) == []


def test_backup_relay_stands_in_and_the_mail_is_not_bound_to_it(found: Found) -> None:
    world = found()
    dead = Relay(name="dead", host="127.0.0.1", port=1, tls="none")
    alive = Relay(name="alive", host="127.0.0.1", port=world.server.port, tls="none")
    world.relays = (dead, alive)
    world.server.script(Rule("RCPT", Say("451 4.3.0 later"), times=1))
    world.take_in(f"{JANE},Jane,web")
    world.go()
    assert world.mails(JANE)[0].relay == "alive"
    world.later(minutes=40)
    assert world.states(JANE) == [("first", "sent")]
    assert world.alerts() == ["relay:dead"]


def test_held_sending_sends_nothing_until_released(world: World) -> None:
    world.take_in(f"{JANE},Jane,web")
    with writing(world.home.store) as connection:
        set_home_value(connection, "sending_held", "paused by ann")
    world.later(hours=3)
    assert world.states(JANE) == [("first", "due")]
    with writing(world.home.store) as connection:
        set_home_value(connection, "sending_held", None)
    world.go()
    assert world.states(JANE) == [("first", "sent")]


def test_stale_batch_is_not_written_to_its_end(world: World) -> None:
    world.take_in(f"{JANE},Jane,web")
    world.tick()
    batch = world.dispatch.claim(10)
    assert isinstance(batch, Batch)
    assert not world.dispatch.is_stale(batch)
    world.clock.step_to(MONDAY + timedelta(minutes=1))
    assert world.dispatch.is_stale(batch)


def test_diverted_mail_says_nothing_about_the_leads_address(found: Found) -> None:
    world = found(Rule("RCPT", Say("550 5.1.1 no such user")), safety=Safety(deliver_to="ops@acme.example"))
    world.take_in(f"{JANE},Jane,web")
    world.go()
    assert world.states(JANE) == [("first", "failed")]
    assert world.suppressions(JANE) == []
    assert world.events(JANE) == []


@pytest.mark.acceptance(row=8)
def test_sender_that_slept_past_its_lease_sends_no_mail_twice_at_once(world: World) -> None:
    world.take_in(f"{JANE},Jane,web")
    world.tick()
    dispatch = world.dispatch
    (early,) = _written(world)
    world.clock.step_to(MONDAY + timedelta(minutes=6))
    world.tick()
    assert world.states(JANE) == [("first", "due")], "its lease ran out"
    assert _written(world) == [], "the mail is still in hand"
    assert dispatch.admit([early.claim.id]) == set(), "and that letter is worthless"
    dispatch.note(Sent(early, SendResult(early.claim.id, WITHHELD, "main", world.clock.now())))
    dispatch.flush()
    world.later(seconds=10)
    assert world.states(JANE) == [("first", "sent")]
    assert len(world.received()) == 1


WITHHELD = Outcome(OutcomeKind.WITHHELD, Phase.BODY)


def _written(world: World) -> list[Letter]:
    batch = world.dispatch.claim(9)
    letters = [world.dispatch.write(batch, claim) for claim in batch.claims] if batch else []
    return [letter for letter in letters if letter is not None]
