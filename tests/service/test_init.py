"""Putting a new home's own names into the shipped config without disturbing anything else in it."""

from __future__ import annotations

import tomllib

import pytest

from engine.errors import RipelineError
from engine.service.init import quoted, with_value

CONFIG = """\
# keep me
test_recipients = ["a@x.example"]     # who gets tests

[company]
name           = "Old"  # aligned
website = "https://old.example"

[safety]
deliver_to = ""
"""


def test_value_is_replaced_in_its_line_and_comments_stay() -> None:
    changed = with_value(CONFIG, "company", "name", quoted('Acme "Data"'))
    assert 'name           = "Acme \\"Data\\""  # aligned' in changed
    assert tomllib.loads(changed)["company"] == {"name": 'Acme "Data"', "website": "https://old.example"}
    assert len(changed.splitlines()) == len(CONFIG.splitlines())


@pytest.mark.parametrize(
    ("section", "key"),
    [("", "test_recipients"), ("", "store"), ("company", "zone"), ("alerts", "mail_to"), ("safety", "deliver_to")],
)
def test_value_is_set_wherever_it_belongs(section: str, key: str) -> None:
    found = tomllib.loads(with_value(CONFIG, section, key, quoted("new")))
    assert (found[section] if section else found)[key] == "new"


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "a\0b", "a\vb", "a\x7fb"])
@pytest.mark.acceptance(row=27)
def test_control_characters_are_refused(text: str) -> None:
    with pytest.raises(RipelineError, match="holds a control character"):
        quoted(text)
