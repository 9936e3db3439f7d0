"""Homes for the tests of commands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.domain.traffic import HitKind
from tests.cli.life import START, Life, keep_compiled, write_home

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
APPLE = "Mozilla/5.0"


@pytest.fixture(scope="session", autouse=True)
def compiled(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Compile the homes' mails once, not for every test."""
    keep_compiled(tmp_path_factory.mktemp("compiled") / "home")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home that nothing was applied in yet."""
    return write_home(tmp_path / "home")


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """A home after three weeks: Jane clicked and went on, Bob stayed silent, Eve never entered. Only read by tests."""
    with Life(tmp_path_factory.mktemp("lived") / "home") as life:
        life.apply()
        life.take_in_leads()
        life.play_until(START + timedelta(hours=1))
        life.hit(HitKind.OPEN, 1, APPLE)
        life.hit(HitKind.CLICK, 1, FIREFOX, link=_checklist(life), after=timedelta(minutes=5))
        life.play_until(datetime(2026, 11, 23, 9, tzinfo=UTC))
        yield life


def _checklist(life: Life) -> int:
    """The number of the link called 'checklist' in the first mail."""
    from engine.store.database import reading
    from engine.store.deliveries import delivery_row

    with reading(life.home.store) as connection:
        form = delivery_row(connection, 1).form
    links = life.runner.current().links
    return next(index for index in range(20) if links.name(form, index) == "checklist")
