"""What leads did with their mails, on both databases."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine

from engine.domain.actor import Actor
from engine.domain.journey.facts import EventKind
from engine.store.database import reading, writing
from engine.store.events import MailOf, NewEvent, add_events
from engine.store.lead_sample import count_outsiders, last_number, numbers_page
from engine.store.responses import Answer, answers_to, sent_mails
from tests.store.journals import NOW, add_enrollment, add_lead, add_mail

HOUR = timedelta(hours=1)
SENT = {"state": "sent", "finished_at": NOW, "due_at": None}


def test_only_mails_that_tell_something_are_learnt_from(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        jane = add_lead(connection)
        untracked = add_lead(connection, "bob", tracking=False)
        internal = add_lead(connection, "eve", internal=True)
        run = add_enrollment(connection, jane)
        sent = add_mail(connection, jane, run, occurrence=1, **SENT)
        failed = add_mail(connection, jane, run, occurrence=2, **{**SENT, "state": "failed"})
        add_mail(connection, jane, run, occurrence=3, **{**SENT, "finished_at": NOW + 2 * HOUR})
        add_mail(connection, jane, run, occurrence=4, **SENT, kind="operational")
        add_mail(connection, jane, run, occurrence=5, **SENT, test=True)
        add_mail(connection, jane, run, occurrence=6)
        for who in (untracked, internal):
            add_mail(connection, who, add_enrollment(connection, who), **SENT)
    with reading(engine_for) as connection:
        found = sent_mails(connection, NOW + HOUR, 10)
        assert [(one.delivery, one.lead, one.failed) for one in found] == [(failed, jane, True), (sent, jane, False)]
        assert (found[1].campaign, found[1].step, found[1].at) == ("drip", "first", NOW)
        assert len(sent_mails(connection, NOW + HOUR, 1)) == 1


def test_answers_are_what_people_did_and_what_bounced(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        jane = add_lead(connection)
        mail = add_mail(connection, jane, add_enrollment(connection, jane), **SENT)
        happened = (
            (EventKind.OPEN, Actor.MACHINE, ""),
            (EventKind.OPEN, Actor.HUMAN, ""),
            (EventKind.CLICK, Actor.UNKNOWN, "pricing"),
            (EventKind.CLICK, Actor.HUMAN, "pricing"),
            (EventKind.BOUNCE, Actor.MACHINE, "soft"),
            (EventKind.BOUNCE, Actor.MACHINE, "hard"),
            (EventKind.UNSUBSCRIBE, Actor.HUMAN, ""),
            (EventKind.REPLY, Actor.HUMAN, ""),
        )
        add_events(
            connection,
            [
                NewEvent(
                    f"e{place}",
                    jane,
                    kind,
                    NOW + place * HOUR,
                    NOW,
                    name if kind is EventKind.BOUNCE else "",
                    actor=actor,
                    mail=MailOf(mail),
                    link=name if kind is EventKind.CLICK else "",
                )
                for place, (kind, actor, name) in enumerate(happened)
            ],
        )
        waiting = NewEvent("w", jane, EventKind.CLICK, NOW, NOW, settles_at=NOW + HOUR, mail=MailOf(mail))
        add_events(connection, [waiting])
    with reading(engine_for) as connection:
        assert answers_to(connection, [mail]) == [
            Answer(mail, "open", NOW + HOUR, ""),
            Answer(mail, "click", NOW + 3 * HOUR, "pricing"),
            Answer(mail, "bounce", NOW + 5 * HOUR, ""),
            Answer(mail, "unsubscribe", NOW + 6 * HOUR, ""),
        ]
        assert answers_to(connection, []) == []


def test_leads_are_gone_through_in_pages_without_colleagues_and_merged_ones(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        leads = [add_lead(connection, f"lead{number}") for number in range(6)]
        add_lead(connection, "colleague", internal=True)
        add_lead(connection, "twin", merged_into=leads[0])
    with reading(engine_for) as connection:
        assert count_outsiders(connection) == 6 and last_number(connection) == leads[-1] + 2
        assert numbers_page(connection, 0, 1, 4) == leads[:4]
        assert numbers_page(connection, leads[3], 1, 4) == leads[4:]
        assert numbers_page(connection, 0, 2, 10) == [number for number in leads if number % 2 == 0]
