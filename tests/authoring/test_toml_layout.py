"""The layout changes blanks and quotes only: what a text says, its order and its comments stay."""

from __future__ import annotations

import tomllib
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.authoring.toml_layout import laid_out
from engine.service.starter import starter_folder
from tests.authoring.homes import CAMPAIGN, CONFIG
from tests.authoring.test_any_text import damaged
from tests.authoring.test_scenario_file import SOUND

SHIPPED = sorted((*(starter_folder() / "campaigns").glob("*.toml"), starter_folder() / "config.toml"))

BLANKS = st.text(" \t", max_size=3)
BREAKS = st.sampled_from(["", "\n", "\n\n", "\n\n\n\n", " \n\t\n"])
COMMENT = st.text("ab# ='\"[]{},é", max_size=8).map(lambda text: f"#{text}")
ENDS = st.one_of(BLANKS, st.tuples(BLANKS, COMMENT).map("".join))
PLAIN = st.sampled_from(
    [
        *("1", "-0.5", "true", "2026-11-02", "2026-11-02T09:00:00", "2026-11-02 09:00:00Z", "0x1F", "nan"),
        *(
            '"a"',
            "'a'",
            "'say \"a\"'",
            "'a\\b'",
            '"\\u00e9"',
            '""',
            "''",
            '"""\n  a\n\n  b\\\n  c"""',
            "'''\n a '' b'''",
        ),
    ]
)


@st.composite
def a_list(draw: st.DrawFn, inside: st.SearchStrategy[str]) -> str:
    """A list on one line or on several, with comments where they may stand."""
    many = draw(st.booleans())
    gap = st.one_of(BLANKS, ENDS.map(lambda end: f"{end}\n")) if many else BLANKS
    elements = draw(st.lists(inside, max_size=4))
    parts = [draw(gap) + element + draw(gap) for element in elements]
    last = f",{draw(gap)}" if elements and draw(st.booleans()) else draw(gap)
    return f"[{','.join(parts)}{last}]"


@st.composite
def a_table(draw: st.DrawFn, inside: st.SearchStrategy[str]) -> str:
    values = draw(st.lists(inside, max_size=3))
    pairs = [f"{draw(BLANKS)}k{n}{draw(BLANKS)}={draw(BLANKS)}{value}{draw(BLANKS)}" for n, value in enumerate(values)]
    return "{" + ",".join(pairs) + "}"


VALUES = st.recursive(PLAIN, lambda inside: a_list(inside) | a_table(inside), max_leaves=6)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A TOML text as somebody in a hurry might leave it."""
    parts = []
    for number in range(draw(st.integers(0, 7))):
        header = st.sampled_from([f"[t{number}]", f"[ t{number} . 'x y' ]", "[[ list ]]", f"[[list.in{number}]]"])
        key = draw(st.sampled_from([f"a{number}", f"long_key_{number}", f'"q {number}"', f"d{number} . e"]))
        pair = f"{draw(BLANKS)}{key}{draw(BLANKS)}={draw(BLANKS)}{draw(VALUES)}"
        line = draw(st.one_of(st.just(pair), header, COMMENT))
        parts.append(f"{draw(BREAKS)}{line}{draw(ENDS)}\n")
    return "".join(parts) + draw(BREAKS)


def is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def assert_faithful(text: str) -> None:
    made = laid_out(text)
    assert repr(tomllib.loads(made)) == repr(tomllib.loads(text))
    assert laid_out(made) == made
    assert not any(line != line.rstrip(" \t") for line in made.split("\n")) or '"""' in text or "'''" in text
    assert made == "" or (made.endswith("\n") and not made.endswith("\n\n"))


@settings(max_examples=400, deadline=None)
@given(texts().filter(is_toml))
def test_any_text_says_the_same_afterwards(text: str) -> None:
    assert_faithful(text)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([CAMPAIGN, SOUND, CONFIG]).flatmap(damaged).filter(is_toml))
def test_damaged_file_says_the_same_afterwards(text: str) -> None:
    assert_faithful(text)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_every_comment_stays(data: st.DataObject) -> None:
    """Comments are put behind any line of a shipped file and between any two; each is there afterwards, in order."""
    lines = data.draw(st.sampled_from(SHIPPED)).read_text("utf-8").split("\n")
    places = sorted(data.draw(st.sets(st.integers(0, len(lines) - 1), max_size=8)), reverse=True)
    for count, at in enumerate(places):
        if data.draw(st.booleans()) and "#" not in lines[at]:
            lines[at] += f"# mine {count}!"
        else:
            lines.insert(at, f"   # mine {count}!")
    text = "\n".join(lines)
    made = laid_out(text)
    mine = [part.split("!")[0] for part in text.split("# mine ")[1:]]
    assert [part.split("!")[0] for part in made.split("# mine ")[1:]] == mine
    assert_faithful(text)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_shipped_files_are_laid_out(path: object) -> None:
    text = path.read_text("utf-8")  # type: ignore[attr-defined]
    assert laid_out(text) == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a=1\nlonger   =  'x'\n", 'a      = 1\nlonger = "x"\n'),
        ("a = 1\n\nlonger = 2", "a = 1\n\nlonger = 2\n"),
        ("\n\na = 1\n\n\n\nb = 2\n\n", "a = 1\n\nb = 2\n"),
        ("a = 'say \"hi\"'\n", "a = 'say \"hi\"'\n"),
        ("a = 1 # one\n", f"{'a = 1':<55}# one\n"),
        ("[t]#x\n\n\na = 1", f"{'[t]':<55}#x\na = 1\n"),
        ("a = 1\n# of t\n[t]\n", "a = 1\n\n# of t\n[t]\n"),
        ("a = 1\n# of a\n\n[t]\n", "a = 1\n# of a\n\n[t]\n"),
        ("[a . b]\nc . d = 1\n", "[a.b]\nc.d = 1\n"),
        ("a = [1,2 , ]\n", "a = [1, 2]\n"),
        ("a = [\n]\n", "a = []\n"),
        ("a = {x=1,y = [ 1 ]}\n", "a = { x = 1, y = [1] }\n"),
        ("a = { }\n", "a = {}\n"),
        ("a = [ # all\n1, # one\n\n\n# two\n2 ] # end\n", "a = [\n  # all\n  1, # one\n\n  # two\n  2,\n] # end\n"),
        ("a = [\n1 # one\n, 2\n# last\n]\n", "a = [\n  1, # one\n  2,\n  # last\n]\n"),
        ("a = [\n{x = [\n1]}]\n", "a = [\n  { x = [\n    1,\n  ] },\n]\n"),
        ("", ""),
        ("# only\n", "# only\n"),
    ],
)
def test_layout(before: str, after: str) -> None:
    assert laid_out(before) == after


def test_list_that_is_too_long_for_a_line_is_broken() -> None:
    words = ", ".join(f'"choice number {number}"' for number in range(8))
    made = laid_out(f"choices = [{words}]\n")
    assert made.startswith('choices = [\n  "choice number 0",\n')


def test_campaign_in_a_hurry() -> None:
    text = """\
    title="New"
    # who
    enter   = 'clicks >= 2'   # comes in
    [stage.start]
    exhausted={after="14d",go="exit"}
    [[stage.start.step]]
    email="hello"
    wait =   "2d"
    """
    assert laid_out(dedent(text)) == dedent(
        """\
        title = "New"
        # who
        enter = "clicks >= 2"                                  # comes in

        [stage.start]
        exhausted = { after = "14d", go = "exit" }

        [[stage.start.step]]
        email = "hello"
        wait  = "2d"
        """
    )
