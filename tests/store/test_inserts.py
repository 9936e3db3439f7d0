"""Inserting many rows with the same answers on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from engine.store.bundles import home, home_value, set_home_value
from engine.store.database import reading, writing
from engine.store.inserts import insert_ignoring


@pytest.mark.parametrize(("names", "new"), [("", 0), ("a", 0), ("b", 1), ("ab", 1), ("bc", 2), ("bb", 1)])
def test_rows_that_exist_stay_as_they_are_and_are_not_counted(engine_for: Engine, names: str, new: int) -> None:
    with writing(engine_for) as connection:
        set_home_value(connection, "a", "old")
        assert insert_ignoring(connection, home, [{"name": n, "value": "new"} for n in names], ("name",)) == new
    with reading(engine_for) as connection:
        assert home_value(connection, "a") == "old"


def test_home_value_is_set_changed_and_taken_away(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        for value in ("one", "two", None, "three"):
            set_home_value(connection, "held", value)
            assert home_value(connection, "held") == value
