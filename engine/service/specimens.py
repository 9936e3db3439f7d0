"""Specimens: mails of the working files to test recipients, over the real relay, outside of journeys and statistics."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from msgspec import structs

from engine.authoring.policy import policy_from
from engine.content.form import pack_copy
from engine.content.mails import CompiledMail
from engine.content.marking import Mark
from engine.domain.campaign import Campaign
from engine.domain.delivery import DeliveryState
from engine.domain.identity import ENTROPY_BYTES, Address, address_hash, public_id
from engine.domain.journey.facts import Lead
from engine.domain.journey.programme import Programme
from engine.domain.steps import EmailStep
from engine.service.check import CheckReport
from engine.service.home import Home
from engine.service.letters import Background, Letter, Letters, UnsendableError
from engine.service.links import LinkNames
from engine.service.relays import relay_settings, routes
from engine.service.running import Running
from engine.smtp.at_once import send_at_once
from engine.smtp.mailer import SendResult
from engine.smtp.replies import OutcomeKind
from engine.smtp.transaction import Outgoing
from engine.store.bundles import Blob, keep_blobs
from engine.store.database import reading, writing
from engine.store.deliveries import Claimed, Ended, admit, record_ended
from engine.store.facts import load_leads
from engine.store.test_mails import add_test_mail, test_recipient

NODE = "send-test"
LEASE = timedelta(minutes=10)

_BEGUN = (DeliveryState.SENDING, DeliveryState.TRANSMITTING)


@dataclass(frozen=True, slots=True)
class Specimen:
    """One mail that is sent as a test.

    It is written with the values of `lead` and `trigger`, under `subject` (as it would stand in the campaign file), and
    bears its `mark`. `answers` is the earlier specimen to which it is a reply.
    """

    campaign: Campaign
    stage: str
    step: EmailStep
    mail: CompiledMail
    subject: str
    lead: Lead
    mark: Mark
    trigger: Mapping[str, object] = field(default_factory=dict)
    answers: Specimen | None = None


@dataclass(frozen=True, slots=True)
class Tested:
    """How one test mail ended: its number, to whom it went, under which subject, whether the relay took it, and the
    relay's words. `relay` is empty for a mail that could not be written; the number is 0 for one that was not tried."""

    delivery: int
    to: str
    accepted: bool
    relay: str
    told: str
    subject: str = ""


Telling = Callable[[Specimen, Tested], None]


def send_specimens(
    home: Home, report: CheckReport, specimens: Sequence[Specimen], to: Sequence[Address], tell: Telling
) -> list[Tested]:
    """Send each specimen to each of these addresses, one after the other; `tell` hears of each as it ends.

    When the relay itself is at fault, the rest is not tried.

    Raises:
        RipelineError: no relay is configured.
    """
    settings, ways = relay_settings(home.config, home.path), routes(home.config)
    post = _Post(home, tell, [(one, address) for one in specimens for address in to])
    with writing(home.store) as connection:
        keep_blobs(connection, _blobs(report, specimens))
    try:
        send_at_once(post.letters(), settings, ways, home.clock, post.admit, post.ended)
    finally:
        post.give_up()
    return post.results


def _blobs(report: CheckReport, specimens: Sequence[Specimen]) -> Iterator[Blob]:
    """The mails and their pictures, so that their links, their web view and `show` work."""
    for mail in {one.mail.digest: one.mail for one in specimens}.values():
        yield Blob(mail.digest, "application/json", str(mail.key), mail.to_json().encode())
        for asset in mail.assets:
            content = (report.root / "templates" / asset.path).read_bytes()
            yield Blob(asset.hash, asset.content_type, asset.name, content)


@dataclass
class _Post:
    """Specimens on their way, each with whom it goes to."""

    home: Home
    tell: Telling
    items: Sequence[tuple[Specimen, Address]]
    results: list[Tested] = field(default_factory=list)
    sent: dict[tuple[int, str], tuple[int, str]] = field(default_factory=dict)
    under_way: dict[int, tuple[Specimen, Letter]] = field(default_factory=dict)
    stopped_by: str = ""

    def letters(self) -> Iterator[Outgoing]:
        """The finished mails, each written when it is its turn."""
        for specimen, address in self.items:
            if self.stopped_by:
                self._close(specimen, Tested(0, address.written, False, self.stopped_by, "not tried any more"))
                continue
            letter = self._letter(specimen, address)
            if letter is not None:
                self.under_way[letter.claim.id] = specimen, letter
                yield letter.outgoing

    def admit(self, tickets: Sequence[int]) -> set[int]:
        """The gate."""
        fences = [(number, self.under_way[number][1].claim.fence) for number in tickets]
        with writing(self.home.store) as connection:
            return admit(connection, fences, self.home.clock.now() + LEASE)

    def ended(self, result: SendResult) -> None:
        """One is over: on record, and told."""
        specimen, letter = self.under_way.pop(result.ticket)
        _record(self.home, _ended(letter, result))
        outcome = result.outcome
        accepted = outcome.kind is OutcomeKind.ACCEPTED
        if accepted:
            self.sent[id(specimen), letter.claim.address_hash] = letter.claim.id, letter.subject
        elif outcome.before_gate:
            self.stopped_by = result.relay
        told = _reply(result) if accepted else outcome.told
        to = letter.outgoing.recipient
        self._close(specimen, Tested(letter.claim.id, to, accepted, result.relay, told, letter.subject))

    def give_up(self) -> None:
        """What was under way when the command was stopped is over: no daemon shall find and send it later."""
        now = self.home.clock.now()
        for _, letter in self.under_way.values():
            reason = "the test was stopped; it may have gone out"
            _record(
                self.home, Ended(letter.claim.id, letter.claim.fence, DeliveryState.FAILED, now, _BEGUN, reason=reason)
            )

    def _close(self, specimen: Specimen, tested: Tested) -> None:
        self.results.append(tested)
        self.tell(specimen, tested)

    def _letter(self, specimen: Specimen, address: Address) -> Letter | None:
        """The finished mail to one recipient, its delivery on record; None if it cannot be written, which is told."""
        claim = _claim(self.home, specimen, address)
        with reading(self.home.store) as connection:
            own = load_leads(connection, [claim.lead])[claim.lead]
        lead = structs.replace(
            specimen.lead, id=own.id, email=own.email, address_hash=own.address_hash, tracking=own.tracking
        )
        background = Background({claim.lead: lead}, {0: specimen.trigger}, self._thread(specimen, claim))
        now = self.home.clock.now()
        try:
            return Letters(self.home).write(claim, _running(self.home, specimen), background, now, specimen.mark)
        except UnsendableError as error:
            _record(self.home, _failed(self.home, claim, error.reason))
            self._close(specimen, Tested(claim.id, address.written, False, "", error.reason))
            return None

    def _thread(self, specimen: Specimen, claim: Claimed) -> dict[tuple[int, str], tuple[int, str]]:
        """The mail that this recipient got before, and that this one answers."""
        earlier = self.sent.get((id(specimen.answers), claim.address_hash))
        return {(0, claim.thread): earlier} if earlier else {}


def _running(home: Home, specimen: Specimen) -> Running:
    """What would run if these files were applied, with this one mail, in the language that is tested."""
    step = replace(specimen.step, variants={"subject": (specimen.subject,)}, mail=specimen.mail.key.name)
    stages = tuple(
        replace(stage, steps=tuple(step if known.id == step.id else known for known in stage.steps))
        for stage in specimen.campaign.stages
    )
    campaign = replace(specimen.campaign, stages=stages)
    programme = Programme(0, {campaign.id: campaign}, policy_from(home.config))
    mails = {str(replace(specimen.mail.key, language="")): specimen.mail.digest}
    return Running(programme, mails, LinkNames(home.store))


def _claim(home: Home, specimen: Specimen, address: Address) -> Claimed:
    now, known = home.clock.now(), address_hash(home.keys.addresses, address.identity)
    place = {"campaign": specimen.campaign.id, "stage": specimen.stage, "step": specimen.step.id}
    kind, name = specimen.step.mail_kind, specimen.mail.key.name
    with writing(home.store) as connection:
        lead = test_recipient(connection, address, known, public_id(now, os.urandom(ENTROPY_BYTES)), now)
        mail: dict[str, object] = {"mail": name, "kind": kind.value, "variants": {}}
        values = {"lead_id": lead, "address_hash": known, **place, **mail}
        number = add_test_mail(connection, values, NODE, now, now + LEASE)
    return Claimed(
        id=number,
        fence=1,
        lead=lead,
        enrollment=None,
        campaign=specimen.campaign.id,
        stage=specimen.stage,
        step=specimen.step.id,
        mail=name,
        kind=kind,
        thread=specimen.step.thread if specimen.answers else "",
        variants={},
        bundle=None,
        attempts=1,
        first_attempt_at=now,
        expires_at=None,
        relay="",
        test=True,
        address_hash=known,
    )


def _record(home: Home, ended: Ended) -> None:
    with writing(home.store) as connection:
        record_ended(connection, [ended])


def _failed(home: Home, claim: Claimed, reason: str) -> Ended:
    return Ended(claim.id, claim.fence, DeliveryState.FAILED, home.clock.now(), _BEGUN, reason=reason)


def _ended(letter: Letter, result: SendResult) -> Ended:
    """A test is never tried again: who waits for it sees the outcome, and tests once more."""
    accepted = result.outcome.kind is OutcomeKind.ACCEPTED
    form, message = letter.form, letter.outgoing.message
    return Ended(
        id=letter.claim.id,
        fence=letter.claim.fence,
        state=DeliveryState.SENT if accepted else DeliveryState.FAILED,
        at=result.finished_at,
        frm=_BEGUN,
        relay=result.relay,
        phase=result.outcome.phase.value,
        outcome=result.outcome.kind.value,
        reply=_reply(result),
        reason="" if accepted else result.outcome.told,
        subject=letter.subject,
        form=form.compiled.digest,
        copy=(form.compiled.digest, pack_copy(form, message)),
    )


def _reply(result: SendResult) -> str:
    outcome = result.outcome
    return " ".join(part for part in (str(outcome.code or ""), outcome.enhanced, outcome.text) if part)
