"""Mails that would go now, and dropping them, on both databases."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine

from engine.store.database import reading, writing
from engine.store.waiting_mails import drop_waiting, waiting
from tests.store.journals import NOW, add_enrollment, add_lead, add_mail, row_of

HOUR = timedelta(hours=1)


def test_waiting_mails_are_listed_and_dropped_unless_begun(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        who = add_lead(connection)
        run = add_enrollment(connection, who)
        mails = {
            name: add_mail(connection, who, run, occurrence=number, **values)
            for number, (name, values) in enumerate(
                {
                    "due": {},
                    "deferred": {"state": "deferred", "due_at": NOW - HOUR},
                    "later": {"due_at": NOW + HOUR},
                    "test": {"test": True},
                    "begun": {"state": "sending"},
                    "sent": {"state": "sent", "due_at": None},
                }.items()
            )
        }
    with reading(engine_for) as connection:
        assert [row.id for row in waiting(connection, NOW)] == [mails["deferred"], mails["due"]]
    with writing(engine_for) as connection:
        chosen = [mails["due"], mails["deferred"], mails["begun"]]
        assert drop_waiting(connection, chosen, "dropped by ann", NOW) == [who, who]
        assert waiting(connection, NOW) == []
    row = row_of(engine_for, mails["due"])
    assert (row.state, row.reason, row.finished_at, row.due_at) == ("dropped", "dropped by ann", NOW, None)
    assert row_of(engine_for, mails["begun"]).state == "sending"
