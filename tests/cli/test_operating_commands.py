"""status, pause, resume, suppress, show, audit and send-test: what an operator sees and does."""

from __future__ import annotations

import json
import os
import re
import socket
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from engine.authoring.home import read_home
from engine.cli import composition
from engine.errors import RipelineError
from engine.processes.daemon import run_daemon
from engine.service.home import open_home
from engine.service.status import status_of
from engine.service.take_in import take_in
from engine.store.bundles import set_home_value
from engine.store.database import reading, writing
from engine.store.deliveries import claim_due, delivery_row, state_counts
from engine.store.handoffs import add_handoff
from engine.store.unknown_mails import rescue, unknown_ids
from tests.cli.life import START, Life, ripeline, write_home
from tests.smtpscript import Rule, Say


@pytest.fixture
def life(tmp_path: Path) -> Life:
    life = Life(tmp_path / "home")
    life.apply()
    life.take_in_leads()
    life.play_until(START + timedelta(hours=1))
    return life


def test_status_counts_leads_per_stage_and_mails_by_state(lived: Life, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("status", "--json", home=lived.path) == 0
    found = json.loads(capsys.readouterr().out)
    (campaign,) = found["campaigns"]
    assert found["leads"] == 3
    assert [stage["name"] for stage in campaign["stages"]] == ["aware", "ready"]
    assert campaign["ended"] == {"finished": 2}
    assert found["mails"] == {"sent": 4}
    assert found["daemon"] is None


def test_status_in_words(life: Life, capsys: pytest.CaptureFixture[str]) -> None:
    with life:
        assert ripeline("status", home=life.path) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Acme · 3 leads · bundle 1, applied 2 Nov")
    assert "No daemon runs on this machine: ripeline run starts it." in shown
    assert "aware  2  ████████████████████" in shown
    assert "2 sent" in shown
    assert "mx1 (127.0.0.1:" in shown


@pytest.mark.parametrize(
    ("safety", "said"),
    [
        ("", "Safe mode is off: mails go to the leads themselves."),
        ('[safety]\ndeliver_to = "me@acme.example"\n', "Safe mode: every mail goes to me@acme.example ([safety] "),
    ],
)
def test_status_says_where_mails_go(home: Path, capsys: pytest.CaptureFixture[str], safety: str, said: str) -> None:
    with (home / "config.toml").open("a", encoding="utf-8") as config:
        config.write(safety)
    assert ripeline("status", home=home) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "Safe mode" in line]
    assert line.startswith(said)


def test_status_before_the_first_apply_says_what_to_do(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("status", home=home) == 0
    assert "Nothing runs yet: ripeline apply makes the files what runs." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("store", "said"),
    [
        ("sqlite:///leads.csv/ripeline.db", "leads.csv cannot be made"),
        ("sqlite:///campaigns", "the database cannot be opened"),
        (
            "postgres://u:secret@127.0.0.1:1/x",
            "the database cannot be opened (postgresql+psycopg://u:***@127.0.0.1:1/x)",
        ),
    ],
)
def test_store_that_cannot_be_opened_is_told_in_a_sentence(
    home: Path, capsys: pytest.CaptureFixture[str], store: str, said: str
) -> None:
    config = home / "config.toml"
    config.write_text(f'store = "{store}"\n' + config.read_text("utf-8"), "utf-8")
    assert ripeline("status", home=home) == 1
    told = capsys.readouterr().err
    assert told.startswith("ripeline: ") and said in told and "secret" not in told


def test_daemon_does_not_start_with_a_relay_it_cannot_use(home: Path) -> None:
    config = home / "config.toml"
    config.write_text(
        config.read_text("utf-8").replace("[[relay]]", "[[relay]]\nusername = 'u'\npassword_env = 'NO_SUCH'"), "utf-8"
    )
    with pytest.raises(RipelineError, match=r"never sent in clear|NO_SUCH is not set"):
        run_daemon(home, tracker=False)


def test_status_tells_the_daemon(
    life: Life, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.app import Processes
    from engine.runtime.lock import hold_home

    monkeypatch.setattr(composition, "processes", Processes())
    with life, hold_home(life.home.var / "daemon.lock", START):
        assert ripeline("status", home=life.path) == 0
    assert "The daemon runs since 2 Nov" in capsys.readouterr().out


def test_daemon_does_not_start_where_another_program_has_the_trackers_port(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        config = home / "config.toml"
        port = other.getsockname()[1]
        config.write_text(config.read_text("utf-8").replace("[tracking]", f"[tracking]\nport = {port}"), "utf-8")
        with pytest.raises(RipelineError, match=rf"cannot listen on 127.0.0.1:{port}.*\[tracking\] host and port"):
            run_daemon(home, tracker=True)


def test_status_says_that_the_daemon_works_with_an_older_config(
    life: Life, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.app import Processes
    from engine.runtime.lock import hold_home

    monkeypatch.setattr(composition, "processes", Processes())
    with life, hold_home(life.home.var / "daemon.lock", START, life.home.config_digest):
        assert ripeline("status", home=life.path) == 0
        assert "has changed since" not in capsys.readouterr().out
        config = life.path / "config.toml"
        config.write_text(f"{config.read_text('utf-8')}\n# a word more\n", "utf-8")
        assert ripeline("status", home=life.path) == 0
        assert "config.toml has changed since; the daemon reads it when it is started again." in capsys.readouterr().out


@pytest.mark.acceptance(row=13)
def test_paused_campaign_sends_nothing_and_resumes_without_repeating(
    life: Life, capsys: pytest.CaptureFixture[str]
) -> None:
    with life:
        assert ripeline("pause", "clean", home=life.path) == 0
        assert "clean is paused. `ripeline resume clean` goes on." in capsys.readouterr().out
        life.play_until(START + timedelta(days=5))
        assert len(life.server.accepted) == 2
        assert ripeline("pause", "clean", home=life.path) == 0
        assert "paused already" in capsys.readouterr().out
        assert ripeline("resume", "clean", home=life.path) == 0
        assert "clean goes on: 2 leads looked at again" in capsys.readouterr().out
        life.clock.step_to(life.runner.current().programme.standing("clean").live_since or START)
        life.play_until(START + timedelta(days=400))
        subjects = [message_from_bytes(mail.message, policy=policy.SMTP) for mail in life.server.accepted]
        sent = [(mail["To"], mail["Subject"]) for mail in subjects]
    assert len(sent) == len(set(sent)) == 4


@pytest.mark.acceptance(row=13)
def test_held_sending_hands_nothing_to_a_relay(life: Life, capsys: pytest.CaptureFixture[str]) -> None:
    with life:
        assert ripeline("pause", "--reason", "price page", home=life.path) == 0
        life.play_until(START + timedelta(days=4))
        assert len(life.server.accepted) == 2
        assert ripeline("status", home=life.path) == 0
        assert "price page. ripeline resume goes on" in capsys.readouterr().out
        assert ripeline("resume", home=life.path) == 0
        assert life.send() == 2
        assert ripeline("resume", home=life.path) == 0
        assert "Sending was not held." in capsys.readouterr().out


@pytest.mark.acceptance(row=12)
def test_sending_that_ripeline_held_itself_goes_on_only_when_confirmed(
    life: Life, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["n", "y"])
    monkeypatch.setattr("typer._click.termui.visible_prompt_func", lambda _="": next(answers))
    with life:
        with writing(life.home.store) as connection:
            set_home_value(connection, "sending_held", "the store was restored from a backup")
        assert ripeline("resume", home=life.path) == 1
        assert "the store was restored from a backup" in capsys.readouterr().out
        assert status_of(life.home, life.clock.now()).sending_held is not None
        assert ripeline("resume", home=life.path) == 0
        assert status_of(life.home, life.clock.now()).sending_held is None


IN_DOUBT = "the store was restored from a backup"


def _held_with_mails_due(life: Life) -> None:
    """Sending is held by Ripeline three days on: the two leads who wait for 'cost' are due, and not decided yet."""
    with writing(life.home.store) as connection:
        set_home_value(connection, "sending_held", IN_DOUBT)
    life.clock.step_to(START + timedelta(days=4))


@pytest.mark.acceptance(row=12)
def test_mails_that_may_have_gone_before_are_listed_and_dropped(
    life: Life, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.service.home.SystemClock", lambda: life.clock)
    asked: list[str] = []
    monkeypatch.setattr("typer.confirm", lambda question: bool(asked.append(question)) or len(asked) == 2)
    with life:
        sent = len(life.server.accepted)
        _held_with_mails_due(life)
        assert ripeline("resume", "--list", home=life.path) == 0
        shown = capsys.readouterr().out
        assert re.search(r"#3 +jane@northwind.example +clean/cost +due since Fri 6 Nov 10:00", shown)
        assert re.search(r"#4 +bob@globex.example +clean/cost +due since", shown)
        assert ripeline("resume", home=life.path) == 1
        shown = capsys.readouterr().out
        assert "2 mails would go at once:\n  clean/cost  2  due since Fri 6 Nov 10:00\n" in shown
        assert ripeline("resume", "--drop", home=life.path) == 0
        shown = capsys.readouterr().out
        assert "2 mails dropped; their leads go on without." in shown
        assert f"Sending goes on. It was held: {IN_DOUBT}." in shown
        life.play_until(START + timedelta(days=5))
        assert len(life.server.accepted) == sent
        assert ripeline("why", "jane@northwind.example", home=life.path) == 0
        assert "it may have gone out before (the store was restored from a backup)" in capsys.readouterr().out
    assert asked == [
        "Mail that went out before may go out again. Go on sending?",
        "Drop 2 mails and go on sending?",
    ]


def test_nothing_is_in_doubt_after_a_pause_by_hand(life: Life, capsys: pytest.CaptureFixture[str]) -> None:
    with life:
        assert ripeline("pause", home=life.path) == 0
        assert ripeline("resume", "--drop", home=life.path) == 1
        assert "so no mail is in doubt" in capsys.readouterr().err
        assert status_of(life.home, life.clock.now()).sending_held is not None


def test_pausing_an_unknown_campaign_hints_at_its_name(life: Life, capsys: pytest.CaptureFixture[str]) -> None:
    with life:
        assert ripeline("pause", "claen", home=life.path) == 1
    assert "no campaign that was applied is called 'claen'; did you mean 'clean'?" in capsys.readouterr().err


def test_suppressed_address_gets_no_further_mail_until_lifted(life: Life, capsys: pytest.CaptureFixture[str]) -> None:
    with life:
        assert ripeline("suppress", "jane@northwind.example", "--reason", "asked by phone", home=life.path) == 0
        assert "1 address will not get any mail any more." in capsys.readouterr().out
        life.play_until(START + timedelta(days=5))
        to = [mail.recipients[0] for mail in life.server.accepted]
        assert to.count("jane@northwind.example") == 1
        assert to.count("bob@globex.example") == 2
        assert ripeline("suppress", "jane@northwind.example", "--show", home=life.path) == 0
        assert "asked by phone (by operator)" in capsys.readouterr().out
        assert ripeline("suppress", "jane@northwind.example", "--lift", home=life.path) == 0
        assert "nothing stands against mailing it" in capsys.readouterr().out
        assert ripeline("suppress", "northwind.example", home=life.path) == 1
        assert "add it to [never_mail] domains in config.toml" in capsys.readouterr().err


def test_show_gives_the_very_bytes_that_the_relay_got(life: Life, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with life:
        assert ripeline("show", "1", "--source", home=life.path) == 0
        shown = capfdbinary.readouterr().out
        assert any(mail.message == shown or mail.message == shown.rstrip(b"\r\n") for mail in life.server.accepted)


def test_show_tells_headers_attempts_and_text(life: Life, capsys: pytest.CaptureFixture[str]) -> None:
    with life:
        assert ripeline("show", "#1", home=life.path) == 0
        shown = capsys.readouterr().out
        assert "#1 clean/aware/decay to jane@northwind.example: sent Mon 2 Nov 10:10" in shown
        assert "Subject     Why data decays" in shown
        assert "Hi Jane," in shown
        assert ripeline("show", "1", "--html", home=life.path) == 0
        assert capsys.readouterr().out.lstrip().casefold().startswith("<!doctype html>")
        assert ripeline("show", "4711", home=life.path) == 1
        assert "there is no mail #4711" in capsys.readouterr().err
        assert ripeline("show", "abc", home=life.path) == 1
        assert "'abc' is no mail's number" in capsys.readouterr().err


def test_audit_lists_mails_of_unknown_fate_with_what_happens_next(
    life: Life, capsys: pytest.CaptureFixture[str]
) -> None:
    with life:
        assert ripeline("audit", home=life.path) == 0
        assert "No mail has an unknown fate." in capsys.readouterr().out
        life.clock.step_to(START + timedelta(days=3, hours=1))
        _cut_at_the_gate(life)
        assert ripeline("audit", home=life.path) == 0
        shown = capsys.readouterr().out
    assert "2 mails of unknown fate" in shown
    assert "bob@globex.example" in shown
    assert "clean/cost" in shown
    assert "the lead goes on without knowing" in shown


@pytest.mark.parametrize(
    ("verdict", "state", "reason"),
    [
        ("--arrived", "sent", "taken as arrived by "),
        ("--lost", "failed", "taken as lost by "),
        ("--resend", "due", "sent once more, as decided by "),
    ],
)
def test_operator_decides_on_mails_of_unknown_fate(
    life: Life, capsys: pytest.CaptureFixture[str], verdict: str, state: str, reason: str
) -> None:
    with life:
        life.clock.step_to(START + timedelta(days=3, hours=1))
        _cut_at_the_gate(life)
        with reading(life.home.store) as connection:
            first, second = unknown_ids(connection)
        assert ripeline("audit", str(first), verdict, "--because", "relay's log", home=life.path) == 0
        assert "1 mail " in capsys.readouterr().out
        with reading(life.home.store) as connection:
            decided, other = delivery_row(connection, first), delivery_row(connection, second)
        assert decided is not None
        assert other is not None
        assert (decided.state, other.state) == (state, "unknown")
        assert decided.reason.startswith(reason)
        assert decided.reason.endswith(": relay's log")
        assert ripeline("audit", "--all", verdict, home=life.path) == 0
        assert ripeline("audit", home=life.path) == 0
        assert "No mail has an unknown fate." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("1",), "say what is known of them: one of --arrived, --lost, --resend"),
        (("1", "--arrived", "--lost"), "one of --arrived, --lost, --resend"),
        (("--lost",), "name the mails by their numbers"),
        (("1", "99", "--lost"), "not of unknown fate: #1, #99"),
    ],
)
def test_decision_that_cannot_be_meant_changes_nothing(
    life: Life, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    with life:
        assert ripeline("audit", *words, home=life.path) == 1
    assert said in capsys.readouterr().err


def _cut_at_the_gate(life: Life) -> None:
    """A sender passes the gate with two mails and dies."""
    from engine.service.tick import tick
    from engine.store.deliveries import admit

    now = life.clock.now()
    tick(life.home, life.runner.current(), now)
    with writing(life.home.store) as connection:
        claims = claim_due(connection, "n1", now, now + timedelta(minutes=5), 10)
        admit(connection, [(claim.id, claim.fence) for claim in claims], now + timedelta(minutes=5))
        rescue(connection, now + timedelta(minutes=6))


def test_send_test_goes_over_the_relay_and_stays_outside_the_statistics(
    life: Life, capsys: pytest.CaptureFixture[str]
) -> None:
    with life:
        with reading(life.home.store) as connection:
            before = state_counts(connection)
        assert ripeline("send-test", "clean/cost", "--lead", "jane park", home=life.path) == 0
        shown = capsys.readouterr().out
        mail = life.server.accepted[-1]
        message = message_from_bytes(mail.message, policy=policy.SMTP)
        assert mail.recipients == ("tester@acme.example",)
        assert message["Subject"] == "[Test] What a dead lead costs"
        assert message["X-Ripeline-Test"] == "clean/aware/cost"
        assert "Hi Jane" in message.get_body(("plain",)).get_content()
        assert shown.startswith("sent  tester@acme.example  accepted by mx1 (250 2.0.0")
        with reading(life.home.store) as connection:
            assert state_counts(connection) == before
        assert status_of(life.home, life.clock.now()).leads == 3
        number = shown.rsplit("#", 1)[1].strip()
        assert ripeline("show", number, home=life.path) == 0
        assert "to tester@acme.example, a test: sent" in capsys.readouterr().out


def test_send_test_works_for_a_mail_that_was_never_applied(tmp_path: Path) -> None:
    with Life(tmp_path / "home") as life:
        assert ripeline("send-test", "talk", "--to", "a@acme.example", "--to", "b@acme.example", home=life.path) == 0
        assert [mail.recipients[0] for mail in life.server.accepted] == ["a@acme.example", "b@acme.example"]


def test_send_test_refuses_a_leads_own_address(life: Life, capsys: pytest.CaptureFixture[str]) -> None:
    with life:
        before = len(life.server.accepted)
        assert ripeline("send-test", "decay", "--to", "bob@globex.example", home=life.path) == 1
        assert len(life.server.accepted) == before
    assert "bob@globex.example is a lead's own address" in capsys.readouterr().err


def test_relay_that_is_away_ends_a_test_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Life(tmp_path / "home") as life:
        life.server.script(Rule("CONNECT", Say("554 5.3.2 closed", close=True)))
        assert ripeline("send-test", "talk", "--to", "a@acme.example", "--to", "b@acme.example", home=life.path) == 1
        shown = capsys.readouterr().out.splitlines()
    assert "relay 'mx1' does not welcome us (554 5.3.2 closed)" in shown[0]
    assert "not tried any more" in shown[1]


def test_refused_test_mail_ends_with_1_and_the_relays_words(life: Life, capsys: pytest.CaptureFixture[str]) -> None:
    with life:
        life.server.script(Rule("RCPT", Say("550 5.1.1 no such user"), match="tester@"))
        assert ripeline("send-test", "decay", home=life.path) == 1
        shown = capsys.readouterr().out
        assert "not sent" in shown
        assert "no such user" in shown
        assert life.send() == 0, "a test is never tried again"


def test_send_test_without_recipients_says_where_to_set_them(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = home / "config.toml"
    config.write_text(config.read_text("utf-8").replace('["tester@acme.example"]', "[]"), "utf-8")
    assert ripeline("send-test", "decay", home=home) == 1
    assert "give --to ADDRESS, or set test_recipients in config.toml" in capsys.readouterr().err


def test_safe_mode_diverts_tests_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Life(tmp_path / "home") as life:
        config = life.path / "config.toml"
        config.write_text(config.read_text("utf-8") + '\n[safety]\ndeliver_to = "me@acme.example"\n', "utf-8")
        assert ripeline("send-test", "decay", home=life.path) == 0
        assert life.server.accepted[0].recipients == ("me@acme.example",)
    assert "Safe mode: it went to me@acme.example" in capsys.readouterr().out


def test_two_homes_do_not_mix(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = write_home(tmp_path / "other")
    assert ripeline("import", str(home / "leads.csv"), home=home) == 0
    assert ripeline("export", home=other) == 0
    assert "jane@" not in capsys.readouterr().out.partition("ripeline_id")[2]


@pytest.mark.acceptance(row=12)
def test_home_is_backed_up_checked_restored_and_held(
    life: Life, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive, other = tmp_path / "home.tar.zst", tmp_path / "other"
    with life:
        assert ripeline("backup", str(archive), home=life.path) == 0
    assert "leads, 2 mails, as of" in capsys.readouterr().out
    assert ripeline("backup", "--check", str(archive), home=life.path) == 0
    assert f"{archive} restores: " in capsys.readouterr().out
    assert ripeline("restore", str(archive), home=other) == 0
    shown = capsys.readouterr().out
    assert "Sending is held, because what went out since then would go out again." in shown
    assert ripeline("status", home=other) == 0
    assert "all sending is held: the store was restored from the backup of" in capsys.readouterr().out
    assert ripeline("resume", "--yes", home=other) == 0
    assert "Sending goes on." in capsys.readouterr().out


def test_home_that_runs_is_not_restored_over(
    life: Life, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.app import Processes
    from engine.runtime.lock import hold_home

    monkeypatch.setattr(composition, "processes", Processes())
    with life, hold_home(life.home.var / "daemon.lock", START):
        assert ripeline("restore", str(tmp_path / "x.tar.zst"), home=life.path) == 1
    assert f"a daemon runs this home (pid {os.getpid()}); stop it first" in capsys.readouterr().err


def test_status_counts_what_is_due_outside(life: Life, capsys: pytest.CaptureFixture[str]) -> None:
    with life:
        file = life.path / "campaigns" / "clean.toml"
        text = file.read_text("utf-8")
        file.write_text(text.replace("[stage.ready]", '[[stage.aware.step]]\nhandoff = "sales"\n\n[stage.ready]'))
        life.apply()
        life.play_until(START + timedelta(days=5))
        assert ripeline("status", home=life.path) == 0
    assert "2 hand-offs due, for people and systems to take up" in capsys.readouterr().out


def test_status_tells_what_sales_has_and_what_is_overdue(life: Life, capsys: pytest.CaptureFixture[str]) -> None:
    with life:
        at = datetime.now(UTC) - timedelta(hours=2)  # the command goes by the machine's own clock
        given = {"lead_id": 1, "at": at, "ripened_at": at, "state": "open", "story": {}}
        with writing(life.home.store) as connection:
            add_handoff(connection, {**given, "clock_at": at + timedelta(hours=1)})
            add_handoff(connection, {**given, "lead_id": 2, "state": "accepted"})
        assert ripeline("status", home=life.path) == 0
        told = capsys.readouterr().out
        assert ripeline("status", "--json", home=life.path) == 0
    assert "Sales   2 leads with sales · 1 to be answered, the first by " in told
    assert " · 1 overdue · in seven days 2 handed over, 0 of them given back" in told
    found = json.loads(capsys.readouterr().out)["sales"]
    assert (found["accepted"], found["waiting"], found["overdue"]) == (1, 1, 1)


def test_status_tells_what_event_clients_said_in_vain(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = open_home(home, read_home(home).config)
    traits = {f"trait_{letter}": 1 for letter in "abcdef"}
    take_in(place, [{"type": "identify", "userId": "u1", "traits": traits}, {"type": "trak", "userId": "u1"}])
    place.store.dispose()
    assert ripeline("status", home=home) == 0
    shown = capsys.readouterr().out
    assert "Events  1 message refused; the last," in shown
    assert "has the unknown type 'trak'; did you mean 'track'?" in shown
    assert "trait_a  1  no such field" in shown
    assert "trait_f" not in shown
    assert "and 1 more" in shown
