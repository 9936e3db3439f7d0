"""`ripeline preview`: a page to look at, one mail in the terminal or in a file, a list of all."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from pathlib import Path

import httpx
import pytest

from engine.service.check import check
from engine.service.mail_choice import choose_mail
from engine.service.preview import Reader, preview
from engine.service.show import sent_mail
from engine.service.who import lead_named
from tests.cli.life import CAMPAIGN, START, Life, ripeline


@contextmanager
def serving(home: Path, *arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The command as a process, and the address that it says."""
    words = [sys.executable, "-m", "engine.app", "preview", *arguments, "--home", str(home)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            yield child.stdout.readline().removeprefix("Open ").strip(), child
        finally:
            child.kill()


def test_page_is_served_until_ctrl_c(home: Path) -> None:
    with serving(home, "--no-open") as (url, child):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{16}/", url)
        answer = httpx.get(url, follow_redirects=True, timeout=20)
        assert "Clean data closes deals" in answer.text
        child.send_signal(signal.SIGINT)
        assert child.wait(20) == 0
    assert not (home / "var" / "ripeline.db").exists()


def test_page_opens_at_the_mail_and_for_the_lead_that_are_named(lived: Life) -> None:
    with serving(lived.path, "cost", "--lead", "bob ross") as (url, _):
        assert url.endswith("/mail/clean/cost")
        page = httpx.get(url, timeout=20).text
    assert "Bob Ross &lt;bob@globex.example&gt;" in page


def test_page_opens_with_mistakes_in_the_files(home: Path) -> None:
    (home / "campaigns" / "clean.toml").write_text(CAMPAIGN.replace("replied", "replid"), "utf-8")
    with serving(home) as (url, _):
        assert "unknown name &#39;replid&#39;" in httpx.get(url, follow_redirects=True, timeout=20).text


def test_taken_port_is_told(home: Path) -> None:
    with serving(home) as (url, _):
        port = url.split(":")[2].split("/")[0]
        words = [sys.executable, "-m", "engine.app", "preview", "--home", str(home), "--port", port]
        second = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert second.returncode == 1
    assert f"The preview cannot listen on 127.0.0.1:{port}" in second.stderr
    assert "Choose another port with --port" in second.stderr


def test_campaign_is_opened_and_a_wrong_one_hinted_at(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(home, "--campaign", "clean") as (url, _):
        assert url.endswith("/board/clean")
    assert ripeline("preview", "--campaign", "claen", home=home) == 1
    assert "there is no campaign 'claen' that can be read; did you mean 'clean'?" in capsys.readouterr().err


def test_lead_of_a_home_without_leads_is_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("preview", "decay", "--text", "--lead", "jane@northwind.example", home=home) == 1
    assert "this home has no leads yet; leave --lead out" in capsys.readouterr().err


def test_text_is_printed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("preview", "clean/decay", "--text", home=home) == 0
    shown = capsys.readouterr().out
    assert "Subject  Why data decays" in shown
    assert "Hi Jane," in shown
    assert "https://acme.example/checklist" in shown, "links lead to their targets, not through the tracker"
    assert not (home / "var" / "ripeline.db").exists()


def test_html_is_written_to_a_file_that_only_this_user_can_read(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "decay.html"
    assert ripeline("preview", "decay", "--out", str(page), home=home) == 0
    assert f"Written to {page}" in capsys.readouterr().out
    assert page.stat().st_mode & 0o077 == 0
    assert "Hi Jane" in page.read_text("utf-8")


def test_text_needs_a_mail(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("preview", "--text", home=home) == 1
    assert "which mail? Name it before the options" in capsys.readouterr().err


def test_text_for_a_real_lead(lived: Life, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("preview", "decay", "--text", "--lead", "bob ross", home=lived.path) == 0
    shown = capsys.readouterr().out
    assert "Bob Ross <bob@globex.example>" in shown
    assert "Hi Bob," in shown


def test_list_names_all_mails_and_wrong_names_are_hinted_at(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("preview", "--list", home=home) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[:3]] == [
        *("clean/decay", "clean/cost", "clean/talk")
    ]
    assert ripeline("preview", "decai", home=home) == 1
    assert "no campaign sends a mail called 'decai'; did you mean 'decay'?" in capsys.readouterr().err


def test_source_is_the_mail_that_was_sent(lived: Life) -> None:
    lead = lead_named(lived.home.store, "bob ross")
    report = check(lived.path)
    source = preview(report, choose_mail(report, "clean/decay"), Reader(lead), START).source
    numbers = (number for number in range(1, 20) if sent_mail(lived.home, number).lead == lead.email)
    sent = sent_mail(lived.home, next(numbers))
    assert sent.mail == "clean/aware/decay" and sent.message is not None
    assert comparable(source) == comparable(sent.message)


def comparable(source: bytes) -> list[str]:
    """Headers and parts without what differs from mail to mail: date, numbers, and what is signed."""
    message = message_from_bytes(source, policy=policy.default)
    headers = [f"{name}: {value}" for name, value in message.items() if name not in ("Date", "Message-ID")]
    parts = [part.get_content() for part in message.iter_parts()]  # type: ignore[attr-defined]
    return [re.sub(r"(http://127\.0\.0\.1:\d+/[coupvs])/[\w./-]+", r"\1/…", text) for text in (*headers, *parts)]
