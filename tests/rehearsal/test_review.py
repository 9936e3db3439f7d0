"""A review shows what changed first, mails as before and after, and needs nothing beside itself."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from engine.rehearsal.review import Baseline, Fate, Review, review
from engine.rehearsal.review_page import review_page
from engine.service.check import check
from tests.rehearsal.homes import write

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture
def before(tmp_path: Path) -> Path:
    return write(tmp_path / "before")


@pytest.fixture
def after(tmp_path: Path) -> Path:
    return write(tmp_path / "after")


def change(home: Path, name: str, old: str, new: str) -> None:
    path = home / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def reviewed(after: Path, before: Path | None = None) -> Review:
    return review(check(after), NOON, Baseline("the main branch", check(before)) if before is not None else None)


def fates(found: Review) -> dict[str, Fate]:
    return {mail.title: mail.fate for mail in found.mails}


def test_without_a_baseline_everything_is_shown_and_nothing_marked(after: Path) -> None:
    found = reviewed(after)
    assert fates(found) == dict.fromkeys(["decay", "cost", "news", "receipt"], Fate.SEEN)
    assert not found.changed_boards
    assert "there is nothing to compare them with" in review_page(found)


def test_same_files_change_nothing(after: Path, before: Path) -> None:
    found = reviewed(after, before)
    assert set(fates(found).values()) == {Fate.SAME}
    assert not found.changed_boards and not found.removed and not found.difference.changes


def test_changed_mail_comes_first_with_its_words(after: Path, before: Path) -> None:
    change(after, "templates/dq/slow/news.html", "<p>News.", "<p>Better news.")
    found = reviewed(after, before)
    first = found.mails[0]
    assert (first.title, first.fate) == ("news", Fate.CHANGED)
    assert found.count(Fate.SAME) == 3
    assert [line for line in first.words if line[0] in "+-"] == ["-News.", "+Better news."]
    assert first.before is not None
    page = review_page(found)
    assert page.index("before, on a phone") < page.index("<strong>Why data decays")


def test_changed_subject_is_told_though_the_body_is_the_same(after: Path, before: Path) -> None:
    change(after, "templates/dq/slow/news.html", 'subject = "News"', 'subject = "The news"')
    assert reviewed(after, before).mails[0].words[1:3] == ("-News", "+The news")


def test_changed_layout_is_told_where_the_words_are_the_same(after: Path, before: Path) -> None:
    change(after, "templates/dq/slow/news.html", "<body>", '<body style="color: #123">')
    found = reviewed(after, before)
    assert (found.mails[0].fate, found.mails[0].words) == (Fate.CHANGED, ())
    assert "its layout, links or conditions changed" in review_page(found)


def test_step_of_a_changed_journey_is_marked_on_its_board(after: Path, before: Path) -> None:
    change(after, "campaigns/clean.toml", 'wait     = "3d"', 'wait     = "5d"')
    found = reviewed(after, before)
    assert [one.id for one in found.changed_boards] == ["clean"]
    assert found.boards[0].id == "clean"
    assert "Campaigns: 1 changed, 0 removed, 1 as before." in review_page(found)
    assert '<span class="mark changed">~ waits 3 days → 5 days</span>' in review_page(found)
    assert set(fates(found).values()) == {Fate.SAME}


def test_added_variant_changes_its_mail_and_all_subjects_are_told(after: Path, before: Path) -> None:
    change(after, "campaigns/clean.toml", '"A sum"', '"A sum", "A third"')
    first = reviewed(after, before).mails[0]
    assert (first.title, first.fate) == ("cost", Fate.CHANGED)
    assert first.subjects == ("What it costs", "A sum", "A third")


def test_new_and_removed_mails_are_told(after: Path, before: Path) -> None:
    (after / "templates/dq/slow/news.html").rename(after / "templates/dq/slow/letter.html")
    change(after, "campaigns/clean.toml", 'email = "news"', 'email = "letter"')
    found = reviewed(after, before)
    assert fates(found)["letter"] is Fate.ADDED
    assert found.removed == ("clean/slow/news",)
    assert "nobody gets this mail any more" in review_page(found)


def test_renamed_mail_is_compared_with_itself(after: Path, before: Path) -> None:
    (after / "templates/dq/slow/news.html").rename(after / "templates/dq/slow/letter.html")
    change(after, "campaigns/clean.toml", 'email = "news"', 'email = "letter"')
    change(after, "campaigns/clean.toml", "goal ", 'moved = { news = "letter" }\ngoal ')
    found = reviewed(after, before)
    assert fates(found)["letter"] is Fate.SAME
    assert found.removed == ()


def test_each_language_is_a_mail_of_its_own(after: Path, before: Path) -> None:
    text = (after / "templates/dq/slow/news.html").read_text("utf-8")
    (after / "templates/dq/slow/news.de.html").write_text(text, "utf-8")
    found = reviewed(after, before)
    assert fates(found)["news · de"] is Fate.ADDED
    assert fates(found)["news"] is Fate.SAME
    assert [mail.anchor for mail in found.mails if mail.title.startswith("news")] == [
        *("mail-clean-news-2", "mail-clean-news")
    ]


def test_removed_campaign_is_told(after: Path, before: Path) -> None:
    (after / "campaigns/other.toml").unlink()
    found = reviewed(after, before)
    assert found.gone == ("other",)
    assert "this campaign is there no more" in review_page(found)


def test_campaign_with_a_mistake_is_not_taken_for_removed(after: Path, before: Path) -> None:
    change(after, "campaigns/clean.toml", '"replied"', '"replid"')
    found = reviewed(after, before)
    assert found.gone == () and found.removed == () and not found.difference.changes
    page = review_page(found)
    assert "<strong>1 error</strong>" in page
    assert "did you mean &#39;replied&#39;?" in page


def test_mail_with_a_mistake_is_not_taken_for_removed(after: Path, before: Path) -> None:
    change(after, "templates/dq/slow/news.html", "News.</p>", "News {{ lead.nmae }}.</p>")
    assert reviewed(after, before).removed == ()


def test_mail_that_the_made_up_lead_cannot_get_says_why(after: Path) -> None:
    change(after, "templates/dq/slow/news.html", "News.</p>", "News {{ owner.name }}.</p>")
    (mail,) = (one for one in reviewed(after).mails if one.title == "news")
    assert mail.view is None
    assert "'owner.name' has no value for this lead" in mail.refused
    assert "cannot be written for the made-up lead" in review_page(reviewed(after))


def test_page_needs_nothing_beside_itself(after: Path) -> None:
    page = review_page(reviewed(after))
    own = re.sub(r'srcdoc="[^"]*"', "", page)
    assert not re.search(r"<script|<img|<object|@import|url\(", own)
    assert set(re.findall(r'(?:src|href|action)="([^"#][^"]*)"', own)) == {"data:,"}
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page
    frames = re.findall(r"<iframe [^>]*>", page)
    assert len(frames) == 8
    assert all('sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame for frame in frames)
    mail = unescape(re.findall(r'srcdoc="([^"]*)"', page)[0])
    assert mail.startswith("<!doctype html>") and "Hello Jane." in mail
