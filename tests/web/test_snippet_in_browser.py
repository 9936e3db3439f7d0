"""The page-view snippet in a real browser, on a site of its own: what it sends, keeps, forgets and leaves alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request

from engine.domain.page_views import TOKEN_NAME
from engine.domain.tokens import visit_token
from engine.domain.traffic import Hit
from tests.web.browsers import browser
from tests.web.world import MAIL, NOON, RING, World, click_path, tracker

__all__ = ["browser"]

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"


class _Site(BaseHTTPRequestHandler):
    """A page that loads the snippet from the tracker; `?given=` lets it know of consent before the snippet does."""

    def __init__(self, snippet: str, *args: Any) -> None:
        self.snippet = snippet
        super().__init__(*args)

    def do_GET(self) -> None:
        known = "<script>ripelineConsent = true</script>" if "given=1" in self.path else ""
        page = f"<!doctype html><title>Prices</title>{known}<script src='{self.snippet}/s.js'></script><p>Hello"
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def own_site(world: World) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Site, world.server.url))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Visitor:
    """Somebody with a browser on our site."""

    def __init__(self, world: World, context: BrowserContext, site: str) -> None:
        self.world, self.context, self.site = world, context, site
        self.page: Page = context.new_page()
        self.sent: list[Request] = []
        self.answered = 0
        self.errors: list[str] = []
        self.page.on("request", lambda asked: self.sent.append(asked) if asked.url.endswith("/e") else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def be_answered(self) -> None:
        """Wait until the tracker has everything; nobody could after the page is left."""
        for asked in self.sent[self.answered :]:
            found = asked.response()
            assert found is not None
            assert found.status == 204
        self.answered = len(self.sent)

    def go(self, path: str) -> None:
        self.be_answered()
        self.page.goto(self.site + path, wait_until="networkidle")

    def consent(self, given: bool) -> None:
        self.page.evaluate("given => ripeline.consent(given)", given)

    def kept(self) -> dict[str, str]:
        """What the browser keeps for the site."""
        found: dict[str, str] = self.page.evaluate("() => ({...localStorage})")
        assert self.context.cookies() == []
        return found

    def views(self) -> list[Hit]:
        """Ends the visit: everything that reached the tracker."""
        self.be_answered()
        self.context.close()
        assert self.errors == []
        return self.world.hits()


@contextmanager
def visitor(browser: Browser, spool: Path, consent: str = "asked", **options: Any) -> Iterator[Visitor]:
    with tracker(spool, sites=("127.0.0.1",), consent=consent) as world, own_site(world) as site:
        yield Visitor(world, browser.new_context(user_agent=AGENT, **options), site)


def paths(hits: list[Hit]) -> list[str]:
    return [hit.page.path for hit in hits if hit.page]


def test_nothing_is_kept_and_nothing_sent_before_consent(browser: Browser, tmp_path: Path) -> None:
    with visitor(browser, tmp_path / "spool") as jane:
        jane.go("/pricing?a=1")
        assert jane.kept() == {}
        assert jane.sent == []
        jane.consent(True)
        assert list(jane.kept()) == ["ripeline"]
        jane.go("/about?utm_source=ad&secret=1")
        first, second = jane.views()
        assert first.page and second.page
        assert (first.page.path, first.page.title, first.page.site) == ("/pricing", "Prices", "127.0.0.1")
        assert (second.page.path, second.page.utm, second.page.referrer) == ("/about", "utm_source=ad", "")
        assert first.page.visitor == second.page.visitor


def test_consent_that_the_page_knows_of_already(browser: Browser, tmp_path: Path) -> None:
    with visitor(browser, tmp_path / "spool") as jane:
        jane.go("/?given=1")
        assert paths(jane.views()) == ["/"]


def test_a_withdrawal_forgets_the_visitor(browser: Browser, tmp_path: Path) -> None:
    with visitor(browser, tmp_path / "spool") as jane:
        jane.go("/one")
        jane.consent(True)
        before = jane.kept()
        jane.consent(False)
        assert jane.kept() == {}
        jane.go("/two")
        jane.page.evaluate("() => ripeline.page()")
        jane.consent(True)
        assert jane.kept() != before
        first, second = jane.views()
        assert first.page and second.page
        assert (first.page.path, second.page.path) == ("/one", "/two")
        assert first.page.visitor != second.page.visitor


def test_where_consent_is_given_by_other_means_views_are_sent_at_once_until_a_no(
    browser: Browser, tmp_path: Path
) -> None:
    with visitor(browser, tmp_path / "spool", "given") as jane:
        jane.go("/one")
        jane.consent(False)
        jane.go("/two")
        assert jane.kept() == {"ripeline": "no"}
        jane.consent(True)
        assert paths(jane.views()) == ["/one", "/two"]


@pytest.mark.parametrize("signal", ["globalPrivacyControl: true", "doNotTrack: '1'"])
@pytest.mark.parametrize("consent", ["asked", "given"])
def test_a_browser_that_refuses_is_left_alone(browser: Browser, tmp_path: Path, signal: str, consent: str) -> None:
    name, value = signal.split(": ")
    with visitor(browser, tmp_path / "spool", consent) as jane:
        jane.page.add_init_script(f"Object.defineProperty(Navigator.prototype, '{name}', {{get: () => {value}}})")
        jane.go(f"/one?given=1&{TOKEN_NAME}=x")
        jane.consent(True)
        assert (jane.sent, jane.kept()) == ([], {})
        assert jane.page.url == f"{jane.site}/one?given=1"
        assert jane.views() == []


def test_a_mails_link_is_told_once_and_leaves_the_address(browser: Browser, tmp_path: Path) -> None:
    with visitor(browser, tmp_path / "spool") as jane:
        jane.page.goto(jane.world.server.url + click_path(f"{jane.site}/go?a=%20b&c=d#top"), wait_until="networkidle")
        assert jane.page.url == f"{jane.site}/go?a=%20b&c=d#top"
        assert (jane.sent, jane.kept()) == ([], {}), "not before consent"
        jane.consent(True)
        jane.go("/next")
        click, first, second = jane.views()
        assert (click.kind, first.delivery, second.delivery) == ("click", MAIL.delivery, 0)


@pytest.mark.parametrize(("query", "left"), [("?{}", ""), ("?a=1&{}", "?a=1"), ("?{}&b=%202", "?b=%202")])
def test_only_the_mark_leaves_the_address(browser: Browser, tmp_path: Path, query: str, left: str) -> None:
    mark = f"{TOKEN_NAME}={visit_token(RING, MAIL.delivery, NOON)}"
    with visitor(browser, tmp_path / "spool") as jane:
        jane.go(f"/p{query.format(mark)}")
        assert jane.page.url == f"{jane.site}/p{left}"
        assert jane.views() == []


def test_an_app_of_one_page_tells_its_own_views(browser: Browser, tmp_path: Path) -> None:
    with visitor(browser, tmp_path / "spool", "given") as jane:
        jane.go("/one")
        for path in ("/two", "/two", "/three"):
            jane.page.evaluate("path => { history.pushState(null, '', path); ripeline.page(); }", path)
        assert paths(jane.views()) == ["/one", "/two", "/three"]
