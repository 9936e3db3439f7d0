"""`[reports]`: currencies, rates and shares."""

from __future__ import annotations

import pytest

from tests.authoring.test_config_file import read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('currency = "EURO"', "2:12 E014 'EURO' is no currency of ISO 4217; did you mean 'EUR'? | "),
        ('currency = "eur"', "2:12 E014 'eur' is no currency of ISO 4217 | write \"EUR\""),
        ("rates = { USD = 0 }", "2:17 E014 a rate is above nothing | write what one USD is worth in EUR"),
        ("rates = { EUR = 1.0 }", "2:11 E014 EUR is the home's own currency | leave it out"),
        ("rates = { DOL = 1.0 }", "2:17 E014 'DOL' is no currency of ISO 4217; did you mean '"),
        ('touches_within = "soon"', "2:18 E015 "),
        (
            "first_share = 0.7\nlast_share = 0.5",
            "3:14 E014 the first and the last touch get 1.2 of a deal together | "
            "write 1 at most; the touches in between get the rest",
        ),
        ("first_share = 0.7", "2:15 E014 the first and the last touch get 1.1 of a deal together | write 1 at most; "),
    ],
)
def test_mistakes_are_told_at_their_places(text: str, expected: str) -> None:
    _, problems = read(f"[reports]\n{text}\n")
    assert [one[: len(expected)] for one in problems] == [expected]


def test_sound_values_are_taken() -> None:
    config, problems = read(
        '[reports]\ncurrency = "CHF"\nrates = { EUR = 0.95 }\nfirst_share = 0.5\nlast_share = 0.5\n'
    )
    assert problems == []
    assert (config.reports.currency, config.reports.rates) == ("CHF", {"EUR": 0.95})
