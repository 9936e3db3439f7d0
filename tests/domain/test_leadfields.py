from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.model import LeadField
from engine.domain.identity import Rejected
from engine.domain.leadfields import coerce, folded, tags, tags_text
from engine.domain.rules.values import as_date, as_datetime, as_number


@pytest.mark.parametrize(
    ("kind", "raw", "stored"),
    [
        ("text", "  Acme GmbH ", "Acme GmbH"),
        ("text", "Ærøskøbing", "Ærøskøbing"),
        ("text", 42, "42"),
        ("text", True, "true"),
        ("number", "250", 250.0),
        ("number", "-1.5e3", -1500.0),
        ("number", "1,234,567.5", 1234567.5),
        ("number", "1.234,5", 1234.5),
        ("number", "12,5", 12.5),
        ("number", 7, 7.0),
        ("boolean", "Yes", True),
        ("boolean", "nein", False),
        ("boolean", 0, False),
        ("boolean", True, True),
        ("date", "2026-11-03", "2026-11-03"),
        ("date", "03.11.2026", "2026-11-03"),
        ("date", "11/30/2026", "2026-11-30"),
        ("date", "30/11/2026", "2026-11-30"),
        ("date", "2026-11-03T23:30:00-05:00", "2026-11-04"),
        ("datetime", "2026-11-03 10:00", "2026-11-03T10:00:00.000000Z"),
        ("datetime", "2026-11-03T10:00:00.000+0100", "2026-11-03T09:00:00.000000Z"),
        ("datetime", "2026-11-03 10:00:00 UTC", "2026-11-03T10:00:00.000000Z"),
        ("tags", "a; b ;a", ["a", "b"]),
        ("tags", '"one, two","three"', ["one, two", "three"]),
        ("tags", ["x", "Y"], ["x", "Y"]),
        ("tags", '["x; y"]', ["x; y"]),
    ],
)
def test_values_become_what_rules_can_read(kind: Any, raw: object, stored: object) -> None:
    assert coerce("any", LeadField(type=kind), raw) == stored


@pytest.mark.parametrize(
    ("kind", "raw", "reason"),
    [
        ("number", "1,234", "two ways; write 1234 or 1.234"),
        ("number", "many", "'many' is no number"),
        ("number", "nan", "is no number"),
        ("number", "1e999", "beyond"),
        ("number", math.inf, "beyond"),
        ("number", 10**16, "declare the field as text"),
        ("number", True, "true or false, but a number"),
        ("boolean", "perhaps", "neither true nor false"),
        ("date", "03/11/2026", "two ways; write the year first, 2026-11-03"),
        ("date", "soon", "is no date; write the year first"),
        ("date", "31.02.2026", "no day of the calendar"),
        ("datetime", 5, "is a number, but a date"),
        ("tags", 5, "is a number, but a list"),
        ("tags", {"a": 1}, "is an object"),
        ("text", ["a"], "is a list, but a text"),
        ("text", "x" * 10_001, "10,000 are kept at most"),
    ],
)
def test_what_does_not_fit_is_rejected_with_the_reason(kind: Any, raw: object, reason: str) -> None:
    found = coerce("any", LeadField(type=kind), raw)
    assert isinstance(found, Rejected)
    assert reason in found.reason


def test_choices_are_spelled_as_declared_and_wrong_ones_get_a_hint() -> None:
    size = LeadField(type="choice", choices=("Small", "Large"))
    assert coerce("size", size, "LARGE") == "Large"
    wrong = coerce("size", size, "larg")
    assert isinstance(wrong, Rejected)
    assert "did you mean 'Large'?" in wrong.reason


@pytest.mark.acceptance(row=27)
@pytest.mark.parametrize("character", ["\r", "\n", "\0", "\v", "\x1b", "\x85", "\u2029", "\ud800"])
@pytest.mark.parametrize("shape", ["Jane{}Bcc: x@evil.example", "Jane{}"])
def test_control_characters_in_a_name_are_rejected(character: str, shape: str) -> None:
    found = coerce("first_name", LeadField(), shape.format(character))
    assert isinstance(found, Rejected)
    assert "holds a" in found.reason


def test_notes_may_have_lines_but_no_other_control_character() -> None:
    assert coerce("sales_notes", LeadField(), "one\r\ntwo\n") == "one\ntwo"
    assert isinstance(coerce("notes", LeadField(), "one\0two"), Rejected)
    assert isinstance(coerce("footnote_author", LeadField(), "one\ntwo"), Rejected)


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=8), max_size=5)
)
def test_tags_survive_a_cell(items: list[str]) -> None:
    known = tags(items)
    assert isinstance(known, list)
    if known:
        assert tags(tags_text(known)) == known


@given(st.one_of(st.floats(), st.integers(), st.text()))
def test_a_stored_number_is_one_that_rules_read(raw: object) -> None:
    found = coerce("any", LeadField(type="number"), raw)
    assert isinstance(found, Rejected) or as_number(found) is not None


@given(st.datetimes().map(str))
def test_a_stored_instant_is_one_that_rules_read(raw: str) -> None:
    assert as_datetime(coerce("any", LeadField(type="datetime"), raw)) is not None
    assert as_date(coerce("any", LeadField(type="date"), raw)) is not None


def test_folded_copies_cover_texts_tags_and_built_ins() -> None:
    values = {"company": "STRASSE ẞ", "tags": ["Hot"], "size": 3.0, "vip": True}
    assert folded(values, {"source": "Webinar", "zone": "", "email_domain": "Acme.Example"}) == {
        "company": "strasse ss",
        "tags": ["hot"],
        "~source": "webinar",
        "~email_domain": "acme.example",
    }
