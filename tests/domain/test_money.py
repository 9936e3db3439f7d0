"""Amounts: read as they are meant or not at all, and divided so that they add up."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.identity import Rejected
from engine.domain.money import MOST, converted, divided, in_units, named_currency, read_amount, read_currency, told


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("1234.56", "EUR", 123_456),
        ("1,234.56", "EUR", 123_456),
        ("1.234,56", "EUR", 123_456),
        ("1.234.567,8", "EUR", 123_456_780),
        ("12,5", "EUR", 1_250),
        ("1 234,56 €", "EUR", 123_456),
        ("1'234.50", "CHF", 123_450),
        ("$12,500.00", "USD", 1_250_000),
        ("USD 12,500.00", "USD", 1_250_000),
        ("12500 USD", "USD", 1_250_000),
        ("12500.0000", "EUR", 1_250_000),
        ("1,234,567", "EUR", 123_456_700),
        ("\u22125.10", "EUR", -510),
        ("0", "EUR", 0),
        ("1,234", "JPY", 1_234),
        ("1.5", "KWD", 1_500),
        ("0.0005", "CLF", 5),
    ],
)
def test_amounts_are_read_as_they_are_meant(text: str, currency: str, amount: int) -> None:
    assert read_amount(text, currency) == amount


@pytest.mark.parametrize(
    ("text", "currency", "why"),
    [
        ("1,234", "EUR", "'1,234' can mean 1234 or 1.234; write it with its decimals, such as 1234.00"),
        ("1.234", "EUR", "'1.234' can mean 1234 or 1.234; write it with its decimals, such as 1234.00"),
        ("1.239", "USD", "'1.239' can mean 1239 or 1.239; write it with its decimals, such as 1239.00"),
        ("12.3456", "EUR", "'12.3456' has more decimals than EUR has (2)"),
        ("12.5", "JPY", "'12.5' has more decimals than JPY has (0)"),
        ("1,23,456", "EUR", "'1,23,456' is no amount, such as 1234.50"),
        ("a lot", "EUR", "'a lot' is no amount, such as 1234.50"),
        ("", "EUR", "'' is no amount, such as 1234.50"),
        ("1e9", "EUR", "'1e9' is no amount, such as 1234.50"),
        ("NaN", "EUR", "'NaN' is no amount, such as 1234.50"),
        (f"{MOST}", "EUR", f"'{MOST}' is beyond what amounts here can be"),
    ],
)
def test_what_can_be_misread_is_refused(text: str, currency: str, why: str) -> None:
    assert read_amount(text, currency) == Rejected(why)


@pytest.mark.parametrize(
    ("text", "code"),
    [("USD 12", "USD"), ("12 USD", "USD"), ("12,50 €", "EUR"), ("$12", ""), ("12", ""), ("12 zł", "PLN")],
)
def test_the_currency_beside_an_amount_is_seen(text: str, code: str) -> None:
    assert named_currency(text) == code


def test_currencies_are_those_of_iso_4217() -> None:
    assert read_currency(" eur ") == "EUR"
    assert read_currency("EURO") == Rejected("'EURO' is no currency of ISO 4217; did you mean 'EUR'?")


def test_amounts_are_converted_and_told() -> None:
    assert converted(1_000, "JPY", Decimal("0.0061"), "EUR") == 610
    assert converted(50, "EUR", Decimal("0.01"), "EUR") == 0  # half a cent goes to the even one
    assert told(123_456, "EUR") == "1,234.56 EUR"
    assert told(1_234, "JPY") == "1,234 JPY"
    assert in_units(5, "KWD") == Decimal("0.005")


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        (100, (1, 1, 1), (34, 33, 33)),
        (1, (1, 2), (0, 1)),
        (7, (0, 0), (4, 3)),
        (0, (3,), (0,)),
        (10, (4, 2, 4), (4, 2, 4)),
    ],
)
def test_amounts_are_divided_by_the_largest_remainder(
    amount: int, weights: tuple[int, ...], parts: tuple[int, ...]
) -> None:
    assert divided(amount, weights) == parts


_WEIGHTS = st.lists(st.integers(0, 2**60), min_size=1, max_size=40)


@given(st.integers(0, MOST), _WEIGHTS)
def test_parts_add_up_exactly_and_are_within_one_of_their_share(amount: int, weights: list[int]) -> None:
    parts = divided(amount, weights)
    whole = sum(weights)
    assert sum(parts) == amount
    shares = [Fraction(weight, whole) if whole else Fraction(1, len(weights)) for weight in weights]
    assert all(abs(part - amount * share) < 1 for part, share in zip(parts, shares, strict=True))


def test_nothing_can_be_divided_by_nothing() -> None:
    with pytest.raises(ValueError, match="at least one weight"):
        divided(5, [])
