from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from engine.domain.identity import EMAIL, Identity, address_hash
from engine.domain.leadmerge import Values
from engine.domain.leadrecord import Consent, LeadRecord, OptOut
from engine.store.bulk import CollisionError, load_rows
from engine.store.database import reading, writing
from engine.store.journey import story_of
from engine.store.lead_decisions import ImportPolicy, Tally
from engine.store.lead_import import import_chunk
from engine.store.leads import count_leads, find_lead, identities_of, identity, list_sizes, lists_of
from engine.store.lifecycle import changes_of
from engine.store.permission import consents_of, lift, suppress_hashes, suppressions_of

KEY = b"k" * 32
T0 = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
ids = count(1)


def policy(**changes: Any) -> ImportPolicy:
    wanted: dict[str, Any] = {
        "key": KEY,
        "source": "import of test.csv",
        "start": Values(
            {**dict.fromkeys(("source", "country", "language", "zone", "owner"), ""), "lifecycle": "new"}, {}
        ),
        "internal": lambda email: email.endswith("@us.example"),
        "new_id": lambda: f"id{next(ids):06d}",
    }
    return ImportPolicy(**{**wanted, **changes})


def person(email: str = "jane@acme.example", *, row: int = 2, crm: str = "", **said: Any) -> LeadRecord:
    names = [Identity(EMAIL, email.casefold())] if email else []
    names += [Identity("salesforce", crm)] if crm else []
    return LeadRecord(row, tuple(names), email, email.rpartition("@")[2], **said)


def take(engine: Engine, *records: LeadRecord, now: datetime = T0, dry_run: bool = False, **changes: Any) -> Tally:
    with writing(engine) as connection:
        return import_chunk(connection, records, policy(**changes), now, dry_run=dry_run)


def stored(engine: Engine, name: str = "jane@acme.example") -> Any:
    with reading(engine) as connection:
        return find_lead(connection, name)


def scopes(engine: Engine, email: str = "jane@acme.example") -> dict[str, str]:
    with reading(engine) as connection:
        return {row.scope: row.reason for row in suppressions_of(connection, address_hash(KEY, email))}


def test_new_leads_are_typed_folded_listed_and_due_at_once(engine_for: Engine) -> None:
    lead = person("Jane@acme.example", builtins={"source": "Fair"}, fields={"size": 3.0, "city": "KÖLN"}, lists=("a",))
    tally = take(engine_for, lead, list_name="b")
    row = stored(engine_for)
    assert (tally.new, tally.updated, tally.unchanged) == (1, 0, 0)
    assert (row.email, row.source, row.lifecycle, row.fields) == ("Jane@acme.example", "Fair", "new", lead.fields)
    assert row.folded == {"city": "köln", "~source": "fair", "~lifecycle": "new", "~email_domain": "acme.example"}
    assert (row.next_due_at, row.created_at, row.subscribed) == (T0, T0, True)
    assert row.address_hash == address_hash(KEY, "jane@acme.example")
    with reading(engine_for) as connection:
        assert lists_of(connection, [row.id]) == {row.id: ["a", "b"]}
        assert list_sizes(connection) == {"a": 1, "b": 1}


def test_import_fills_and_overwrites_but_does_not_erase(engine_for: Engine) -> None:
    take(engine_for, person(builtins={"source": "fair", "zone": "UTC"}, fields={"city": "Rome", "size": 3.0}))
    later = T0 + timedelta(days=1)
    tally = take(engine_for, person(builtins={"zone": ""}, fields={"city": "Oslo", "size": None}), now=later)
    row = stored(engine_for)
    assert tally.updated == 1
    assert (row.fields, row.source, row.zone) == ({"city": "Oslo"}, "fair", "")
    assert (row.created_at, row.updated_at, row.next_due_at) == (T0, later, later)


def test_importing_the_same_again_changes_nothing(engine_for: Engine) -> None:
    records = [person(f"p{number}@acme.example", row=number, fields={"n": float(number)}) for number in range(50)]
    take(engine_for, *records, list_name="a")
    tally = take(engine_for, *records, now=T0 + timedelta(days=1), list_name="a")
    assert (tally.new, tally.updated, tally.unchanged) == (0, 0, 50)
    assert stored(engine_for, "p7@acme.example").updated_at == T0


def test_the_same_person_twice_in_a_file_is_one_lead_and_the_last_row_wins(engine_for: Engine) -> None:
    tally = take(engine_for, person(fields={"city": "Rome", "a": "1"}), person(row=3, fields={"city": "Oslo"}))
    assert (tally.new, tally.repeated) == (1, 1)
    assert stored(engine_for).fields == {"city": "Oslo", "a": "1"}
    later_chunk = take(engine_for, person(row=4, fields={"city": "Bern"}))
    assert (later_chunk.repeated, later_chunk.updated) == (1, 0)
    assert stored(engine_for).fields["city"] == "Bern"


def test_a_lead_is_found_by_any_identity_and_gets_the_others(engine_for: Engine) -> None:
    take(engine_for, person(crm="00Q1"))
    tally = take(engine_for, person("", crm="00Q1", fields={"city": "Rome"}), now=T0 + timedelta(days=1))
    assert tally.updated == 1
    row = stored(engine_for)
    assert stored(engine_for, "salesforce:00Q1").id == row.id == stored(engine_for, row.public_id).id
    with reading(engine_for) as connection:
        assert set(identities_of(connection, [row.id])[row.id]) == {
            Identity("email", "jane@acme.example"),
            Identity("salesforce", "00Q1"),
        }
        assert count_leads(connection) == 1


def test_a_row_about_two_leads_is_rejected_by_name(engine_for: Engine) -> None:
    take(engine_for, person("a@acme.example", crm="1"), person("b@acme.example", crm="2"))
    tally = take(engine_for, person("a@acme.example", crm="2", row=9))
    assert [reject.row for reject in tally.rejects] == [9]
    assert "a@acme.example and salesforce 2 belong to different leads here" in tally.rejects[0].reason


def test_colleagues_are_marked_internal(engine_for: Engine) -> None:
    take(engine_for, person("me@us.example"), person())
    assert stored(engine_for, "me@us.example").internal
    assert not stored(engine_for).internal


def test_opt_outs_of_a_file_are_suppressions_with_their_source_and_instant(engine_for: Engine) -> None:
    when = T0 - timedelta(days=100)
    tally = take(engine_for, person(opt_outs=(OptOut("unsubscribed", at=when),)))
    assert (tally.new, tally.suppressed, tally.opted_out) == (1, 1, 1)
    assert not stored(engine_for).subscribed
    with reading(engine_for) as connection:
        (row,) = suppressions_of(connection, address_hash(KEY, "jane@acme.example"))
        (withdrawn,) = consents_of(connection, stored(engine_for).id)
    assert (row.scope, row.reason, row.source, row.at) == ("marketing", "unsubscribed", "import of test.csv", when)
    assert (withdrawn.granted, withdrawn.at) == (False, when)


@pytest.mark.parametrize("scope", ["all", "marketing"])
def test_a_suppressed_address_never_becomes_mailable_by_import(engine_for: Engine, scope: str) -> None:
    with writing(engine_for) as connection:
        suppress_hashes(connection, [address_hash(KEY, "jane@acme.example")], scope, "complained", "loop", T0)
    consent = Consent(T0, {"optin_time": "2026-11-03"})
    tally = take(engine_for, person("JANE@acme.example", consent=consent, fields={"city": "Rome"}))
    assert (tally.new, tally.suppressed, tally.opted_out) == (1, 1, 0)
    assert not stored(engine_for).subscribed
    assert scopes(engine_for) == {scope: "complained"}
    take(engine_for, person(consent=consent, fields={"city": "Oslo"}), now=T0 + timedelta(days=1))
    assert not stored(engine_for).subscribed
    with reading(engine_for) as connection:
        assert not any(row.granted for row in consents_of(connection, stored(engine_for).id))


def test_an_opt_out_in_a_file_reaches_a_lead_that_was_mailable(engine_for: Engine) -> None:
    take(engine_for, person())
    tally = take(engine_for, person(opt_outs=(OptOut("bounced", "all"),)), now=T0 + timedelta(days=1))
    assert (tally.updated, tally.opted_out) == (1, 1)
    assert (stored(engine_for).subscribed, scopes(engine_for)) == (False, {"all": "bounced"})
    again = take(engine_for, person(opt_outs=(OptOut("bounced", "all"),)), now=T0 + timedelta(days=2))
    assert (again.unchanged, again.opted_out, again.suppressed) == (1, 0, 1)


def test_who_said_no_is_not_asked_at_the_next_address_but_a_bounce_stays_behind(engine_for: Engine) -> None:
    take(engine_for, person("a@old.example", crm="1", opt_outs=(OptOut("unsubscribed"),)))
    take(engine_for, person("b@old.example", crm="2", opt_outs=(OptOut("bounced", "all"),)))
    later = T0 + timedelta(days=1)
    take(engine_for, person("a@new.example", crm="1"), person("b@new.example", crm="2"), now=later)
    assert scopes(engine_for, "a@new.example") == {"marketing": "unsubscribed"}
    assert scopes(engine_for, "b@new.example") == {}
    moved = stored(engine_for, "salesforce:1")
    assert (moved.email, moved.subscribed, moved.folded["~email_domain"]) == ("a@new.example", False, "new.example")


def test_an_opt_out_without_an_address_holds_once_the_address_is_known(engine_for: Engine) -> None:
    take(engine_for, person("", crm="1", opt_outs=(OptOut("unsubscribed"),)))
    assert not stored(engine_for, "salesforce:1").subscribed
    take(engine_for, person(crm="1"), now=T0 + timedelta(days=1))
    assert (stored(engine_for).subscribed, scopes(engine_for)) == (False, {"marketing": "unsubscribed"})


def test_a_second_address_of_a_lead_does_not_replace_the_one_it_is_mailed_at(engine_for: Engine) -> None:
    take(engine_for, person("old@acme.example", crm="1"))
    take(engine_for, person("new@acme.example", crm="1"), now=T0 + timedelta(days=1))
    take(engine_for, person("old@acme.example", fields={"city": "Rome"}), now=T0 + timedelta(days=2))
    row = stored(engine_for, "salesforce:1")
    assert (row.email, row.fields) == ("new@acme.example", {"city": "Rome"})


def test_consent_is_kept_once_with_its_proof(engine_for: Engine) -> None:
    when = T0 - timedelta(days=9)
    record = person(consent=Consent(when, {"optin_ip": "10.0.0.1"}))
    take(engine_for, record)
    take(engine_for, record, now=T0 + timedelta(days=1))
    with reading(engine_for) as connection:
        (row,) = consents_of(connection, stored(engine_for).id)
    assert (row.granted, row.at, row.proof) == (True, when, {"optin_ip": "10.0.0.1"})


def test_consent_then_withdrawal_in_one_file_are_both_on_record_in_order(engine_for: Engine) -> None:
    take(engine_for, person(consent=Consent(T0, {"optin_ip": "x"}), opt_outs=(OptOut("unsubscribed"),)))
    with reading(engine_for) as connection:
        assert [row.granted for row in consents_of(connection, stored(engine_for).id)] == [True, False]


def test_a_dry_run_counts_and_writes_nothing(engine_for: Engine) -> None:
    take(engine_for, person("a@acme.example"))
    records = (person("a@acme.example", fields={"city": "Rome"}), person(opt_outs=(OptOut("unsubscribed"),)))
    tally = take(engine_for, *records, now=T0 + timedelta(days=1), dry_run=True)
    assert (tally.new, tally.updated, tally.opted_out) == (1, 1, 1)
    assert stored(engine_for) is None
    assert (stored(engine_for, "a@acme.example").fields, scopes(engine_for)) == ({}, {})


def test_only_a_person_lifts_a_suppression(engine_for: Engine) -> None:
    take(engine_for, person(opt_outs=(OptOut("unsubscribed"),)))
    with writing(engine_for) as connection:
        assert lift(connection, address_hash(KEY, "jane@acme.example"), "marketing")
    assert stored(engine_for).subscribed


@pytest.mark.acceptance(row=22)
@pytest.mark.parametrize(
    "evil", ["x'); DROP TABLE lead; --", '"; DELETE FROM lead', "%s %(a)s :b ?", "\\.", "\\N", "a\tb"]
)
def test_sql_in_values_is_only_text(engine_for: Engine, evil: str) -> None:
    take(engine_for, person("evil@acme.example", builtins={"source": evil}, fields={"city": evil}, lists=(evil,)))
    row = stored(engine_for, "evil@acme.example")
    assert (row.source, row.fields) == (evil, {"city": evil})
    with reading(engine_for) as connection:
        assert list_sizes(connection) == {evil: 1}
    assert stored(engine_for, evil) is None


def test_a_collision_is_told_as_ours_and_leaves_nothing(engine_for: Engine) -> None:
    take(engine_for, person())
    number = stored(engine_for).id
    row = {"lead_id": number, "kind": EMAIL, "value": "jane@acme.example"}
    with pytest.raises(CollisionError), writing(engine_for) as connection:
        load_rows(connection, identity, [{**row, "value": "other@acme.example"}, row])
    with reading(engine_for) as connection:
        assert connection.scalar(select(func.count()).select_from(identity)) == 1


def test_bulk_loading_nothing_is_nothing(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        load_rows(connection, identity, [])
        assert connection.scalar(select(func.count()).select_from(identity)) == 0


def test_a_stage_that_a_file_brings_is_noted_and_one_that_cannot_be_reached_is_refused(engine_for: Engine) -> None:
    def may_move(before: str, after: str) -> bool:
        return after != "subscriber"

    take(engine_for, person(builtins={"lifecycle": "inquiry"}), may_move=may_move)
    later = T0 + timedelta(days=3)
    take(engine_for, person(builtins={"lifecycle": "mql"}), now=later, may_move=may_move)
    take(engine_for, person(builtins={"lifecycle": "subscriber"}), now=later + timedelta(days=1), may_move=may_move)
    found = stored(engine_for)
    assert (found.lifecycle, found.lifecycle_since) == ("mql", later)
    with reading(engine_for) as connection:
        (change,) = changes_of(connection, found.id)
        told = [line for line in story_of(connection, found.id) if line.code == "lifecycle_refused"]
    assert (change.before, change.after, change.seconds) == ("inquiry", "mql", 3 * 86_400)
    assert [line.data["after"] for line in told] == ["subscriber"]
