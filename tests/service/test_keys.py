"""The home's keys: made once, whoever starts first; rotated without breaking links; never overwritten."""

from __future__ import annotations

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.domain.tokens import MailRef, Purpose, mail_token, read_mail_token
from engine.errors import RipelineError
from engine.service.keys import Keys, load_keys, rotate_keys


def test_processes_that_start_in_a_new_home_at_once_share_the_keys(tmp_path: Path) -> None:
    path, ready = tmp_path / "var" / "keys.json", threading.Barrier(8)

    def start(_: int) -> Keys:
        ready.wait(10)
        return load_keys(path)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(start, range(8)))
    assert len({keys.addresses for keys in found}) == 1
    assert [entry.name for entry in path.parent.iterdir()] == ["keys.json"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_rotated_keys_verify_what_the_old_one_signed(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    token = mail_token(load_keys(path).ring, Purpose.VIEW, MailRef(7, b"\0" * 6))
    assert rotate_keys(path) == 2
    ring = load_keys(path).ring
    assert read_mail_token(ring, Purpose.VIEW, token) == MailRef(7, b"\0" * 6)
    assert mail_token(ring, Purpose.VIEW, MailRef(7, b"\0" * 6)) != token


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"ring": {"1": "x"}, "current": 1}'])
def test_damaged_keys_are_never_overwritten(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content)
    with pytest.raises(RipelineError, match="is damaged"):
        load_keys(path)
    assert path.read_text() == content
