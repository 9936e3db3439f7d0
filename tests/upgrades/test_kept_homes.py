"""Homes that earlier versions made open in this one, and go on where they stood.

`home-schema-0001.tar.zst` was made by the first version that sent mail, the others by `keep_home` in the last version
of their schema: Jane clicked and got her next mail, Joe waits for his, Bob unsubscribed; from 0005 on sales has Max. A
new schema adds a kept home of the one before it here. (0002 and 0003 stood for a day each, and differ by one column and
by how a number is counted.)
"""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zstandard
from sqlalchemy import text

from engine.domain.tokens import Purpose, read_mail_token
from engine.service.held import why_held
from engine.service.housekeeping import keep_house
from engine.service.keepsakes import message_as_sent, part_of
from engine.service.sales.answer import reject
from engine.service.why import story_of_lead
from engine.store.database import reading
from engine.store.handoffs import live_handoffs
from tests.service.world import World
from tests.smtpserver import SmtpServer

HERE = Path(__file__).parent
STOPPED = datetime(2026, 11, 2, 10, 15, tzinfo=UTC)
"""When the kept home was stopped."""


@pytest.fixture(params=sorted(path.name for path in HERE.glob("home-*.tar.zst")))
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    plain = zstandard.ZstdDecompressor().decompress((HERE / request.param).read_bytes(), max_output_size=1 << 26)
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        archive.extractall(tmp_path / "home", filter="data")
    _stands_where_it_stood(tmp_path / "home")
    with SmtpServer() as server:
        world = World(tmp_path / "home", server)
        world.clock.step_to(STOPPED)
        yield world
        world.close()


def _stands_where_it_stood(home: Path) -> None:
    """An upgrade moves no store: its file, which unpacking made anew, is the one that the home has noted."""
    for witness in home.glob("var/witness/*.json"):
        mark = json.loads(witness.read_bytes())
        mark["place"] = f"file {(home / 'var/ripeline.db').stat().st_ino}"
        witness.write_text(json.dumps(mark), "utf-8")


def test_kept_home_goes_on_where_it_stood_and_repeats_nothing(kept: World) -> None:
    kept.go()
    assert why_held(kept.home) is None, "an older home is no doubtful one"
    assert kept.subjects() == [], "nothing is due yet"
    kept.later(days=3)
    assert kept.subjects("joe@northwind.example") == ["Re: Your data"]
    assert kept.subjects("bob@northwind.example") == [], "who left stays out"
    assert kept.subjects("jane@northwind.example") == []
    assert kept.states("joe@northwind.example") == [("first", "sent"), ("second", "sent")]


def test_kept_home_tells_its_story_and_shows_its_mails(kept: World) -> None:
    found = story_of_lead(kept.home, kept.runner.current(), "jane@northwind.example", STOPPED)
    assert [moment.what for moment in found.moments][:4] == ["known", "entered", "sent", "clicked"]
    message = message_as_sent(kept.home, 1)
    assert message is not None
    assert "Hello" in part_of(message, "html")


def test_links_of_mails_that_an_earlier_version_sent_still_work(kept: World) -> None:
    html = part_of(message_as_sent(kept.home, 1) or b"", "html")
    token = re.search(r"/u/([\w-]+)", html)
    assert token is not None
    found = read_mail_token(kept.home.keys.ring, Purpose.UNSUBSCRIBE, token[1])
    assert found is not None
    assert found.delivery == 1


def test_kept_home_is_counted_and_backed_up(kept: World, tmp_path: Path) -> None:
    from engine.service.backup import check_backup, make_backup

    keep_house(kept.home, STOPPED + timedelta(days=1))
    make_backup(kept.home, tmp_path / "kept.tar.zst")
    assert check_backup(tmp_path / "kept.tar.zst").leads == 4


def test_kept_home_has_the_newest_schema_once_it_was_opened(kept: World) -> None:
    versions = sorted((HERE.parents[1] / "engine/store/migrations/versions").glob("0*.py"))
    with reading(kept.home.store) as connection:
        now = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        copied = sorted(connection.execute(text("SELECT id FROM attempt")).scalars())
    assert now == versions[-1].name[:4]
    assert copied == list(range(1, len(copied) + 1)), "the rebuilt table kept its rows"


def test_sales_answers_for_a_lead_that_an_earlier_version_handed_over(kept: World) -> None:
    with reading(kept.home.store) as connection:
        given = live_handoffs(connection)
    had_sales = "sales" in (kept.path / "config.toml").read_text("utf-8")
    assert [(row.owner, row.email) for row in given] == ([("bea", "max@northwind.example")] if had_sales else [])
    for row in given:
        reject(kept.home, row.id, "bea", "too_early")
        kept.go()
        assert "recycled" in {event.name for event in kept.events("max@northwind.example")}
