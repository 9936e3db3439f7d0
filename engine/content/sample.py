"""A first rendering with made-up values: what fails for everybody is found before it is sent to anybody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from engine.content.context import CampaignInfo, Mailbox, MailError, RenderContext, Site
from engine.content.form import load_form
from engine.content.mails import CompiledMail
from engine.content.settings import CompileSettings
from engine.domain.tokens import KeyRing
from engine.errors import Place, Problem, Severity

KB = 1024
CUT_AT = 102 * KB
NEARLY_CUT = 92 * KB

_SAMPLES: Mapping[str, object] = {
    "number": 7,
    "boolean": True,
    "date": date(2026, 1, 15),
    "datetime": datetime(2026, 1, 15, 9, 30, tzinfo=UTC),
    "tags": ["one", "two"],
}


class _Anything(dict[str, Any]):
    """A trigger's properties, of which nothing is known: each has some value."""

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ARG002
        return "2026-01-15"


def sample_context(settings: CompileSettings) -> RenderContext:
    """A lead that has every field."""
    lead = {name: _SAMPLES.get(kind, name) for name, kind in settings.fields.items()}
    person = {"name": "Ann Lee", "email": "ann@example.com"}
    return RenderContext(
        delivery=1,
        lead={**lead, "website": "https://example.com"},
        to=Mailbox("Jane", "jane@example.com"),
        sender=Mailbox("Ann Lee", "ann@example.com"),
        date=datetime(2026, 1, 15, tzinfo=UTC),
        message_id="<1@example.com>",
        owner=person,
        trigger=_Anything(),
    )


def first_render(mail: CompiledMail, settings: CompileSettings, place: Place) -> list[Problem]:
    """Problems that show only when the mail is written."""
    ring = KeyRing({0: bytes(32)}, 0)
    try:
        form = load_form(
            mail, ring, Site("http://127.0.0.1"), CampaignInfo("sample", "Sample", "sample"), settings.vars
        )
        context = sample_context(settings)
        rendered = form.render(context)
        form.assembled(rendered, context)
    except MailError:
        return []  # made-up values need not suit; the lead's own are judged at send time
    except ValueError as error:
        return [Problem("E327", f"this mail cannot be written: {error}", place)]
    return _length(len(rendered.html), place)


def _length(size: int, place: Place) -> list[Problem]:
    """Whether Gmail cuts the mail, by the bytes of its HTML part as it is sent."""
    if size < NEARLY_CUT:
        return []
    cut = "Gmail cuts mails at 102 KB" if size >= CUT_AT else "Gmail cuts mails at 102 KB, and values may be longer"
    message = f"this mail has {size / KB:.0f} KB of HTML; {cut}"
    return [Problem("W407", message, place, "shorten it, or move parts to a page", Severity.WARNING)]
