"""The real libraries, their host changed, against a real API process: what they say is in the store."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from engine.domain.api_keys import Scope
from engine.service.api_keys import new_api_key
from engine.store.database import reading
from engine.store.events import events_of
from engine.store.leads import find_lead, identities_of, lead
from engine.store.sales_tables import AccountRow
from tests.faults.daemons import Town, until
from tests.faults.test_killed_tracker import free_port

HERE = Path(__file__).parent
account = AccountRow.__table__  # type: ignore[attr-defined]
CLIENTS = Path(sys.prefix) / "clients"
"""Where `make clients` puts them."""
PATIENCE = 60
PYTHON = ("segment", "analytics", "rudder")
NODE = ("segment", "rudder")
CONFIG = """
[company]
name = "Acme"
postal_address = "1 Main St, Springfield"
[sender]
default = "Ann Lee <ann@acme.example>"
verified_domains = ["acme.example"]
[metrics]
enabled = false
[fields.plan]
type = "choice"
choices = ["free", "pro"]
[api]
enabled = true
port = {port}
"""


class Api:
    """A home with an API process, and a key for it."""

    def __init__(self, path: Path) -> None:
        self.port = free_port()
        path.mkdir()
        (path / "config.toml").write_text(CONFIG.format(port=self.port), "utf-8")
        self.town = Town(path)
        self.key = new_api_key(self.town.home, "app", [Scope.EVENTS_WRITE, Scope.LEADS_WRITE])
        self.host = f"http://127.0.0.1:{self.port}"
        self.town.start("serve", "--api")
        until(self._answers, told=self.town.log)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.host}/v1/batch", trust_env=False).status_code == 405
        except httpx.TransportError:
            return False

    def lead(self, name: str) -> Any:
        with reading(self.town.home.store) as connection:
            return find_lead(connection, name)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    running = Api(tmp_path / "home")
    yield running
    running.town.end()


def speak(*command: str) -> None:
    """Let a library say its piece; it ends by itself."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr


def check_story(api: Api) -> None:
    """What `speak` says, as the store has it."""
    home = api.town.home
    row = api.lead("userId:u-1")
    assert row is not None, api.town.log()
    with reading(home.store) as connection:
        leads = list(connection.execute(select(lead).where(lead.c.merged_into.is_(None))))
        names = {(one.kind, one.value) for one in identities_of(connection, [row.id])[row.id]}
        happened = {
            (one.kind, one.name, one.properties.get("path") or one.properties.get("name"))
            for one in events_of(connection, row.id)
        }
        (trial,) = (one for one in events_of(connection, row.id) if one.name == "Trial started")
        companies = list(connection.execute(select(account)))
    assert len(leads) == 1, "one person, whatever they are called"
    assert row.email == "Jane@northwind.example"
    assert {name: row.fields[name] for name in ("first_name", "plan")} == {"first_name": "Jane", "plan": "pro"}
    assert not row.subscribed
    assert {("userId", "u-1"), ("userId", "u-0"), ("anonymousId", "a-1"), ("email", "jane@northwind.example")} <= names
    assert happened == {
        ("page_view", "page_view", "/pricing"),
        ("page_view", "screen_view", "Home"),
        ("custom", "Trial started", None),
        ("custom", "Old app opened", None),
    }
    assert trial.properties == {"seats": 3, "tags": ["a", "b"]}
    assert trial.evidence["library"]
    assert [company.name for company in companies if company.id == row.account_id] == ["Northwind"]
    assert abs((home.clock.now() - trial.at).total_seconds()) < PATIENCE


@pytest.mark.parametrize("library", PYTHON)
def test_python_library_speaks_to_the_api(api: Api, library: str) -> None:
    folder = CLIENTS / library if library != "segment" else CLIENTS
    assert folder.is_dir(), "run `make clients` first"
    speak(sys.executable, str(HERE / "speak.py"), library, api.host, api.key, str(folder))
    check_story(api)


@pytest.mark.parametrize("library", NODE)
def test_node_library_speaks_to_the_api(api: Api, library: str) -> None:
    node = shutil.which("node")
    assert node, "run `make clients` first"
    speak(node, str(HERE / "speak.cjs"), library, api.host, api.key, str(CLIENTS / "node"))
    check_story(api)


def test_a_wrong_key_is_told_to_the_library(api: Api) -> None:
    command = [sys.executable, str(HERE / "speak.py"), "segment", api.host, "ripe_wrong", str(CLIENTS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode != 0
    assert "no_key" in done.stderr
    assert api.lead("userId:u-1") is None
