"""The mails of a life as their reader sees them: written by the daemon's own renderer, for the lead as it was then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.content.context import CampaignInfo, Mailbox, MailError, RenderContext, Site, Thread
from engine.content.form import Form, load_form, render_preview
from engine.content.mails import CompiledMail, MailKey
from engine.domain.campaign import Campaign
from engine.domain.journey.facts import Lead
from engine.domain.journey.route import names_of
from engine.domain.steps import EmailStep
from engine.domain.tokens import KeyRing
from engine.rehearsal.life import Life, Mailed
from engine.service.check import CheckReport
from engine.service.letters import lead_values
from engine.service.mail_parts import SubjectLines, languages, owner_of, sender_of, variant_of
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
        self._subjects = SubjectLines(report.config)

    def read(self, life: Life, mail: Mailed) -> Read:
        """The mail for its lead.

        Raises:
            MailError: it cannot be written for this lead; the text says template, line and why.
        """
        campaign, step = self._place(mail)
        form = self._form(
            campaign, mail.send.stage, variant_of(mail.send.variants, step, "email") or step.mail, mail.lead
        )
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
        keys = (replace(key, language=one) for one in languages(language))
        return next(self._report.mails[one] for one in keys if one in self._report.mails)

    def _context(self, life: Life, mail: Mailed, campaign: Campaign, step: EmailStep) -> RenderContext:
        config, lead = self._report.config, mail.lead
        run = next((one for one in life.facts.enrollments if one.id == mail.enrollment), None)
        return RenderContext(
            delivery=0,
            lead=lead_values(lead),
            to=Mailbox(full_name(lead.fields), lead.email),
            sender=sender_of(config, campaign, step, lead),
            date=mail.at,
            message_id="<scenario@ripeline.invalid>",
            owner=owner_of(config, lead).values(),
            trigger=run.trigger if run is not None else {},
            tracking=False,
            subject=self._subjects.ready(variant_of(mail.send.variants, step, "subject"), campaign),
            reply_to=campaign.reply_to,
            thread=self._thread(life, mail, campaign),
        )

    def _thread(self, life: Life, mail: Mailed, campaign: Campaign) -> Thread | None:
        """The mail that this one answers, if the lead got it in this run."""
        names: Sequence[str] = names_of(campaign, mail.send.thread) if mail.send.thread else ()
        before = life.mails[: life.mails.index(mail)]
        for earlier in reversed(before):
            if earlier.enrollment == mail.enrollment and earlier.send.step in names:
                return Thread(self.read(life, earlier).subject, ("<earlier@ripeline.invalid>",))
        return None
