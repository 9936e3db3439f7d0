"""Who may get test mails: addresses, lists of config, colleagues – and no lead by mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli.home import config_of
from engine.errors import RipelineError
from engine.service.home import Home, open_home
from engine.service.import_leads import import_file
from engine.service.test_recipients import test_recipients as chosen
from tests.cli.life import START, write_home

INTERNAL = '\n[internal]\naddresses = ["ann@acme.example", "bob@globex.example"]\ndomains = ["acme.example"]\n'


@pytest.fixture
def home(tmp_path: Path) -> Home:
    folder = write_home(tmp_path / "home")
    with (folder / "config.toml").open("a", encoding="utf-8") as config:
        config.write(INTERNAL)
    home = open_home(folder, config_of(folder))
    import_file(home.store, folder / "leads.csv", home.config, home.keys.addresses, START)
    return home


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ([], ["tester@acme.example"]),
        (["test_recipients"], ["tester@acme.example"]),
        (
            ["internal", "Ann@acme.example", "new@else.example"],
            ["ann@acme.example", "bob@globex.example", "new@else.example"],
        ),
    ],
)
def test_addresses_and_lists_each_once(home: Home, named: list[str], expected: list[str]) -> None:
    assert [one.written for one in chosen(home, named)] == expected


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("jane@northwind.example", "jane@northwind.example is a lead's own address, and no test may go there."),
        ("JANE@northwind.example", "is a lead's own address"),
        ("internl", "did you mean 'internal'?"),
        ("everybody", "lists are called test_recipients or internal"),
        ("a@b@c", "'a@b@c' is no mail address"),
    ],
)
def test_refusals_say_what_to_do(home: Home, named: str, said: str) -> None:
    with pytest.raises(RipelineError, match=said.replace("?", r"\?")):
        chosen(home, [named])


def test_lead_among_the_test_recipients_is_one(tmp_path: Path) -> None:
    folder = write_home(tmp_path / "home")
    file = folder / "config.toml"
    file.write_text(file.read_text("utf-8").replace("tester@acme.example", "Jane@northwind.example"), "utf-8")
    home = open_home(folder, config_of(folder))
    import_file(home.store, folder / "leads.csv", home.config, home.keys.addresses, START)
    assert [one.written for one in chosen(home, ["jane@northwind.example"])] == ["jane@northwind.example"]


def test_empty_list_says_where_to_add_addresses(tmp_path: Path) -> None:
    folder = write_home(tmp_path / "home")
    home = open_home(folder, config_of(folder))
    with pytest.raises(RipelineError, match=r"add some to addresses below \[internal\]"):
        chosen(home, ["internal"])
