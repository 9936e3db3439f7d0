"""The finished message, read back by the standard library."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.content.context import Mailbox, MailError, Thread
from engine.content.form import Form, copy_dictionary, pack_copy, render_preview, unpack_copy
from engine.content.mails import LinkKind
from engine.content.message import verp_sender
from engine.domain.tokens import Purpose, read_mail_token
from engine.smtp.body import dot_stuffed, with_crlf
from tests.content.conftest import BASE, FOOTER, HEAD, RING, Workshop, context, received

BODY = """<html><body><p title="{{ lead.city or '-' }}">[{{ lead.first_name }}]</p>\
{% for i in lead.interests %}({{ i }}){% endfor %}
<a href="https://x.example/?c={{ lead.city or '' }}">go</a> <a href="https://y.example/p?a=1&amp;b=2">y</a>
<p>{{ company.postal_address }} <a href="{{ unsubscribe_url }}">Unsubscribe</a></p></body></html>
"""
SUBJECT = '+++\nsubject = "For {{ lead.first_name }}"\n+++\n'
RELAXED = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def form(workshop: Workshop) -> Form:
    return workshop.form(SUBJECT + BODY, "html")


def test_message_has_the_headers_that_mail_programs_want(form: Form) -> None:
    message = received(form.message(context(reply_to="Ann <reply@acme.example>"))).message
    assert message["From"] == "Ann Lee <ann@acme.example>"
    assert message["To"] == "Jane Park <jane@northwind.example>"
    assert message["Subject"] == "For Jane"
    assert message["Date"].datetime == datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
    assert message["Message-ID"] == "<77.abc@acme.example>"
    assert message["Reply-To"] == "Ann <reply@acme.example>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == '"Clean data" <clean-data.t.acme.example>'
    assert message["Feedback-ID"] == "clean-data:dq-aware-mail:ripeline:t.acme.example"
    assert message["MIME-Version"] == "1.0"
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert not [name for name in message if name.lower().startswith("x-")]


def test_same_delivery_gives_the_same_bytes(form: Form) -> None:
    assert form.message(context()) == form.message(context())


@pytest.mark.acceptance(row=33)
def test_unsubscribe_header_is_one_plain_address_on_one_line(form: Form) -> None:
    raw = form.message(context(delivery=2**63))
    (line,) = re.findall(rb"^List-Unsubscribe: (.*)\r$", raw, re.MULTILINE)
    match = re.fullmatch(rf"<{BASE}/u/([\w-]{{36}})>", line.decode())
    assert match
    reference = read_mail_token(RING, Purpose.UNSUBSCRIBE, match[1])
    assert reference is not None and reference.delivery == 2**63
    assert len(line) < 998


def test_operational_mail_has_no_list_headers(form: Form) -> None:
    message = received(form.message(context(one_click=False))).message
    assert not {"List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Feedback-ID"} & set(message)


def test_thread_answers_the_earlier_mail(form: Form) -> None:
    thread = Thread("What does it cost?", ("<1@acme.example>", "<2@acme.example>"))
    message = received(form.message(context(thread=thread, subject="A subject of its own"))).message
    assert message["Subject"] == "Re: What does it cost?"
    assert message["In-Reply-To"] == "<2@acme.example>"
    assert message["References"] == "<1@acme.example> <2@acme.example>"


def test_variant_subject_replaces_the_mails_own(workshop: Workshop) -> None:
    form = workshop.form(SUBJECT + BODY.replace("<html>", "<html><title>{{ mail.subject }}</title>"), "html")
    mail = received(form.message(context(subject="{{ lead.first_name }}, a number")))
    assert mail.message["Subject"] == "Jane, a number"
    assert "<title>Jane, a number</title>" in mail.html


@pytest.mark.acceptance(row=37)
@pytest.mark.parametrize("home", [True, False])
def test_mail_without_tracking_has_no_pixel_and_straight_links(workshop: Workshop, home: bool) -> None:
    form = workshop.form(SUBJECT + BODY, "html", tracking=home)
    mail = received(form.message(context({"city": "a&b"}, tracking=not home)))
    assert "/o/" not in mail.html and "/c/" not in mail.html + mail.text
    assert 'href="https://y.example/p?a=1&amp;b=2"' in mail.html
    assert 'href="https://x.example/?c=a%26b"' in mail.html
    assert f"{BASE}/u/" in mail.html and "List-Unsubscribe" in mail.message


@pytest.mark.acceptance(row=27)
@pytest.mark.parametrize("char", ["\r", "\n", "\r\nBcc: x@y.example", "\0", "\v", "\x1b", "\x85", "\u2028"])
@pytest.mark.parametrize("place", ["name", "address", "sender", "subject", "reply_to", "message_id", "thread"])
def test_controls_in_headers_are_refused(form: Form, char: str, place: str) -> None:
    changes: dict[str, Any] = {
        "name": {"to": Mailbox(f"Ja{char}ne", "jane@northwind.example")},
        "address": {"to": Mailbox("Jane", f"jane{char}@northwind.example")},
        "sender": {"sender": Mailbox(f"Ann{char}", "ann@acme.example")},
        "subject": {"lead": {"first_name": f"Jane{char}"}},
        "reply_to": {"reply_to": f"A{char}nn <ann@acme.example>"},
        "message_id": {"message_id": f"<1{char}@acme.example>"},
        "thread": {"thread": Thread("x", (f"<1{char}@acme.example>",))},
    }[place]
    with pytest.raises(MailError) as caught:
        form.message(context(changes.pop("lead", None), **changes))
    assert "contains" in str(caught.value) or "is no" in str(caught.value)
    assert "dq/aware/mail.html" in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "jane",
        "jane@",
        "@x.example",
        "a b@x.example",
        "jane@x.example, eve@y.example",
        "<a@x.example>",
        "jané@x.example",
    ],
)
def test_what_is_no_address_is_refused(form: Form, address: str) -> None:
    with pytest.raises(MailError):
        form.message(context(to=Mailbox("Jane", address)))


NAMES = (
    st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\u2028\u2029"), max_size=120)
    .map(str.strip)
    .filter(bool)
)


@given(name=NAMES)
@RELAXED
def test_names_and_subjects_read_back_exactly(form: Form, name: str) -> None:
    raw = form.message(context({"first_name": name}, to=Mailbox(name, "jane@x.example")))
    message = received(raw).message
    assert message["Subject"] == f"For {name}"
    assert message["To"].addresses[0].addr_spec == "jane@x.example"
    # the standard library's reader of addresses keeps the space between two encoded words (RFC 2047, section 6.2)
    plain = message_from_bytes(raw, policy=policy.compat32)
    phrase = str(make_header(decode_header(plain["To"]))).removesuffix("<jane@x.example>").strip()
    if phrase.isascii() and phrase.startswith('"'):
        phrase = re.sub(r"\\(.)", r"\1", phrase[1:-1])
    assert phrase == name


NASTY = st.one_of(
    st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=200),
    st.sampled_from(
        [
            "<svg onload=alert(1)>",
            "\"'><script>x</script>",
            "\n.\n",
            ".",
            "..",
            "\r.\r",
            "From here",
            "=",
            "=3D",
            " trailing ",
            "\t",
            "{{ lead.email }}",
            "{% if %}",
            "--=_ripeline--",
            "é" * 200,
            "x" * 3000,
            "😀" * 60,
            "a\r\n\r\nb",
        ]
    ),
)


def kept(value: str) -> str:
    """What a part keeps of a value: controls go, line breaks become one kind."""
    return re.sub("[\x00-\x08\x0b-\x1f\x7f]", "", value.replace("\r\n", "\n").replace("\r", "\n"))


@pytest.mark.acceptance(row=28)
@pytest.mark.acceptance(row=33)
@given(value=NASTY, city=NASTY, listed=st.lists(NASTY, max_size=3))
@RELAXED
def test_any_value_reads_back_exactly(form: Form, value: str, city: str, listed: list[str]) -> None:
    import html as markup

    lead = {"first_name": value, "city": city, "interests": listed}
    mail = received(form.message(context(lead, subject="x")))
    page = markup.unescape(mail.html.split("<a href")[0].split("<p title=")[1])
    text_city = kept(city)
    assert page.startswith(f'"{text_city}">[{kept(value)}]</p>')
    assert page.rstrip("\n").endswith("".join(f"({kept(entry)})" for entry in listed if entry).rstrip("\n"))
    assert mail.text.startswith(f"[{kept(value)}]")
    assert_wire(mail.raw)


def test_dots_that_stand_in_the_template_end_no_message(workshop: Workshop) -> None:
    dots = "<pre>\n.\n..\n.x\nFrom here\n</pre>{{ lead.first_name }}<pre>.\n.</pre>"
    form = workshop.form(SUBJECT + BODY.replace("<html><body>", f"<html><body>{dots}"), "html")
    mail = received(form.message(context({"first_name": "."}, sender=Mailbox(".dot", "ann@acme.example"))))
    assert ".\n..\n.x\nFrom here" in mail.html and ".\n.</pre>" in mail.html
    assert_wire(mail.raw)


def assert_wire(raw: bytes) -> None:
    """Every line ends in CRLF, is at most 998 long, pure ASCII, and none can end the message."""
    assert raw.endswith(b"\r\n")
    assert b"\0" not in raw and raw.isascii()
    lines = raw.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    body = raw.split(b"\r\n\r\n", 1)[1].split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert max(len(line) for line in body if not line.startswith(b"Content-")) <= 76
    assert not any(line.startswith((b".", b"From ")) for line in body)
    assert dot_stuffed(with_crlf(raw)) == raw, "letters vouch for that, so nobody looks again before it is sent"
    assert not any(line.endswith((b" ", b"\t")) for line in body)


@pytest.mark.acceptance(row=23)
def test_markup_in_values_is_escaped_everywhere(form: Form) -> None:
    evil = "<svg onload=alert(1)>\"'"
    mail = received(form.message(context({"first_name": evil, "city": evil, "interests": [evil]})))
    assert "<svg" not in mail.html
    assert mail.html.count("&lt;svg onload=alert(1)&gt;&#34;&#39;") == 3
    assert evil in mail.text


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "//evil.example", "data:text/html,x", "https:evil", "", "https://"]
)
def test_address_from_a_lead_must_be_a_web_address(workshop: Workshop, target: str) -> None:
    form = workshop.form(f'{HEAD}<html><a href="{{{{ lead.website }}}}">you</a>{BODY}', "html")
    with pytest.raises(MailError):
        form.message(context({"website": target}))
    assert form.message(context({"website": "https://jane.example/a?b=1&c=2#d"}))


def test_missing_value_stops_this_mail_and_names_template_and_line(workshop: Workshop) -> None:
    form = workshop.form(f"{HEAD}Hi {{{{ lead.first_name }}}},\n\nyou work in {{{{ lead.industry }}}}\n")
    with pytest.raises(MailError) as caught:
        form.message(context())
    assert (
        str(caught.value)
        == "templates/dq/aware/mail.md:6:16: 'lead.industry' has no value for this lead, and no default"
    )
    assert (caught.value.template, caught.value.line) == ("dq/aware/mail.md", 6)
    assert form.message(context({"industry": "Wine"}))


def test_value_that_a_filter_cannot_use_stops_this_mail_only(workshop: Workshop) -> None:
    form = workshop.form(f"{HEAD}Until {{{{ lead.renewal | date }}}}")
    with pytest.raises(MailError, match=r"mail\.md:4:10: 'soon' is no date"):
        form.message(context({"renewal": "soon"}))
    assert "22 November 2026" in received(form.message(context({"renewal": "2026-11-22"}))).text


def test_from_in_the_head_wins(workshop: Workshop) -> None:
    head = '+++\nsubject = "x"\nfrom = "{{ owner.name or \'Ben\' }} <ben@acme.example>"\n'
    head += 'reply_to = "hi@acme.example"\n+++\n'
    message = received(
        workshop.form(f"{head}I am {{{{ sender.name }}}}").message(context(owner={"name": "Zoë"}))
    ).message
    assert message["From"] == "Zoë <ben@acme.example>"
    assert message["Reply-To"] == "hi@acme.example"


def test_written_text_part_is_taken_and_its_links_are_tracked(workshop: Workshop) -> None:
    text = "Hi {{ lead.first_name }} <3\n\nSee https://y.example/p?a=1&b=2.\n\n{{ unsubscribe_url }}"
    workshop.write({"dq/aware/mail.txt": text})
    form = workshop.form(f"{HEAD}[y](https://y.example/p?a=1&b=2)")
    mail = received(form.message(context()))
    assert mail.text.startswith(f"Hi Jane <3\n\nSee {BASE}/c/")
    assert len([link for link in form.compiled.links if link.tracked]) == 1


@pytest.mark.parametrize("preheader", ["", "In short"])
def test_derived_text_begins_with_its_first_words(workshop: Workshop, preheader: str) -> None:
    hidden = '{% if mail.preheader %}<div style="display:none">{{ mail.preheader }}</div>{% endif %}'
    head = f'+++\nsubject = "Hello"\npreheader = "{preheader}"\n+++\n'
    named = "{% if lead.city %}<p>{{ lead.city }},</p>{% endif %}"
    form = workshop.form(
        f"{head}<html><body>\n{hidden}\n<div>\n{named}<h1>First</h1>{FOOTER}</div></body></html>", "html"
    )
    assert received(form.message(context())).text.startswith("First")
    assert received(form.message(context({"city": "Bonn"}))).text.startswith("Bonn,")


LOGO = '<a class="x" href="https://acme.example/" link="logo" count="no">Acme</a>'


def test_link_that_does_not_count_leads_straight_there(workshop: Workshop) -> None:
    workshop.settings = dataclasses.replace(
        workshop.settings, utm={"utm_campaign": "{campaign}"}, utm_domains=("acme.example",)
    )
    end = '<p><a data-count="no" href="https://acme.example/about">About us</a></p>'
    form = workshop.form(f"{HEAD}<html><body><div>{LOGO}</div><p>Hello</p>{end}{FOOTER}</body></html>", "html")
    mail = received(form.message(context()))
    assert '<a class="x" href="https://acme.example/?utm_campaign=clean-data">Acme</a>' in mail.html
    assert '<a href="https://acme.example/about?utm_campaign=clean-data">About us</a>' in mail.html
    assert mail.text.startswith("Hello\n\nAbout us (https://acme.example/about?utm_campaign=clean-data)")
    assert {link.kind for link in form.compiled.links} == {LinkKind.PLAIN, LinkKind.UNSUBSCRIBE}


@pytest.mark.parametrize(
    ("top", "text"),
    [
        (f"<p>{LOGO} and friends</p><p>Hello</p>", "Acme (https://acme.example/) and friends\n\nHello"),
        (f"<p>Hello</p><p>{LOGO}</p>", "Hello\n\nAcme (https://acme.example/)"),
        (f"<table role=presentation><tr><td>{LOGO}</td></tr></table><p>Hello</p>", "Hello\n"),
        (
            f"{{% if lead.city %}}<p>Hi</p>{{% endif %}}<p>{LOGO}</p><p>Hello</p>",
            "Acme (https://acme.example/)\n\nHello",
        ),
    ],
)
def test_letterhead_is_left_out_of_the_text_where_it_stands_alone_at_the_top(
    workshop: Workshop, top: str, text: str
) -> None:
    form = workshop.form(f"{HEAD}<html><body>{top}{FOOTER}</body></html>", "html")
    assert received(form.message(context())).text.startswith(text)


def test_link_of_markdown_need_not_count(workshop: Workshop) -> None:
    form = workshop.form(f"{HEAD}Hello [us](https://acme.example/us){{link=us count=no}}")
    assert '<a href="https://acme.example/us">us</a>' in received(form.message(context())).html


def test_campaign_values_make_static_targets(workshop: Workshop) -> None:
    workshop.settings = type(workshop.settings)(
        company=workshop.settings.company,
        vars=workshop.settings.vars,
        utm={"utm_source": "ripe", "utm_campaign": "{campaign}", "utm_content": "{stage}/{mail}", "a": "9"},
        utm_domains=("acme.example",),
    )
    form = workshop.form(
        f"{HEAD}[a](https://www.acme.example/x?a=1#f) [b](https://other.example/) [c]({{{{ vars.booking }}}})"
    )
    html = render_preview(form, context())[1]
    assert (
        'href="https://www.acme.example/x?a=1&amp;utm_source=ripe&amp;utm_campaign=clean-data&amp;utm_content=aware%2Fmail#f"'
        in html
    )
    assert 'href="https://other.example/"' in html
    assert 'href="https://meet.example/ann?a=1&amp;b=2"' in html
    assert not any(link.dynamic for link in form.compiled.links if link.tracked)


def test_copy_unpacks_to_the_exact_bytes_and_is_small(form: Form) -> None:
    raw = form.message(context())
    blob = pack_copy(form, raw)
    assert unpack_copy(copy_dictionary(form.compiled), blob) == raw
    assert len(blob) < len(raw) / 2
    with pytest.raises(ValueError, match="cannot be unpacked"):
        unpack_copy(b"another mail's", blob)
    with pytest.raises(ValueError, match="cannot be unpacked"):
        unpack_copy(copy_dictionary(form.compiled), blob[:-8])


def test_envelope_sender_names_the_delivery() -> None:
    sender = verp_sender(RING, 77, "bounce.acme.example")
    local, domain = sender.split("@")
    reference = read_mail_token(RING, Purpose.RETURN_PATH, local.removeprefix("b-"))
    assert reference is not None and reference.delivery == 77
    assert domain == "bounce.acme.example" and len(local) <= 64


def test_pictures_are_served_under_their_contents_name(workshop: Workshop) -> None:
    workshop.write(
        {
            "assets/logo.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x20",
            "dq/assets/bg.gif": b"GIF89a\x05\0\x06\0",
        }
    )
    picture = '<img src="assets/logo.png" width="16" alt="Logo">'
    source = f"{HEAD}<html><body style=\"background:url('assets/bg.gif')\">{picture}{BODY}"
    form = workshop.form(source, "html")
    logo, background = sorted(form.compiled.assets, key=lambda asset: asset.path)
    assert (logo.path, logo.width, logo.height, logo.content_type) == ("assets/logo.png", 16, 32, "image/png")
    assert (background.path, background.width, background.height) == ("dq/assets/bg.gif", 5, 6)
    html = render_preview(form, context())[1]
    assert f'<img src="{BASE}/a/{logo.hash}/logo.png" width="16" alt="Logo">' in html
    assert f"url('{BASE}/a/{background.hash}/bg.gif')" in html.replace("&#39;", "'")
