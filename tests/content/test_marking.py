"""A test's mark: the field in its head and the banner on its top, in whatever the mail is."""

from __future__ import annotations

import pytest

from engine.content.marking import FIELD, Mark, with_banner, with_field
from engine.smtp.body import dot_stuffed, with_crlf
from tests.content.conftest import HEAD, Workshop, context, received

MARK = Mark("clean/aware/cost", ("Test 3 of 17", "advance: clicks >= 2 & so on", ".dot"))
HIDDEN = '<div class="preheader" style="font-size:1px;display:none">In <b>short</b></div>'
REST = '<p>Hé {{ lead.first_name }}</p><p>{{ company.postal_address }} <a href="{{ unsubscribe_url }}">Leave</a></p>'


@pytest.mark.parametrize(
    ("body", "before"),
    [
        (f"<body>{HIDDEN}{REST}</body>", "</b></div>"),
        (f'<body class="x">\n{REST}</body>', '<body class="x">'),
        (f"<body><div><p>Seen</p></div>{REST}</body>", "<body>"),
        (REST, ""),
    ],
)
def test_banner_stands_on_top_behind_the_hidden_preheader(workshop: Workshop, body: str, before: str) -> None:
    form = workshop.form(HEAD + f"<html>{body}</html>", "html")
    plain = form.render(context())
    raw = with_field(form.assembled(with_banner(plain, MARK), context()), MARK)
    assert dot_stuffed(with_crlf(raw)) == raw, "what is sent is trusted to need neither"
    message = received(raw).message
    html = message.get_body(("html",)).get_content()
    above, box, below = html.partition('<div role="note"')
    assert above.rstrip().endswith(before)
    assert box
    assert "<strong>Test 3 of 17</strong><br>advance: clicks &gt;= 2 &amp; so on<br>.dot</div>" in below
    assert "Hé Jane" in below
    text = message.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert text.startswith("Test 3 of 17\nadvance: clicks >= 2 & so on\n.dot\n\n")
    assert "Hé Jane" in text
    assert message[FIELD] == "clean/aware/cost"


def test_mark_without_lines_leaves_the_mail_as_it_is(workshop: Workshop) -> None:
    rendered = workshop.form(HEAD + f"<html><body>{REST}</body></html>", "html").render(context())
    assert with_banner(rendered, Mark("x")) is rendered
