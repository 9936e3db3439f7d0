"""The commands about other programs: what waits, trying again, a sample, a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.authoring.home import read_home
from engine.cli.main import run
from engine.service.home import open_home
from engine.store.database import writing
from engine.store.outbox import Letter, claim_letter, post, put_off_letter, stop_target
from tests.connect.hookserver import HookServer


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text('[company]\nname = "Acme"\npostal_address = "1 Main St"\n', "utf-8")
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], place: Path, *words: str, code: int = 0) -> str:
    assert run([*words, "--home", str(place)]) == code
    found = capsys.readouterr()
    return " ".join((found.out + found.err).split())


def test_outbox_tells_what_waits_why_and_until_when(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from engine.config.model import Config

    assert "Nothing waits" in told(capsys, place, "outbox")
    home = open_home(place, Config())
    now = home.clock.now()
    with writing(home.store) as connection:
        post(connection, Letter("a", "webhook", "crm", "lead.step", {"email": "jane@northwind.example"}), now)
        row = claim_letter(connection, now, now)
        assert row is not None
        put_off_letter(connection, row.id, row.attempts, "crm answered 503", now)
        stop_target(connection, "webhook", "bi", "bi answered 410")
    home.store.dispose()
    found = told(capsys, place, "outbox")
    assert "1 letter waiting" in found
    assert "webhook crm lead.step 1 try again" in found
    assert "crm answered 503" in found
    assert "webhook 'bi' is stopped: bi answered 410. ripeline outbox --resume bi goes on" in found
    assert "jane" not in told(capsys, place, "outbox", "--json")
    assert "Outbox 1 letter to other programs tried again" in told(capsys, place, "status")
    assert "1 letter is due now" in told(capsys, place, "outbox", "--retry", "1")
    assert "no letter 9" in told(capsys, place, "outbox", "--retry", "9", code=1)
    assert "takes a letter's number" in told(capsys, place, "outbox", "--retry", "x", code=1)
    assert "'bi' gets letters again" in told(capsys, place, "outbox", "--resume", "bi")


def test_what_safe_mode_holds_is_told_and_dropped(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = place / "config.toml"
    hook = '[webhooks.crm]\nurl = "https://crm.example/hook"\nsecret_env = "CRM_SECRET"\n'
    safe = f'[safety]\ndeliver_to = "me@acme.example"\n{hook}'
    config.write_text(config.read_text("utf-8") + safe, "utf-8")
    home = open_home(place, read_home(place).config)
    with writing(home.store) as connection:
        for name in ("a", "b", "c"):
            post(connection, Letter(name, "webhook", "crm", "lead.step"), home.clock.now())
    home.store.dispose()

    found = told(capsys, place, "outbox")
    assert "3 letters held by safe mode: emptying [safety] deliver_to lets them go" in found
    assert "0 tries waits held by safe mode, as crm.example is not among [safety] hosts" in found
    assert "Outbox 3 letters held by safe mode" in told(capsys, place, "status")
    assert '"held": 3' in told(capsys, place, "outbox", "--json")
    assert "1 letter dropped" in told(capsys, place, "outbox", "--drop", "2")
    assert "2 letters dropped" in told(capsys, place, "outbox", "--drop", "held")
    assert "--drop takes a letter's number or `held`" in told(capsys, place, "outbox", "--drop", "x", code=1)
    assert "Nothing waits" in told(capsys, place, "outbox")


def test_secret_is_made_and_a_sample_is_posted_with_it(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys, place, "keys", "--webhook", "crm")
    assert "keys/crm-webhook-secret" in found
    assert "whsec_" not in found
    with HookServer((200, {}, b"ok"), (500, {}, b"")) as hooks:
        hook = f'[webhooks.crm]\nurl = "{hooks.url}"\nsecret_file = "keys/crm-webhook-secret"\ninner = true\n'
        (place / "config.toml").write_text('[company]\nname = "Acme"\n' + hook, "utf-8")
        assert "Taken: 127.0.0.1 answered 200" in told(capsys, place, "webhook", "crm")
        assert "Not taken: 127.0.0.1 answered 500" in told(capsys, place, "webhook", "crm", code=1)
        assert all("webhook-signature" in posted.headers for posted in hooks.posted)
