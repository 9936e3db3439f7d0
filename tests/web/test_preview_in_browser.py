"""The preview in a real browser: pages load, follow the files, answer to keys, and ask nothing of anybody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from engine.rehearsal.review import review
from engine.rehearsal.review_page import review_page
from engine.service.check import check
from tests.web.browsers import browser
from tests.web.previewed import change, home, site

__all__ = ["browser", "home", "site"]

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """A page of its own, which in the end has told no error and has asked nothing outside of this machine."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    errors: list[str] = []
    asked: list[str] = []
    opened.on("console", lambda message: errors.append(message.text) if message.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("request", lambda request: asked.append(request.url))
    opened.set_default_timeout(15_000)
    yield opened
    context.close()
    assert errors == []
    assert {urlsplit(url).hostname for url in asked if not url.startswith("data:")} == {"127.0.0.1"}


def frame_text(page: Page) -> str:
    return page.frame_locator("iframe").locator("body").inner_text()


def test_board_and_mails_open_by_links(page: Page, site: str) -> None:
    page.goto(f"{site}/")
    expect(page).to_have_title("Clean data – Ripeline preview")
    expect(page.locator(".column h3")).to_have_text(["1aware", "2ready", "3slow"])
    page.locator(".card.email a").first.click()
    expect(page.locator("h1")).to_have_text("decay")
    assert "Hello Jane." in frame_text(page)
    assert page.frames[1].evaluate("() => origin") == "null", "a mail is nobody's page"


def test_persona_subject_and_language_can_be_chosen(page: Page, site: str) -> None:
    page.goto(f"{site}/mail/clean/cost")
    page.get_by_label("For whom").select_option("clean-1")
    page.wait_for_url("**/mail/clean/cost?for=clean-1**")
    assert "You have <b>Bold & Co</b>." in frame_text(page)
    page.get_by_label("Which subject").select_option("1")
    page.wait_for_url("**subject=1**")
    expect(page.locator(".row b")).to_have_text("A sum")
    page.get_by_label("Language").select_option("de")
    page.wait_for_url("**language=de**")
    assert "Sie haben <b>Bold & Co</b>." in frame_text(page)
    page.locator("nav .step", has_text="decay").first.click()
    assert "Hello Ada." in frame_text(page)


def test_phone_and_dark_are_as_wide_and_as_dark_as_they_say(page: Page, site: str) -> None:
    page.goto(f"{site}/mail/clean/decay")
    page.get_by_role("link", name="Phone").click()
    page.get_by_role("link", name="Dark", exact=True).click()
    expect(page.locator("figcaption")).to_have_text("375 pixels wide, dark")
    body = page.frame_locator("iframe").locator("body")
    assert body.evaluate("body => getComputedStyle(body).backgroundColor") == "rgb(1, 2, 3)"
    assert body.evaluate("() => innerWidth") == 375
    page.get_by_role("link", name="Light").click()
    expect(page.locator("figcaption")).to_have_text("375 pixels wide")
    assert body.evaluate("body => getComputedStyle(body).backgroundColor") == "rgba(0, 0, 0, 0)"


def test_page_follows_the_files(page: Page, site: str, home: Path) -> None:
    page.goto(f"{site}/mail/clean/decay")
    change(home, "templates/dq/aware/decay.html", "Hello", "Good day")
    expect(page.frame_locator("iframe").locator("body")).to_contain_text("Good day Jane.")


def test_mistake_is_shown_until_it_is_mended(page: Page, site: str, home: Path) -> None:
    page.goto(f"{site}/mail/clean/decay")
    change(home, "templates/dq/aware/decay.html", "lead.first_name", "lead.frist_name")
    expect(page.locator("aside .finding")).to_contain_text("did you mean 'first_name'?")
    expect(page.get_by_text("This mail is shown as it was before the mistake.")).to_be_visible()
    assert "Hello Jane." in frame_text(page)
    change(home, "templates/dq/aware/decay.html", "lead.frist_name", "lead.first_name")
    expect(page.locator("aside .finding")).to_have_count(0)


def test_links_of_a_mail_open_beside_the_page(page: Page, site: str) -> None:
    page.context.route("https://acme.example/**", lambda route: route.fulfill(body="the prices"))
    page.goto(f"{site}/mail/clean/decay")
    with page.context.expect_page() as opened:
        page.frame_locator("iframe").get_by_role("link", name="Prices").click()
    expect(opened.value).to_have_url("https://acme.example/pricing")
    assert "Hello Jane." in frame_text(page)


def test_keys_lead_from_mail_to_mail(page: Page, site: str) -> None:
    page.goto(f"{site}/mail/clean/decay")
    for key, address in (
        ("ArrowRight", "/mail/clean/cost$"),
        ("d", "dark=1$"),
        ("p", "width=phone&dark=1$"),
        ("ArrowLeft", r"/mail/clean/decay\?width=phone&dark=1$"),
        ("b", r"/board/clean\?width=phone&dark=1$"),
    ):
        page.keyboard.press(key)
        expect(page).to_have_url(re.compile(address))
        page.wait_for_load_state()


def test_pages_fit_a_phone(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/board/clean", "/mail/clean/cost", "/findings", "/mail/clean/cost?part=source"):
        page.goto(f"{site}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    page.locator("summary").click()
    page.locator(".narrow .step", has_text="decay").click()
    expect(page.locator("h1")).to_have_text("decay")


def test_review_is_read_without_scripts_and_asks_for_nothing(browser: Browser, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "review.html"
    file.write_text(review_page(review(check(home), NOON)), "utf-8")
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(file.as_uri())
    opened.get_by_role("link", name="decay", exact=True).click()
    expect(opened.frame_locator("iframe.desktop >> nth=0").locator("body")).to_contain_text("Hello Jane.")
    context.close()
    assert {url for url in asked if not url.startswith(("data:", "about:"))} == {file.as_uri()}
