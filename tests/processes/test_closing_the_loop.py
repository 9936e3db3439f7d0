"""The whole loop over real processes: a raised hand, the alert, the salesperson's click, the deal, the report."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from email import message_from_bytes
from email.policy import SMTP
from typing import Any

import httpx
from sqlalchemy import text

from engine.domain.api_keys import Scope
from engine.service.api_keys import new_api_key
from engine.service.housekeeping import keep_house
from engine.service.record import Happening, record_event
from engine.store.database import writing
from tests.faults.conftest import laid_out, server, settle
from tests.faults.daemons import Town, kill, until
from tests.faults.test_killed_tracker import free_port
from tests.processes.test_api import answers
from tests.smtpscript import rule_from
from tests.smtpserver import SmtpServer

__all__ = ["laid_out", "server", "settle"]

JANE = "jane@northwind.example"
CONFIG = """
[api]
enabled = true
port = {api}
[tracking]
port = {tracker}
base_url = "http://127.0.0.1:{tracker}"
[sales]
hand_raises = ["demo_requested"]
fallback = "bea"
[[sales.person]]
name = "bea"
[[sales.route]]
name = "all"
to = ["bea"]
"""
SCOPES = (Scope.EVENTS_WRITE, Scope.LEADS_READ, Scope.OPPORTUNITIES_WRITE, Scope.REPORTS_READ)


def state(town: Town) -> str:
    found = town.rows("SELECT state FROM handoff ORDER BY id DESC LIMIT 1")
    return found[0].state if found else ""


def page_in(server: SmtpServer, to: str) -> str:
    mail: Any = message_from_bytes(next(one.message for one in server.accepted if to in one.recipients), policy=SMTP)
    found = re.search(r"http://\S+/h/[\w-]+", mail.get_body(("plain",)).get_content())
    assert found
    return found[0]


def credit(report: Mapping[str, Any]) -> int:
    """All money that the report's first table hands out."""
    table = report["tables"][0]
    return sum(row["revenue"] for row in table["rows"])


def test_from_a_raised_hand_to_revenue(settle: Callable[..., Town], server: SmtpServer) -> None:
    api, tracker = free_port(), free_port()
    town = settle(server.port, CONFIG.format(api=api, tracker=tracker))
    key = new_api_key(town.home, "loop", list(SCOPES))
    daemon = town.start("run")
    headers = {"authorization": f"Bearer {key}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{api}/api/v1", headers=headers, trust_env=False) as client:
        until(lambda: answers(client), told=town.log)
        asked = {"events": [{"name": "demo_requested", "email": JANE}], "create": True}
        assert client.post("/events", json=asked).status_code == 200
        until(lambda: any("bea@acme.example" in one.recipients for one in server.accepted), told=town.log)

        page = page_in(server, "bea@acme.example")
        seen = httpx.get(f"{page}?do=accept", trust_env=False)
        assert (seen.status_code, state(town)) == (200, "open"), "looking changes nothing"
        answered = httpx.post(page, data={"do": "accept"}, trust_env=False)
        assert "It is yours" in answered.text
        assert state(town) == "accepted"
        until(lambda: client.get(f"/leads/{JANE}").json()["lifecycle"] == "sal", told=town.log)

        now = town.home.clock.now() - timedelta(milliseconds=1)
        deal = {"source": "shop", "external_id": "1", "lead": {"email": JANE}, "amount": 120_000, "outcome": "won"}
        for _ in range(2):
            told = client.post("/opportunities", json={**deal, "opened_at": str(now), "closed_at": str(now)})
            assert told.status_code == 201, told.text
        until(lambda: client.get(f"/leads/{JANE}").json()["lifecycle"] == "customer", told=town.log)
        assert state(town) == "closed"
        keep_house(town.home, town.home.clock.now())
        for model in ("first", "last", "linear", "position"):
            report = client.get("/reports/attribution", params={"model": model}).json()
            assert credit(report) == 120_000
    daemon.terminate()
    assert daemon.wait(30) == 0
    assert JANE not in town.log()


def test_an_alert_survives_that_the_daemon_is_killed(settle: Callable[..., Town], server: SmtpServer) -> None:
    """The hand-off is committed with its letter: who is killed while the relay refuses is followed by one who sends."""
    town = settle(server.port, CONFIG.format(api=free_port(), tracker=free_port()))
    server.script(rule_from("MAIL=451 4.3.0 later"))
    town.take_in_these([JANE])
    happening = Happening(JANE, "demo_requested", town.home.clock.now(), "demo")
    assert record_event(town.home, happening)
    daemon = town.start("run", "--no-tracker")
    until(lambda: town.rows("SELECT 1 FROM outbox WHERE problem <> ''"), told=town.log)
    kill(daemon.pid)
    daemon.wait(10)
    assert not [one for one in server.accepted if "bea@acme.example" in one.recipients]

    server.script()
    with writing(town.home.store) as connection:
        connection.execute(text("UPDATE outbox SET due_at = created_at"))
    town.start("run", "--no-tracker")
    until(lambda: town.rows("SELECT 1 FROM handoff WHERE alerted_at IS NOT NULL"), told=town.log)
    assert len([one for one in server.accepted if "bea@acme.example" in one.recipients]) == 1
