"""The values of `[reports]` that types alone cannot check: currencies, rates, and shares that fit together."""

from __future__ import annotations

from engine.authoring.reader import Notes
from engine.authoring.toml_source import Item
from engine.config.outside import Reports
from engine.domain.identity import Rejected
from engine.domain.money import read_currency


def check_reports(reports: Reports, root: Item, notes: Notes) -> None:
    """Note currencies that there are not, rates that are nothing, and shares that leave less than nothing."""
    found = root.get("reports")
    if found is None:
        return
    currency = found.get("currency")
    if currency is not None and isinstance(currency.value, str):
        _currency(currency.value, currency, notes)
    rates = found.get("rates")
    for name, item in rates.items.items() if rates is not None else ():
        _rate(str(name), item, reports, notes)
    _shares(found, reports, notes)


def _currency(code: str, item: Item, notes: Notes) -> None:
    known = read_currency(code)
    if isinstance(known, Rejected):
        notes.error("E014", item.place, known.reason)
    elif known != code:
        notes.error("E014", item.place, f"'{code}' is no currency of ISO 4217", f'write "{known}"')


def _rate(code: str, item: Item, reports: Reports, notes: Notes) -> None:
    _currency(code, item, notes)
    if code == reports.currency:
        notes.error("E014", item.key, f"{code} is the home's own currency", "leave it out")
    elif isinstance(item.value, int | float) and item.value <= 0:
        notes.error(
            "E014", item.place, "a rate is above nothing", f"write what one {code} is worth in {reports.currency}"
        )


def _shares(found: Item, reports: Reports, notes: Notes) -> None:
    whole = reports.first_share + reports.last_share
    item = found.get("last_share") or found.get("first_share")
    if item is not None and whole > 1:
        message = f"the first and the last touch get {whole:.4g} of a deal together"
        notes.error("E014", item.place, message, "write 1 at most; the touches in between get the rest")
