"""How a home stands: what runs, who waits where, what went out, and what needs a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.domain.campaign import Campaign
from engine.domain.timing.local import start_of
from engine.errors import ProblemsError
from engine.service.deliver import STEP_STOPPED
from engine.service.event_notes import RefusedNote, TraitNote, refused_note, trait_notes
from engine.service.held import SENDING_HELD
from engine.service.home import Home
from engine.service.running import Runner
from engine.service.safe_mode import held_targets
from engine.store.actions import open_counts
from engine.store.alerts import open_alerts
from engine.store.bundles import campaign_rows, current_bundle_id, home_value, home_values, read_bundle
from engine.store.database import reading
from engine.store.deliveries import next_delivery_instant, state_counts
from engine.store.handoff_counts import AtSales, at_sales
from engine.store.journey import next_due_instant, stage_counts
from engine.store.outbox import Waiting as Letters
from engine.store.outbox import count_open, count_waiting_to
from engine.store.overview import leads_in_statistics, overdue_mails, sent_on, waiting_mails
from engine.store.unknown_mails import unknown_since


@dataclass(frozen=True, slots=True)
class Bundle:
    """The bundle that runs."""

    number: int
    applied_at: datetime
    applied_by: str


@dataclass(frozen=True, slots=True)
class StageState:
    """The leads in one stage: those who move, and those who wait, by why."""

    name: str
    leads: int = 0
    paused: int = 0


@dataclass(frozen=True, slots=True)
class CampaignState:
    """A campaign and its leads. `standing` is what its file says, or that an operator paused it."""

    name: str
    standing: str
    stages: tuple[StageState, ...]
    ended: Mapping[str, int]
    paused_since: datetime | None = None

    @property
    def leads(self) -> int:
        return sum(stage.leads for stage in self.stages)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Mails put aside: which, why, how many, until when at least."""

    mail: str
    why: str
    count: int
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that needs a person."""

    text: str
    since: datetime


@dataclass(frozen=True)
class Status:
    """How the home stands at `now`.

    `outside` counts due tasks, notices, posts and hand-offs; `letters` what other programs were not told yet,
    `held_letters` how many of them safe mode holds; `sales` the leads that sales has;
    `sending_held` says why nothing is sent, `unreadable` why nothing is decided; `traits` of event clients that are not
    stored, and what of their messages was `refused`.
    """

    now: datetime
    company: str
    zone: str
    leads: int
    bundle: Bundle | None
    campaigns: tuple[CampaignState, ...]
    mails: Mapping[str, int]
    sent_today: int
    overdue: tuple[int, datetime | None]
    waiting: tuple[Waiting, ...]
    unknown: int
    next_look: datetime | None
    next_mail: datetime | None
    alerts: tuple[Alert, ...]
    relays: tuple[str, ...]
    sending_held: str | None = None
    deliver_to: str = ""
    stopped: Mapping[str, str] = field(default_factory=dict)
    outside: Mapping[str, int] = field(default_factory=dict)
    letters: Letters = field(default_factory=Letters)
    held_letters: int = 0
    sales: AtSales = field(default_factory=AtSales)
    unreadable: str = ""
    traits: tuple[TraitNote, ...] = ()
    refused: RefusedNote | None = None


def status_of(home: Home, now: datetime) -> Status:
    """The state of the home at this instant, in one reading."""
    campaigns, unreadable = _running(home)
    with reading(home.store) as connection:
        stopped = home_values(connection, STEP_STOPPED)
        return Status(
            now=now,
            company=home.config.company.name,
            zone=home.config.company.zone,
            leads=leads_in_statistics(connection),
            bundle=_bundle(connection),
            campaigns=tuple(_campaigns(campaigns, campaign_rows(connection), stage_counts(connection))),
            mails=state_counts(connection),
            sent_today=_sent_today(connection, home, now),
            overdue=overdue_mails(connection, now),
            waiting=tuple(_waiting(connection, now)),
            unknown=len(unknown_since(connection, now)),
            next_look=next_due_instant(connection),
            next_mail=next_delivery_instant(connection),
            alerts=tuple(Alert(row.text, row.raised_at) for row in open_alerts(connection)),
            relays=tuple(f"{relay.name} ({relay.host}:{relay.port})" for relay in home.config.relay),
            sending_held=home_value(connection, SENDING_HELD),
            deliver_to=home.config.safety.deliver_to,
            stopped={name.removeprefix(STEP_STOPPED): why for name, why in stopped.items()},
            outside=open_counts(connection),
            letters=count_open(connection),
            held_letters=count_waiting_to(connection, list(held_targets(home.config))),
            sales=at_sales(connection, now),
            unreadable=unreadable,
            traits=tuple(trait_notes(connection, home, now)),
            refused=refused_note(connection, now),
        )


def _sent_today(connection: Any, home: Home, now: datetime) -> int:
    """Mails taken since the day began for the company."""
    today = now.astimezone(home.zone)
    return sent_on(connection, today.date(), start_of(today.date(), home.zone))


def _running(home: Home) -> tuple[Mapping[str, Campaign], str]:
    """The campaigns that run; none, and why, where the stored files do not suit the config any more."""
    try:
        return Runner(home).current().programme.campaigns, ""
    except ProblemsError as error:
        return {}, str(error)


def _bundle(connection: Any) -> Bundle | None:
    number = current_bundle_id(connection)
    found = read_bundle(connection, number) if number is not None else None
    return Bundle(found.id, found.applied_at, found.applied_by) if found else None


def _campaigns(
    campaigns: Mapping[str, Campaign], rows: Mapping[str, Any], counts: Sequence[tuple[str, str, str, str, int]]
) -> Iterable[CampaignState]:
    names = sorted(campaigns.keys() | {campaign for campaign, *_ in counts})
    for name in names:
        of_it = [
            (stage, status, waiting, count) for campaign, stage, status, waiting, count in counts if campaign == name
        ]
        campaign, row = campaigns.get(name), rows.get(name)
        paused_since = row.paused_at if row is not None else None
        standing = "paused" if paused_since else str(campaign.state) if campaign else "removed"
        yield CampaignState(name, standing, tuple(_stages(campaign, of_it)), _ended(of_it), paused_since)


def _stages(campaign: Campaign | None, counts: Sequence[tuple[str, str, str, int]]) -> Iterable[StageState]:
    """The stages in the order of the file; behind them those that the file no longer has, if leads stand there."""
    inside = [entry for entry in counts if entry[1] != "ended"]
    known = [stage.id for stage in campaign.stages] if campaign else []
    for name in [*known, *sorted({stage for stage, *_ in inside} - set(known))]:
        here = [(status, count) for stage, status, _, count in inside if stage == name]
        yield StageState(name, sum(c for _, c in here), sum(count for status, count in here if status == "paused"))


def _ended(counts: Sequence[tuple[str, str, str, int]]) -> Mapping[str, int]:
    ended: dict[str, int] = {}
    for _, status, why, count in counts:
        if status == "ended":
            ended[why] = ended.get(why, 0) + count
    return ended


def _waiting(connection: Any, now: datetime) -> Iterable[Waiting]:
    """Mails put aside, with the reason: the relay's words, or the alert raised when none could be written or sent."""
    alerts = {row.subject: row.text for row in open_alerts(connection)}
    relay = next((text for subject, text in alerts.items() if subject.startswith("relay:")), "waits for a relay")
    for row in waiting_mails(connection, now):
        mail = f"{row.campaign}/{row.step}"
        why = row.reason or alerts.get(f"mail:{mail}") or relay
        yield Waiting(mail, why, row.number, row.next_at)
