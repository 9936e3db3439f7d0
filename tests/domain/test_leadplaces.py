from __future__ import annotations

import pytest

from engine.domain import leadplaces
from engine.domain.identity import Rejected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Germany", "DE"),
        ("deutschland", "DE"),
        ("us", "US"),
        ("USA", "US"),
        ("Österreich", "AT"),
        ("Utopia", "Utopia"),
    ],
)
def test_obvious_countries_get_their_code_and_others_stay(text: str, code: str) -> None:
    assert leadplaces.country(text) == code


@pytest.mark.parametrize(
    ("text", "tag"), [("EN", "en"), ("pt_BR", "pt-br"), ("Deutsch", "de"), ("de_DE.UTF-8", "de-de")]
)
def test_languages_become_tags(text: str, tag: str) -> None:
    assert leadplaces.language(text) == tag


def test_unknown_language_is_rejected() -> None:
    assert isinstance(leadplaces.language("?!"), Rejected)


def test_zones_get_their_official_spelling_or_a_hint() -> None:
    assert leadplaces.zone("america/new_york") == "America/New_York"
    wrong = leadplaces.zone("Europe/Berln")
    assert isinstance(wrong, Rejected)
    assert "Europe/Berlin" in wrong.reason
