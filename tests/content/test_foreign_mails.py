"""Other people's templates come through unharmed, and every link leads exactly where it led."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from engine.content.form import render_preview
from engine.domain.tokens import Purpose, read_link_token, read_mail_token
from tests.content.conftest import BASE, HEAD, RING, Workshop, context, received

FOREIGN = Path(__file__).parent / "foreign"
LEADS: dict[str, dict[str, Any]] = {
    "plain": {},
    "rich": {
        "vip": True,
        "city": "Köln & Bonn",
        "interests": ["tea & <b>", "böses/ding?x"],
        "email": "a+b&c@x.example",
        "first_name": 'O\'Neil "Q"',
    },
}
#: The targets of each mail for the rich lead, as a browser would follow them.
TARGETS = {
    "newsletter.html": [
        "https://News.Example.com/a?x=1&y=2&copy=3&lang=de#part-2",
        "https://news.example.com/b?q=%C3%A9&r=a+b%20c",
        "https://news.example.com/bare?z=1",
        "https://news.example.com/vip?u=a%2Bb%26c%40x.example&n=O%27Neil%20%22Q%22",
    ],
    "outlook.html": ["https://events.example/register?id=7&src=mail"],
    "nested.html": [
        "https://shop.example/i/tea%20%26%20%3Cb%3E?n=1&k=1",
        "https://shop.example/i/b%C3%B6ses/ding%3Fx?n=2&k=1",
    ],
    "plainish.html": [
        "https://old.example/area?a=1;b=2",
        "https://old.example/spaced",
        "https://old.example/path;v=1/(x)/~u?list[]=1&list[]=2&q=a'b",
        "HTTPS://UPPER.EXAMPLE/Path",
        "https://bücher.example/über?x=€",
    ],
    "broken.html": ["https://odd.example/?t=1%3E0", "https://odd.example/multi"],
    "simple.mjml": [
        "https://m.example/a?x=1&y=2",
        "https://m.example/go?id=9&u=a%2Bb%26c%40x.example",
        "https://m.example/pic",
    ],
    "conditional.mjml": [
        "https://m.example/vip",
        "https://www.facebook.com/sharer/sharer.php?u=https://f.example/acme",
    ],
    "columns.mjml": ["https://m.example/right?q=%7Ba%7D", "https://m.example/nav"],
}


def source(name: str) -> tuple[str, str]:
    path = FOREIGN / name
    return HEAD + path.read_text(encoding="utf-8"), path.suffix[1:]


def targets_of(text: str, delivery: int, table: bytes) -> list[str]:
    """Where the tracker would send each click, in order of appearance."""
    found = []
    for mail, link in re.findall(rf"{re.escape(BASE)}/c/([\w-]+)/([\w-]+)", text):
        reference = read_mail_token(RING, Purpose.TRACK, mail)
        assert reference is not None and (reference.delivery, reference.table) == (delivery, table)
        read = read_link_token(RING, reference, link)
        assert read is not None
        found.append(read.target)
    return found


@pytest.mark.parametrize("name", TARGETS)
def test_every_link_redirects_to_exactly_its_target(workshop: Workshop, name: str) -> None:
    form = workshop.form(*source(name))
    mail = received(form.message(context(LEADS["rich"])))
    assert list(dict.fromkeys(targets_of(mail.html, 77, form.compiled.table))) == TARGETS[name]
    assert set(targets_of(mail.text, 77, form.compiled.table)) <= set(TARGETS[name])
    assert f"{BASE}/u/" in mail.html and f"{BASE}/u/" in mail.text


@pytest.mark.parametrize("name", TARGETS)
def test_tracked_and_untracked_mail_differ_in_addresses_and_pixel_only(workshop: Workshop, name: str) -> None:
    form = workshop.form(*source(name))
    tracked = received(form.message(context(LEADS["rich"]))).html
    plain = received(form.message(context(LEADS["rich"], tracking=False))).html
    assert "/o/" not in plain and "/c/" not in plain and f"{BASE}/u/" in plain
    without_pixel = re.sub(r"<img [^>]*/o/[^>]*>", "", tracked)
    assert [tag for tag, _ in tags(without_pixel)] == [tag for tag, _ in tags(plain)]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def tags(html: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = _Tags()
    parser.feed(html)
    return parser.found


@pytest.mark.parametrize(
    "name", [name for name in TARGETS if name.endswith(".html") and name not in {"newsletter.html", "nested.html"}]
)
def test_html_without_branches_keeps_every_byte_but_addresses_and_styles(workshop: Workshop, name: str) -> None:
    raw = (FOREIGN / name).read_text(encoding="utf-8")
    form = workshop.form(*source(name))
    got = render_preview(form, context(LEADS["rich"], tracking=False))[1]
    assert skeleton(got) == skeleton(re.sub(r"@import[^;]*;", "", raw))


def skeleton(html: str) -> str:
    """The document without what may change: holes, hrefs and styles."""
    html = re.sub(
        r"\{\{.*?\}\}|O(&#39;|')Neil (&#34;|\"|&quot;)Q(&#34;|\"|&quot;)|12 Harbour Street, Hamburg", "…", html
    )
    return re.sub(r"\s*style=\"[^\"]*\"|(?<=href)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]+)", "", html).strip()


def test_conditional_comments_and_vml_are_kept(workshop: Workshop) -> None:
    form = workshop.form(*source("outlook.html"))
    html = received(form.message(context())).html
    for kept in (
        "<!--[if mso | IE]><table",
        "<v:roundrect",
        "<w:anchorlock/>",
        "<![if !mso]>",
        "<!--[if !mso]><!-- -->",
        "<!--<![endif]-->",
    ):
        assert kept in html
    assert len(form.compiled.links) == 2  # the VML button and its twin are one link
    assert "@import" not in html


def test_branches_around_rows_and_inside_tags(workshop: Workshop) -> None:
    form = workshop.form(*source("nested.html"))
    rich = render_preview(form, context(LEADS["rich"]))[1]
    assert rich.count("<tr class=") == 2 and 'class="odd"' in rich and 'class="even"' in rich
    assert "color:#ff0000" in rich.replace(" ", "")
    assert "https://img.example/u/O%27Neil%20%22Q%22/p.png?s=K%C3%B6ln%20%26%20Bonn" in rich
    plain = render_preview(form, context())[1]
    assert "<em>interests</em>" in plain and "#00ff00" in plain


def test_styles_for_print_are_not_written_into_elements(workshop: Workshop) -> None:
    html = workshop.form(*source("nested.html")).compiled.html
    assert "display: none" not in re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)
    assert "rgb(20, 20, 20)" in re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)


def test_mjml_branches_between_sections(workshop: Workshop) -> None:
    form = workshop.form(*source("conditional.mjml"))
    rich, plain = render_preview(form, context(LEADS["rich"]))[1], render_preview(form, context())[1]
    assert "lounge" in rich and "Join us" not in rich and "tea &amp; &lt;b&gt;" in rich
    assert "Join us" in plain and "lounge" not in plain


def test_mjml_names_a_button_by_its_name(workshop: Workshop) -> None:
    link = workshop.mail(*source("simple.mjml")).link("go")
    assert link is not None and link.dynamic


@pytest.mark.parametrize("name", TARGETS)
def test_text_part_is_readable(workshop: Workshop, name: str) -> None:
    form = workshop.form(*source(name))
    text = render_preview(form, context({"vip": True, "interests": ["tea", "rum"], "city": "Bonn"}))[2]
    assert not re.search(r"</?[a-z]", text.replace("a<b", ""))
    assert "\n\n\n" not in text
    assert "Preview words" not in text
    assert "12 Harbour Street, Hamburg" in text
