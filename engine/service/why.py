"""`why`: a lead's whole story – decisions, mails, events, permission – with what comes next and what never will."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.content.form import answering
from engine.domain.campaign import Campaign
from engine.domain.journey.draft import Draft
from engine.domain.journey.facts import EnrollmentStatus, LeadFacts
from engine.domain.journey.outlook import Next, outlook, tell_next
from engine.domain.journey.programme import Programme
from engine.domain.journey.view import LeadView
from engine.domain.rules import evaluate, explain
from engine.domain.steps import EmailStep
from engine.domain.timing import tell_instant, zone_named
from engine.service.happenings import (
    Moment,
    because,
    mail_moments,
    merged,
    permission_moments,
    story_moments,
    traffic_moments,
)
from engine.service.held import SENDING_HELD
from engine.service.home import Home
from engine.service.mail_titles import MailTitles
from engine.service.running import Running
from engine.service.safe_mode import held_targets
from engine.service.score import Ripeness, judged, ripeness
from engine.service.story_words import Speaker
from engine.service.who import full_name, meant_lead
from engine.store.bundles import campaign_rows, home_value
from engine.store.database import reading
from engine.store.deliveries import attempts_of, deliveries_of
from engine.store.events import events_of
from engine.store.facts import load_facts
from engine.store.journey import story_of
from engine.store.outbox import Target, waiting_of
from engine.store.permission import consents_of, suppressions_of


@dataclass(frozen=True, slots=True)
class Head:
    """Who the lead is. `needs` is the score that `sales_ready` asks for, while it is not reached; `ripe` says why the
    lead is ripe, or is not; empty where config does not say when one is."""

    id: str
    name: str
    email: str
    company: str
    lifecycle: str
    score: float
    fit: str
    zone: str
    consent: str
    lists: tuple[str, ...] = ()
    internal: bool = False
    needs: float | None = None
    ripe: str = ""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What comes next in one campaign: `label` is next, waits or paused; `unless` is what would change it."""

    label: str
    campaign: str
    at: datetime | None
    what: str
    unless: str = ""


@dataclass(frozen=True, slots=True)
class Outside:
    """A campaign that the lead is not in, or a mail that it never gets, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class LeadStory:
    """Everything that `why` tells of a lead. `concerns` hold for all leads: sending held, safe mode."""

    head: Head
    zone: ZoneInfo
    now: datetime
    moments: tuple[Moment, ...]
    ahead: tuple[Ahead, ...]
    never: tuple[Outside, ...]
    outside: tuple[Outside, ...]
    concerns: tuple[str, ...]


@dataclass(frozen=True)
class Papers:
    """All that the store has on a lead."""

    row: Any
    facts: LeadFacts
    story: Sequence[Any]
    deliveries: Sequence[Any]
    attempts: Mapping[int, Sequence[Any]]
    events: Sequence[Any]
    consents: Sequence[Any]
    suppressions: Sequence[Any]
    standings: Mapping[str, Any]
    sending_held: str | None
    titles: Mapping[tuple[str, str], str] = field(default_factory=dict)
    held: Mapping[Target, str] = field(default_factory=dict)
    held_letters: Sequence[Any] = ()


def story_of_lead(home: Home, running: Running, name: str, now: datetime) -> LeadStory:
    """The story of the lead that is called so.

    Raises:
        RipelineError: nobody is called so, or several are.
    """
    papers = _papers(home, name)
    lead, programme = papers.facts.lead, running.programme
    zone = zone_named(lead.zone) or zone_named(programme.policy.zone) or ZoneInfo("UTC")
    titles = MailTitles(home.store, running, lead.language, papers.titles)
    speaker = Speaker(zone, programme, titles)
    coming = outlook(papers.facts, programme, now)
    return LeadStory(
        head=_head(papers, programme, zone, now),
        zone=zone,
        now=now,
        moments=tuple(_moments(papers, speaker)),
        ahead=(*_entering(papers.facts, coming, now), *_ahead(coming, speaker, now)),
        never=tuple(_never(papers, coming, speaker, now)),
        outside=tuple(_not_in(papers, {found.campaign for found in coming}, programme, now)),
        concerns=tuple(_concerns(home, papers, zone)),
    )


def _papers(home: Home, name: str) -> Papers:
    with reading(home.store) as connection:
        row, held = meant_lead(connection, name), held_targets(home.config)
        deliveries = deliveries_of(connection, row.id)
        return Papers(
            row=row,
            facts=load_facts(connection, [row.id])[0],
            story=story_of(connection, row.id),
            deliveries=deliveries,
            attempts={mail.id: attempts_of(connection, mail.id) for mail in deliveries},
            events=events_of(connection, row.id),
            consents=consents_of(connection, row.id),
            suppressions=suppressions_of(connection, row.address_hash) if row.address_hash else (),
            standings=campaign_rows(connection),
            sending_held=home_value(connection, SENDING_HELD),
            titles={(mail.campaign, mail.step): mail.subject for mail in deliveries if mail.subject and not mail.test},
            held=held,
            held_letters=[one for one in waiting_of(connection, row.id) if (one.kind, one.target) in held],
        )


def _head(papers: Papers, programme: Programme, zone: ZoneInfo, now: datetime) -> Head:
    lead = papers.facts.lead
    score, fit, view = lead.score, lead.fit, LeadView(papers.facts, None, None, {})
    if programme.policy.scoring.in_use:
        scored, graded, view = judged(papers.facts, programme, now)
        score, fit = scored.score, graded.fit
    ripe = ripeness(programme.policy, view, score, now)
    with_sales = Draft(papers.facts, programme, now).with_sales
    return Head(
        id=papers.row.public_id,
        name=full_name(lead.fields),
        email=lead.email,
        company=str(lead.fields.get("company") or ""),
        lifecycle=lead.lifecycle,
        score=score,
        fit=fit,
        zone=str(zone),
        consent=_consent(papers.consents, zone, now),
        lists=tuple(sorted(lead.lists)),
        internal=lead.internal,
        needs=ripe.needs if ripe is not None and not with_sales else None,
        ripe=f"with sales: {lead.owner or 'nobody has it yet'}" if with_sales else _ripe_told(ripe),
    )


def _ripe_told(ripe: Ripeness | None) -> str:
    return "" if ripe is None else f"{'ripe' if ripe.holds else 'not ripe'}: {ripe.because}"


def _consent(consents: Sequence[Any], zone: ZoneInfo, now: datetime) -> str:
    """The newest consent to all marketing mail, with its proof."""
    found = [row for row in consents if not row.topic]
    if not found:
        return "none on record"
    newest = found[-1]
    day = tell_instant(newest.at, zone, now).rpartition(" ")[0]
    wording = newest.proof.get("wording") or newest.proof.get("text")
    parts = [newest.source, day, f"wording {wording}" if wording else ""]
    told = ", ".join(part for part in parts if part)
    return told if newest.granted else f"withdrawn ({told})"


def _moments(papers: Papers, speaker: Speaker) -> list[Moment]:
    return merged(
        [
            *story_moments(papers.row, papers.story, speaker),
            *mail_moments(papers.deliveries, papers.attempts, speaker),
            *traffic_moments(papers.events, speaker),
            *permission_moments(papers.suppressions, papers.consents, papers.story),
        ]
    )


def _ahead(coming: Sequence[Next], speaker: Speaker, now: datetime) -> Iterator[Ahead]:
    """What each open run does next."""
    for found in coming:
        if found.kind == "never":
            continue
        told = tell_next(_titled(found, speaker), speaker.zone, now)
        due = found.at is not None and found.at <= now and not found.because
        why = "due: at the next look" if due else told.because or found.because
        yield Ahead(told.verb, found.campaign, found.at, told.what, why)


def _entering(facts: LeadFacts, coming: Sequence[Next], now: datetime) -> Iterator[Ahead]:
    """Campaigns that the lead enters as soon as somebody looks at it."""
    inside = {run.campaign for run in facts.enrollments if run.status is not EnrollmentStatus.ENDED}
    for name in sorted({found.campaign for found in coming} - inside):
        yield Ahead("next", name, now, f"enters {name}", "at the next look, if the daemon runs")


def _titled(found: Next, speaker: Speaker) -> Next:
    """With the mail's subject in the place of its name."""
    if found.kind not in ("mail", "passes", "never"):
        return found
    campaign = speaker.programme.campaigns.get(found.campaign)
    steps = [step for _, step in campaign.steps() if isinstance(step, EmailStep)] if campaign is not None else []
    thread = next((step.thread for step in steps if step.mail == found.what), "")
    title = speaker.title(found.campaign, thread or found.what).strip('"')
    return replace(found, what=answering(title) if thread else title)


def _never(papers: Papers, coming: Sequence[Next], speaker: Speaker, now: datetime) -> Iterator[Outside]:
    """What keeps mail from this lead for good, until a person changes it."""
    facts, programme, zone = papers.facts, speaker.programme, speaker.zone
    if not facts.lead.email:
        yield Outside("any mail", "the lead has no address")
    scopes = {"all": "any mail", "marketing": "marketing mail"}
    for row in papers.suppressions:
        what = scopes.get(row.scope, f"mail on {row.scope.removeprefix('topic:')}")
        yield Outside(what, f"{because(row.reason, row.source)}, {tell_instant(row.at, zone, now)}")
    policy, domain = programme.policy, facts.lead.email.rpartition("@")[2].casefold()
    if domain in policy.never_domains:
        yield Outside("marketing mail", f"config.toml says never to mail {domain}")
    view = LeadView(facts, None, None, {})
    if policy.never_rule is not None and evaluate(policy.never_rule, view, now).holds:
        yield Outside("marketing mail", f"never_mail: {explain(policy.never_rule, view, now)}")
    for found in coming:
        if found.kind == "never" and not found.because.startswith(_FOR_ALL_MAIL):
            yield Outside(speaker.title(found.campaign, found.what), found.because)


_FOR_ALL_MAIL = ("suppressed", "never_mail", "the lead has no email")
"""Reasons that are told once for all mail, not for each."""


def _not_in(papers: Papers, coming: Set[str], programme: Programme, now: datetime) -> Iterator[Outside]:
    """Why each campaign that the lead was never in did not let it in."""
    been = {run.campaign for run in papers.facts.enrollments} | coming
    for name, campaign in sorted(programme.campaigns.items()):
        if name not in been:
            yield Outside(name, _why_not_in(papers, campaign, programme, now))


def _why_not_in(papers: Papers, campaign: Campaign, programme: Programme, now: datetime) -> str:
    facts = papers.facts
    if programme.standing(campaign.id).paused:
        return "an operator paused it"
    if not campaign.state.admits:
        return f"it lets nobody in: state = {str(campaign.state)!r}"
    if campaign.on is not None:
        return _why_not_triggered(facts, campaign, now)
    if campaign.enter is None:
        return "its file names neither enter nor on"
    view = LeadView(facts, None, campaign, {})
    told = explain(campaign.enter, view, now)
    if evaluate(campaign.enter, view, now).holds and campaign.id in facts.passed_over:
        return f"met its condition before it went live ({told}); backfill = true would let such leads in"
    return f"enter: {told}"


def _why_not_triggered(facts: LeadFacts, campaign: Campaign, now: datetime) -> str:
    if campaign.on is None:
        return ""
    name = campaign.on.event
    found = [event for event in facts.events if event.name.casefold() == name.casefold()]
    if not found:
        return f"the event {name!r} never happened"
    if campaign.enter is not None:
        view = LeadView(facts, None, campaign, {}, trigger=found[-1].properties)
        if not evaluate(campaign.enter, view, now).holds:
            return f"enter: {explain(campaign.enter, view, now)}"
    return f"the event {name!r} happened before it went live, or lacks {campaign.on.key or 'what it needs'}"


def _concerns(home: Home, papers: Papers, zone: ZoneInfo) -> Iterator[str]:
    if papers.sending_held is not None:
        why = f" ({papers.sending_held})" if papers.sending_held else ""
        yield f"All sending is held{why}: nobody gets mail until `ripeline resume`."
    if home.config.safety.deliver_to:
        yield f"Safe mode: mail goes to {home.config.safety.deliver_to}, not to the lead."
    for letter in papers.held_letters:
        yield f"Not told to {letter.kind} '{letter.target}': {letter.topic}, {papers.held[letter.kind, letter.target]}."
    inside = {run.campaign for run in papers.facts.enrollments if run.status is not EnrollmentStatus.ENDED}
    for name in sorted(inside):
        row = papers.standings.get(name)
        if row is not None and row.paused_at is not None:
            yield f"{name} is paused since {tell_instant(row.paused_at, zone)}: `ripeline resume {name}` goes on."
    if papers.facts.lead.internal:
        yield "A colleague: gets mail, but is outside of all statistics."


def as_values(story: LeadStory) -> dict[str, object]:
    """The story as plain values, for programs; instants in UTC."""
    values = asdict(story)
    values["zone"] = str(story.zone)
    return values
