"""A mail of the working files as a lead would read it; nothing is sent or recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from engine.config.model import Config
from engine.content.context import CampaignInfo, Mailbox, RenderContext, Site
from engine.content.form import load_form, render_preview
from engine.content.message import split_mailbox
from engine.domain.journey.facts import Lead
from engine.domain.tokens import KeyRing
from engine.service.check import CheckReport
from engine.service.letters import lead_values
from engine.service.mail_choice import MailChoice
from engine.service.who import full_name

_NO_KEYS = KeyRing({0: bytes(32)}, 0)
"""A preview's links are never followed to the tracker, so nothing secret signs them."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a reader sees: who it is from and to, the subject, both parts."""

    sender: str
    to: str
    subject: str
    html: str
    text: str


def preview(report: CheckReport, choice: MailChoice, lead: Lead, now: datetime) -> Preview:
    """The mail for this lead, with the first of its variants.

    Raises:
        MailError: a value without default is missing for this lead; the text says template and line.
    """
    config, campaign = report.config, choice.campaign
    values = {**config.vars, **{name: str(value) for name, value in campaign.vars.items()}}
    site = Site(config.tracking.base_url, tracking=False)
    info = CampaignInfo(campaign.id, campaign.title, campaign.theme)
    form = load_form(choice.mail, _NO_KEYS, site, info, values)
    context = _context(config, choice, lead, now)
    subject, html, text = render_preview(form, context)
    sender = _shown(context.sender)
    return Preview(sender, _shown(context.to), subject, _with_pictures(report, choice, html), text)


def _context(config: Config, choice: MailChoice, lead: Lead, now: datetime) -> RenderContext:
    owner = Mailbox(*split_mailbox(config.sender.owners.get(lead.owner, "")))
    return RenderContext(
        delivery=0,
        lead=lead_values(lead),
        to=Mailbox(full_name(lead.fields), lead.email),
        sender=_sender(config, choice, owner),
        date=now,
        message_id="<preview@ripeline.invalid>",
        owner=owner.values(),
        trigger=_Anything(),
        tracking=False,
        subject=next(iter(choice.step.variants.get("subject", ())), ""),
        reply_to=choice.campaign.reply_to,
    )


class _Anything(dict[str, object]):
    """A trigger's properties, of which nothing is known yet: a date serves as text and as a date."""

    def __missing__(self, key: str) -> object:
        return "2026-01-15"

    def get(self, key: str, default: object = None) -> object:  # noqa: ARG002
        return self[key]


def _sender(config: Config, choice: MailChoice, owner: Mailbox) -> Mailbox:
    chosen = choice.step.sender or choice.campaign.sender
    fallback = Mailbox(*split_mailbox(chosen.address if chosen else config.sender.default))
    verified = owner.address.rpartition("@")[2].casefold() in config.sender.verified_domains
    return owner if chosen is not None and chosen.owner and verified else fallback


def _shown(box: Mailbox) -> str:
    return f"{box.name} <{box.address}>" if box.name else box.address


def _with_pictures(report: CheckReport, choice: MailChoice, html: str) -> str:
    """The page with pictures from the files, as no tracker need run for a preview."""
    base = report.config.tracking.base_url.rstrip("/")
    for asset in choice.mail.assets:
        file = (report.root / "templates" / asset.path).resolve()
        html = html.replace(f"{base}/a/{asset.hash}/{quote(asset.name)}", file.as_uri())
    return html
