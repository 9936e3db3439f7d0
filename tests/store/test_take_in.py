"""Event clients' messages become leads and events, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, select

from engine.clock import SteppedClock
from engine.config.model import Config, LeadField
from engine.config.outside import Api
from engine.domain.identity import ANONYMOUS_ID, USER_ID, Identity, address_hash
from engine.service.event_notes import trait_notes
from engine.service.home import Home
from engine.service.import_leads import import_file
from engine.service.take_in import BY_IDENTIFY, SOURCE, TakenIn, take_in
from engine.store.access_tables import VisitorEventRow
from engine.store.database import reading, writing
from engine.store.events import events_of
from engine.store.facts import load_facts
from engine.store.journey import story_of
from engine.store.leads import find_lead, identities_of, lead
from engine.store.permission import consents_of, suppress_hashes, suppressions_of
from engine.store.sales_tables import AccountRow, HandoffRow
from engine.store.tables import DeliveryRow, EnrollmentRow

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
CONFIG = Config(
    fields={"plan": LeadField(type="choice", choices=("free", "pro")), "seats": LeadField(type="number")},
    api=Api(consent_trait="marketing_consent"),
)
account = AccountRow.__table__  # type: ignore[attr-defined]
visitor = VisitorEventRow.__table__  # type: ignore[attr-defined]


@pytest.fixture
def home(engine_for: Engine, tmp_path: Path) -> Iterator[Home]:
    yield Home(tmp_path, CONFIG, engine_for, SteppedClock(NOON))


def send(home: Home, *messages: dict[str, Any]) -> TakenIn:
    return take_in(home, list(messages))


def identify(number: str, user: str = "", **said: Any) -> dict[str, Any]:
    anonymous = said.pop("anonymous", None)
    return {"type": "identify", "messageId": number, "userId": user, "anonymousId": anonymous, "traits": said}


def track(number: str, event: str, user: str = "", anonymous: str = "", **properties: Any) -> dict[str, Any]:
    who = {"userId": user, "anonymousId": anonymous}
    return {"type": "track", "messageId": number, "event": event, "properties": properties, **who}


def row_of(home: Home, name: str) -> Any:
    with reading(home.store) as connection:
        return find_lead(connection, name)


def events(home: Home, name: str) -> list[Any]:
    with reading(home.store) as connection:
        found = find_lead(connection, name)
        return events_of(connection, found.merged_into or found.id)


def visits(home: Home) -> list[Any]:
    with reading(home.store) as connection:
        return list(connection.execute(select(visitor).order_by(visitor.c.id)))


def count_leads(home: Home) -> int:
    with reading(home.store) as connection:
        return len(list(connection.execute(select(lead.c.id).where(lead.c.merged_into.is_(None)))))


def import_csv(home: Home, text: str) -> None:
    path = home.path / "leads.csv"
    path.write_text(text)
    import_file(home.store, path, CONFIG, home.keys.addresses, home.clock.now())


def test_an_identify_makes_a_lead_with_typed_fields(home: Home) -> None:
    taken = send(
        home,
        identify(
            "m1",
            "u1",
            email="Jane@Northwind.example",
            firstName="Jane",
            seats="12",
            company={"name": "Northwind", "id": "n1"},
            address={"city": "Bonn", "country": "Germany"},
        ),
    )
    assert taken == TakenIn(1)
    row = row_of(home, "jane@northwind.example")
    assert row.fields == {"first_name": "Jane", "seats": 12.0, "company": "Northwind", "city": "Bonn"}
    assert (row.country, row.source, row.lifecycle) == ("DE", SOURCE, "subscriber")
    assert row_of(home, "userId:u1").id == row.id
    assert row.next_due_at == NOON


def test_a_known_person_is_changed_and_an_event_wakes_the_lead(home: Home) -> None:
    import_csv(home, "email,first_name\njane@x.example,Jane\n")
    with writing(home.store) as connection:
        connection.execute(lead.update().values(next_due_at=None))
    taken = send(home, identify("m1", "u1", email="jane@x.example"), track("m2", "Trial started", "u1", plan="pro"))
    assert (taken.events, count_leads(home)) == (1, 1)
    row = row_of(home, "userId:u1")
    assert (row.fields, row.next_due_at) == ({"first_name": "Jane"}, NOON)
    (event,) = events(home, "userId:u1")
    assert (event.kind, event.name, event.properties, event.source_id) == (
        "custom",
        "Trial started",
        {"plan": "pro"},
        "segment:m2",
    )


def test_a_visitor_whom_nobody_knows_is_no_lead(home: Home) -> None:
    taken = send(home, track("m1", "Looked", anonymous="a1"))
    assert (taken.events, taken.visits, count_leads(home)) == (0, 1, 0)
    assert [(row.visitor, row.name) for row in visits(home)] == [("a1", "Looked")]


def test_what_a_visitor_did_is_joined_when_it_is_known(home: Home) -> None:
    early = {**track("m1", "Looked", anonymous="a1"), "timestamp": "2026-11-01T08:00:00Z"}
    send(home, early, track("m2", "Other", anonymous="a2"))
    taken = send(home, identify("m3", "u1", email="jane@x.example", anonymous="a1"))
    assert taken.joined == 1
    (event,) = events(home, "userId:u1")
    assert (event.source_id, event.judged) == ("segment:m1", BY_IDENTIFY)
    assert event.at == datetime(2026, 11, 1, 8, tzinfo=UTC)
    assert [row.visitor for row in visits(home)] == ["a2"]
    taken = send(home, track("m4", "Later", anonymous="a1"))
    assert (taken.events, taken.visits) == (1, 0)
    assert [event.name for event in events(home, "userId:u1")] == ["Looked", "Later"]


def test_sending_everything_again_changes_nothing(home: Home) -> None:
    batch = [
        track("m1", "Looked", anonymous="a1"),
        identify("m2", "u1", email="jane@x.example", anonymous="a1", plan="free"),
        track("m3", "Bought", "u1"),
    ]
    send(home, *batch)
    send(home, identify("m4", "u1", plan="pro"))
    before = row_of(home, "userId:u1"), [event.id for event in events(home, "userId:u1")]
    assert send(home, *batch, track("m1", "Looked", anonymous="a1")) == TakenIn(4)
    assert (row_of(home, "userId:u1"), [event.id for event in events(home, "userId:u1")]) == before
    assert before[0].fields["plan"] == "pro", "an older identify, sent again, does not undo a newer one"
    assert visits(home) == []


def test_one_bad_message_does_not_lose_the_others(home: Home) -> None:
    taken = send(home, track("m1", "Good", "u1"), {"type": "track", "messageId": "m2"}, track("m3", "Fine", "u1"))
    assert (taken.messages, taken.events) == (3, 2)
    (refused,) = taken.refused
    assert (refused.place, refused.message_id) == (1, "m2")


def test_events_alone_are_no_consent(home: Home) -> None:
    send(home, identify("m1", "u1", email="jane@x.example"))
    assert not row_of(home, "userId:u1").subscribed
    send(home, identify("m2", "u1", marketing_consent=True))
    assert not row_of(home, "userId:u1").subscribed, "a yes without its proof is none"
    proof = {"consent_at": "2026-11-03T11:00:00Z", "consent_text": "Send me news"}
    send(home, identify("m3", "u1", marketing_consent=True, **proof))
    row = row_of(home, "userId:u1")
    assert row.subscribed
    with reading(home.store) as connection:
        (consent,) = consents_of(connection, row.id)
    assert (consent.granted, consent.source, consent.proof["words"]) == (True, SOURCE, "Send me news")


def test_who_is_imported_may_be_mailed_whatever_events_said_before(home: Home) -> None:
    send(home, identify("m1", "u1", email="jane@x.example"))
    import_csv(home, "email\njane@x.example\n")
    assert row_of(home, "userId:u1").subscribed
    send(home, identify("m2", "u1", first_name="Jane"))
    assert row_of(home, "userId:u1").subscribed, "and stays so"


def test_an_address_that_comes_later_gives_no_consent_either(home: Home) -> None:
    send(home, track("m1", "Signed up", "u1"))
    send(home, identify("m2", "u1", email="jane@x.example"))
    row = row_of(home, "userId:u1")
    assert (row.email, row.subscribed) == ("jane@x.example", False)
    with reading(home.store) as connection:
        assert suppressions_of(connection, row.address_hash) == [], "nobody said no"


def test_a_yes_does_not_bring_back_who_left(home: Home) -> None:
    send(home, identify("m1", "u1", email="jane@x.example"))
    with writing(home.store) as connection:
        known = address_hash(home.keys.addresses, "jane@x.example")
        suppress_hashes(connection, [known], "marketing", "unsubscribed", "page", NOON)
    proof = {"consent_at": "2026-11-03T11:00:00Z"}
    send(home, identify("m2", "u1", marketing_consent=True, **proof))
    assert not row_of(home, "userId:u1").subscribed


def test_a_trait_can_take_consent_away(home: Home) -> None:
    import_csv(home, "email\njane@x.example\n")
    send(home, identify("m1", "", email="jane@x.example", unsubscribed=True))
    row = row_of(home, "jane@x.example")
    assert not row.subscribed
    with reading(home.store) as connection:
        (found,) = suppressions_of(connection, row.address_hash)
    assert (found.scope, found.reason, found.source) == ("marketing", "unsubscribed", SOURCE)


def test_traits_that_cannot_be_stored_are_told(home: Home) -> None:
    send(home, identify("m1", "u1", shoe_size=42, plan="golden"), identify("m2", "u2", shoe_size=43))
    with reading(home.store) as connection:
        notes = trait_notes(connection, home, NOON)
        declared = replace(home, config=CONFIG.model_copy(update={"fields": {"shoe_size": LeadField(type="number")}}))
        later = trait_notes(connection, declared, NOON + timedelta(days=1))
        assert trait_notes(connection, home, NOON + timedelta(days=8)) == []
    assert [(note.name, note.count) for note in notes] == [("shoe_size", 2), ("plan", 1)]
    assert "none of this field's choices" in notes[1].why
    assert [note.name for note in later] == ["plan"]
    assert row_of(home, "userId:u1").fields == {}


def test_a_user_and_an_address_known_apart_become_one_lead(home: Home) -> None:
    import_csv(home, "email,first_name,lists\njane@x.example,Jane,News\n")
    send(home, track("m1", "Signed up", "u1"))
    assert count_leads(home) == 2
    taken = send(home, identify("m2", "u1", email="jane@x.example", plan="pro"))
    assert (taken.merged, count_leads(home)) == (1, 1)
    row = row_of(home, "userId:u1")
    assert row.id == row_of(home, "jane@x.example").id
    assert (row.fields, row.subscribed) == ({"first_name": "Jane", "plan": "pro"}, True)
    assert [event.name for event in events(home, "userId:u1")] == ["Signed up"]
    with reading(home.store) as connection:
        (line,) = story_of(connection, row.id)
        assert (line.code, line.data["because"]) == ("merged", "one event client calls both the same person")
        gone = connection.execute(select(lead).where(lead.c.merged_into == row.id)).one()
    assert gone.next_due_at is None


def test_two_people_of_one_batch_turn_out_to_be_one(home: Home) -> None:
    taken = send(
        home,
        track("m1", "Signed up", "u1"),
        identify("m2", "", email="jane@x.example", first_name="Jane"),
        identify("m3", "u1", email="jane@x.example"),
    )
    assert (taken.merged, taken.events, count_leads(home)) == (1, 1, 1)
    assert row_of(home, "userId:u1").fields == {"first_name": "Jane"}


def test_two_users_who_share_an_address_stay_two(home: Home) -> None:
    send(home, identify("m1", "u1", email="team@x.example"))
    taken = send(home, identify("m2", "u2", email="team@x.example", plan="pro"))
    assert (taken.merged, count_leads(home)) == (0, 2)
    assert row_of(home, "team@x.example").id == row_of(home, "userId:u1").id
    assert (row_of(home, "userId:u2").email, row_of(home, "userId:u2").fields) == ("", {"plan": "pro"})


def test_two_users_who_share_an_address_stay_two_in_one_batch_too(home: Home) -> None:
    send(home, identify("m1", "u1", email="team@x.example"), identify("m2", "u2", email="team@x.example"))
    assert count_leads(home) == 2
    assert row_of(home, "team@x.example").id == row_of(home, "userId:u1").id


def test_a_device_that_two_people_share_stays_the_first_ones(home: Home) -> None:
    send(home, identify("m1", "u1", anonymous="a1"), identify("m2", "u2", anonymous="a1"))
    assert count_leads(home) == 2
    send(home, track("m3", "Looked", anonymous="a1"))
    assert [event.name for event in events(home, "userId:u1")] == ["Looked"]
    assert events(home, "userId:u2") == []


def test_an_alias_of_a_visitor_brings_its_history(home: Home) -> None:
    send(home, track("m1", "Looked", anonymous="a1"))
    taken = send(home, {"type": "alias", "messageId": "m2", "previousId": "a1", "userId": "u1"})
    assert taken.joined == 1
    assert [event.name for event in events(home, "userId:u1")] == ["Looked"]


def test_an_alias_of_a_user_makes_one_lead_of_two(home: Home) -> None:
    send(home, track("m1", "Old", "old"), track("m2", "New", "new"))
    alias = {"type": "alias", "messageId": "m3", "previousId": "old", "userId": "new"}
    assert send(home, alias).merged == 1
    assert send(home, alias).merged == 0
    row = row_of(home, "userId:new")
    assert row.id == row_of(home, "userId:old").id
    assert [event.name for event in events(home, "userId:old")] == ["Old", "New"]
    with reading(home.store) as connection:
        names = identities_of(connection, [row.id])[row.id]
    assert set(names) == {Identity(USER_ID, "old"), Identity(USER_ID, "new")}


def test_an_alias_may_come_with_the_first_word_of_both(home: Home) -> None:
    alias = {"type": "alias", "messageId": "m3", "previousId": "old", "userId": "new"}
    assert send(home, track("m1", "Old", "old"), track("m2", "New", "new"), alias).merged == 1
    assert [event.name for event in events(home, "userId:new")] == ["Old", "New"]
    assert count_leads(home) == 1


def test_an_alias_of_a_user_whom_nobody_called_otherwise_is_another_name(home: Home) -> None:
    send(home, track("m1", "Old", "old"))
    send(home, {"type": "alias", "messageId": "m2", "previousId": "old", "userId": "new"}, track("m3", "New", "new"))
    assert count_leads(home) == 1
    assert [event.name for event in events(home, "userId:new")] == ["Old", "New"]


def test_pages_and_screens_are_page_views(home: Home) -> None:
    page = {"type": "page", "messageId": "m1", "userId": "u1", "name": "Pricing", "properties": {"path": "/p"}}
    send(home, page, {"type": "screen", "messageId": "m2", "userId": "u1", "name": "Home"})
    assert [(event.kind, event.name, event.properties) for event in events(home, "userId:u1")] == [
        ("page_view", "page_view", {"name": "Pricing", "path": "/p"}),
        ("page_view", "screen_view", {"name": "Home"}),
    ]


def test_only_events_that_config_names_are_kept_if_it_names_any(home: Home) -> None:
    api = CONFIG.api.model_copy(update={"events": ("Trial started",)})
    choosy = replace(home, config=CONFIG.model_copy(update={"api": api}))
    page = {"type": "page", "messageId": "m3", "userId": "u1", "name": "Pricing"}
    taken = send(choosy, track("m1", "trial STARTED", "u1"), track("m2", "clicked", "u2"), page)
    assert (taken.messages, taken.events, taken.passed_over, taken.refused) == (3, 2, 1, ())
    assert [event.name for event in events(home, "userId:u1")] == ["trial STARTED", "page_view"]
    assert row_of(home, "userId:u2") is None


def account_of(home: Home, name: str) -> tuple[int, str] | None:
    row = row_of(home, name)
    with reading(home.store) as connection:
        found = connection.execute(select(account).where(account.c.id == row.account_id)).one_or_none()
    return (found.id, found.name) if found else None


def test_a_group_call_says_which_company_somebody_belongs_to(home: Home) -> None:
    group = {"type": "group", "userId": "u1", "groupId": "g1", "traits": {"name": "Northwind"}}
    send(home, group | {"messageId": "m1"}, group | {"messageId": "m2", "userId": "u2", "traits": {}})
    found = account_of(home, "userId:u1")
    assert found is not None
    assert found[1] == "Northwind"
    assert account_of(home, "userId:u2") == found
    send(home, group | {"messageId": "m3", "groupId": "g2"}, group | {"messageId": "m1"})
    assert account_of(home, "userId:u1") != found, "and the group call that came before does not undo it"


def test_a_company_known_by_its_domain_gets_the_groups_name(home: Home) -> None:
    send(home, identify("m1", "u1", email="jane@northwind.example"))
    found = account_of(home, "userId:u1")
    assert found is not None
    send(home, {"type": "group", "messageId": "m2", "userId": "u1", "groupId": "g1", "traits": {"name": "Northwind"}})
    assert account_of(home, "userId:u1") == (found[0], "Northwind")


def test_a_group_call_of_a_visitor_makes_nobody(home: Home) -> None:
    taken = send(home, {"type": "group", "messageId": "m1", "anonymousId": "a1", "groupId": "g1"})
    assert (taken.refused, count_leads(home)) == ((), 0)


def test_who_went_into_another_lead_counts_in_no_accounts_score(home: Home) -> None:
    import_csv(home, "email\njane@northwind.example\n")
    send(home, track("m1", "Signed up", "u1"))
    send(home, {"type": "group", "messageId": "m2", "userId": "u1", "groupId": "g1"})
    with writing(home.store) as connection:
        connection.execute(lead.update().values(score=20.0))
    send(home, identify("m3", "u1", email="jane@northwind.example"))
    with reading(home.store) as connection:
        scores = {row.id: row.score for row in connection.execute(select(account))}
    assert scores[row_of(home, "userId:u1").account_id] == 20.0
    assert sum(scores.values()) == 20.0


def enrol(home: Home, name: str, campaign: str, mails: int, **values: Any) -> int:
    """A run of the lead through a campaign, with so many mails sent and one that waits."""
    row = row_of(home, name)
    runs, deliveries = EnrollmentRow.__table__, DeliveryRow.__table__  # type: ignore[attr-defined]
    status = values.pop("status", "active")
    with writing(home.store) as connection:
        number = connection.execute(
            runs.insert()
            .values(
                lead_id=row.id,
                campaign=campaign,
                run=1,
                status=status,
                entered_at=NOON,
                stage="one",
                stage_entered_at=NOON,
                since=NOON,
                step="next",
                passed=[],
                trigger={},
                **values,
            )
            .returning(runs.c.id)
        ).scalar_one()
        for place in range(mails + 1):
            state = "sent" if place < mails else "due"
            connection.execute(
                deliveries.insert().values(
                    lead_id=row.id,
                    enrollment_id=number,
                    campaign=campaign,
                    step=f"s{place}",
                    mail=f"s{place}",
                    kind="marketing",
                    state=state,
                    created_at=NOON,
                    due_at=NOON,
                    address_hash=row.address_hash,
                    variants={},
                )
            )
    return int(number)


def test_of_two_runs_through_a_campaign_the_one_further_on_stays(home: Home) -> None:
    import_csv(home, "email\njane@x.example\n")
    send(home, track("m1", "Signed up", "u1"))
    slow, fast = enrol(home, "jane@x.example", "drip", 1), enrol(home, "userId:u1", "drip", 2)
    alone = enrol(home, "userId:u1", "other", 0)
    send(home, identify("m2", "u1", email="jane@x.example"))
    row = row_of(home, "userId:u1")
    with reading(home.store) as connection:
        (facts,) = load_facts(connection, [row.id])
        story = story_of(connection, row.id)
    runs = {run.id: (run.campaign, run.run, run.status.value, run.ended_why) for run in facts.enrollments}
    assert runs == {
        slow: ("drip", 1, "ended", "merged"),
        fast: ("drip", 2, "active", ""),
        alone: ("other", 1, "active", ""),
    }
    states = sorted((mail.campaign, mail.step, mail.state.value) for mail in facts.deliveries)
    assert states == [
        ("drip", "s0", "sent"),
        ("drip", "s0", "sent"),
        ("drip", "s1", "dropped"),
        ("drip", "s1", "sent"),
        ("drip", "s2", "due"),
        ("other", "s0", "due"),
    ]
    assert [(line.code, line.campaign, line.run) for line in story] == [("merged", "", 0), ("ended", "drip", 1)]


def test_who_went_through_a_campaign_does_not_go_through_it_again_as_another(home: Home) -> None:
    import_csv(home, "email\njane@x.example\n")
    send(home, track("m1", "Signed up", "u1"))
    enrol(home, "jane@x.example", "drip", 3, status="ended", ended_at=NOON, ended_why="finished")
    again = enrol(home, "userId:u1", "drip", 1)
    send(home, identify("m2", "u1", email="jane@x.example"))
    with reading(home.store) as connection:
        (facts,) = load_facts(connection, [row_of(home, "userId:u1").id])
    (run,) = (run for run in facts.enrollments if run.id == again)
    assert (run.status.value, run.ended_why) == ("ended", "merged")


def test_the_stricter_permission_wins(home: Home) -> None:
    import_csv(home, "email,userId,opted_out\njane@x.example,,\nold@x.example,u1,yes\n")
    home.clock.step_to(NOON + timedelta(days=1))  # type: ignore[attr-defined]
    assert row_of(home, "jane@x.example").subscribed
    send(home, identify("m1", "u1", email="jane@x.example"))
    row = row_of(home, "userId:u1")
    assert count_leads(home) == 1
    assert not row.subscribed
    with reading(home.store) as connection:
        for address in ("jane@x.example", "old@x.example"):
            found = suppressions_of(connection, address_hash(home.keys.addresses, address))
            assert [(one.scope, one.reason) for one in found] == [("marketing", "unsubscribed")], address
        assert not consents_of(connection, row.id)[-1].granted


def test_devices_follow_their_lead_into_another(home: Home) -> None:
    import_csv(home, "email\njane@x.example\n")
    send(home, identify("m1", "u1", anonymous="a1"))
    send(home, identify("m2", "u1", email="jane@x.example"))
    send(home, track("m3", "Looked", anonymous="a1"))
    row = row_of(home, "jane@x.example")
    assert row_of(home, f"{ANONYMOUS_ID}:a1").id == row.id
    assert [event.name for event in events(home, "jane@x.example")] == ["Looked"]


def test_the_old_id_of_a_merged_lead_leads_to_the_one_that_stayed(home: Home) -> None:
    import_csv(home, "email\njane@x.example\n")
    send(home, track("m1", "Signed up", "u1"))
    old = row_of(home, "userId:u1").public_id
    send(home, identify("m2", "u1", email="jane@x.example"))
    import_csv(home, f"ripeline_id,first_name\n{old},Jane\n")
    assert row_of(home, "jane@x.example").fields == {"first_name": "Jane"}
    assert count_leads(home) == 1


def test_of_two_open_hand_offs_one_goes_on(home: Home) -> None:
    import_csv(home, "email\njane@x.example\n")
    send(home, track("m1", "Signed up", "u1"))
    table = HandoffRow.__table__  # type: ignore[attr-defined]
    with writing(home.store) as connection:
        for name, owner in (("jane@x.example", "ann"), ("userId:u1", "tom")):
            number = find_lead(connection, name).id
            row = {"lead_id": number, "at": NOON, "ripened_at": NOON, "state": "offered", "owner": owner, "story": {}}
            connection.execute(table.insert(), row | {"clock_at": NOON + timedelta(hours=4)})
            connection.execute(lead.update().where(lead.c.id == number).values(handed_off_at=NOON))
    send(home, identify("m2", "u1", email="jane@x.example"))
    with reading(home.store) as connection:
        rows = list(connection.execute(select(table).order_by(table.c.id)))
    kept = row_of(home, "userId:u1")
    assert [(row.lead_id, row.owner, row.ended_at is None, row.clock_at is None) for row in rows] == [
        (kept.id, "ann", True, False),
        (kept.id, "tom", False, True),
    ]
    assert kept.handed_off_at == NOON


def test_batches_at_the_same_time_make_each_lead_once(home: Home) -> None:
    """Two processes hear of the same new people at once."""
    start = Barrier(2)

    def one(name: str) -> TakenIn:
        start.wait(10)
        batch = [identify(f"{name}{n}", f"u{n}", email=f"u{n}@x.example") for n in range(20)]
        return send(home, *batch, track(f"{name}t", "Did", "u7"), track("same", "Once", "u7"))

    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(one, ("a", "b")))
    assert count_leads(home) == 20
    assert sum(one.events for one in taken) == 3
    assert sorted(event.name for event in events(home, "userId:u7")) == ["Did", "Did", "Once"]
