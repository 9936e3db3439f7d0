"""The preview's site by HTTP: what it shows, and that nobody else gets to see it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from engine.domain.journey.facts import Lead
from engine.processes.preview import serving
from engine.service.check import check
from engine.service.sample_lead import sample_lead
from tests.web.previewed import change, home, site

__all__ = ["home", "site"]


def got(site: str, path: str, **headers: str) -> httpx.Response:
    return httpx.get(f"{site}{path}", headers=headers, timeout=20)


def test_first_page_is_the_first_board(site: str) -> None:
    answer = got(site, "/")
    assert answer.status_code == 303
    assert answer.headers["location"].endswith("/board/clean")


def test_board_shows_stages_waits_and_rules_as_written(site: str) -> None:
    page = got(site, "/board/clean").text
    assert re.findall(r'<h3><span class="number">\d</span>(\w+)</h3>', page) == ["aware", "ready", "slow"]
    for words in (
        "after 10 minutes",
        "clicked(&#39;cost&#39;, link=&#39;pricing&#39;)",
        "only if <code>not known(seats)",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "You have Northwind."),
        ("?for=clean-1", "You have &lt;b&gt;Bold &amp; Co&lt;/b&gt;."),
        ("?language=de", "Sie haben Northwind."),
        ("?language=-", "You have Northwind."),
        ("?for=nobody&mail=99&subject=x&width=huge&part=all", "You have Northwind."),
    ],
)
def test_mail_is_written_for_whom_and_as_asked(site: str, query: str, words: str) -> None:
    assert words in got(site, f"/body/clean/cost{query}").text


def test_mail_page_has_its_inbox_row_parts_and_links(site: str) -> None:
    page = got(site, "/mail/clean/cost").text
    assert "<b>What it costs</b>" in page
    assert "subject 13, preheader 34 characters" in page
    assert "https://acme.example/pricing" in page
    assert "Gmail cuts off" in page
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in got(site, "/mail/clean/cost?part=source").text
    assert "You have Northwind." in got(site, "/mail/clean/cost?part=text").text
    assert "<b>A sum</b>" in got(site, "/mail/clean/cost?subject=1").text


def test_mail_that_cannot_be_written_for_a_lead_says_why(site: str) -> None:
    page = got(site, "/mail/clean/cost?for=bare")
    assert page.status_code == 200
    assert "&#39;lead.company&#39; has no value for this lead, and no default" in page.text
    assert got(site, "/body/clean/cost?for=bare").status_code == 404


def test_dark_is_the_mails_own(site: str) -> None:
    assert "@media (min-width: 0)" in got(site, "/body/clean/decay?dark=1").text
    assert "@media (max-width: 0)" in got(site, "/body/clean/decay").text
    assert "has no rules for dark screens" in got(site, "/mail/clean/cost?dark=1").text


def test_nothing_runs_in_a_mail_and_nothing_is_fetched(site: str) -> None:
    frames = re.findall(r"<iframe [^>]*>", got(site, "/mail/clean/cost?width=both").text)
    assert len(frames) == 2
    assert all('sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame for frame in frames)
    policy = got(site, "/body/clean/cost").headers["content-security-policy"]
    assert "default-src 'none'; img-src data:;" in policy
    assert "sandbox allow-popups" in policy and "allow-scripts" not in policy


def test_pictures_of_other_servers_are_loaded_only_when_asked(home: Path) -> None:
    change(home, "templates/dq/aware/decay.html", "<p>Hello", '<img src="https://acme.example/x.png" alt="X"><p>Hello')
    with serving(home) as site:
        assert "1 picture is on other servers and not loaded" in got(site, "/mail/clean/decay").text
        policy = got(site, "/body/clean/decay?pictures=1").headers["content-security-policy"]
        assert "not loaded" not in got(site, "/mail/clean/decay?pictures=1").text
    assert "img-src data: http: https:;" in policy


@pytest.mark.parametrize("path", ["/", "/board/clean", "/body/clean/cost", "/changes", "/style.css"])
def test_only_names_of_the_loopback_are_answered(site: str, path: str) -> None:
    assert got(site, path, host="rebound.example").status_code == 400


@pytest.mark.parametrize("path", ["", "/", "/board/clean", "/wrong/board/clean", "/style.css"])
def test_address_cannot_be_guessed(site: str, path: str) -> None:
    parts = urlsplit(site)
    assert len(parts.path) == 17
    assert httpx.get(f"{parts.scheme}://{parts.netloc}{path}").status_code == 404


def test_pages_cannot_be_framed_by_others_and_load_nothing_from_elsewhere(site: str) -> None:
    answer = got(site, "/board/clean")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    outside = re.findall(r'(?:src|href)="(?:https?:)?//', answer.text + got(site, "/findings").text)
    assert outside == []


@pytest.mark.parametrize("path", ["/board/gone", "/mail/clean/gone", "/mail/gone/cost"])
def test_what_is_not_there_is_said_on_a_page_that_goes_on_listening(site: str, path: str) -> None:
    answer = got(site, path)
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text
    assert "data-changes" in answer.text


def test_changed_file_is_told_to_the_page(site: str, home: Path) -> None:
    assert "/changes?seen=1" in got(site, "/board/clean").text
    change(home, "templates/dq/aware/decay.html", "Hello", "Good day")
    assert "event: changed" in got(site, "/changes?seen=1").text
    assert "Good day Jane." in got(site, "/body/clean/decay").text


def test_mistake_is_shown_with_its_line_and_the_campaign_stays(site: str, home: Path) -> None:
    got(site, "/board/clean")
    change(home, "campaigns/clean.toml", '"replied"', '"replid"')
    assert "shown as it was before the mistake in its file" in got(site, "/board/clean").text
    page = got(site, "/findings").text
    assert "campaigns/clean.toml:4:11" in page
    assert "<mark>replid</mark>" in page
    assert "did you mean &#39;replied&#39;?" in page


def test_home_that_begins_with_a_mistake_shows_it(home: Path) -> None:
    (home / "campaigns/other.toml").unlink()
    change(home, "campaigns/clean.toml", '"replied"', '"replid"')
    with serving(home) as site:
        assert got(site, "/").headers["location"].endswith("/findings")


def test_mail_that_could_never_be_read_says_what_is_wrong(home: Path) -> None:
    change(home, "templates/dq/aware/decay.html", "lead.first_name", "lead.frist_name")
    with serving(home) as site:
        answer = got(site, "/mail/clean/decay")
        assert '<span class="badge error" title="findings">1</span>' in answer.text
        assert "cannot be read yet" in answer.text
        assert "did you mean &#39;first_name&#39;?" in answer.text
        change(home, "templates/dq/aware/decay.html", "lead.frist_name", "lead.first_name")
        assert got(site, "/mail/clean/decay").status_code == 200


def test_real_lead_comes_first(home: Path) -> None:
    lead: Lead = sample_lead(check(home).config)
    lead.fields["first_name"] = "Bob"  # type: ignore[index]
    with serving(home, lead) as site:
        assert "Hello Bob." in got(site, "/body/clean/decay").text
        assert "Hello Jane." in got(site, "/body/clean/decay?for=sample").text
