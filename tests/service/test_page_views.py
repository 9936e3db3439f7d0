"""Views of own pages: whose they are, when that becomes known, and what never counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine.config.model import Tracking
from engine.config.outside import PageViews
from engine.domain.identity import ANONYMOUS_ID
from engine.domain.traffic import HitKind, PageSeen
from engine.service.housekeeping import keep_house
from engine.service.page_views import BY_DEVICE, BY_LINK
from engine.store.access_tables import VisitorEventRow
from engine.store.database import reading, writing
from engine.store.permission import set_tracking
from tests.service.world import MONDAY, World

JANE, TOM = "jane@northwind.example", "tom@northwind.example"
PHONE = "11111111-2222-3333-4444-555555555555"
visitor = VisitorEventRow.__table__  # type: ignore[attr-defined]


@pytest.fixture
def mailed(world: World) -> World:
    """Jane and Tom have had their first mails (1 and 2) for ten minutes; own pages report views."""
    world.changes["tracking"] = Tracking(pages=PageViews(sites=("acme.example",)))
    world.take_in(f"{JANE},Jane,web", f"{TOM},Tom,web")
    world.go()
    world.clock.step_to(MONDAY + timedelta(minutes=10))
    return world


def view(world: World, path: str = "/pricing", delivery: int = 0, **more: Any) -> None:
    page = PageSeen(more.pop("device", PHONE), "www.acme.example", path, "Prices", "search.example", "utm_source=ad")
    world.hit(delivery, HitKind.PAGE, page=page, **more)


def visits(world: World) -> list[Any]:
    with reading(world.home.store) as connection:
        return list(connection.execute(select(visitor).order_by(visitor.c.id)))


def pages(world: World, name: str = JANE) -> list[tuple[str, str]]:
    return [(event.properties["path"], event.judged) for event in world.events(name) if event.kind == "page_view"]


def test_an_unknown_visitors_view_waits_under_its_own_id(mailed: World) -> None:
    view(mailed)
    (row,) = visits(mailed)
    assert (row.visitor, row.kind, row.name, row.delivery_id) == (PHONE, "page_view", "page_view", None)
    assert row.properties == {
        "site": "www.acme.example",
        "path": "/pricing",
        "title": "Prices",
        "referrer": "search.example",
        "utm_source": "ad",
    }


def test_a_followed_link_tells_who_the_visitor_is_once_the_click_counts(mailed: World) -> None:
    view(mailed, "/")
    seen_at = mailed.clock.now()
    mailed.clock.step_to(seen_at + timedelta(minutes=1))
    mailed.hit(1, link=2)
    view(mailed, "/last", delivery=1)
    mailed.go()
    assert pages(mailed) == [], "the click is in quarantine"
    mailed.later(minutes=2)
    assert pages(mailed) == [("/", BY_LINK), ("/last", BY_LINK)]
    assert mailed.events(JANE)[0].at == seen_at
    assert visits(mailed) == []
    (line,) = (line for line in mailed.story(JANE) if line.code == "joined")
    assert line.data == {"how": "by link", "events": 2}
    view(mailed, "/more")
    assert pages(mailed)[-1] == ("/more", BY_DEVICE)
    assert mailed.lead(f"{ANONYMOUS_ID}:{PHONE}").email == JANE


def test_a_scanner_that_runs_scripts_joins_nobody(mailed: World) -> None:
    for link in (0, 1, 2):
        mailed.hit(1, link=link)
    view(mailed, "/last", delivery=1)
    mailed.later(hours=2)
    assert pages(mailed) == []
    (row,) = visits(mailed)
    assert row.delivery_id is None, "it is not asked again"


@pytest.mark.parametrize(
    "more",
    [
        {"network": "198.51.100.0/24", "visitor": "v9"},
        {"network": "", "visitor": ""},
    ],
)
def test_a_token_that_travelled_to_another_place_joins_nobody(mailed: World, more: dict[str, str]) -> None:
    mailed.hit(1, link=2)
    view(mailed, "/last", delivery=1, **more)
    mailed.later(hours=2)
    assert pages(mailed) == []


def test_a_view_long_after_the_click_joins_nobody(mailed: World) -> None:
    mailed.hit(1, link=2)
    mailed.clock.step_to(mailed.clock.now() + timedelta(minutes=31))
    view(mailed, "/last", delivery=1)
    mailed.later(hours=2)
    assert pages(mailed) == []


def test_a_device_that_is_somebodys_stays_theirs_when_it_follows_a_forwarded_mail(mailed: World) -> None:
    mailed.hit(1, link=2)
    view(mailed, "/last", delivery=1)
    mailed.later(minutes=2)
    mailed.hit(2, link=2)
    view(mailed, "/last", delivery=2)
    mailed.later(minutes=2)
    assert len(pages(mailed)) == 2
    assert pages(mailed, TOM) == []


def test_who_refuses_tracking_is_not_joined_and_not_recorded(mailed: World) -> None:
    mailed.hit(1, link=2)
    view(mailed, "/last", delivery=1)
    with writing(mailed.home.store) as connection:
        set_tracking(connection, mailed.lead(JANE).id, False)
    mailed.later(hours=2)
    assert pages(mailed) == []
    mailed.hit(2, link=2)
    view(mailed, "/last", delivery=2, device=PHONE[::-1])
    mailed.later(minutes=2)
    assert len(pages(mailed, TOM)) == 1
    with writing(mailed.home.store) as connection:
        set_tracking(connection, mailed.lead(TOM).id, False)
    view(mailed, "/more", device=PHONE[::-1])
    assert len(pages(mailed, TOM)) == 1
    assert len(visits(mailed)) == 1, "only what was there before"


@pytest.mark.parametrize("agent", ["Mozilla/5.0 (compatible; Googlebot/2.1)", "curl/8.0", ""])
def test_machines_see_no_pages(mailed: World, agent: str) -> None:
    view(mailed, user_agent=agent)
    assert visits(mailed) == []


def test_what_is_spooled_twice_is_seen_once(mailed: World) -> None:
    mailed.hit(1, link=2)
    number = next(mailed._numbers)
    for _ in range(2):
        mailed._numbers = iter([number])
        view(mailed, "/last", delivery=1)
    assert len(visits(mailed)) == 1
    mailed._numbers = iter([number])
    mailed.later(minutes=2)
    view(mailed, "/last", delivery=1)
    assert (len(visits(mailed)), len(pages(mailed))) == (0, 1)


def test_unknown_visitors_are_forgotten_when_their_time_is_over(mailed: World) -> None:
    view(mailed)
    keep_house(mailed.home, mailed.clock.now() + timedelta(days=89))
    assert len(visits(mailed)) == 1
    keep_house(mailed.home, mailed.clock.now() + timedelta(days=91))
    assert visits(mailed) == []
