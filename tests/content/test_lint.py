"""What mail programs, readers and mailboxes stumble over: each finding on a mail that has it, none on a near one."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import pytest

from engine.authoring.findings import FINDINGS
from engine.config.model import MAIL_PROGRAMS, Check
from engine.content.lint import clients, support_table
from engine.content.lint.contrast import contrast, hexadecimal, nearest
from engine.content.lint.css import Colour
from engine.content.lint.judge import MOST
from engine.content.sample import CUT_AT, NEARLY_CUT
from engine.errors import Problem
from tests.content.conftest import FOOTER, SETTINGS, Workshop

HEAD = '+++\nsubject = "Your list rots"\npreheader = "And what you can do about it now"\n+++\n'
LAYOUT_TABLE = '<table role="presentation">'


@dataclass(frozen=True)
class Case:
    """A body that has a finding at a place of its file (line:column), and a near one that has none."""

    code: str
    has: str
    lacks: str
    place: str
    message: str


CASES = (
    Case(
        "W501",
        "<video src='https://x.acme.com/a'></video>",
        "<b>video</b>",
        "5:1",
        "<video> is not shown by Gmail, Out",
    ),
    Case("W501", "<iframe></iframe>", "<i>frame</i>", "5:1", "<iframe> is not shown by every mail program"),
    Case(
        "W501", "Hi <form></form>", "Hi <p>form</p>", "5:4", "<form> is not shown by Outlook for Windows and Yahoo Mail"
    ),
    Case(
        *("W502", '<p style="color:#900;display: flex">x</p>', '<p style="color:#900;display: block">x</p>', "5:22"),
        message="'display: flex' is not understood by Outlook for Windows",
    ),
    Case(
        *(
            "W502",
            '<p style="width:calc(100% - 8px)">x</p>',
            '<p style="width:90%;width:calc(100% - 8px)">x</p>',
            "5:11",
        ),
        message="'width: calc(100% - 8px)' is not understood by Outlook",
    ),
    Case(
        *("W502", '<p style="background:url(https://x.acme.com/a.png)">x</p>'),
        *('<p style="background-color:#fff;background:url(https://x.acme.com/a.png)">x</p>', "5:11"),
        message="'background: url(https://x.acme.com/a.png)' is not understood by Outlook for Windows",
    ),
    Case(
        *("W502", '<p style="padding-inline:4px">x</p>', '<p style="padding:4px;border-radius:4px">x</p>', "5:11"),
        message="'padding-inline: 4px' is not understood by Gmail",
    ),
    Case(
        *(
            "W503",
            '<img alt="A" src="https://x.acme.com/a.webp">',
            '<img alt="A" src="https://x.acme.com/a.png">',
            "5:19",
        ),
        message="a picture of the kind webp is not shown by Outlook for Windows",
    ),
    Case(
        *(
            "W503",
            '<img alt="A" src="data:image/png;base64,AAAA">',
            '<img alt="A" src="https://x.acme.com/data">',
            "5:19",
        ),
        message="a picture written into the mail (data:) is not shown by Gmail",
    ),
    Case(
        *("W512", '<p style="color:#999">Pale words</p>', '<p style="color:#767676">Pale words</p>', "5:23"),
        message="this text is #999999 on #ffffff: a contrast of 2.8, and 4.5 is needed",
    ),
    Case(
        *("W512", '<p style="color:#999;font-size:24px">Pale</p>', '<p style="color:#949494;font-size:24px">Pale</p>'),
        *("5:38", "this text is #999999 on #ffffff: a contrast of 2.8, and 3 is needed"),
    ),
    Case(
        *("W512", '<p style="background-color:#0b5c4a">Dark words</p>'),
        *('<p style="background-color:#0b5c4a;color:#fff">Dark words</p>', "5:37", "this text is #000000 on #0b5c4a"),
    ),
    Case(
        *("W512", '<div style="color:#777"><p style="background:#ddd">Inherited</p></div>'),
        *(
            '<div style="color:#777"><p style="background:#ddd;color:#333">Own</p></div>',
            "5:52",
            "this text is #777777",
        ),
    ),
    Case(
        "W513",
        "<h1>One</h1><h3>Three words</h3>",
        "<h1>One</h1><h2>Two</h2><h1>One</h1>",
        "5:17",
        "a heading h3 follows",
    ),
    Case(
        "W514",
        "<table><tr><td>x</td></tr></table>",
        f"{LAYOUT_TABLE}<tr><td>x</td></tr></table>",
        "5:1",
        "this table has no",
    ),
    Case(
        *("W514", f"{LAYOUT_TABLE}<tr><th>Head words</th></tr></table>", "<table><tr><th>x</th></tr></table>", "5:36"),
        message="this table has headers, and its role says that it is for layout",
    ),
    Case(
        *("W515", '<a href="https://acme.com/a"><img src="https://acme.com/b.png" alt=""></a>'),
        *('<a href="https://acme.com/a"><img src="https://acme.com/b.png" alt="Prices"></a>', "5:10"),
        message="this link has no words, only a picture without a text",
    ),
    Case(
        "W516",
        '<a href="https://acme.com/a">Click here</a>',
        '<a href="https://acme.com/a">Prices</a>',
        "5:10",
        "'Click here'",
    ),
    Case(
        "W521",
        '<a href="http://acme.com/a">Prices</a>',
        '<a href="https://acme.com/a">Prices</a>',
        "5:10",
        "this link leads",
    ),
    Case(
        *(
            "W522",
            '<a href="https://evil.io/a">www.acme.com</a>',
            '<a href="https://shop.acme.com/a">www.acme.com</a>',
            "5:29",
        ),
        message="this link shows acme.com and leads to evil.io",
    ),
    Case(
        "W523",
        '<a href="https://bit.ly/a">Prices</a>',
        '<a href="https://orbit.ly/a">Prices</a>',
        "5:10",
        "bit.ly hides",
    ),
    Case("W524", '<a href="#">Prices</a>', '<a href="#prices">Prices</a>', "5:13", "this link leads to '#'"),
    Case(
        "W524",
        '<a href="https://localhost/a">Prices</a>',
        '<a href="tel:+4940123">Prices</a>',
        "5:10",
        "this link leads to",
    ),
    Case(
        "W524",
        '<a href="http://10.0.0.7/a">Prices</a>',
        '<a href="https://8.8.8.8/a">Prices</a>',
        "5:10",
        "this link leads to",
    ),
    Case(
        *("W525", '<a href="https://acme.com/?e={{ lead.email }}">Prices</a>'),
        *(
            '<a href="https://acme.com/?n={{ lead.first_name }}">Prices</a>',
            "5:33",
            "this link carries the lead's mail",
        ),
    ),
)


@pytest.fixture
def shop(workshop: Workshop) -> Workshop:
    workshop.settings = replace(SETTINGS, clients=Check().clients)
    return workshop


def found(shop: Workshop, source: str, ending: str = "html", *, operational: bool = False) -> list[Problem]:
    mail, problems = shop.attempt(source, ending, operational=operational)
    assert mail is not None, problems
    return problems


def page(body: str) -> str:
    return f"{HEAD}{body}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code} {case.message[:40]}")
def test_finding_is_told_at_its_place(shop: Workshop, case: Case) -> None:
    problems = found(shop, page(case.has))

    assert [(p.code, f"{p.place.line}:{p.place.column}") for p in problems] == [(case.code, case.place)], problems
    assert problems[0].message.startswith(case.message)
    assert not problems[0].is_error


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code} {case.message[:40]}")
def test_near_mail_has_no_finding(shop: Workshop, case: Case) -> None:
    assert found(shop, page(case.lacks)) == []


@pytest.mark.parametrize(
    ("head", "code", "place"),
    [
        (f'subject = "{"long " * 15}"\npreheader = "And what you can do about it now"', "W531", "2:12"),
        (
            'subject = "Hello {{ lead.first_name }}, ' + "x" * 60 + '"\npreheader = "And what you can do about it now"',
            "W531",
            "2:12",
        ),
        (f'subject = "Your list"\npreheader = "{"long " * 30}"', "W532", "3:14"),
        ('subject = "Your list"\npreheader = "Short."', "W532", "3:14"),
    ],
)
def test_lines_are_as_long_as_programs_show_them(shop: Workshop, head: str, code: str, place: str) -> None:
    (problem,) = found(shop, f"+++\n{head}\n+++\nHi", "md")
    assert (problem.code, f"{problem.place.line}:{problem.place.column}") == (code, place)


def test_subject_of_two_ways_is_as_long_as_the_longer_one(shop: Workshop) -> None:
    choice = "{% if lead.vip %}" + "x" * 40 + "{% else %}" + "y" * 60 + "{% endif %}"
    head = f'subject = "{choice}"\npreheader = "And what you can do about it now"'
    assert found(shop, f"+++\n{head}\n+++\nHi", "md") == []


def test_mail_without_preheader_is_told_where_its_own_words_do_not_come_first(shop: Workshop) -> None:
    source = '+++\nsubject = "Your list"\n+++\nHello you there'
    assert found(shop, source, "md") == []
    shop.write(
        {
            "layouts/default.html": '<html lang="en"><body><p>Acme</p>{% block content %}{% endblock %}'
            '<p>{{ company.postal_address }} <a href="{{ unsubscribe_url }}">Leave</a></p></body></html>'
        }
    )
    (problem,) = found(shop, source, "md")
    assert (problem.code, str(problem.place)) == ("W533", "templates/dq/aware/mail.md")


def test_short_preheader_is_enough_where_the_layout_fills_up(shop: Workshop) -> None:
    filled = '<div style="display:none">{{ mail.preheader }}' + "&#847;&zwnj;&nbsp;" * 20 + "</div>Hi"
    assert found(shop, f'+++\nsubject = "Your list"\npreheader = "Short."\n+++\n{filled}') == []


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        ("<html>", "this mail does not say in which language it is"),
        ('<html lang="de">', "this mail says that it is in 'de', and it is in 'en'"),
        ('<html lang="en-GB">', ""),
        ('<html lang="{{ language }}">', ""),
    ],
)
def test_mail_says_its_language(shop: Workshop, tag: str, message: str) -> None:
    source = f"{HEAD}{tag}<body>Hi {FOOTER}</body></html>"
    assert [(p.code, p.message) for p in found(shop, source)] == ([("W511", message)] if message else [])


@pytest.mark.parametrize(
    "body",
    [
        '<p style="color:#eee;background:url(https://x.acme.com/a.png) #111">Over a picture</p>',
        '<p style="color:#fff;display:none">Unseen</p>',
        '<p style="color:#ddd">·</p>',
        '<p style="color:{{ vars.booking }}">A colour of the campaign</p>',
        '<p style="color:#fff;background:{{ vars.booking }}">A ground of the campaign</p>',
        '<div style="background:#fff;color:#333"><p style="color:inherit;background:none">As around it</p></div>',
        '<p style="color:rgb(0 0 0 / 50%)">Unknown to this reader of colours</p>',
        "<!--[if mso]><p style='color:#eee'>Only for some Outlooks</p><![endif]-->",
        '<div style="background-color:#111"><a style="color:#fff" href="https://acme.com">Prices</a></div>',
        "<style>@media (max-width: 400px) { p { display: flex; width: calc(100% - 1px) } }</style><p>Hi</p>",
        '<p style="border-radius:8px;box-shadow:0 0 4px #000;letter-spacing:1px">Plainer is fine</p>',
    ],
)
def test_what_breaks_nothing_is_not_told(shop: Workshop, body: str) -> None:
    codes = {problem.code for problem in found(shop, page(body))}
    assert codes <= {"W502"} if "url(" in body else codes == set()


def test_colours_in_styles_of_the_layout_are_told_in_the_layout(shop: Workshop) -> None:
    shop.write(
        {
            "layouts/default.html": '<html lang="en"><head>\n<style>.fine { color: #bbb }</style></head><body>'
            '{% block content %}{% endblock %}\n<p class="fine">{{ company.postal_address }} '
            '<a href="{{ unsubscribe_url }}">Leave</a></p></body></html>'
        }
    )
    (problem,) = found(shop, page("Hi"), "md")
    assert (problem.code, problem.place.path) == ("W512", "templates/layouts/default.html")


DARK = """<html lang="en"><head><style>
.card {{ background: #fff; color: #222 }}
@media (prefers-color-scheme: dark) {{ {rules} }}
</style></head><body><div class="card">{{% block content %}}{{% endblock %}}</div>
<p class="fine">{{{{ company.postal_address }}}} <a href="{{{{ unsubscribe_url }}}}">Leave</a></p></body></html>
"""


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (".card { background: #111 !important }", "this text is, in dark mode, #222222 on #111111: a contrast of 1.1"),
        (".card { background: #111 !important; color: #eee !important }", ""),
        (".card { background: #111 }", ""),  # without !important the style of the element stays
        (".card { color: #eee !important }", "this text is, in dark mode, #eeeeee on #ffffff"),
        (".fine { color: #eee !important }", ""),  # the ground is the program's, which is dark then
    ],
)
def test_colours_of_dark_mode_are_judged_by_the_rules_of_the_mail(shop: Workshop, rules: str, message: str) -> None:
    shop.write({"layouts/default.html": DARK.format(rules=rules)})
    problems = found(shop, page("Hi"), "md")
    assert [problem.code for problem in problems] == (["W512"] if message else [])
    assert all(p.message.startswith(message) and p.place.path.endswith("default.html") for p in problems)


def test_programs_that_do_not_count_are_not_told(shop: Workshop) -> None:
    shop.settings = replace(SETTINGS, clients=("apple-mail",))
    assert found(shop, page('<p style="display:flex">x</p><video></video>')) == []


@pytest.mark.parametrize(
    ("size", "told"), [(NEARLY_CUT - 8000, False), (NEARLY_CUT + 1000, True), (CUT_AT + 1000, True)]
)
def test_mail_that_gmail_cuts_is_told(shop: Workshop, size: int, told: bool) -> None:
    problems = found(shop, page("<p>" + "word " * (size // 5) + "</p>"))
    assert [problem.code for problem in problems] == (["W407"] if told else [])


def test_mail_full_of_findings_is_judged_in_time(shop: Workshop) -> None:
    links = "".join(f'<p><a href="http://acme.com/{number}">here</a>\n' for number in range(4000))
    problems = found(shop, page(f"{'<div>' * 3000}{links}"), operational=True)
    assert len([problem for problem in problems if problem.code in ("W516", "W521")]) == MOST


def test_every_finding_of_mails_has_a_case() -> None:
    elsewhere = {"W511", "W531", "W532", "W533"}
    assert {case.code for case in CASES} == {code for code in FINDINGS if code >= "W5"} - elsewhere


def test_silence_keeps_a_finding_of_this_mail_quiet(shop: Workshop) -> None:
    head = HEAD.replace("\npreheader", '\nsilence = { W516 = "our readers know" }\npreheader')
    assert found(shop, head + '<a href="https://acme.com">here</a>') == []


@pytest.mark.parametrize(
    ("silence", "code", "place", "text"),
    [
        ('silence = { W516 = "meant" }', "W002", "3:13", "nothing here has the finding W516"),
        ('[silence]\nW516 = "meant"', "W002", "4:1", "nothing here has the finding W516"),
        ('silence = { W9 = "meant" }', "E020", "3:13", "there is no warning 'W9'"),
        ('silence = { E334 = "meant" }', "E020", "3:13", "E334 is a mistake, and mistakes are mended"),
        ('silence = { W002 = "meant" }', "E020", "3:13", "W002 is told of silences themselves"),
        ('silence = { W516 = "" }', "E020", "3:13", "nothing says why W516 is meant"),
        ("silence = { W516 = true }", "E020", "3:13", "nothing says why W516 is meant"),
        ('silence = "W516"', "E307", "3:12", "'silence' must be a table, not a text"),
    ],
)
def test_wrong_silence_is_told_at_its_place(shop: Workshop, silence: str, code: str, place: str, text: str) -> None:
    _, (problem,) = shop.attempt('+++\nsubject = "Your list"\n' + silence + "\n+++\nHi")
    assert (problem.code, f"{problem.place.line}:{problem.place.column}") == (code, place)
    assert text in problem.message


BLACK: Colour = (0, 0, 0, 1)
WHITE: Colour = (1, 1, 1, 1)
GREY: Colour = (0.6, 0.6, 0.6, 1)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast(BLACK, WHITE) == contrast(WHITE, BLACK) == 21
    assert contrast(GREY, GREY) == 1
    # #777777 on white is the well-known near miss, #767676 the lightest grey that is enough.
    assert round(contrast((119 / 255, 119 / 255, 119 / 255, 1), WHITE), 2) == 4.48
    assert round(contrast((118 / 255, 118 / 255, 118 / 255, 1), WHITE), 2) == 4.54


@pytest.mark.parametrize("ground", [WHITE, BLACK, GREY, (0.1, 0.4, 0.9, 1)])
def test_nearest_colour_is_enough(ground: Colour) -> None:
    better = nearest(GREY, ground, 4.5)
    red, green, blue = (int(hexadecimal(better)[n : n + 2], 16) / 255 for n in (1, 3, 5))
    assert contrast((red, green, blue, 1), ground) >= 4.5


def test_table_of_support_names_known_programs_and_features() -> None:
    table = json.loads(clients.TABLE.read_text("utf-8"))["missing"]
    assert set(table) <= clients.FEATURES
    assert {program for programs in table.values() for program in programs} <= set(MAIL_PROGRAMS)
    assert set(support_table.PLATFORMS) == set(MAIL_PROGRAMS)
    assert len(table) > 30


def test_table_counts_a_program_by_the_newest_version_of_each_platform() -> None:
    data = {
        "last_update_date": "2026-05-13 14:45:41 +0000",
        "data": [
            {
                "slug": "html-video",
                "stats": {
                    "gmail": {"desktop-webmail": {"2019": "n", "2024": "y"}, "ios": {"2024": "a #1"}},
                    "yahoo": {"desktop-webmail": {"2019": "y"}, "ios": {"2024": "n #2"}},
                },
            },
            {"slug": "css-orphans", "stats": {"gmail": {"ios": {"2024": "n"}}}},
        ],
    }
    table = support_table.support_table(data, "2.0.2", clients.FEATURES)
    assert table["missing"] == {"html-video": ["yahoo"]}
    assert json.loads(support_table.written(table)) == table
