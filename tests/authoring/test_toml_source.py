"""TOML texts: where each key and value stands, and what is said about texts that are not TOML."""

from __future__ import annotations

import pytest

from engine.authoring.toml_source import Document, read_document, read_text
from engine.errors import Place, Problem


def read(text: str) -> Document:
    document, problems = read_document("f.toml", text)
    assert document is not None and problems == []
    return document


def told(text: str) -> list[str]:
    """The problems of a text: place, code, message and hint."""
    _, problems = read_document("f.toml", text)
    return [f"{p.place.line}:{p.place.column} {p.code} {p.message} | {p.hint}" for p in problems]


@pytest.mark.parametrize(
    ("text", "path", "key", "value"),
    [
        ('title = "x"', ("title",), "1:1", "1:9"),
        ('\n\t"a b"  =\t5', ("a b",), "2:2", "2:11"),
        ("b.c = true", ("b", "c"), "1:3", "1:7"),
        ('größe = 1\nname = "Ä"'.replace("größe", '"größe"'), ("name",), "2:1", "2:8"),
        ('ä = "x"'.replace("ä", '"ä"') + ' # "y"\nz = 1', ("z",), "2:1", "2:5"),
        ("[stage.aware]\nadvance = 'x'", ("stage", "aware"), "1:8", "1:1"),
        ("[[stage.aware.step]]\nemail = 'x'", ("stage", "aware", "step", 0, "email"), "2:1", "2:9"),
        ("[[s.step]]\nemail = 'x'  # why\n\n[[s.step]]", ("s", "step", 0, "email"), "2:1", "2:9"),
        ("[[s.step]]\nid=1\n[[s.step]]\nid=2", ("s", "step", 1, "id"), "4:1", "4:4"),
        ("[[s.step]]\n[s.step.wait]\nmax=2", ("s", "step", 0, "wait", "max"), "3:1", "3:5"),
        ("a = [1,\n # why\n {b = 2}]", ("a", 1, "b"), "3:3", "3:7"),
        ('t = { w = "ü", x = [1, "y"] }', ("t", "x", 1), "1:24", "1:24"),
        ("when = 2026-11-30 09:00:00", ("when",), "1:1", "1:8"),
    ],
)
def test_places_are_those_that_an_editor_shows(text: str, path: tuple[str | int, ...], key: str, value: str) -> None:
    item = read(text).root.find(*path)

    assert f"{item.key.line}:{item.key.column}" == key
    assert f"{item.place.line}:{item.place.column}" == value


@pytest.mark.parametrize(
    ("text", "word", "place"),
    [
        ('r = "clicks >= two"', "two", "1:16"),
        (r'r = "say \"x\" two"', "two", "1:16"),
        (r'r = "\u00e4 two"', "two", "1:13"),
        ("r = 'ä two'", "two", "1:8"),
        ('r = """\nclicks >= 1\n  and two"""', "two", "3:7"),
        ('r = """one \\\n   two"""', "two", "2:4"),
        ("r = '''\n\ntwo'''", "two", "3:1"),
    ],
)
def test_letters_of_a_text_are_found_in_the_file(text: str, word: str, place: str) -> None:
    item = read(text).root.find("r")

    found = item.letters(str(item.value).index(word), len(word))

    assert f"{found.line}:{found.column}" == place
    assert found.width == 3


def test_problem_in_a_text_of_several_lines_is_moved_into_the_file() -> None:
    item = read('[a]\nr = """\nclicks >= 1\n  and two"""').root.find("a", "r")

    moved = item.moved(Problem("E104", "unknown name", Place("f.toml", 2, 7, 3)))

    assert moved.place == Place("f.toml", 4, 7, 3)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_endings_and_byte_order_mark_change_no_place(ending: str, mark: bytes) -> None:
    text = read_text("f.toml", mark + ending.join(['a = "x"', "[b]", "c = 1"]).encode())
    assert isinstance(text, str)

    item = read(text).root.find("b", "c")

    assert item.place == Place("f.toml", 3, 5, 1)


@pytest.mark.parametrize(
    ("raw", "place", "message"),
    [
        (
            'a = 1\nb = "für"'.encode("cp1252"),
            "f.toml:2:7",
            "this file is not UTF-8: the byte 0xFC ('ü' in Windows-1252) stands here",
        ),
        ("a = 1".encode("utf-16"), "f.toml", "this file is UTF-16, and must be UTF-8"),
        (b"#" * 1_000_001, "f.toml", "this file has 1,000,001 bytes; at most 1,000,000 are read"),
    ],
)
def test_file_that_is_no_text_is_refused_at_the_wrong_byte(raw: bytes, place: str, message: str) -> None:
    problem = read_text("f.toml", raw)

    assert isinstance(problem, Problem)
    assert (str(problem.place), problem.message) == (place, message)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = yes", "1:5 E003 yes is not a value that TOML knows | write true"),
        ("a = [x, 2]", '1:6 E003 text stands in quotes | write "x"'),
        ('a = ["x"\n "y"]', '2:2 E008 a comma is missing before this | write a, b: "one", "two"'),
        ('a = { b = "x" c = 1 }', '1:15 E008 a comma is missing before this | write a, b: "one", "two"'),
        ("a = { b = 1, }", "1:14 E002 a comma before } is not TOML | take the last comma out"),
        ('a = { b: "x" }', "1:8 E005 : stands where = belongs | write b = …"),
        ("a = { b = 1\nc = 2\n[d]\n", "1:5 E008 this { is never closed | add } at its end"),
        ("a = [1,\nb = 2", "1:5 E008 this [ is never closed | add ] at its end"),
        ("a == 1", "1:4 E005 one = is enough here | == compares, and only inside a rule's quotes"),
        ('title "x"', '1:1 E005 a key needs = and a value behind it | write title = "x"'),
        ("// note", "1:1 E002 this is no statement | comments begin with #"),
        ('a = "x";', "1:8 E002 a semicolon ends no line in TOML | take it out"),
        ("a = 1\n\u00a0b = 2", "2:1 E002 an invisible character stands here | delete it"),
        ('a = "x\x07"', "1:7 E002 the control character U+0007 cannot stand in a text | take it out"),
        (
            'a = "C:\\new"'.replace("n", "d"),
            "1:8 E002 a backslash means something else in a text | "
            r"write \\ for one backslash, or put the text in single quotes",
        ),
        ('a = """x', '1:5 E004 the three quotes that open this text are never closed | add """ behind it'),
        (
            "a = 'it's'",
            "1:9 E004 the text ends at the ' before this, and more follows | "
            "inside ' … ' use nothing but other letters, or put the text in double quotes",
        ),
        ("a = 2026-02-30", "1:5 E003 there is no date 2026-02-30 | write year-month-day, as in 2026-11-30"),
        (
            "[stage.slow stream]",
            "1:1 E008 'stage.slow stream' cannot be a name in a header | "
            "names have letters a-z, digits, - and _ only: [stage.slow-stream]",
        ),
        (
            "[a.step]\nb = 1\n[[a.step]]\nb = 2",
            "3:1 E013 [a.step] stands here with one bracket and with two: steps are a list | "
            "write [[a.step]] above each step, with two brackets",
        ),
        (
            "a = 1\n[a.b]\nc = 2",
            "2:1 E007 'a.b' was given another meaning further up: a value and a table cannot have the same name | "
            "keep one of them",
        ),
        ("[[a]\nb = 1", "1:1 E008 this header begins with [[ and must end with ]] | write [[a]]"),
        (
            "[a.step]\nb = 1\n[a.step]\nb = 2",
            "3:1 E013 [a.step] stands here a second time: steps are a list | "
            "write [[a.step]] above each step, with two brackets",
        ),
    ],
)
def test_slip_is_told_in_words_of_its_own(text: str, expected: str) -> None:
    assert told(text) == [expected]


def test_all_slips_of_a_text_are_told_at_once() -> None:
    text = 'title = Clean data\nlane: "nurture"\nstate = "live"\nwindow = { days = "Mon",\n  hours = "x" }\nkey = “y”\n'

    assert [line.split(" | ")[0] for line in told(text)] == [
        "1:9 E003 text stands in quotes",
        "2:5 E005 : stands where = belongs",
        "4:10 E006 a table in { } goes over several lines, and TOML wants it on one",
        "6:7 E003 these are typographic quotes, which TOML does not know",
    ]


def test_repeated_keys_leave_the_first_value() -> None:
    document, problems = read_document("f.toml", "a = 1\na = 2\n[t]\nb = 3\n[t]\nb = 4\n")

    assert document is not None and document.root.value == {"a": 1, "t": {"b": 3}}
    assert [(str(p.place), p.code, p.message) for p in problems] == [
        ("f.toml:2:1", "E007", "'a' is written twice, first in line 1"),
        ("f.toml:5:1", "E007", "[t] is written twice, first in line 3"),
    ]


def test_deep_nesting_is_a_problem_and_no_crash() -> None:
    document, problems = read_document("f.toml", "a = " + "[" * 5_000)

    assert document is None
    assert problems
