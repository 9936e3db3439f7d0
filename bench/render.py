"""How long one mail takes from its form to its bytes, as a ratio against `email.message.EmailMessage`.

The mail: 9.5 KB of text and HTML, 75 holes, 25 tracked links in each part, another lead every time.
"""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from engine.content.compilation import compile_templates
from engine.content.context import CampaignInfo, Mailbox, RenderContext, Site
from engine.content.form import Form, load_form, pack_copy
from engine.content.mails import MailWanted
from engine.content.settings import CompileSettings
from engine.domain.tokens import KeyRing

SETTINGS = CompileSettings(company={"name": "Acme", "postal_address": "12 Harbour Street, Hamburg", "website": ""})
HOLES, LINKS = 75, 25


def template() -> str:
    """HTML with `HOLES` values and `LINKS` links, about 5 KB."""
    fields = ("first_name", "company", "city", "industry", "title")
    rows = []
    for number in range(LINKS):
        holes = " and ".join(
            f"{{{{ lead.{fields[(number + step) % len(fields)]} }}}}" for step in range(HOLES // LINKS)
        )
        link = f'<a href="https://acme.example/page/{number}?from=mail&amp;n=1">item {number}</a>'
        rows.append(f"<tr><td>{holes}: {link} of it</td></tr>")
    footer = '<p>{{ company.postal_address }} <a href="{{ unsubscribe_url }}">Unsubscribe</a></p>'
    head = '+++\nsubject = "For {{ lead.first_name }} at {{ lead.company }}"\n+++\n'
    return f"{head}<!doctype html><html><body><table>{''.join(rows)}</table>{footer}</body></html>\n"


def bench_form() -> Form:
    """The mail, ready to be filled in."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "templates"
        (root / "bench" / "one").mkdir(parents=True)
        (root / "bench" / "one" / "mail.html").write_text(template())
        mails, problems = compile_templates(root, [MailWanted("bench", "one", "mail")], SETTINGS)
    mistakes = [str(problem) for problem in problems if problem.is_error]
    if mistakes:
        raise SystemExit("\n".join(mistakes))
    (compiled,) = mails.values()
    ring = KeyRing({1: b"k" * 32}, 1)
    return load_form(compiled, ring, Site("https://t.acme.example"), CampaignInfo("bench", "Bench", "bench"))


def lead_context(number: int) -> RenderContext:
    """A lead of its own for each number."""
    lead = {
        "first_name": f"Jané {number}",
        "company": f"Smith & Sons {number}",
        "city": f"Town {number}",
        "industry": "software",
        "title": f"Head of {number}",
    }
    to = Mailbox(f"Jane {number}", f"lead{number}@example.com")
    now = datetime(2026, 11, 22, 9, tzinfo=UTC)
    return RenderContext(number, lead, to, Mailbox("Ann Lee", "ann@acme.example"), now, f"<{number}@acme.example>")


def microseconds_a_mail(form: Form, mails: int = 2000) -> float:
    """Microseconds for one finished message."""
    contexts = [lead_context(number) for number in range(mails + 50)]
    for context in contexts[:50]:
        form.message(context)
    start = time.perf_counter()
    for context in contexts[50:]:
        form.message(context)
    return (time.perf_counter() - start) / mails * 1e6


def microseconds_of_email_message(form: Form, mails: int = 100) -> float:
    """Microseconds that the standard library needs to put the same parts together, without rendering them."""
    import quopri

    rendered = form.render(lead_context(1))
    text, html = quopri.decodestring(rendered.text).decode(), quopri.decodestring(rendered.html).decode()
    start = time.perf_counter()
    for _ in range(mails):
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = (
            "Ann <ann@acme.example>",
            "lead@example.com",
            rendered.subject,
        )
        message.set_content(text, cte="quoted-printable")
        message.add_alternative(html, subtype="html", cte="quoted-printable")
        message.as_bytes()
    return (time.perf_counter() - start) / mails * 1e6


def measure() -> dict[str, float]:
    """The figures: µs a mail, µs of `EmailMessage`, their ratio, bytes of a mail and of its stored copy."""
    form = bench_form()
    ours, theirs = microseconds_a_mail(form), microseconds_of_email_message(form)
    message = form.message(lead_context(7))
    start = time.perf_counter()
    for _ in range(500):
        pack_copy(form, message)
    packing = (time.perf_counter() - start) / 500 * 1e6
    return {
        "µs a mail": ours,
        "µs of EmailMessage": theirs,
        "ratio": theirs / ours,
        "bytes a mail": len(message),
        "bytes of its copy": len(pack_copy(form, message)),
        "µs to pack a copy": packing,
    }


def main() -> None:
    figures = measure()
    print(
        f"render to MIME   {figures['ratio']:.0f}× as fast as EmailMessage on the finished parts "
        f"({figures['µs a mail']:.0f} µs for {figures['bytes a mail']:,.0f} octets; "
        f"a copy is packed to {figures['bytes of its copy']:,.0f} in {figures['µs to pack a copy']:.0f} µs)"
    )


if __name__ == "__main__":
    main()
