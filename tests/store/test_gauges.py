"""The figures for monitoring, on both databases."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine

from engine.domain.delivery import DeliveryState as S
from engine.store.alerts import add_alert, end_alert
from engine.store.database import reading, writing
from engine.store.deliveries import admit
from engine.store.gauges import (
    claimed_mails,
    current_bundle,
    due_mails,
    mails_put_off,
    oldest_due,
    open_alert_subjects,
    open_unknown_mails,
)
from tests.store.journals import LEASE, NOW, add_enrollment, add_lead, add_mail, claim

HOUR = timedelta(hours=1)


def test_mails_are_counted_where_they_are(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        who = add_lead(connection)
        run = add_enrollment(connection, who)
        first = add_mail(connection, who, run, occurrence=1, due_at=NOW - 3 * HOUR)
        add_mail(connection, who, run, occurrence=2, due_at=NOW - 2 * HOUR)
    claim(engine_for)
    with writing(engine_for) as connection:
        admit(connection, [(first, 1)], NOW + LEASE)
        add_mail(connection, who, run, occurrence=3, state=S.DEFERRED.value, due_at=NOW + HOUR)
        add_mail(connection, who, run, occurrence=4, due_at=NOW + HOUR)
        add_mail(connection, who, run, occurrence=5, due_at=NOW - HOUR)
        add_mail(connection, who, run, occurrence=6, state=S.DEFERRED.value, due_at=NOW)
        add_mail(connection, who, run, occurrence=7, state=S.SENT.value, due_at=None)
        add_mail(connection, who, run, occurrence=8, state=S.UNKNOWN.value, due_at=None)
        add_mail(connection, who, run, occurrence=9, state=S.UNKNOWN.value, due_at=None, finished_at=NOW)
    with reading(engine_for) as connection:
        assert due_mails(connection, NOW) == 2
        assert oldest_due(connection, NOW) == NOW - HOUR
        assert claimed_mails(connection) == {"sending": 1, "transmitting": 1}
        assert mails_put_off(connection, NOW) == {"deferred": 1, "due": 1}
        assert open_unknown_mails(connection) == 1, "nobody waits for the other any more"


def test_what_is_kept_on_purpose_is_not_late(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        who = add_lead(connection)
        add_mail(connection, who, campaign="paused", due_at=NOW - 3 * HOUR)
        add_mail(connection, who, campaign="drip", step="stopped", due_at=NOW - 2 * HOUR)
        add_mail(connection, who, campaign="drip", step="first", due_at=NOW - HOUR)
    with reading(engine_for) as connection:
        assert oldest_due(connection, NOW) == NOW - 3 * HOUR
        assert oldest_due(connection, NOW, ["paused"]) == NOW - 2 * HOUR
        assert oldest_due(connection, NOW, ["paused"], ["drip/stopped"]) == NOW - HOUR
        assert oldest_due(connection, NOW, ["paused", "drip"]) is None
        assert due_mails(connection, NOW) == 3


def test_only_alerts_that_are_not_over_are_open(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        add_alert(connection, "relay:main", "it rests", NOW)
        add_alert(connection, "spool:age", "it waits", NOW)
        end_alert(connection, "spool:age", NOW)
    with reading(engine_for) as connection:
        assert open_alert_subjects(connection) == ["relay:main"]
        assert current_bundle(connection) is None
