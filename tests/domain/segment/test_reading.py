"""Messages as clients really send them, and what is wrong with others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.domain.segment import Call, Refused, Said, messages_of, read_message

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
AN_HOUR_AGO = "2026-11-03T11:00:00.000Z"


def read(raw: object, sent_at: object = None) -> Said:
    found = read_message(raw, 0, sent_at, NOON)
    assert isinstance(found, Said), found
    return found


def email(said: Said) -> str:
    return said.address.written if said.address else ""


def refused(raw: object) -> str:
    found = read_message(raw, 3, None, NOON)
    assert isinstance(found, Refused), found
    assert found.place == 3
    return found.reason


def test_an_identify_names_a_person_by_id_and_address() -> None:
    said = read(
        {
            "type": "identify",
            "userId": "u1",
            "anonymousId": None,
            "traits": {"email": "Jane@Northwind.example", "plan": "pro", "gone": None},
            "context": {"library": {"name": "analytics-python", "version": "2.4.0"}},
            "integrations": {},
            "timestamp": AN_HOUR_AGO,
            "messageId": "m1",
        }
    )
    assert (said.call, said.user, said.anonymous, email(said)) == (Call.IDENTIFY, "u1", "", "Jane@northwind.example")
    assert said.traits == {"email": "Jane@Northwind.example", "plan": "pro"}
    assert said.source_id == "segment:m1"
    assert said.at == NOON - timedelta(hours=1)
    assert said.evidence["library"] == "analytics-python 2.4.0"


def test_traits_in_the_context_count_and_the_messages_own_win() -> None:
    context = {"traits": {"email": "a@x.example", "plan": "free"}}
    said = read({"type": "identify", "userId": "u1", "context": context, "traits": {"plan": "pro"}})
    assert (email(said), said.traits["plan"]) == ("a@x.example", "pro")
    assert read({"type": "track", "event": "E", "context": context}).names[0].value == "a@x.example"


def test_an_address_as_the_user_id_is_the_address() -> None:
    said = read({"type": "track", "event": "Signed up", "userId": "jane@x.example"})
    assert (said.user, email(said)) == ("jane@x.example", "jane@x.example")


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_ids_that_are_null_or_empty_are_none(empty: object) -> None:
    said = read({"type": "page", "name": "Pricing", "userId": empty, "anonymousId": "a1"})
    assert (said.user, said.anonymous, said.name) == ("", "a1", "Pricing")
    assert not said.names_somebody


def test_a_number_as_an_id_is_its_digits() -> None:
    assert read({"type": "track", "event": "E", "userId": 4711}).user == "4711"


@pytest.mark.parametrize(
    ("given", "at"),
    [
        ({"timestamp": AN_HOUR_AGO}, NOON - timedelta(hours=1)),
        ({"originalTimestamp": AN_HOUR_AGO}, NOON - timedelta(hours=1)),
        ({"timestamp": "2026-11-03T12:00:00+01:00"}, NOON - timedelta(hours=1)),
        ({"timestamp": "2026-11-03T11:00:00.123456789Z"}, datetime(2026, 11, 3, 11, 0, 0, 123456, UTC)),
        ({"timestamp": 1793703600}, datetime.fromtimestamp(1793703600, UTC)),
        ({"timestamp": 1793703600000}, datetime.fromtimestamp(1793703600, UTC)),
        ({}, NOON),
        ({"timestamp": "yesterday"}, NOON),
        ({"timestamp": "2027-01-01T00:00:00Z"}, NOON),
    ],
)
def test_when_it_happened(given: dict[str, Any], at: datetime) -> None:
    assert read({"type": "track", "event": "E", "userId": "u", **given}).at == at


def test_a_wrong_clock_is_found_by_the_instant_of_sending() -> None:
    """The client's clock is three hours slow: what it calls 8:50 was ten minutes before it sent at 'nine'."""
    raw = {"type": "track", "event": "E", "userId": "u", "timestamp": "2026-11-03T08:50:00Z"}
    assert read(raw, "2026-11-03T09:00:00Z").at == NOON - timedelta(minutes=10)
    assert read(raw | {"sentAt": "2026-11-03T09:00:00Z"}).at == NOON - timedelta(minutes=10)


def test_the_way_through_the_network_is_no_wrong_clock() -> None:
    raw = {"type": "track", "event": "E", "userId": "u", "timestamp": AN_HOUR_AGO}
    assert read(raw, "2026-11-03T11:59:30Z").at == NOON - timedelta(hours=1)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("text", "is no object"),
        ({"userId": "u"}, "has no type"),
        ({"type": "trak", "userId": "u"}, "unknown type 'trak'; did you mean 'track'?"),
        ({"type": "track", "event": "E"}, "says not who"),
        ({"type": "track", "userId": "u"}, "needs 'event'"),
        ({"type": "group", "userId": "u"}, "needs 'groupId'"),
        ({"type": "alias", "userId": "u"}, "needs previousId"),
        ({"type": "track", "event": "x" * 201, "userId": "u"}, "201 characters"),
        ({"type": "track", "event": "a\nb", "userId": "u"}, "a line break"),
        ({"type": "track", "event": "E", "userId": "u", "properties": {"a": "x" * 33_000}}, "32 KB are the most"),
        ({"type": "track", "event": "E", "userId": "u", "properties": {"a": "x" * 10_001}}, "longer than 10,000"),
        ({"type": "track", "event": "E", "userId": "u", "properties": {f"p{n}": n for n in range(201)}}, "200 are"),
        ({"type": "track", "event": "E", "userId": "\ud800"}, "cannot be kept"),
        ({"type": "track", "event": "E", "userId": "u", "properties": {"n": 2**70}}, "cannot be kept"),
    ],
)
def test_what_cannot_be_used_says_why(raw: object, reason: str) -> None:
    assert reason in refused(raw)


def test_properties_are_kept_as_they_are_but_for_nuls() -> None:
    raw = {"type": "track", "event": "E", "userId": "u", "properties": {"a\0": "x\0y", "b": ["\0", {"c": "\\u0000"}]}}
    assert read(raw).properties == {"a": "xy", "b": ["", {"c": "\\u0000"}]}


def test_a_message_without_an_id_is_known_again_by_what_it_says() -> None:
    raw = {"type": "track", "event": "E", "userId": "u", "timestamp": AN_HOUR_AGO}
    later = read_message(raw, 5, None, NOON + timedelta(hours=1))
    assert isinstance(later, Said)
    assert read(raw).source_id == later.source_id
    untimed = {"type": "track", "event": "E", "userId": "u"}
    again = read_message(untimed, 1, None, NOON)
    assert isinstance(again, Said)
    assert read(untimed).source_id != again.source_id, "the same may happen twice"


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ({"name": "Pricing", "category": "Docs"}, "Pricing"),
        ({"properties": {"path": "/pricing", "url": "https://acme.example/pricing"}}, "/pricing"),
        ({"context": {"page": {"path": "/about"}}}, "/about"),
        ({}, "page"),
    ],
)
def test_a_page_has_its_name_or_its_path(raw: dict[str, Any], name: str) -> None:
    assert read({"type": "page", "anonymousId": "a", **raw}).name == name


def test_a_company_is_no_person() -> None:
    raw = {"type": "group", "userId": "u", "groupId": "g1", "traits": {"name": "Northwind", "email": "info@n.example"}}
    said = read(raw)
    assert (said.name, email(said), said.traits["name"]) == ("g1", "", "Northwind")


def test_a_batch_shares_its_context() -> None:
    body = {"batch": [{"type": "track"}, "x"], "context": {"library": {"name": "l"}}}
    assert messages_of(body) == [{"type": "track", "context": {"library": {"name": "l"}}}, "x"]
    assert messages_of({"event": "E"}, "track") == [{"event": "E", "type": "track"}]
    with pytest.raises(ValueError, match="no 'batch'"):
        messages_of({"batches": []})
