"""Every mistake in a template is told at its place, with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.content.library import Library, OutsideError, find_pages
from engine.content.mails import MailWanted
from tests.content.conftest import FOOTER, HEAD, SETTINGS, Workshop


@pytest.mark.parametrize(
    ("body", "code", "line", "column", "text"),
    [
        ("Hi {{ lead.frist_name }}", "E323", 4, 7, "did you mean 'first_name'?"),
        ("Hi {{ led.first_name }}", "E320", 4, 7, "did you mean 'lead'?"),
        ("Hi {{ first_name }}", "E320", 4, 7, "did you mean 'lead.first_name'?"),
        ("{{ vars.bookin }}", "E320", 4, 4, "did you mean 'booking'?"),
        ("{{ company.nam }}", "E320", 4, 4, "did you mean 'name'?"),
        ("a\n\nb {% if lead.vip %}never closed", "E309", 6, 3, "{% endif %}"),
        ("{{ lead.first_name }", "E309", 4, 20, ""),
        ("{% fro x in lead.interests %}", "E309", 4, 4, ""),
        ("{{ lead.first_name | uper }}", "E321", 4, 22, "did you mean 'upper'?"),
        ("{{ lead.first_name | center(900) }}", "E321", 4, 22, ""),
        ("{{ 'a' * 10 }}", "E321", 4, 8, "'*'"),
        ("{{ 7 ** 9 }}", "E321", 4, 6, "'**'"),
        ("{{ 7 % 9 }}", "E321", 4, 6, "'%'"),
        ("{{ lead.seats // 2 }}", "E321", 4, 15, "'//'"),
        ("{{ lead.__class__ }}", "E321", 4, 9, "__class__"),
        ("{{ ''.__class__.__mro__ }}", "E321", 4, 7, "__class__"),
        ("{{ lead.first_name.upper() }}", "E321", 4, 20, "upper"),
        ("{{ range(9) }}", "E321", 4, 4, "range"),
        ("{{ lipsum() }}", "E321", 4, 4, "lipsum"),
        ("{{ self }}", "E320", 4, 4, "self"),
        ("{% for i in lead.interests recursive %}{% endfor %}", "E321", 4, 4, ""),
        ("{% include '../../etc/passwd' %}", "E301", 4, 13, "leaves the folder"),
        ("{% include '/etc/passwd' %}", "E301", 4, 13, "leaves the folder"),
        ("{% include 'partials/no.html' %}", "E302", 4, 13, "partials/no.html"),
        ("{% include lead.city %}", "E321", 4, 1, "must stand in the template"),
        ("{{ lead }}", "E322", 4, 4, "lead"),
        ("{{ lead.renewal | date('%Q') }}", "E325", 4, 25, "%Q"),
        ("[x](javascript:alert(1))", "E330", 4, 5, "javascript"),
        ("see [x](www.acme.example/a)", "E331", 4, 9, "https://www.acme.example/a"),
        ("[x](/pricing)", "E331", 4, 5, "https://"),
        ("<a href='https://x.example/?q=\"a\"'>x</a>", "E331", 4, 10, "%22"),
        ("<a href='https://x.example/a b'>x</a>", "E331", 4, 10, "%20"),
        ("![x](assets/lgoo.png)", "E340", 4, 6, "did you mean 'assets/logo.png'?"),
        ("![x](../secret.png)", "E301", 4, 6, "leaves the folder"),
        ("[a](https://a.example){link=x} [b](https://b.example){link=x}", "E333", 4, 36, "'x'"),
        ("[a](https://a.example/?c={{ lead.city or 1 }}){count=no}", "E339", 4, 5, "always counts"),
    ],
)
def test_mistake_is_told_at_its_place(
    workshop: Workshop, body: str, code: str, line: int, column: int, text: str
) -> None:
    workshop.write({"assets/logo.png": b"\x89PNG\r\n\x1a\n"})
    problem = workshop.problem(HEAD + body)
    assert (problem.code, problem.place.line, problem.place.column) == (code, line, column), problem
    assert problem.place.path == "templates/dq/aware/mail.md"
    assert text in f"{problem.message} {problem.hint}"


@pytest.mark.parametrize(
    ("source", "code", "line", "text"),
    [
        ("Hi", "E332", 1, "no subject"),
        ('+++\nsubject = ""\n+++\nHi', "E332", 2, "empty"),
        ("---\nsubject: Hi\n---\nHi", "E304", 1, "+++"),
        ("+++\nsubject = Hi\n+++\nHi", "E305", 2, "TOML"),
        ('+++\nsubject = "Hi"\nHi', "E305", 1, "never closed"),
        ('+++\nsubject = "Hi"\nsubjct = "x"\n+++\n', "E306", 3, "did you mean 'subject'?"),
        ('+++\nsubject = "Hi"\nreply-to = "x@y.example"\n+++\n', "E306", 3, "reply_to"),
        ("+++\nsubject = 5\n+++\n", "E307", 2, "a text in quotes"),
        ('+++\nsubject = "{{ lead.nam }}"\n+++\n', "E323", 2, "did you mean 'name'?"),
        ('+++\nsubject = "Hi"\nlayout = "lettre"\n+++\n', "E302", 3, "lettre.html"),
    ],
)
def test_mistake_in_the_head(workshop: Workshop, source: str, code: str, line: int, text: str) -> None:
    _, problems = workshop.attempt(source)
    problem = problems[0]
    assert (problem.code, problem.place.line) == (code, line), problems
    assert text in f"{problem.message} {problem.hint}"


@pytest.mark.parametrize(
    "source", ['+++\nsubject = "Hi"\nHi', "+++\nsubject = Hi\n+++\nHi", "---\nsubject: Hi\n---\nHi"]
)
def test_unreadable_head_is_told_once(workshop: Workshop, source: str) -> None:
    mail, problems = workshop.attempt(source)
    assert mail is None and len(problems) == 1


def test_all_mistakes_are_found_in_one_run(workshop: Workshop) -> None:
    _, problems = workshop.attempt(f"{HEAD}{{{{ lead.a1 }}}} {{{{ lead.b1 }}}}\n\n[x](foo:bar)\n\n![p](assets/no.png)")
    assert [problem.code for problem in problems] == ["E323", "E323", "E330", "E340"]


def test_marketing_mail_needs_a_way_to_leave_and_operational_mail_does_not(workshop: Workshop) -> None:
    source = f'{HEAD}<html lang="en"><body>Thank you. {{{{ company.postal_address }}}}</body></html>'
    assert workshop.problem(source, "html").code == "E334"
    mail, problems = workshop.attempt(source, "html", operational=True)
    assert mail is not None and not problems


def test_mail_needs_the_postal_address(workshop: Workshop) -> None:
    assert (
        workshop.problem(f'{HEAD}<html><body><a href="{{{{ unsubscribe_url }}}}">x</a></body></html>', "html").code
        == "E336"
    )
    workshop.settings = type(SETTINGS)(company={"name": "Acme", "postal_address": ""})
    problem = workshop.problem(f"{HEAD}<html><body>{FOOTER}</body></html>", "html")
    assert (problem.code, str(problem.place)) == ("E335", "config.toml")


def test_preheader_that_repeats_the_subject_is_a_warning(workshop: Workshop) -> None:
    mail, problems = workshop.attempt(
        '+++\nsubject = "Your list of contacts rots slowly"\npreheader = "your list of contacts rots slowly "\n+++\nHi'
    )
    assert mail is not None
    assert [(problem.code, problem.place.line) for problem in problems] == [("W405", 3)]


@pytest.mark.parametrize(
    ("body", "line", "column", "ours"),
    [
        ("Hi *|FNAME|*", 4, 4, '{{ lead.first_name or "there" }}'),
        ("Dear %%last_name%%, hello", 4, 6, "{{ lead.last_name }}"),
        ("a\n\n{unsubscribe_text}", 6, 1, "{{ unsubscribe_url }}"),
        ("Hi %FIRSTNAME%, *|FNAME|*", 4, 4, "{{ lead.first_name"),
    ],
)
def test_placeholder_of_another_tool_is_a_warning(
    workshop: Workshop, body: str, line: int, column: int, ours: str
) -> None:
    mail, problems = workshop.attempt(HEAD + body)
    assert mail is not None
    first, *_ = problems
    assert (first.code, first.place.line, first.place.column) == ("W410", line, column)
    assert ours in first.hint


@pytest.mark.parametrize("body", ["50% OFF% today", "100%%", "{{ lead.first_name }} *bold* | a", "code {a} {b}"])
def test_what_only_looks_like_a_placeholder_is_left_alone(workshop: Workshop, body: str) -> None:
    _, problems = workshop.attempt(HEAD + body)
    assert problems == []


@pytest.mark.parametrize(
    ("body", "code", "line", "column"),
    [
        ("<p>a</p>\n<p><a href='https://x.example'>b</p>", "E311", 5, 4),
        ("<p>a</p>\n<table><tr><td>x</td></tr>", "E311", 5, 1),
        ("<img alt='' src={{ lead.city }}>", "E314", 4, 13),
        ("<style>p { color: {{ lead.city }} }</style>", "E315", 4, 1),
        ("<p onclick=\"x('{{ lead.city }}')\">x</p>", "E315", 4, 4),
    ],
)
def test_mistake_in_html(workshop: Workshop, body: str, code: str, line: int, column: int) -> None:
    problem = workshop.problem(HEAD + body, "html")
    assert (problem.code, problem.place.line, problem.place.column) == (code, line, column), problem


@pytest.mark.parametrize(
    ("body", "code", "line"),
    [
        ("<mjml>\n<mj-body>\n<mj-section>\n</mj-body></mjml>", "E311", 7),
        ("<mjml><mj-body>\n<mj-include path='/etc/passwd' /></mj-body></mjml>", "E312", 5),
    ],
)
def test_mistake_in_mjml(workshop: Workshop, body: str, code: str, line: int) -> None:
    _, problems = workshop.attempt(HEAD + body, "mjml")
    assert (problems[0].code, problems[0].place.line) == (code, line), problems


def test_missing_template_says_where_it_was_looked_for(workshop: Workshop) -> None:
    workshop.write({"dq/aware/cost.md": HEAD})
    pages, (problem,) = find_pages(Library(workshop.root), MailWanted("dq", "aware", "cots"))
    assert not pages
    assert problem.message.endswith("looked in templates/dq/aware/, templates/dq/, templates/shared/")
    assert problem.hint == "did you mean 'cost'?"


def test_mail_written_twice_is_a_mistake(workshop: Workshop) -> None:
    workshop.write({"dq/aware/cost.md": HEAD, "dq/aware/cost.html": HEAD})
    _, (problem,) = find_pages(Library(workshop.root), MailWanted("dq", "aware", "cost"))
    assert problem.code == "E303"


@pytest.mark.acceptance(row=31)
@pytest.mark.parametrize("name", ["../mail", "..", "/etc/passwd", "a/../../b", "mail\0", "C:x", "a\\..\\b"])
def test_names_never_leave_the_folder(workshop: Workshop, name: str) -> None:
    for wanted in (MailWanted("dq", "aware", name), MailWanted(name, "aware", "mail"), MailWanted("dq", name, "mail")):
        pages, problems = find_pages(Library(workshop.root), wanted)
        assert not pages
        assert [problem.code for problem in problems] == ["E301"]


@pytest.mark.acceptance(row=31)
def test_links_of_the_file_system_never_leave_the_folder(workshop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "secret.html").write_text("secret")
    (tmp_path / "secret.png").write_bytes(b"\x89PNG")
    workshop.write({"partials/x": "", "assets/x": ""})
    (workshop.root / "partials" / "out.html").symlink_to(tmp_path / "secret.html")
    (workshop.root / "assets" / "out.png").symlink_to(tmp_path / "secret.png")
    for body in ("{% include 'partials/out.html' %}", "![x](assets/out.png)"):
        assert workshop.problem(HEAD + body).code == "E301"
    with pytest.raises(OutsideError):
        Library(workshop.root).read("partials/out.html")
