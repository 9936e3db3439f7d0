from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.domain.identity import Address, Rejected, address_hash, public_id, read_address

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "written", "identity"),
    [
        ("jane@northwind.example", "jane@northwind.example", "jane@northwind.example"),
        ("  Jane.Park+News@NorthWind.Example ", "Jane.Park+News@northwind.example", "jane.park+news@northwind.example"),
        ("o'neil@acme.example", "o'neil@acme.example", "o'neil@acme.example"),
        ("info@bücher.example", "info@bücher.example", "info@xn--bcher-kva.example"),
        ("info@xn--bcher-kva.example", "info@bücher.example", "info@xn--bcher-kva.example"),
        ("用户@例え.example", "用户@例え.example", "用户@xn--r8jz45g.example"),
        ("ann@inbox.test", "ann@inbox.test", "ann@inbox.test"),
    ],
)
def test_address_is_kept_as_written_and_compared_folded(text: str, written: str, identity: str) -> None:
    found = read_address(text)
    assert isinstance(found, Address)
    assert (found.written, found.identity) == (written, identity)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("jane", "must have an @-sign"),
        ("jane@localhost", "should have a period"),
        ("jane@acme.local", "special-use"),
        ("a..b@acme.example", "two periods in a row"),
        (".a@acme.example", "cannot start with a period"),
        ("a@-acme.example", "hyphen"),
        ("Jane <jane@acme.example>", "angle brackets"),
        (f"{'a' * 65}@acme.example", "too long"),
        ("a@b@acme.example", "@"),
    ],
)
def test_what_is_no_address_is_rejected_with_its_reason(text: str, reason: str) -> None:
    found = read_address(text)
    assert isinstance(found, Rejected)
    assert reason in found.reason


@pytest.mark.acceptance(row=27)
@pytest.mark.parametrize(
    ("character", "name"),
    [("\r", "a line break (CR)"), ("\n", "a line break (LF)"), ("\0", "a NUL"), ("\v", "a VT"), ("\u2028", "U+2028")],
)
@pytest.mark.parametrize("shape", ["jane{}@acme.example", "jane@acme.example{}", "{}jane@acme.example"])
def test_control_characters_in_an_address_are_rejected_by_name(character: str, name: str, shape: str) -> None:
    found = read_address(shape.format(character))
    assert isinstance(found, Rejected)
    assert name in found.reason


@pytest.mark.parametrize(
    ("text", "role"), [("info@a.example", True), ("Abuse+x@a.example", True), ("ina@a.example", False)]
)
def test_role_addresses_are_told(text: str, role: bool) -> None:
    found = read_address(text)
    assert isinstance(found, Address)
    assert found.role is role


def test_hash_needs_the_key_and_does_not_hold_the_address() -> None:
    one = address_hash(b"k" * 32, "jane@acme.example")
    assert one == address_hash(b"k" * 32, "jane@acme.example") != address_hash(b"q" * 32, "jane@acme.example")
    assert len(one) == 64
    assert "jane" not in one


def test_opaque_ids_sort_by_time_and_differ_by_chance() -> None:
    first = public_id(NOW, b"\xff" * 10)
    later = public_id(NOW + timedelta(milliseconds=1), b"\0" * 10)
    assert first < later
    assert public_id(NOW, b"\1" * 10) != public_id(NOW, b"\2" * 10)
