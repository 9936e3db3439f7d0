"""The report is one whole page: well-formed, asking no other place, and telling what the figures are."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html.parser import HTMLParser

import pytest

from engine.rehearsal.simulation.calendar import Calendar, Coming
from engine.rehearsal.simulation.figures import Figures
from engine.rehearsal.simulation.page import calendar_page, simulation_page
from engine.rehearsal.simulation.pictures import days_picture
from engine.rehearsal.simulation.unmade import unmade
from tests.rehearsal.simulation.setups import CONFIG, DRIP, KEEN, MONDAY, played, setup_of

VOID = {"meta", "br", "img", "hr", "input", "link"}
ADDRESSES = {"src", "srcset", "href", "xlink:href", "data", "action", "poster"}


class Structure(HTMLParser):
    """Follows what is open; a page is whole if everything is closed in turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.fetched += [
            f"{tag} {name}" for name, _ in attrs if name in ("src", "href", "data", "xlink:href", "action")
        ]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes something else"


@pytest.fixture(scope="module")
def figures() -> Figures:
    relay = '[[relay]]\nname = "mx"\nper_second = 0.005\n'
    company = CONFIG.replace('"Acme"', '"Acme & <Sons>"')
    return Figures(played(setup_of(company + relay, drip=DRIP, other=DRIP.replace("web", "fair")), 120))


def whole(page: str) -> None:
    structure = Structure()
    structure.feed(page)
    structure.close()
    assert not structure.open
    assert not structure.fetched
    assert not re.search(r"url\(|@import|<script|https?://", page)


def test_report_is_whole_and_asks_no_other_place(figures: Figures) -> None:
    page = simulation_page(figures, unmade(figures.simulation.setup, made_up=True), {})
    whole(page)
    assert "Acme &amp; &lt;Sons&gt;" in page
    assert f"{figures.mails.value:,}" in page
    assert "assumed, as this home has no history" in page


def test_picture_of_days_has_the_height_of_their_mails(figures: Figures) -> None:
    picture = days_picture(figures.days, figures.campaigns)
    heights = [0.0] * picture.width
    for bar in picture.bars:
        heights[int(bar.x)] += bar.height
    assert [round(height * picture.top / 100) for height in heights] == [day.mails.value for day in figures.days]
    assert all(0 <= bar.y <= 100 for bar in (*picture.bars, *picture.spread))


def test_empty_simulation_still_has_a_page() -> None:
    found = Figures(played(setup_of(drip=DRIP), 0))
    whole(simulation_page(found, [], {}))


def test_calendar_is_whole_and_escapes_what_people_wrote() -> None:
    at: datetime = MONDAY + timedelta(days=1)
    mail = Coming("mail", "drip", "first", 'A <b>"bold"</b> subject', 0.4, at, at, at + timedelta(days=3))
    setup = setup_of(drip=DRIP, manners=KEEN)
    page = calendar_page(setup, Calendar("jane@lead.example", 200, (mail,)))
    whole(page)
    assert "A &lt;b&gt;" in page and "40%" in page and "not if silent" in page
    whole(calendar_page(setup, Calendar("jane@lead.example", 200, ())))
