"""From claimed deliveries to finished mails: whose they are, which template, which words, from whom, to whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from msgspec import Struct

from engine.content.context import CampaignInfo, Mailbox, MailError, RenderContext, Rendered, Site, Thread
from engine.content.form import Form, load_form
from engine.content.mails import CompiledMail, MailKey
from engine.content.marking import Mark, with_banner, with_field
from engine.content.message import verp_sender
from engine.domain.campaign import Campaign
from engine.domain.delivery import MailKind
from engine.domain.journey.facts import Lead
from engine.domain.journey.route import names_of, step_now
from engine.domain.steps import EmailStep
from engine.errors import RipelineError
from engine.service.home import Home
from engine.service.mail_parts import SubjectLines, domain_of, owner_of, sender_of, variant_of
from engine.service.relays import routes
from engine.service.running import Running
from engine.smtp.dkim import DkimSigner
from engine.smtp.transaction import Outgoing
from engine.store.bundles import read_blob
from engine.store.database import reading
from engine.store.deliveries import Claimed
from engine.store.facts import load_leads, triggers_of
from engine.store.threads import threads


class UnsendableError(Exception):
    """This one mail cannot be written now.

    `lasting` says that waiting will not mend it; `until` for how long to wait, where that is known and nobody need act.
    """

    def __init__(self, reason: str, *, lasting: bool = False, until: datetime | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.lasting = lasting
        self.until = until


class Letter(Struct, frozen=True, gc=False):
    """A finished mail on its way, with what is kept of it."""

    claim: Claimed
    outgoing: Outgoing
    subject: str
    form: Form


@dataclass(frozen=True, slots=True)
class Background:
    """What a batch of mails needs to know, loaded at once."""

    leads: Mapping[int, Lead]
    triggers: Mapping[int, Mapping[str, object]]
    threads: Mapping[tuple[int, str], tuple[int, str]]


class Letters:
    """Writes mails; keeps forms ready between them."""

    def __init__(self, home: Home) -> None:
        self._home = home
        tracking = home.config.tracking
        self._site = Site(tracking.base_url, domain_of(home.config.sender.default), tracking.enabled)
        self._relays = routes(home.config).by_sender_domain if home.config.relay else {}
        self._forms: dict[tuple[int, str, str, str, str], Form] = {}
        self._loaded: dict[tuple[int, str, str], Form] = {}
        self._subjects = SubjectLines(home.config)

    def background(self, claims: Sequence[Claimed], running: Running) -> Background:
        """Load leads, triggers and earlier mails of threads for all of these deliveries."""
        replies = {
            (c.enrollment, c.thread): _names(c, running) for c in claims if c.thread and c.enrollment is not None
        }
        with reading(self._home.store) as connection:
            return Background(
                load_leads(connection, [claim.lead for claim in claims]),
                triggers_of(connection, [claim.enrollment for claim in claims if claim.enrollment is not None]),
                _answered(connection, replies) if replies else {},
            )

    def write(
        self, claim: Claimed, running: Running, background: Background, now: datetime, mark: Mark | None = None
    ) -> Letter:
        """The finished mail of a delivery; a test bears its `mark`.

        Raises:
            UnsendableError: it cannot be written for this lead; the text says template, line and why.
        """
        lead = background.leads.get(claim.lead)
        if lead is None or not lead.email:
            raise UnsendableError("the lead has no address any more", lasting=True)
        campaign, stage, step = _place(claim, running)
        form = self.form(stage, campaign, running, lead, variant_of(claim.variants, step, "email") or claim.mail)
        context = self._context(claim, campaign, step, lead, background, now)
        try:
            rendered = form.render(context)
            message = form.assembled(rendered, context) if mark is None else _marked(form, rendered, context, mark)
            message = self._signed(message, rendered.sender.address, now)
        except MailError as error:
            raise UnsendableError(str(error)) from error
        return Letter(claim, self._outgoing(claim, context, message), rendered.subject, form)

    def _signed(self, message: bytes, sender: str, now: datetime) -> bytes:
        """The message under the DKIM key of its sender's domain, where config has one."""
        if not self._signers:
            return message
        domain = sender.rpartition("@")[2].casefold()
        signer = next((s for name, s in self._signers.items() if domain == name or domain.endswith(f".{name}")), None)
        return signer.sign(message, now) if signer else message

    def _key(self, name: str) -> bytes:
        try:
            return (self._home.path / name).read_bytes()
        except OSError as error:
            raise RipelineError(f"the DKIM key {name} cannot be read ({error.strerror}); see [[dkim]]") from error

    def check_keys(self) -> None:
        """Read the signing keys now, so that a missing one is told at the start.

        Raises:
            RipelineError: a key cannot be read, or is none.
        """
        _ = self._signers

    @cached_property
    def _signers(self) -> dict[str, DkimSigner]:
        return {
            dkim.domain.casefold(): DkimSigner.from_pem(dkim.domain, dkim.selector, self._key(dkim.key_file))
            for dkim in self._home.config.dkim
        }

    def form(self, stage: str, campaign: Campaign, running: Running, lead: Lead, mail: str) -> Form:
        """The form of a stage's mail in the lead's language, ready to be filled in."""
        wanted = (running.programme.bundle, campaign.id, stage, mail, lead.language)
        found = self._forms.get(wanted)
        if found is None:
            found = self._forms[wanted] = self._form(MailKey(campaign.theme, stage, mail), campaign, running, lead)
        return found

    def _form(self, key: MailKey, campaign: Campaign, running: Running, lead: Lead) -> Form:
        """The form, shared by all languages that this mail answers alike."""
        digest = running.mail_digest(key, lead.language)
        if digest is None:
            raise UnsendableError(f"the template of mail '{key}' is not in the running bundle")
        loaded = (running.programme.bundle, campaign.id, digest)
        if loaded not in self._loaded:
            self._loaded[loaded] = self._load(digest, campaign)
        return self._loaded[loaded]

    def _load(self, digest: str, campaign: Campaign) -> Form:
        with reading(self._home.store) as connection:
            found = read_blob(connection, digest)
        if found is None:
            raise UnsendableError(f"the compiled mail {digest} is missing from the store")
        compiled = CompiledMail.from_json(found.content.decode())
        values: dict[str, Any] = {**self._home.config.vars, **campaign.vars}
        info = CampaignInfo(campaign.id, campaign.title, campaign.theme)
        return load_form(compiled, self._home.keys.ring, self._site, info, values)

    def _context(
        self,
        claim: Claimed,
        campaign: Campaign,
        step: EmailStep | None,
        lead: Lead,
        background: Background,
        now: datetime,
    ) -> RenderContext:
        return RenderContext(
            delivery=claim.id,
            lead=lead_values(lead),
            to=Mailbox(_full_name(lead), lead.email),
            sender=sender_of(self._home.config, campaign, step, lead),
            date=now,
            message_id=self.message_id(claim.id),
            owner=owner_of(self._home.config, lead).values(),
            trigger=background.triggers.get(claim.enrollment or 0, {}),
            tracking=lead.tracking,
            one_click=claim.kind is MailKind.MARKETING,
            subject=self._subjects.ready(variant_of(claim.variants, step, "subject"), campaign),
            reply_to=campaign.reply_to,
            thread=self._thread(claim, background),
        )

    def message_id(self, delivery: int) -> str:
        """The Message-ID of a delivery: the same at every attempt, so that a receiver can tell a second copy."""
        return f"<{delivery}.{self._home.identity}@{domain_of(self._home.config.sender.default)}>"

    def _thread(self, claim: Claimed, background: Background) -> Thread | None:
        earlier = background.threads.get((claim.enrollment or 0, claim.thread)) if claim.thread else None
        return Thread(earlier[1], (self.message_id(earlier[0]),)) if earlier else None

    def _outgoing(self, claim: Claimed, context: RenderContext, message: bytes) -> Outgoing:
        safe = self._home.config.safety.deliver_to
        domain = self._home.config.sender.bounce_domain or domain_of(context.sender.address)
        sender = verp_sender(self._home.keys.ring, claim.id, domain)
        relay = self._relays.get(domain_of(context.sender.address))
        return Outgoing(claim.id, sender, safe or context.to.address, message, relay, canonical=True)


def _marked(form: Form, rendered: Rendered, context: RenderContext, mark: Mark) -> bytes:
    return with_field(form.assembled(with_banner(rendered, mark), context), mark)


def _names(claim: Claimed, running: Running) -> tuple[str, ...]:
    """Every name that the step which this mail answers has had, as earlier mails are on record under them."""
    campaign = running.programme.campaigns.get(claim.campaign)
    return names_of(campaign, step_now(campaign, claim.thread)) if campaign else (claim.thread,)


def _answered(
    connection: Any, replies: Mapping[tuple[int, str], Sequence[str]]
) -> dict[tuple[int, str], tuple[int, str]]:
    """For (enrollment, thread): the number and subject of the mail that was sent there last."""
    found = threads(connection, [(run, name) for (run, _), names in replies.items() for name in names])
    sent = {key: [found[key[0], name] for name in names if (key[0], name) in found] for key, names in replies.items()}
    return {key: max(mails) for key, mails in sent.items() if mails}


def _place(claim: Claimed, running: Running) -> tuple[Campaign, str, EmailStep | None]:
    """Where the mail stands in the running bundle, after renames: its campaign, stage and step.

    Raises:
        UnsendableError: for good, as a bundle took the campaign or the step away.
    """
    campaign = running.programme.campaigns.get(claim.campaign)
    if campaign is None:
        raise UnsendableError(f"campaign '{claim.campaign}' was taken away", lasting=True)
    name = step_now(campaign, claim.step)
    for stage, step in campaign.steps():
        if step.id == name:
            return campaign, stage.id, step if isinstance(step, EmailStep) else None
    if claim.test:
        return campaign, claim.stage, None
    raise UnsendableError(f"step '{claim.step}' was taken away from campaign '{claim.campaign}'", lasting=True)


def lead_values(lead: Lead) -> Mapping[str, object]:
    """What templates see as `lead.…`."""
    built_in = {
        "email": lead.email,
        "source": lead.source,
        "lifecycle": lead.lifecycle,
        "country": lead.country,
        "language": lead.language,
        "zone": lead.zone,
        "owner": lead.owner,
        "score": lead.score,
        "fit": lead.fit,
    }
    return {**built_in, **lead.fields}


def _full_name(lead: Lead) -> str:
    parts = (str(lead.fields.get(name) or "") for name in ("first_name", "last_name"))
    return " ".join(part for part in parts if part) or str(lead.fields.get("name") or "")
