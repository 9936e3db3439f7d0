"""The test server itself, where other tests lean on it: in a thread, and as a process with its ledger."""

import json
import smtplib
import subprocess
import sys
from pathlib import Path

import pytest

from tests.smtp.sending import PLAIN
from tests.smtpscript import Cut, Rule, Say, rule_from
from tests.smtpserver import SmtpServer

ROOT = Path(__file__).parents[2]


def send(host: str, port: int, recipient: str = "jane@x.example") -> None:
    with smtplib.SMTP(host, port, timeout=10) as client:
        client.sendmail("ann@acme.example", [recipient], b"Message-ID: <1@acme.example>\r\n" + PLAIN)


def test_server_in_a_thread_records_and_obeys_a_changed_script():
    with SmtpServer() as server:
        send(server.host, server.port)
        server.wait_for(lambda it: len(it.accepted) == 1)
        server.script(Rule("RCPT", Say("550 5.1.1 no such user")))
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            send(server.host, server.port)
    assert server.accepted[0].message.endswith(PLAIN)


def test_process_has_every_accepted_mail_on_disk_before_it_says_so(tmp_path):
    ledger = tmp_path / "ledger.jsonl"
    command = [sys.executable, "-m", "tests.smtpserver", "--ledger", str(ledger), "--rule", "DOT/2=cut-accepted"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            _, host, port = process.stdout.readline().split()
            send(host, int(port))
            with pytest.raises(smtplib.SMTPServerDisconnected):
                send(host, int(port), "bob@x.example")
        finally:
            process.kill()
    entries = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert [entry["recipients"] for entry in entries] == [["jane@x.example"], ["bob@x.example"]]
    assert {entry["message_id"] for entry in entries} == {"<1@acme.example>"}


def test_rules_are_written_on_a_command_line():
    assert rule_from("DOT/10=cut-accepted") == Rule("DOT", Cut(accept=True), every=10)
    assert rule_from("RCPT=550 5.1.1 no") == Rule("RCPT", Say("550 5.1.1 no"))
