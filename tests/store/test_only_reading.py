"""A store that is only read refuses to be written, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from engine.store.database import StoreError, is_newest, only_reading, reading, writing
from engine.store.leads import count_leads
from tests.store.journals import add_lead


def test_store_that_is_only_read_is_read_and_never_written(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        add_lead(connection)
    engine_for.dispose()
    store = only_reading(engine_for)
    assert is_newest(store)
    with reading(store) as connection:
        assert count_leads(connection) == 1
    with pytest.raises((StoreError, DBAPIError)), writing(store) as connection:
        add_lead(connection, "bob")
    with reading(store) as connection:
        assert count_leads(connection) == 1


def test_store_of_an_earlier_version_is_not_the_newest(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert not is_newest(engine_for)
