"""The demo, small: three days with two dozen leads, by the real services."""

import re
import urllib.request

import pytest

from engine.demo import show
from engine.demo.inbox_site import inbox_site
from engine.demo.people import HABITS, Temper, make_people
from engine.demo.stage import START, set_stage
from engine.store.database import reading
from engine.store.deliveries import state_counts
from engine.web.server import ServerThread


@pytest.fixture
def told(capsys):
    show.show_demo(stay=False, days=3, leads=24)
    return capsys.readouterr().out


def test_demo_tells_each_day_the_funnels_a_story_and_the_scanner(told):
    head, monday = (next(line for line in told.splitlines() if one in line) for one in ("unsubscribed", "Mon 23 Nov"))
    assert re.fullmatch(r"Mon 23 Nov █+\S* +\d+ +\d+ +\d+ +\d+ +\d+( +\d+)?", monday)
    assert len(head) < 80, "a day takes one line, in a pipe too"
    for title in ("Clean data closes deals", "Fourteen days with Northlight", "Webinar: a clean CRM"):
        assert title in told
    assert "entered  clean-data" in told
    assert "sit behind a scanner" in told
    assert "mails were sent" in told


def test_everything_that_was_sent_arrived_and_can_be_looked_at(tmp_path):
    with set_stage(tmp_path, 12) as stage:
        end = START.replace(day=START.day + 2)
        while stage.step(end) is not None:
            pass
        mails = stage.inbox.all()
        with reading(stage.home.store) as connection:
            assert state_counts(connection) == {"sent": len(mails)}
        assert len({mail.parsed["Message-ID"] for mail in mails}) == len(mails) > 0
        with ServerThread(inbox_site(stage.inbox)) as site:
            listing, one = _get(f"{site.url}/"), _get(f"{site.url}/mail/0")
            body = _get(f"{site.url}/mail/0/body")
    assert f"{len(mails)} mails" in listing
    assert mails[0].recipient in listing
    assert "Phone" in one
    assert "/o/" in body


def test_people_are_the_same_each_time_and_of_every_temper():
    assert make_people(200, 1) == make_people(200, 1) != make_people(200, 2)
    assert {person.temper for person in make_people(200, 1)} == set(Temper) == set(HABITS)


def _get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()
