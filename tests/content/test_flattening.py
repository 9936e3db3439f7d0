"""Templates after compiling: only holes that wait for the lead are left."""

from __future__ import annotations

from datetime import date

import pytest

from engine.content.compiler import compile_line
from engine.content.context import CampaignInfo, Site
from engine.content.form import load_form, render_preview
from engine.content.library import Library, find_pages
from engine.content.mails import MailWanted
from engine.errors import Place
from tests.content.conftest import FOOTER, HEAD, RING, SETTINGS, Workshop, context


def shown(workshop: Workshop, body: str, lead: dict[str, object] | None = None, ending: str = "html") -> str:
    """What a lead reads of this body: the HTML between its marks."""
    form = workshop.form(f"{HEAD}<i>[</i>{body}<i>]</i>", ending)
    html = render_preview(form, context(lead))[1]
    return html.split("<i>[</i>")[1].split("<i>]</i>")[0]


@pytest.mark.parametrize(
    ("body", "lead", "expected"),
    [
        ("{{ lead.first_name }}", {}, "Jane"),
        ("{{ lead.company or 'you' }}", {}, "you"),
        ("{{ lead.company or 'you' }}", {"company": ""}, "you"),
        ("{{ lead.company | default('you') }}", {"company": None}, "you"),
        ("{{ lead.seats | default(0) }}", {"seats": 0}, "0"),
        ("{{ lead.company or lead.city or 'x' }}", {"city": "Bonn"}, "Bonn"),
        ("{% if lead.vip %}A{% elif lead.city %}B{% else %}C{% endif %}", {"city": "x"}, "B"),
        ("{% if lead.vip %}A{% elif lead.city %}B{% else %}C{% endif %}", {}, "C"),
        ("{% if lead.seats > 5 and not lead.vip %}big{% endif %}", {"seats": 9}, "big"),
        ("{% if lead.seats > 5 %}big{% endif %}", {}, ""),
        ("{% if lead.city in ['Bonn', 'Köln'] %}near{% endif %}", {"city": "KÖLN"}, "near"),
        ("{% if lead.city is defined %}y{% else %}n{% endif %}", {}, "n"),
        ("{{ 'a' if lead.vip else 'b' }}", {"vip": True}, "a"),
        ("{{ 'for ' ~ lead.first_name ~ '!' }}", {}, "for Jane!"),
        ("{{ lead.first_name | upper }}", {}, "JANE"),
        ("{{ lead.seats | number }} {{ lead.seats | number(2) }}", {"seats": 12345.5}, "12,346 12,345.50"),
        ("{{ lead.seats + 1 }}", {"seats": 4}, "5"),
        ("{{ lead.renewal | date('%A, %-d %B %Y') }}", {"renewal": "2026-03-01"}, "Sunday, 1 March 2026"),
        (
            "{% for i in lead.interests %}{{ loop.index }}{{ i }}{% if not loop.last %},{% endif %}{% endfor %}",
            {"interests": ["a", "b"]},
            "1a,2b",
        ),
        ("{% for i in lead.interests %}x{% else %}none{% endfor %}", {}, "none"),
        ("{{ lead.interests | join(' & ') }}", {"interests": ["a", "b"]}, "a &amp; b"),
        ("{{ lead.interests | first }}", {"interests": ["a", "b"]}, "a"),
        ("{% for n in [1, 2] %}{{ n }}{{ lead.first_name }}{% endfor %}", {}, "1Jane2Jane"),
        ("{% set who = lead.company or 'you' %}{{ who }}", {}, "you"),
        ("{% set t = 'a' %}{% if lead.vip %}{% set t = 'b' %}{% endif %}{{ t }}", {"vip": True}, "b"),
        ("{% set t %}Hi {{ lead.first_name }}{% endset %}{{ t }}{{ t }}", {}, "Hi JaneHi Jane"),
        ("{% with x = lead.first_name %}{{ x }}{% endwith %}", {}, "Jane"),
        (
            "{% macro b(w, n='x') %}<b>{{ w }}{{ n }}</b>{% endmacro %}{{ b(lead.first_name) }}{{ b('&', n=1) }}",
            {},
            "<b>Janex</b><b>&amp;1</b>",
        ),
        (
            "{% macro box() %}[{{ caller() }}]{% endmacro %}{% call box() %}{{ lead.first_name }}{% endcall %}",
            {},
            "[Jane]",
        ),
        ("{{ company.name }}", {}, "Acme &amp; Co"),
        ("{{ campaign.title }}", {}, "Clean data"),
        ("{% raw %}{{ x }} {% y %} {# z #}{% endraw %}", {}, "{{ x }} {% y %} {# z #}"),
        ("{% raw %}{{% endraw %}{{ lead.first_name }}", {}, "{Jane"),
        ("{ {{ lead.first_name }} }{", {}, "{ Jane }{"),
        ('{{ "quote \\" and {{ " }}', {}, "quote &#34; and {{ ".replace("&#34;", "&quot;")),
    ],
)
def test_body_reads_for_lead(workshop: Workshop, body: str, lead: dict[str, object], expected: str) -> None:
    assert shown(workshop, body, lead) == expected


def test_inheritance_includes_and_super_are_gone_after_compiling(workshop: Workshop) -> None:
    workshop.write(
        {
            "layouts/base.html": "<html><body>{% block top %}base{% endblock %}|{% block content %}{% endblock %}"
            "{% include 'partials/foot.html' %}</body></html>",
            "layouts/mid.html": "{% extends 'layouts/base.html' %}{% block top %}mid+{{ super() }}{% endblock %}",
            "partials/foot.html": f"{FOOTER}{{{{ lead.first_name }}}}",
        }
    )
    blocks = "{% block content %}c{% endblock %}{% block top %}page+{{ super() }}{% endblock %}"
    mail = workshop.mail(f"{HEAD}{{% extends 'layouts/mid.html' %}}{blocks}", "html")
    assert "page+mid+base|c" in mail.html
    assert "extends" not in mail.html and "include" not in mail.html
    assert mail.layout == "layouts/mid.html"


def test_page_blocks_in_markdown_fill_layout_blocks(workshop: Workshop) -> None:
    why = "<small>{% block why %}because{% endblock %}</small>"
    workshop.write(
        {"layouts/default.html": f"<html><body>{{% block content %}}{{% endblock %}}{why}{FOOTER}</body></html>"}
    )
    mail = workshop.mail(f"{HEAD}*Hi*\n\n{{% block why %}}you **asked**{{% endblock %}}")
    assert "<em>Hi</em>" in mail.html
    assert "<small>you <strong>asked</strong></small>" in mail.html


def test_block_that_no_layout_has_is_a_mistake(workshop: Workshop) -> None:
    problem = workshop.problem(f"{HEAD}Hi\n\n{{% block contnet %}}x{{% endblock %}}")
    assert (problem.code, problem.place.line, problem.hint) == ("E328", 6, "did you mean 'content'?")


def test_variables_are_recorded_with_place_and_default(workshop: Workshop) -> None:
    first, second = (
        "Hi {{ lead.first_name or 'you' }},",
        "{% if lead.city %}in {{ lead.city }}{% endif %} {{ lead.industry }}",
    )
    mail = workshop.mail(f"{HEAD}{first}\n\n{second}\n")
    assert [(use.path, use.place.line, use.place.column, use.has_default) for use in mail.variables] == [
        ("lead.city", 6, 7, True),
        ("lead.first_name", 4, 7, True),
        ("lead.industry", 6, 52, False),
    ]
    assert {use.place.path for use in mail.variables} == {"templates/dq/aware/mail.md"}


def test_compiled_mail_survives_json(workshop: Workshop) -> None:
    mail = workshop.mail(
        f"{HEAD}{{{{ lead.first_name }}}} [x](https://x.example){{link=x}} ![a](https://y.example/z.png)"
    )
    again = type(mail).from_json(mail.to_json())
    assert again == mail
    assert again.digest == mail.digest and again.table == mail.table and len(mail.table) == 6


def test_text_that_looks_like_a_mark_is_kept(workshop: Workshop) -> None:
    assert shown(workshop, "zqaxh0z {{ lead.first_name }}") == "zqaxh0z Jane"


def test_language_variants_and_nearest_folder(workshop: Workshop) -> None:
    workshop.write(
        {"shared/far.md": HEAD, "dq/far.de.md": HEAD, "dq/aware/far.fr.html": HEAD, "dq/aware/far.fr.txt": "x"}
    )
    pages, problems = find_pages(Library(workshop.root), MailWanted("dq", "aware", "far"))
    assert not problems
    assert [(page.key.language, page.path) for page in pages] == [
        ("", "shared/far.md"),
        ("de", "dq/far.de.md"),
        ("fr", "dq/aware/far.fr.html"),
    ]
    assert pages[2].text_path == "dq/aware/far.fr.txt"


def test_subject_of_a_variant_is_checked_at_its_place() -> None:
    place = Place("campaigns/x.toml", 9, 20)
    assert compile_line("{{ lead.first_name or 'You' }}, {{ company.name }}", place, SETTINGS) == (
        '{{ lead.first_name or "You" }}, Acme & Co',
        [],
    )
    _, (problem,) = compile_line("A {{ lead.nmae }}", place, SETTINGS)
    assert (problem.code, str(problem.place), problem.hint) == ("E323", "campaigns/x.toml:9:25", "did you mean 'name'?")


def test_dates_of_a_campaign_are_written_when_the_form_is_made(workshop: Workshop) -> None:
    workshop.settings = type(SETTINGS)(company=SETTINGS.company, vars={"starts": date(2026, 12, 1)})
    later = "{% if vars.starts > lead.city %}!{% endif %}"
    mail = workshop.mail(f"{HEAD}Until {{{{ vars.starts | date('%-d %B') }}}}{later}")
    form = load_form(mail, RING, Site("https://t.example"), CampaignInfo("a", "b", "c"), {"starts": date(2026, 12, 1)})
    assert "Until 1 December<" in render_preview(form, context({"city": "2026-01-01"}))[1]


def test_branch_of_list_entries_stays_one_list(workshop: Workshop) -> None:
    branch = "- one\n{% if lead.vip %}\n- two\n{% endif %}\n- three\n\n"
    form = workshop.form(f"{HEAD}{branch}{{% for i in lead.interests %}}\n- {{{{ i }}}}\n{{% endfor %}}\n")
    for lead, count in (({}, 2), ({"vip": True, "interests": ["a", "b"]}, 5)):
        html, text = render_preview(form, context(lead))[1:]
        assert (html.count("<li>"), html.count("<ul>")) == (count, 2)
        assert text.count("- ") == count


def test_address_that_is_its_own_words_stands_once_in_the_text(workshop: Workshop) -> None:
    form = workshop.form(f"{HEAD}See <https://x.example/a?b=1&c=2> [here](https://y.example/)")
    text = render_preview(form, context())[2]
    assert text.startswith("See https://x.example/a?b=1&c=2 here (https://y.example/)\n")


@pytest.mark.parametrize(
    ("head", "asked"), [("", False), ('<mj-font name="Raleway" href="https://fonts.example/raleway.css" />', True)]
)
def test_mjml_lets_readers_fetch_only_fonts_that_it_asks_for(workshop: Workshop, head: str, asked: bool) -> None:
    fonts = '<mj-attributes><mj-all font-family="Raleway, Roboto, Arial" /></mj-attributes>'
    column = f"<mj-section><mj-column><mj-text>Hi</mj-text><mj-raw>{FOOTER}</mj-raw></mj-column></mj-section>"
    mail = workshop.mail(f"{HEAD}<mjml><mj-head>{head}{fonts}</mj-head><mj-body>{column}</mj-body></mjml>", "mjml")
    assert ("fonts.example/raleway" in mail.html) == asked
    assert "googleapis" not in mail.html
