"""Hostile templates become problems with a place; the process that asked lives on."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from engine.content.compilation import Limits, compile_templates
from engine.content.mails import CompiledMail, MailKey, MailWanted
from tests.content.conftest import HEAD, LAYOUT, SETTINGS, Workshop

HOSTILE = {
    "power": "{{ 7 ** 10 ** 7 }}",
    "repeat": "{{ 'a' * 10**8 }}",
    "klass": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "environ": "{{ self.__init__.__globals__.os.environ }}",
    "cycler": "{{ cycler.__init__.__globals__ }}",
    "config": "{{ config }}",
    "loops": "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
    "pad": "{{ 'x' | center(100000000) }}",
    "format": "{{ '%1000000000d' | format(1) }}",
    "date": "{{ lead.renewal | date('%1000000000Y') }}",
    "doubling": "{% set a = 'aaaaaaaaaa' %}" + "{% set a = a ~ a %}" * 60 + "{{ a }}",
    "doubling_lead": "{% set a = lead.city or '' %}" + "{% set a = a ~ a %}" * 60 + "{{ a }}",
    "doubling_block": "{% set a %}xx{{ lead.city or '' }}{% endset %}"
    + "{% set a %}{{ a }}{{ a }}{% endset %}" * 60
    + "{{ a }}",
    "doubling_if": "{% set a = lead.city or '' %}"
    + "{% if lead.vip %}{% set a = a ~ 'x' %}{% else %}{% set a = a ~ 'y' %}{% endif %}" * 60
    + "{{ a }}",
    "lists": "{% for a in [1,2,3,4,5,6,7,8,9,0] %}" * 9 + "x" + "{% endfor %}" * 9,
    "recursion": "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
    "include": "{% include 'dq/aware/include.html' %}{% include 'dq/aware/include.html' %}",
    "nesting": "{% if lead.vip %}" * 3000 + "x" + "{% endif %}" * 3000,
    "parentheses": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "filters": "{{ lead.city" + " | upper" * 5000 + " }}",
    "do": "{% do lead.update({}) %}",
    "import": "{% import 'os' as os %}",
}


@pytest.mark.acceptance(row=21)
def test_hostile_templates_become_problems_and_good_ones_still_compile(workshop: Workshop) -> None:
    workshop.write({f"dq/aware/{name}.html": HEAD + body for name, body in HOSTILE.items()})
    workshop.write({"dq/aware/good.md": f"{HEAD}Hi {{{{ lead.first_name }}}}"})
    wanted = [MailWanted("dq", "aware", name) for name in (*HOSTILE, "good")]
    start = time.monotonic()
    mails, problems = compile_templates(workshop.root, wanted, SETTINGS)
    assert time.monotonic() - start < 60
    assert list(mails) == [MailKey("dq", "aware", "good")]
    places = {problem.place.path for problem in problems}
    assert places >= {f"templates/dq/aware/{name}.html" for name in HOSTILE}
    inexact = {problem.place.path.rpartition("/")[2] for problem in problems if not problem.place.line}
    assert inexact <= {"nesting.html", "parentheses.html", "filters.html", "recursion.html"}


@pytest.mark.acceptance(row=21)
def test_template_that_takes_too_long_is_killed_and_the_next_one_compiles(workshop: Workshop) -> None:
    workshop.write({"dq/aware/good.md": f"{HEAD}Hi", "dq/aware/slow.md": HEAD + "[" * 200_000})
    wanted = [MailWanted("dq", "aware", name) for name in ("slow", "good")]
    mails, problems = compile_templates(workshop.root, wanted, SETTINGS, limits=Limits(seconds=3))
    assert MailKey("dq", "aware", "good") in mails
    assert all(problem.place.path.endswith("slow.md") for problem in problems)


@pytest.mark.acceptance(row=21)
def test_child_has_little_memory(workshop: Workshop) -> None:
    workshop.write({"dq/aware/big.html": HEAD + "<b>x</b>" * 240_000})
    mails, (problem,) = compile_templates(
        workshop.root, [MailWanted("dq", "aware", "big")], SETTINGS, limits=Limits(memory=420_000_000)
    )
    assert not mails
    assert problem.code in {"E326", "E324"}


def test_unchanged_templates_are_not_compiled_again(workshop: Workshop) -> None:
    workshop.write({"dq/aware/one.md": f"{HEAD}One", "dq/aware/two.md": f"{HEAD}Two", "layouts/other.html": LAYOUT})
    cache: dict[str, CompiledMail] = {}
    wanted = [MailWanted("dq", "aware", "one"), MailWanted("dq", "aware", "two")]
    first, problems = compile_templates(workshop.root, wanted, SETTINGS, cache)
    assert not problems and len(cache) == 2
    workshop.write({"dq/aware/two.md": f"{HEAD}Two, changed"})
    second, _ = compile_templates(workshop.root, wanted, SETTINGS, cache)
    one, two = (MailKey("dq", "aware", name) for name in ("one", "two"))
    assert second[one] is first[one]
    assert second[two].digest != first[two].digest
    workshop.write({"layouts/default.html": LAYOUT.replace("<body>", "<body><p>New</p>")})
    third, _ = compile_templates(workshop.root, wanted, SETTINGS, cache)
    assert "New" in third[one].html and third[one].digest != first[one].digest


def test_shipped_layouts_compile_without_a_word(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "templates"
    shop = Workshop(tmp_path / "templates")
    files = {
        str(path.relative_to(shipped)): path.read_bytes()
        for folder in ("layouts", "partials")
        for path in (shipped / folder).glob("*")
    }
    shop.write(files)
    shop.write(
        {
            f"dq/aware/{layout}.md": f'+++\nsubject = "x"\nlayout = "{layout}"\n'
            'preheader = "A line beside the subject line"\n+++\nHi'
            for layout in ("default", "letter")
        }
    )
    for operational in (False, True):
        wanted = [MailWanted("dq", "aware", layout, operational) for layout in ("default", "letter")]
        mails, problems = compile_templates(shop.root, wanted, SETTINGS)
        assert len(mails) == 2 and not problems
        assert all(("unsubscribe_url" in mail.html) is not operational for mail in mails.values())
