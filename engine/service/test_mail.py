"""Test mails: a mail of the working files to colleagues, over the real relay, outside of journeys and statistics."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from msgspec import structs

from engine.authoring.policy import policy_from
from engine.content.form import pack_copy
from engine.content.mails import CompiledMail
from engine.domain.campaign import Campaign
from engine.domain.delivery import DeliveryState
from engine.domain.identity import ENTROPY_BYTES, Address, address_hash, public_id, read_address
from engine.domain.journey.facts import Lead
from engine.domain.journey.programme import Programme
from engine.errors import RipelineError
from engine.service.check import CheckReport
from engine.service.home import Home
from engine.service.letters import Background, Letter, Letters, UnsendableError
from engine.service.links import LinkNames
from engine.service.mail_choice import MailChoice
from engine.service.relays import relay_settings, routes
from engine.service.running import Running
from engine.service.sample_lead import filled_up, sample_lead
from engine.smtp.at_once import send_at_once
from engine.smtp.mailer import SendResult
from engine.smtp.replies import OutcomeKind
from engine.store.bundles import Blob, keep_blobs
from engine.store.database import reading, writing
from engine.store.deliveries import Claimed, Ended, admit, record_ended
from engine.store.facts import load_leads
from engine.store.test_mails import add_test_mail, test_recipient

NODE = "send-test"
PREFIX = "[Test] "
LEASE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Tested:
    """How one test mail ended: its number, to whom it went, whether the relay took it, and the relay's words."""

    delivery: int
    to: str
    accepted: bool
    relay: str
    told: str


def send_tests(
    home: Home, report: CheckReport, choice: MailChoice, to: Sequence[str], like: Lead | None = None
) -> list[Tested]:
    """Send the mail to each of these addresses, with the values of `like`, and a sample's where it has none.

    Raises:
        RipelineError: an address is none, no relay is configured, or the mail cannot be written.
    """
    recipients = [_address(text) for text in to]
    settings, ways = relay_settings(home.config, home.path), routes(home.config)
    running = _running(home, report, choice)
    with writing(home.store) as connection:
        keep_blobs(connection, _blobs(report, choice.mail))
    letters = [_letter(home, running, choice, address, like) for address in recipients]
    fences = {letter.claim.id: letter.claim.fence for letter in letters}

    def commit(tickets: Sequence[int]) -> set[int]:
        with writing(home.store) as connection:
            return admit(connection, [(number, fences[number]) for number in tickets], home.clock.now() + LEASE)

    results = send_at_once([letter.outgoing for letter in letters], settings, ways, home.clock, commit)
    return list(_recorded(home, letters, results))


def _address(text: str) -> Address:
    found = read_address(text)
    if not isinstance(found, Address):
        raise RipelineError(f"'{text}' {found.reason}")
    return found


def _blobs(report: CheckReport, mail: CompiledMail) -> Iterator[Blob]:
    """The mail and its pictures, so that its links, its web view and `show` work."""
    yield Blob(mail.digest, "application/json", str(mail.key), mail.to_json().encode())
    for asset in mail.assets:
        content = (report.root / "templates" / asset.path).read_bytes()
        yield Blob(asset.hash, asset.content_type, asset.name, content)


def _running(home: Home, report: CheckReport, choice: MailChoice) -> Running:
    """What would run if these files were applied, with the test's subject."""
    campaign = _marked(choice)
    programme = Programme(0, {campaign.id: campaign}, policy_from(home.config))
    mails = {str(key): mail.digest for key, mail in report.mails.items() if not key.language}
    return Running(programme, mails, LinkNames(home.store))


def _marked(choice: MailChoice) -> Campaign:
    """The campaign with the step's subject marked as a test, in its first variant."""
    subject = next(iter(choice.step.variants.get("subject", ())), "") or choice.mail.subject
    step = replace(choice.step, variants={"subject": (f"{PREFIX}{subject}",)}, mail=choice.mail.key.name, thread="")
    stages = tuple(
        replace(stage, steps=tuple(step if known is choice.step else known for known in stage.steps))
        for stage in choice.campaign.stages
    )
    return replace(choice.campaign, stages=stages)


def _letter(home: Home, running: Running, choice: MailChoice, address: Address, like: Lead | None) -> Letter:
    """The finished mail to one recipient, its delivery on record."""
    claim = _claim(home, choice, address)
    sample = sample_lead(home.config)
    with reading(home.store) as connection:
        own = load_leads(connection, [claim.lead])[claim.lead]
    values = filled_up(like or own, sample)
    lead = structs.replace(values, id=own.id, email=own.email, address_hash=own.address_hash, tracking=own.tracking)
    background = Background({claim.lead: lead}, {0: _sample_trigger(choice)}, {})
    try:
        return Letters(home).write(claim, running, background, home.clock.now())
    except UnsendableError as error:
        _record(home, [_failed(claim, home, error.reason)])
        raise RipelineError(f"the mail cannot be written: {error.reason}") from error


def _sample_trigger(choice: MailChoice) -> dict[str, object]:
    """A value for every property of the trigger that the mail asks for; a date serves as text too."""
    asked = (use.path.split(".") for use in choice.mail.variables)
    return {path[1]: "2026-01-15" for path in asked if path[0] == "trigger" and len(path) > 1}


def _claim(home: Home, choice: MailChoice, address: Address) -> Claimed:
    now, known = home.clock.now(), address_hash(home.keys.addresses, address.identity)
    place = {"campaign": choice.campaign.id, "stage": choice.stage, "step": choice.step.id}
    mail: dict[str, object] = {"mail": choice.mail.key.name, "kind": choice.step.mail_kind.value, "variants": {}}
    with writing(home.store) as connection:
        lead = test_recipient(connection, address, known, public_id(now, os.urandom(ENTROPY_BYTES)), now)
        values = {"lead_id": lead, "address_hash": known, **place, **mail}
        number = add_test_mail(connection, values, NODE, now, now + LEASE)
    return Claimed(
        id=number,
        fence=1,
        lead=lead,
        enrollment=None,
        campaign=choice.campaign.id,
        stage=choice.stage,
        step=choice.step.id,
        mail=choice.mail.key.name,
        kind=choice.step.mail_kind,
        thread="",
        variants={},
        bundle=None,
        attempts=1,
        first_attempt_at=now,
        expires_at=None,
        relay="",
        test=True,
    )


def _recorded(home: Home, letters: Sequence[Letter], results: Sequence[SendResult]) -> Iterator[Tested]:
    _record(home, [_ended(letter, result) for letter, result in zip(letters, results, strict=True)])
    for letter, result in zip(letters, results, strict=True):
        outcome = result.outcome
        accepted = outcome.kind is OutcomeKind.ACCEPTED
        told = _reply(result) if accepted else outcome.told
        yield Tested(letter.claim.id, letter.outgoing.recipient, accepted, result.relay, told)


def _record(home: Home, ended: Sequence[Ended]) -> None:
    with writing(home.store) as connection:
        record_ended(connection, ended)


_BEGUN = (DeliveryState.SENDING, DeliveryState.TRANSMITTING)


def _failed(claim: Claimed, home: Home, reason: str) -> Ended:
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
