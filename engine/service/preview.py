"""A mail of the working files as a lead would read it, and as the relay would get it; nothing is sent or recorded."""

from __future__ import annotations

import quopri
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from msgspec.structs import replace

from engine.authoring.home import TEMPLATES
from engine.content.context import CampaignInfo, Mailbox, RenderContext, Site, Thread
from engine.content.form import Form, load_form, render_preview
from engine.content.mails import Asset, Link
from engine.domain.delivery import MailKind
from engine.domain.journey.facts import Lead
from engine.domain.journey.route import names_of
from engine.domain.tokens import KeyRing
from engine.service.check import CheckReport
from engine.service.letters import lead_values
from engine.service.mail_choice import MailChoice, mails_of
from engine.service.mail_parts import SubjectLines, domain_of, owner_of, sender_of, variant_of
from engine.service.who import full_name

_NO_KEYS = KeyRing({0: bytes(32)}, 0)
"""A preview's links are never followed to the tracker, so nothing secret signs them."""


class AnyTrigger(dict[str, object]):
    """A trigger's properties, of which nothing is known yet: a date serves as text and as a date."""

    def __missing__(self, key: str) -> object:
        return "2026-01-15"

    def get(self, key: str, default: object = None) -> object:  # noqa: ARG002
        return self[key]


@dataclass(frozen=True)
class Reader:
    """For whom a mail is written: a lead, and the properties of the event that let it in."""

    lead: Lead
    trigger: Mapping[str, object] = field(default_factory=AnyTrigger)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a reader sees: who it is from and to, the subject, the line behind it, both parts.

    `html` holds its pictures itself, and its links lead straight to their targets. `source` is the whole message as the
    relay would get it, but for signatures: those in its links are blank, DKIM's is left out. `html_bytes` is the size
    of its HTML, decoded. `links` are followed by where they lead; empty for pages that are the lead's own.
    """

    sender: str
    to: str
    subject: str
    preheader: str
    html: str
    text: str
    source: bytes
    html_bytes: int
    links: tuple[tuple[Link, str], ...]


def preview(report: CheckReport, choice: MailChoice, reader: Reader, now: datetime) -> Preview:
    """The mail for this reader.

    Raises:
        MailError: a value without default is missing for this lead; the text says template and line.
    """
    form = _form(report, choice)
    context = _context(report, choice, reader, now)
    subject, html, text = render_preview(form, context)
    rendered = form.render(context)
    return Preview(
        sender=_shown(rendered.sender),
        to=_shown(context.to),
        subject=subject,
        preheader=form.preheader(context),
        html=_with_pictures(report, choice, html),
        text=text,
        source=form.assembled(rendered, context),
        html_bytes=len(quopri.decodestring(rendered.html)),
        links=form.targets(context),
    )


def _form(report: CheckReport, choice: MailChoice) -> Form:
    config, campaign = report.config, choice.campaign
    site = Site(config.tracking.base_url, domain_of(config.sender.default), config.tracking.enabled)
    info = CampaignInfo(campaign.id, campaign.title, campaign.theme)
    return load_form(choice.mail, _NO_KEYS, site, info, {**config.vars, **campaign.vars})


def _context(report: CheckReport, choice: MailChoice, reader: Reader, now: datetime) -> RenderContext:
    """As the daemon's letters have it; a mail that answers another has that one's subject for the same reader."""
    config, campaign, step, lead = report.config, choice.campaign, choice.step, reader.lead
    own = variant_of({"subject": choice.subject}, step, "subject")
    context = RenderContext(
        delivery=0,
        lead=lead_values(lead),
        to=Mailbox(full_name(lead.fields), lead.email),
        sender=sender_of(config, campaign, step, lead),
        date=now,
        message_id="<preview@ripeline.invalid>",
        owner=owner_of(config, lead).values(),
        trigger=reader.trigger,
        tracking=lead.tracking,
        one_click=step.mail_kind is MailKind.MARKETING,
        subject=SubjectLines(config).ready(own, campaign),
        reply_to=campaign.reply_to,
    )
    earlier = _answered(report, choice)
    if earlier is None:
        return context
    subject = render_preview(_form(report, earlier), _context(report, earlier, reader, now))[0]
    return replace(context, thread=Thread(subject, ("<earlier@ripeline.invalid>",)))


def _answered(report: CheckReport, choice: MailChoice) -> MailChoice | None:
    """The mail of the campaign in whose thread this one stands."""
    names = names_of(choice.campaign, choice.step.thread) if choice.step.thread else ()
    others = (other for other in mails_of(report) if other.campaign.id == choice.campaign.id)
    return next((other for other in others if other.step.id in names and other.step.id != choice.step.id), None)


def _shown(box: Mailbox) -> str:
    return f"{box.name} <{box.address}>" if box.name else box.address


def _with_pictures(report: CheckReport, choice: MailChoice, html: str) -> str:
    """The page with its pictures inside, as no tracker need run for a preview; one that is gone stays away."""
    base = report.config.tracking.base_url.rstrip("/")
    for asset in choice.mail.assets:
        html = html.replace(f"{base}/a/{asset.hash}/{quote(asset.name)}", _picture(report, asset))
    return html


def _picture(report: CheckReport, asset: Asset) -> str:
    try:
        content = (report.root / TEMPLATES / asset.path).read_bytes()
    except OSError:
        return ""
    return f"data:{asset.content_type};base64,{b64encode(content).decode('ascii')}"
