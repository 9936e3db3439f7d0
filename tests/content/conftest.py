"""A templates' folder per test, compiled in this process; the tests of the child process use the real one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from engine.content.context import CampaignInfo, Mailbox, RenderContext, Site
from engine.content.form import Form, load_form
from engine.content.library import Library, find_pages
from engine.content.mails import CompiledMail, MailKey, MailWanted
from engine.content.settings import STANDARD_FIELDS, CompileSettings
from engine.content.worker import compile_one
from engine.domain.tokens import KeyRing
from engine.errors import Problem

RING = KeyRing({3: b"k" * 32}, 3)
BASE = "https://t.acme.example"
SETTINGS = CompileSettings(
    fields={**STANDARD_FIELDS, "interests": "tags", "vip": "boolean", "seats": "number", "renewal": "date"},
    company={"name": "Acme & Co", "postal_address": "12 Harbour Street, Hamburg", "website": "https://acme.example/"},
    vars={"booking": "https://meet.example/ann?a=1&b=2"},
)
FOOTER = '<p>{{ company.postal_address }} <a href="{{ unsubscribe_url }}">Unsubscribe</a></p>'
LAYOUT = f'<!doctype html><html lang="en"><body>{{% block content %}}{{% endblock %}}{FOOTER}</body></html>\n'
HEAD = '+++\nsubject = "Hello"\n+++\n'


@dataclass
class Workshop:
    """Writes templates and compiles them."""

    root: Path
    settings: CompileSettings = SETTINGS

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def attempt(
        self, source: str, ending: str = "md", *, operational: bool = False
    ) -> tuple[CompiledMail | None, list[Problem]]:
        """The mail `dq/aware/mail` with this source, and all problems."""
        self.write({f"dq/aware/mail.{ending}": source})
        library = Library(self.root)
        pages, problems = find_pages(library, MailWanted("dq", "aware", "mail", operational))
        assert not problems
        return compile_one(library, pages[0], self.settings)

    def mail(self, source: str, ending: str = "md") -> CompiledMail:
        """As `attempt`, where no mistake is expected."""
        mail, problems = self.attempt(source, ending)
        assert mail is not None, [(str(problem.place), problem.message) for problem in problems]
        return mail

    def problem(self, source: str, ending: str = "md") -> Problem:
        """The one mistake in this source."""
        mail, problems = self.attempt(source, ending)
        errors = [problem for problem in problems if problem.is_error]
        assert mail is None
        assert len(errors) == 1, errors
        return errors[0]

    def form(self, source: str, ending: str = "md", *, tracking: bool = True) -> Form:
        site = Site(BASE, tracking=tracking)
        return load_form(
            self.mail(source, ending), RING, site, CampaignInfo("clean-data", "Clean data", "dq"), self.settings.vars
        )


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    shop = Workshop(tmp_path / "templates")
    shop.write({"layouts/default.html": LAYOUT})
    return shop


def context(lead: Mapping[str, Any] | None = None, **changes: Any) -> RenderContext:
    """A delivery to Jane, with what the test changes."""
    made = RenderContext(
        delivery=77,
        lead={"email": "jane@northwind.example", "first_name": "Jane", **(lead or {})},
        to=Mailbox("Jane Park", "jane@northwind.example"),
        sender=Mailbox("Ann Lee", "ann@acme.example"),
        date=datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
        message_id="<77.abc@acme.example>",
    )
    return structs.replace(made, **changes)


@dataclass(frozen=True)
class Received:
    """A message as the standard library reads it."""

    message: EmailMessage
    text: str
    html: str
    raw: bytes


def received(raw: bytes) -> Received:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    text, html = message.iter_parts()
    contents = [str(part.get_content()).replace("\r\n", "\n") for part in (text, html)]
    return Received(message, contents[0], contents[1], raw)


Deliver = Callable[..., Received]


def key(name: str = "mail", language: str = "") -> MailKey:
    return MailKey("dq", "aware", name, language)
