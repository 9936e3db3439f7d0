"""`ripeline keys api` and `ripeline schema api`: what a person sees and does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.app import Processes
from engine.authoring.home import read_home
from engine.cli import composition
from engine.service.api_keys import ApiKeys
from engine.service.home import open_home
from tests.cli.life import ripeline


def caller(home: Path, key: str) -> object:
    place = open_home(home, read_home(home).config)
    try:
        return ApiKeys(place).caller(key)
    finally:
        place.store.dispose()


def test_key_is_shown_once_listed_and_revoked(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scopes = ("--scope", "leads:read", "--scope", "events:write")
    assert ripeline("keys", "api", "new", "shop", *scopes, home=home) == 0
    shown = capsys.readouterr()
    key = shown.out.strip()
    assert key.startswith("ripe_") and len(key) == 48, "alone on its channel, for $(…)"
    assert "It is shown only here" in shown.err.replace("\n", " ")
    assert "set enabled = true under [api]" in shown.err.replace("\n", " ")
    assert caller(home, key) is not None
    assert ripeline("keys", "api", "list", home=home) == 0
    listed = capsys.readouterr().out
    assert key not in listed and key[:9] in listed
    assert "leads:read, events:write" in listed and "usable" in listed
    assert ripeline("keys", "api", "revoke", "shop", home=home) == 0
    assert caller(home, key) is None
    assert ripeline("keys", "api", home=home) == 0
    assert "revoked" in capsys.readouterr().out


def test_key_ends_when_it_is_told_to(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ripeline("keys", "api", "new", "shop", "--scope", "admin", "--expires", "90d", home=home)
    assert "until" in capsys.readouterr().err
    assert ripeline("keys", "api", "expire", "shop", "--expires", "7d", home=home) == 0
    assert "The key 'shop' ends" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("new", "x"), "say what the key may do, with --scope: leads:read"),
        (("new",), "needs the key's name"),
        (("list", "x"), "takes no name"),
        (("revoke", "shpo"), "there is no usable key 'shpo'. did you mean 'shop'?"),
        (("revoke", "shop", "--scope", "admin"), "--scope does not go with `ripeline keys api revoke`"),
        (("expire", "shop"), "say after how long"),
        (("expire", "shop", "--expires", "soon"), "--expires:"),
        (("new", "shop", "--scope", "admin"), "there is a key 'shop' already"),
    ],
)
def test_mistakes_are_told(home: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str) -> None:
    ripeline("keys", "api", "new", "shop", "--scope", "leads:read", home=home)
    assert ripeline("keys", "api", *words, home=home) == 1
    assert told in capsys.readouterr().err


def test_description_of_the_api_is_printed(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composition, "processes", Processes())
    assert ripeline("schema", "api", home=home) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["openapi"] == "3.1.0"
    assert "/api/v1/leads" in found["paths"]
