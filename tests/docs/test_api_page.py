"""What the page about the API shows works: its commands run against a real home, its refusal is the real one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from engine.authoring.home import read_home
from engine.domain.api_keys import Scope
from engine.processes.api import api_site_of
from engine.service.api_keys import new_api_key
from engine.service.home import open_home
from engine.web.server import ServerThread
from tests.docs.pages import DOCS, ROOT, blocks

PAGE = DOCS / "how-to/use-the-api.md"


@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples are for curl")
def test_commands_that_are_shown_work_and_the_refusal_is_the_real_one(tmp_path: Path) -> None:
    for part in ("campaigns", "templates"):
        shutil.copytree(ROOT / part, tmp_path / part)
    shutil.copy(ROOT / "config.toml", tmp_path)
    home = open_home(tmp_path, read_home(tmp_path).config)
    key = new_api_key(home, "sync", [Scope.LEADS_READ, Scope.LEADS_WRITE, Scope.EVENTS_WRITE])
    shown = [block.text for block in blocks(PAGE) if block.language == "sh"]
    assert len(shown) > 4
    with ServerThread(api_site_of(home)) as server:
        address = f"{server.url}/api/v1"
        for text in shown:
            script = text.replace("http://127.0.0.1:8028/api/v1", address)
            done = _run(script, RIPELINE_API=address, RIPELINE_KEY=key)
            assert done.returncode == 0, (text, done.stdout, done.stderr)
        jane = httpx.get(f"{address}/leads/userId:4711", headers={"authorization": f"Bearer {key}"}).json()
        wrong = {"email": "a@x.example", "fields": {"first_nam": "Jane"}}
        refused = httpx.post(f"{address}/leads", headers={"authorization": f"Bearer {key}"}, json=wrong)
    home.store.dispose()
    assert (jane["fields"]["first_name"], jane["lists"]) == ("Janet", ["newsletter", "webinar"])
    (example,) = [json.loads(block.text) for block in blocks(PAGE) if block.language == "json"]
    assert refused.json() == example


def _run(script: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "no_proxy": "127.0.0.1", **more}
    return subprocess.run(
        ["bash", "-euc", script], check=False, env=environment, capture_output=True, text=True, timeout=30
    )
