"""The finished message (RFC 5322, 2045, 2046): headers and two parts as bytes, ready for DKIM and the relay."""

from __future__ import annotations

import re
from functools import lru_cache

from engine.content.context import MailError, RenderContext, Rendered, Site
from engine.content.headers import HeaderError, checked, date_text, fixed, mailbox, unstructured
from engine.domain.tokens import KeyRing, MailRef, Purpose, mail_token

_PART = b"Content-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
_MESSAGE_ID = re.compile(r"<[^\s<>@]{1,400}@[^\s<>@]{1,400}>")
#: No text in quoted-printable contains "=_" (RFC 2045, section 6.7, rule 1), so no part can contain the boundary.
BOUNDARY = b"=_ripeline"


def assemble(rendered: Rendered, context: RenderContext, fields: bytes, template: str) -> bytes:
    """The whole message; every line ends in CRLF. `fields` are header fields that are the same for all leads.

    Raises:
        MailError: a name, subject or address cannot stand in a header.
    """
    try:
        head = _head(rendered, context)
    except HeaderError as error:
        raise MailError(template, None, f"{error}. Mend the lead's data or the template") from None
    return b"".join((head, fields, _MIDDLE, rendered.text, _NEXT, rendered.html, _END))


def _head(rendered: Rendered, context: RenderContext) -> bytes:
    fields = [
        _from(rendered.sender.name, rendered.sender.address),
        mailbox("To", context.to.name, context.to.address),
        unstructured("Subject", rendered.subject),
        b"Date: " + date_text(context.date).encode("ascii") + b"\r\n",
        fixed("Message-ID", _message_id(context.message_id)),
    ]
    if rendered.reply_to:
        fields.append(_reply_to(rendered.reply_to))
    if context.thread:
        fields += _references(context.thread.message_ids)
    if context.one_click:
        fields.append(b"List-Unsubscribe: <" + rendered.unsubscribe_url.encode("ascii") + b">\r\n")
        fields.append(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
    return b"".join(fields)


@lru_cache(maxsize=256)
def _from(name: str, address: str) -> bytes:
    """Senders are few."""
    return mailbox("From", name, address)


def _message_id(text: str) -> str:
    checked("Message-ID", text)
    if not _MESSAGE_ID.fullmatch(text):
        raise HeaderError(f"Message-ID is no id: {text[:80]!r}")
    return text


def _reply_to(text: str) -> bytes:
    name, address = split_mailbox(text)
    return mailbox("Reply-To", name, address)


def split_mailbox(text: str) -> tuple[str, str]:
    """`Ann Lee <ann@acme.example>` as name and address."""
    match = re.fullmatch(
        r'\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<name>[^<]*?))\s*<(?P<address>[^<>]*)>\s*', text, re.DOTALL
    )
    if not match:
        return "", text.strip()
    quoted = match["quoted"]
    return re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else match["name"] or "", match["address"].strip()


def _references(message_ids: tuple[str, ...]) -> list[bytes]:
    """In-Reply-To the newest, References to at most twenty, one a line (RFC 5322, section 3.6.4)."""
    ids = [_message_id(entry) for entry in message_ids[-20:]]
    return [fixed("In-Reply-To", ids[-1]), b"References: " + "\r\n ".join(ids).encode("ascii") + b"\r\n"] if ids else []


_MIDDLE = (
    b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="'
    + BOUNDARY
    + b'"\r\n\r\n--'
    + BOUNDARY
    + b"\r\n"
    + _PART % b"plain"
)
_NEXT = b"\r\n--" + BOUNDARY + b"\r\n" + _PART % b"html"
_END = b"\r\n--" + BOUNDARY + b"--\r\n"


def list_fields(site: Site, campaign_id: str, campaign_title: str, key: str) -> bytes:
    """List-Id (RFC 2919) and Feedback-ID of a campaign's mails."""
    domain = site.list_domain or re.sub(r"^https?://|[:/].*$", "", site.base_url) or "localhost"
    label = re.sub(r"[^a-z0-9-]+", "-", campaign_id.lower()).strip("-") or "mail"
    title = re.sub(r'[^ -~]|["\\<>]', "", campaign_title).strip()
    name = f'"{title}" ' if title and len(title) < 60 else ""
    feedback = ":".join(
        re.sub(r"[^A-Za-z0-9_.-]+", "-", part) or "-" for part in (campaign_id, key, "ripeline", domain)
    )
    return f"List-Id: {name}<{label}.{domain}>\r\nFeedback-ID: {feedback}\r\n".encode("ascii")


def verp_sender(ring: KeyRing, delivery: int, domain: str) -> str:
    """The envelope sender of a delivery, to which its bounces return (VERP)."""
    token = mail_token(ring, Purpose.RETURN_PATH, MailRef(delivery, b"\0" * 6))
    return f"b-{token}@{domain}"
