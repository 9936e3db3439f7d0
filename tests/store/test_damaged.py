"""A store whose file is damaged is told as that, and not as a fault of the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.store.database import StoreError, migrate, open_store, reading
from engine.store.leads import lead


def test_a_file_that_is_no_database_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "ripeline.db").write_bytes(b"no database " * 1000)
    store = open_store(f"sqlite:///{tmp_path / 'ripeline.db'}")
    with pytest.raises(StoreError, match=r"is damaged and cannot be opened .* ripeline restore FILE"):
        migrate(store)


def test_pages_that_are_garbage_are_told_by_whoever_comes_upon_them(tmp_path: Path) -> None:
    path = tmp_path / "ripeline.db"
    store = open_store(f"sqlite:///{path}")
    migrate(store)
    store.dispose()
    whole = bytearray(path.read_bytes())
    whole[4096:] = b"\x17" * (len(whole) - 4096)
    path.write_bytes(whole)
    with pytest.raises(StoreError, match="is damaged and cannot be read"), reading(store) as connection:
        connection.execute(lead.select()).all()
