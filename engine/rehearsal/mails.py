"""The mails of a life as their reader sees them: written by the daemon's own renderer, for the lead as it was then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.content.compiler import compile_line
from engine.content.context import CampaignInfo, Mailbox, MailError, RenderContext, Site, Thread
from engine.content.form import Form, load_form, render_preview
from engine.content.mails import CompiledMail, MailKey
from engine.content.message import split_mailbox
from engine.content.settings import CompileSettings
from engine.domain.campaign import Campaign
from engine.domain.journey.facts import Lead
from engine.domain.journey.route import names_of
from engine.domain.steps import EmailStep
from engine.domain.tokens import KeyRing
from engine.errors import Place
from engine.rehearsal.life import Life, Mailed
from engine.service.check import CheckReport
from engine.service.letters import lead_values
from engine.service.who import full_name

_NO_KEYS = KeyRing({0: bytes(32)}, 0)
"""Nobody follows these mails' links, so nothing secret signs them."""


@dataclass(frozen=True, slots=True)
class Read:
    """What the reader sees."""

    subject: str
    text: str


class Letterbox:
    """Writes the mails of a home's checked files; forms are kept ready between scenarios."""

    def __init__(self, report: CheckReport) -> None:
        self._report = report
        self._site = Site(report.config.tracking.base_url, tracking=False)
        self._forms: dict[tuple[str, str], Form] = {}
        self._subjects: dict[tuple[str, str], str] = {}

    def read(self, life: Life, mail: Mailed) -> Read:
        """The mail for its lead.

        Raises:
            MailError: it cannot be written for this lead; the text says template, line and why.
        """
        campaign, step = self._place(mail)
        form = self._form(campaign, mail.send.stage, _variant(mail, step, "email") or step.mail, mail.lead)
        subject, _, text = render_preview(form, self._context(life, mail, campaign, step))
        return Read(subject, text)

    def subject(self, life: Life, mail: Mailed) -> str:
        """The mail's subject; its step's name where it cannot be written."""
        try:
            return self.read(life, mail).subject
        except MailError:
            return mail.send.step

    def _place(self, mail: Mailed) -> tuple[Campaign, EmailStep]:
        campaign = self._report.campaigns[mail.send.campaign]
        found = next(step for _, step in campaign.steps() if step.id == mail.send.step)
        assert isinstance(found, EmailStep)
        return campaign, found

    def _form(self, campaign: Campaign, stage: str, name: str, lead: Lead) -> Form:
        compiled = self._compiled(MailKey(campaign.theme, stage, name), lead.language)
        wanted = (campaign.id, str(compiled.key))
        if wanted not in self._forms:
            values = {**self._report.config.vars, **campaign.vars}
            info = CampaignInfo(campaign.id, campaign.title, campaign.theme)
            self._forms[wanted] = load_form(compiled, _NO_KEYS, self._site, info, values)
        return self._forms[wanted]

    def _compiled(self, key: MailKey, language: str) -> CompiledMail:
        """The mail in the lead's language: its own ("de-at"), the bare one ("de"), or the home's."""
        wanted = language.casefold().replace("_", "-")
        keys = (replace(key, language=one) for one in (wanted, wanted.partition("-")[0], ""))
        return next(self._report.mails[one] for one in keys if one in self._report.mails)

    def _context(self, life: Life, mail: Mailed, campaign: Campaign, step: EmailStep) -> RenderContext:
        config, lead = self._report.config, mail.lead
        owner = Mailbox(*split_mailbox(config.sender.owners.get(lead.owner, "")))
        run = next((one for one in life.facts.enrollments if one.id == mail.enrollment), None)
        return RenderContext(
            delivery=0,
            lead=lead_values(lead),
            to=Mailbox(full_name(lead.fields), lead.email),
            sender=self._sender(campaign, step, owner),
            date=mail.at,
            message_id="<scenario@ripeline.invalid>",
            owner=owner.values(),
            trigger=run.trigger if run is not None else {},
            tracking=False,
            subject=self._subject_of(campaign, _variant(mail, step, "subject")),
            reply_to=campaign.reply_to,
            thread=self._thread(life, mail, campaign),
        )

    def _sender(self, campaign: Campaign, step: EmailStep, owner: Mailbox) -> Mailbox:
        config = self._report.config
        chosen = step.sender or campaign.sender
        fallback = Mailbox(*split_mailbox(chosen.address if chosen else config.sender.default))
        verified = owner.address.rpartition("@")[2].casefold() in config.sender.verified_domains
        return owner if chosen is not None and chosen.owner and verified else fallback

    def _subject_of(self, campaign: Campaign, text: str) -> str:
        """A variant's subject made ready; empty for the mail's own."""
        if not text:
            return ""
        wanted = (text, campaign.id)
        if wanted not in self._subjects:
            config = self._report.config
            settings = CompileSettings.from_config(config, {n: one.type for n, one in config.lead_fields.items()})
            known = replace(settings, vars={**settings.vars, **{n: str(v) for n, v in campaign.vars.items()}})
            self._subjects[wanted] = compile_line(text, Place(f"campaigns/{campaign.id}.toml"), known)[0]
        return self._subjects[wanted]

    def _thread(self, life: Life, mail: Mailed, campaign: Campaign) -> Thread | None:
        """The mail that this one answers, if the lead got it in this run."""
        names: Sequence[str] = names_of(campaign, mail.send.thread) if mail.send.thread else ()
        before = life.mails[: life.mails.index(mail)]
        for earlier in reversed(before):
            if earlier.enrollment == mail.enrollment and earlier.send.step in names:
                return Thread(self.read(life, earlier).subject, ("<earlier@ripeline.invalid>",))
        return None


def _variant(mail: Mailed, step: EmailStep, part: str) -> str:
    choices = step.variants.get(part, ())
    chosen = mail.send.variants.get(part, 0)
    return choices[chosen] if chosen < len(choices) else ""
