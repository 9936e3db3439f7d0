"""Logs: for people or collectors, and without addresses unless asked."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from engine.runtime.logs import set_up_logs

log = logging.getLogger("ripeline.sender")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize("form", ["text", "json"])
def test_addresses_stay_out_of_the_log(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(form)  # type: ignore[arg-type]
    log.warning("mail %d refused: %s", 7, "550 5.1.1 <jane.doe+x@mail.northwind.example>: no such user")
    told = capsys.readouterr().err
    assert "jane" not in told
    assert "550 5.1.1 <(an address)>: no such user" in told


def test_addresses_are_told_where_config_allows(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("text", personal_data=True)
    log.warning("refused: jane@northwind.example")
    assert "jane@northwind.example" in capsys.readouterr().err


def test_json_lines_carry_what_was_given_beside_the_message(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("json")
    log.info("sent", extra={"mails": 3})
    entry = json.loads(capsys.readouterr().err)
    assert (entry["message"], entry["mails"], entry["part"], entry["level"]) == ("sent", 3, "sender", "info")
