"""The mail that tells a salesperson of a ripe lead, or of a call to make: one screen on a phone, and buttons.

The buttons lead to a page that asks once more, since mail programs and scanners open every address.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from engine.domain.sales.occasion import Occasion
from engine.domain.sales.sheet import Question, Sheet

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent / "sales"
LONGEST_SUBJECT = 110


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who writes to whom, when, under which Message-ID (the same however often it is tried)."""

    sender: str
    to: str
    at: datetime
    message_id: str


def sales_mail(
    sheet: Sheet, question: Question, page: str, envelope: Envelope, occasion: Occasion = Occasion()
) -> EmailMessage:
    """The mail; `page` is the address, signed for this person, behind every button."""
    subject = subject_of(sheet, question, occasion)
    values = {
        "subject": subject,
        "sheet": sheet,
        "question": question,
        "notice": occasion.notice or question.text,
        "page": page,
        "buttons": buttons(question, page),
    }
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = envelope.sender, envelope.to, subject
    message["Date"], message["Message-ID"] = format_datetime(envelope.at), envelope.message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_environment().get_template("alert.txt").render(values).strip() + "\n")
    message.add_alternative(_environment().get_template("alert.html").render(values).strip() + "\n", subtype="html")
    return message


def subject_of(sheet: Sheet, question: Question, occasion: Occasion) -> str:
    """`Jane Park, Northwind – ripe: asked for a demo`; a task says what is to be done."""
    told = question.text if question.kind == "task" else f"{occasion.word}: {sheet.headline or sheet.because}"
    line = " ".join(f"{sheet.name} – {told}".split())
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 1].rstrip() + "…"


def buttons(question: Question, page: str) -> Sequence[tuple[str, str, str]]:
    """Label, address and look of each button."""
    if question.kind == "task":
        return (("Done", f"{page}?do=done", "strong"), ("Could not", f"{page}?do=failed", "quiet"))
    if question.taken:
        return (("Give it back", f"{page}?do=reject", "quiet"),)
    return (
        ("Accept", f"{page}?do=accept", "strong"),
        ("Not yet", f"{page}?do=reject", "quiet"),
        ("Snooze", f"{page}?do=snooze", "quiet"),
    )


@lru_cache(1)
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
