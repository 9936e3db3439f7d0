"""From the mail to the page: a lead follows a link in a real browser, agrees, and the page view is the lead's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from engine.config.model import Tracking
from engine.config.outside import PageViews
from engine.processes.daemon import drain_spool
from engine.processes.tracker import tracker_site_of
from engine.service.page_views import BY_LINK
from engine.web.server import ServerThread
from tests.faults.test_killed_tracker import free_port
from tests.service.conftest import laid_out
from tests.service.world import World, copied
from tests.smtpserver import SmtpServer
from tests.web.browsers import browser
from tests.web.test_snippet_in_browser import AGENT, Visitor, own_site

__all__ = ["browser", "laid_out"]

Apart = Callable[[Callable[[], object]], object]
JANE = "jane@northwind.example"


class Tracked:
    """What a visitor's tracker is: somewhere, and nothing is read from it here."""

    def __init__(self, server: ServerThread) -> None:
        self.server = server


@pytest.fixture
def apart() -> Iterator[Apart]:
    """Runs something in a thread of its own: the browser's driver has an event loop in this one, and so has sending."""
    with ThreadPoolExecutor(1) as thread:
        yield lambda work: thread.submit(work).result(60)


@pytest.fixture
def world(laid_out: Path, tmp_path: Path, apart: Apart) -> Iterator[World]:
    with SmtpServer() as server:
        made = World(copied(laid_out, tmp_path / "home"), server)
        yield made
        apart(made.close)


def test_a_lead_that_follows_a_link_and_agrees_is_recognised(world: World, browser: Browser, apart: Apart) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    world.changes["tracking"] = Tracking(base_url=base, port=port, pages=PageViews(sites=("127.0.0.1",)))
    app, spool = tracker_site_of(world.home, "tracker-1")
    server = ServerThread(app, port=port)
    with server, own_site(Tracked(server)) as site:  # type: ignore[arg-type]
        plan = world.rewrite("templates/data/aware/first.html", lambda text: text.replace("https://acme.example", site))
        world.apply(plan)
        world.take_in(f"{JANE},Jane,web")
        apart(world.go)
        world.clock.step_to(world.clock.now() + timedelta(minutes=10))
        (mail,) = world.received()
        html = mail.get_body(("html",))
        assert html is not None
        links = re.findall(r'href="([^"]+/c/[^"]+)"', html.get_content())
        jane = Visitor(Tracked(server), browser.new_context(user_agent=AGENT), site)  # type: ignore[arg-type]
        jane.go("/before")
        jane.consent(True)
        jane.be_answered()
        jane.page.goto(links[0], wait_until="networkidle")
        jane.be_answered()
        assert jane.page.url == f"{site}/go"
        jane.context.close()
        spool.rotate()
    drain_spool(world.home, world.runner)
    assert [event.kind for event in world.events(JANE)] == ["click"]
    apart(lambda: world.later(minutes=2))
    seen = [(event.properties["path"], event.judged) for event in world.events(JANE) if event.kind == "page_view"]
    assert seen == [("/before", BY_LINK), ("/go", BY_LINK)]
