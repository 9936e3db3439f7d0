"""What migrations make of rows that earlier versions wrote."""

from __future__ import annotations

from datetime import UTC, datetime

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from engine.store.database import MIGRATIONS, migrate, reading, writing
from engine.store.handoffs import handoff
from engine.store.leads import lead
from tests.store.test_handoffs import given, take
from tests.store.test_handoffs import person as somebody

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


def to(store: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with store.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def test_a_hand_off_that_a_merge_ended_says_so(engine_for: Engine) -> None:
    take(engine_for, somebody("a@one.example"), somebody("b@one.example"))
    ended, live = given(engine_for, "a@one.example"), given(engine_for, "b@one.example")
    to(engine_for, "0007")
    with writing(engine_for) as connection:
        connection.execute(handoff.update().where(handoff.c.id == ended).values(ended_at=NOW))
    migrate(engine_for)
    with reading(engine_for) as connection:
        states = dict(connection.execute(handoff.select().with_only_columns(handoff.c.id, handoff.c.state)).all())
        assert connection.execute(lead.select()).all(), "nothing else was touched"
    assert states == {ended: "merged", live: "open"}
