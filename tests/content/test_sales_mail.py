"""The alert's mail, as its parts say it."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from engine.content.sales_mail import Envelope, sales_mail, subject_of
from engine.domain.sales.occasion import Occasion
from engine.domain.sales.sheet import Deed, Question, Sheet

PAGE = "https://mail.acme.example/h/AbCd"
ENVELOPE = Envelope(
    "Acme <hello@acme.example>", "Ann <ann@acme.example>", datetime(2026, 11, 3, 9, 12, tzinfo=UTC), "<h7@acme.example>"
)
JANE = Sheet(
    "Jane Park",
    "Northwind",
    email="jane@northwind.example",
    phone="+49 (30) 12-34",
    because="event('demo_requested')",
    headline="compared vendors twice, asked for a demo",
    deeds=tuple(Deed(f"{day} Nov", f"clicked link {day}") for day in range(20, 0, -1)),
    answers=(("Which CRM?", "Salesforce"),),
)
ASKED = Question("Ann", "Thu 5 Nov 17:00", "it goes to Bea")


def parts(mail: EmailMessage) -> tuple[str, str]:
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    return text.get_content(), html.get_content()


def test_the_subject_says_who_and_why() -> None:
    assert (
        subject_of(JANE, ASKED, Occasion()) == "Jane Park, Northwind – ripe: compared vendors twice, asked for a demo"
    )
    assert (
        subject_of(JANE, Question("Ann", kind="task", text="Call her"), Occasion()) == "Jane Park, Northwind – Call her"
    )


def test_both_parts_have_the_buttons_the_deadline_and_the_newest_eight_deeds() -> None:
    for part in parts(sales_mail(JANE, ASKED, PAGE, ENVELOPE)):
        for do in ("accept", "reject", "snooze"):
            assert f"{PAGE}?do={do}" in part
        assert "Please answer by Thu 5 Nov 17:00; then it goes to Bea." in part
        assert "clicked link 13" in part
        assert "clicked link 12" not in part
        assert "Salesforce" in part


def test_a_telephone_can_dial_the_number() -> None:
    _, html = parts(sales_mail(JANE, ASKED, PAGE, ENVELOPE))
    assert 'href="tel:+493012 34"'.replace(" ", "") in html


@pytest.mark.acceptance(row=23)
def test_markup_in_a_leads_fields_is_shown_not_obeyed() -> None:
    hostile = Sheet("<svg onload=alert(1)>", '"><script>', because="<b>", headline="x", email="a@b.example")
    _, html = parts(sales_mail(hostile, ASKED, PAGE, ENVELOPE))
    assert "<svg" not in html
    assert "<script" not in html


@pytest.mark.acceptance(row=27)
def test_line_breaks_in_a_name_make_no_headers() -> None:
    mail = sales_mail(Sheet("Jane\r\nBcc: all@acme.example", headline="x"), ASKED, PAGE, ENVELOPE)
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Jane Bcc: all@acme.example – ripe: x"


def test_an_answered_one_has_no_buttons_any_more() -> None:
    for part in parts(sales_mail(JANE, Question("Ann", open=False), PAGE, ENVELOPE)):
        assert "do=accept" not in part
        assert PAGE in part


def test_who_took_it_is_offered_to_give_it_back_and_nothing_else() -> None:
    for part in parts(sales_mail(JANE, Question("Ann"), PAGE, ENVELOPE)):
        assert "Give it back" in part
        assert "do=accept" not in part
        assert "do=snooze" not in part
