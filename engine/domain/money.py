"""Amounts of money: whole numbers in the smallest unit of a currency, read honestly and divided without a cent lost."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal

from engine.domain.identity import Rejected
from engine.errors import did_you_mean

_DIGITS: Mapping[int, str] = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
        "CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF "
        "IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR "
        "MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD "
        "SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UZS VES WST XCD XCG YER ZAR "
        "ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
EXPONENTS: Mapping[str, int] = {code: digits for digits, codes in _DIGITS.items() for code in codes.split()}
"""How many decimals each currency has: the minor units of ISO 4217, list one."""

MOST = 10**15
"""The largest amount that is taken, in the smallest unit; the sum of thousands of them still fits into 64 bits."""

_SYMBOLS: Mapping[str, str] = {"€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "₺": "TRY", "₽": "RUB", "zł": "PLN"}
"""Signs that stand for one currency only; $, ¥ and kr stand for several, and say nothing."""
_SILENT_SYMBOLS = ("$", "¥", "kr")
_CODE = re.compile(r"^([A-Z]{3})(?![A-Za-z])|(?<![A-Za-z])([A-Z]{3})$")
_BLANKS = str.maketrans(dict.fromkeys(" \u00a0\u202f\u2009'’", None))
_PLAIN = re.compile(r"-?\d+(?:\.\d*)?|-?\.\d+")
_ENGLISH = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
_GERMAN = re.compile(r"-?\d{1,3}(?:\.\d{3})+(?:,\d*)?|-?\d+,\d*")


def read_currency(text: str) -> str | Rejected:
    """The code of a currency as ISO 4217 writes it."""
    code = text.strip().upper()
    if code in EXPONENTS:
        return code
    hint = did_you_mean(code, EXPONENTS) or "write its three letters, such as EUR"
    return Rejected(f"'{text.strip()}' is no currency of ISO 4217; {hint}")


def named_currency(text: str) -> str:
    """The currency that stands with an amount, such as `USD 12,500.00` or `12.500,00 €`; empty where none does."""
    words = text.strip().replace("\u00a0", " ")
    found = _CODE.search(words)
    if found:
        return found[1] or found[2]
    return next((code for sign, code in _SYMBOLS.items() if sign in words), "")


def read_amount(text: str, currency: str) -> int | Rejected:
    """The amount in the currency's smallest unit.

    Both 1,234.56 and 1.234,56 are read; a text that can mean two amounts, such as 1,234, is not guessed at.
    """
    words = _CODE.sub("", text.strip().replace("\u00a0", " "))
    for sign in (*_SYMBOLS, *_SILENT_SYMBOLS):
        words = words.replace(sign, "")
    digits = words.replace("\u2212", "-").translate(_BLANKS)
    value = _value(digits, EXPONENTS[currency])
    if isinstance(value, Rejected):
        return Rejected(f"'{text.strip()[:40]}' {value.reason}")
    found = value.scaleb(EXPONENTS[currency])
    if found != found.to_integral_value():
        return Rejected(f"'{text.strip()[:40]}' has more decimals than {currency} has ({EXPONENTS[currency]})")
    if abs(found) > MOST:
        return Rejected(f"'{text.strip()[:40]}' is beyond what amounts here can be")
    return int(found)


def _value(digits: str, decimals: int) -> Decimal | Rejected:
    plain, english, german = (form.fullmatch(digits) for form in (_PLAIN, _ENGLISH, _GERMAN))
    readings = set()
    if plain or english:
        readings.add(Decimal(digits.replace(",", "")))
    if german:
        readings.add(Decimal(digits.replace(".", "").replace(",", ".")))
    if not decimals:  # a currency without decimals leaves the reading without them
        readings = {one for one in readings if one == one.to_integral_value()} or readings
    if len(readings) > 1:
        smaller, larger = sorted(readings, key=abs)
        return Rejected(
            f"can mean {larger:f} or {smaller:f}; write it with its decimals, such as {larger:.{decimals}f}"
        )
    return readings.pop() if readings else Rejected("is no amount, such as 1234.50")


def converted(amount: int, currency: str, rate: Decimal, into: str) -> int:
    """The amount in another currency at a rate: so many of it for one of `currency`; rounded half to even."""
    value = Decimal(amount).scaleb(-EXPONENTS[currency]) * rate
    return int(value.scaleb(EXPONENTS[into]).to_integral_value(ROUND_HALF_EVEN))


def in_units(amount: int, currency: str) -> Decimal:
    """The amount as people count: in whole units with decimals."""
    return Decimal(amount).scaleb(-EXPONENTS[currency])


def told(amount: int, currency: str) -> str:
    """The amount as people read it: `1,234.56 EUR`."""
    return f"{in_units(amount, currency):,.{EXPONENTS[currency]}f} {currency}"


def divided(amount: int, weights: Sequence[int]) -> tuple[int, ...]:
    """The amount in parts that are as near to the weights as whole numbers can be, and that add up to it exactly.

    By the largest remainder (Hamilton's method): every part is rounded down, and what is left goes to those that lost
    most, the earlier of two equals first. Weights that are all nothing count alike.

    Raises:
        ValueError: there are no weights, or one is below nothing.
    """
    if not weights or min(weights) < 0:
        raise ValueError("an amount is divided by at least one weight, none of them below nothing")
    counted = weights if any(weights) else [1] * len(weights)
    whole = sum(counted)
    exact = [divmod(amount * weight, whole) for weight in counted]
    parts = [part for part, _ in exact]
    by_loss = sorted(range(len(exact)), key=lambda place: (-exact[place][1], place))
    for place in by_loss[: amount - sum(parts)]:
        parts[place] += 1
    return tuple(parts)
