"""`ripeline crm`: how the connection stands, trying it, and reading now."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli.main import run
from tests.connect.salesforce_org import Org

HOME = '[company]\nname = "Acme"\npostal_address = "1 Main St"\n'


def told(capsys: pytest.CaptureFixture[str], place: Path, *words: str, code: int = 0) -> str:
    assert run(["crm", *words, "--home", str(place)]) == code
    found = capsys.readouterr()
    return " ".join((found.out + found.err).split())


def connect(place: Path, url: str) -> None:
    (place / "secret").write_text("s3cret\n", "utf-8")
    (place / "secret").chmod(0o600)
    crm = f'[crm]\nkind = "salesforce"\nurl = "{url}"\nclient_id = "key"\nsecret_file = "secret"\ninner = true\n'
    (place / "config.toml").write_text(HOME + crm, "utf-8")


def test_home_without_a_crm_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.toml").write_text(HOME, "utf-8")
    assert "No CRM is connected" in told(capsys, tmp_path)
    for act in ("--test", "--pull"):
        assert "no CRM is connected: write" in told(capsys, tmp_path, act, code=1)


def test_connection_is_tried_and_read_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Org() as org:
        org.add("Lead", Email="stranger@elsewhere.example", Status="Open")
        connect(tmp_path, org.url)
        found = told(capsys, tmp_path)
        assert "salesforce, http://127.0.0.1" in found
        assert "Read never Leads nothing yet: the first time everything is read" in found
        assert "127.0.0.1 lets us in" in told(capsys, tmp_path, "--test")
        assert not [method for method, path in org.requests if method != "GET" and "oauth2" not in path]
        assert "1 lead and 0 deals read; 0 of them changed" in told(capsys, tmp_path, "--pull")
    assert "Leads up to Mon 2 Nov 09:00 Deals none there yet" in told(capsys, tmp_path)
    assert '"leads_cursor": "2026-11-02T09:00:00+00:00"' in told(capsys, tmp_path, "--json")


def test_field_that_the_org_lacks_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Org() as org:
        connect(tmp_path, org.url)
        with (tmp_path / "config.toml").open("a", encoding="utf-8") as config:
            config.write('fields = { plan = "Plan__c" }\n')
        assert "No such column 'Plan__c'" in told(capsys, tmp_path, "--test", code=1)
        assert "No such column 'Plan__c'" in told(capsys, tmp_path, "--pull", code=1)
    assert "Problem Salesforce: No such column" in told(capsys, tmp_path)
