"""The real daemon, and a relay that answers some mails badly: what becomes of each, and that the others go on."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine.store.database import reading
from engine.store.deliveries import delivery, lead
from tests.faults.daemons import Town, until
from tests.faults.ledger import balance, taken
from tests.smtpscript import Cut, Raw, Rule, Say, Wait
from tests.smtpserver import SmtpServer

HALF_AN_HOUR, AN_HOUR = timedelta(minutes=30), timedelta(hours=1)
PLAIN = 20
MOST_MEMORY = 400_000
"""Kilobytes that the sending process may ever have used."""


@dataclass(frozen=True)
class Case:
    """How the relay treats one recipient, the state that their mail is in then, and how long it waits."""

    rule: Rule
    state: str
    waits: timedelta | None = None


CASES = {
    "refused@a.example": Case(Rule("DOT", Say("554 5.6.0 no"), match="refused@"), "failed"),
    "grey@b.example": Case(Rule("RCPT", Say("451 4.7.1 later"), match="grey@"), "deferred", HALF_AN_HOUR),
    "closing@c.example": Case(
        Rule("RCPT", Say("421 4.3.2 bye", close=True), match="closing@"), "deferred", HALF_AN_HOUR
    ),
    "nobody@d.example": Case(Rule("RCPT", Say("550 5.1.1 no such user"), match="nobody@"), "failed"),
    "policy@e.example": Case(Rule("RCPT", Say("550 5.7.515 not authenticated"), match="policy@"), "deferred", AN_HOUR),
    "garbage@f.example": Case(Rule("RCPT", Raw(b"\x00\xff what\r\n"), match="garbage@"), "deferred", HALF_AN_HOUR),
    "endless@g.example": Case(Rule("RCPT", Raw(b"250-more\r\n", 0), match="endless@"), "deferred", HALF_AN_HOUR),
    "line@g.example": Case(Rule("RCPT", Raw(b"x" * 4096, 0), match="line@"), "deferred", HALF_AN_HOUR),
    "code@h.example": Case(Rule("RCPT", Say("799 what is that"), match="code@"), "deferred", HALF_AN_HOUR),
    "before@i.example": Case(Rule("RCPT", Cut(), match="before@"), "deferred", HALF_AN_HOUR),
    # small mails leave as a whole, dot and all, before the relay has read any of them
    "within@i.example": Case(Rule("BODY", Cut(), match="within@"), "unknown"),
    "gone@j.example": Case(Rule("DOT", Cut(), match="gone@"), "unknown"),
    "after@k.example": Case(Rule("DOT", Cut(accept=True), match="after@"), "unknown"),
}
LATER = {address for address, case in CASES.items() if case.waits}


@pytest.mark.acceptance(row=14)
@pytest.mark.acceptance(row=15)
@pytest.mark.acceptance(row=16)
@pytest.mark.acceptance(row=20)
def test_each_bad_reply_has_its_outcome_and_the_others_are_sent(town: Town, server: SmtpServer) -> None:
    server.script(*(case.rule for case in CASES.values()))
    town.take_in(PLAIN)
    town.take_in_these(CASES)
    town.start("run", "--no-tracker")
    until(lambda: _is_tried(town), told=lambda: (town.states(), town.log()))
    found = _mails(town)
    assert {address: found[address].state for address in CASES} == {a: case.state for a, case in CASES.items()}
    for address, case in CASES.items():
        if case.waits:
            wait = found[address].due_at - found[address].begun_at
            assert case.waits - timedelta(minutes=1) < wait < case.waits + timedelta(minutes=1), (address, wait)
    assert _suppressed(town) == ["nobody@d.example"]
    assert [row.subject for row in town.rows("SELECT subject FROM alert")] == ["domain:e.example"]
    assert _most_memory(town.daemon_child()) < MOST_MEMORY
    _drains(town, server)


def _is_tried(town: Town) -> bool:
    """Every mail was tried once."""
    states = town.states()
    return sum(states.values()) == PLAIN + len(CASES) and not {"due", "sending", "transmitting"} & states.keys()


def _drains(town: Town, server: SmtpServer) -> None:
    """What waits is tried again when its time has come, and delivered once."""
    server.script()
    town.hurry()
    until(lambda: town.states() == {"sent": PLAIN + len(LATER), "failed": 2, "unknown": 3}, told=town.log)
    found = balance(town.home.store, taken(server))
    assert found.is_promise_kept, found
    assert not found.duplicated
    assert len(server.accepted) == PLAIN + len(LATER) + 1, "and the one whose 250 was lost"
    assert {row.attempts for row in _mails(town).values() if row.email in LATER} == {2}


@pytest.mark.acceptance(row=18)
def test_late_250_is_waited_for_while_the_other_connection_goes_on(town: Town, server: SmtpServer) -> None:
    go_on = threading.Event()
    server.script(Rule("DOT", Wait(until=go_on), match="slow@"))
    town.take_in_these(["slow@a.example"])
    town.take_in(PLAIN)
    town.start("run", "--no-tracker")
    until(lambda: town.states() == {"transmitting": 1, "sent": PLAIN}, told=town.log)
    go_on.set()
    until(lambda: town.states() == {"sent": PLAIN + 1}, told=town.log)
    assert len(taken(server)) == len(set(taken(server))) == PLAIN + 1


def _mails(town: Town) -> dict[str, Any]:
    """Each lead's address with their mail."""
    with reading(town.home.store) as connection:
        found = connection.execute(select(lead.c.email, delivery).join(delivery, delivery.c.lead_id == lead.c.id))
        return {row.email: row for row in found}


def _suppressed(town: Town) -> list[str]:
    query = "SELECT l.email FROM lead l JOIN suppression s ON s.address_hash = l.address_hash WHERE s.scope = 'all'"
    return [row.email for row in town.rows(query)]


def _most_memory(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
