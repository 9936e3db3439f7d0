"""Changes to a text touch what they are for, and nothing else."""

from __future__ import annotations

import pytest

from engine.authoring.toml_edit import with_table_below, with_values, without_tables

TEXT = """\
# first
title = "Old" # why
vars  = { a = 1, b = ["x", # one
  "y"] }

[stage.start]
exhausted = "exit" # the end

# of the step
[[stage.start.step]]
email = "one" # here
branch = [
  { go = "exit" },
]

# of the next
[[stage.start.step]]
email = "two"
"""


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        (("title",), '"Ü"', '"Old" # why', '"Ü" # why'),
        (("vars", "a"), "2026-11-02", "a = 1", "a = 2026-11-02"),
        (("vars", "b"), "[]", '["x", # one\n  "y"]', "[]"),
        (("stage", "start", "exhausted"), '"hold"', '"exit" # the', '"hold" # the'),
        (("nothing",), "1", "", ""),
    ],
)
def test_value_is_replaced_alone(path: tuple[str, ...], value: str, old: str, new: str) -> None:
    assert with_values(TEXT, {path: value}) == TEXT.replace(old, new, 1)


def test_table_stands_below_the_one_that_was_named() -> None:
    made = with_table_below(TEXT, 10, '[[stage.start.step]]\nemail = "new"\n')
    added = '\n[[stage.start.step]]\nemail = "new"\n'
    assert made == TEXT.replace("]\n\n# of the next", f"]\n{added}\n# of the next")


@pytest.mark.parametrize("end", ["\n", "", "\n\n# the end\n"])
def test_table_stands_at_the_end(end: str) -> None:
    text = TEXT.rstrip("\n") + end
    made = with_table_below(text, 17, '[[stage.start.step]]\nemail = "new"\n')
    assert made == TEXT + '\n[[stage.start.step]]\nemail = "new"' + (end or "\n")


def test_table_goes_with_its_comments() -> None:
    first, _, last = TEXT.partition("# of the step\n")
    assert without_tables(TEXT, frozenset({10})) == first + last[last.index("\n\n# of the next") + 1 :]
    assert without_tables(TEXT, frozenset({10, 17})).rstrip() == first.rstrip()
