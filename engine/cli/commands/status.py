"""What runs, who waits where, what went out, and what needs a person.

Examples:

  ripeline status
  ripeline status --json
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from engine.cli.composition import Running, running_daemon
from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import Line, Segment, as_json, bar, clock_time, columns, counted, show
from engine.domain.timing import tell_instant, zone_named
from engine.service.status import CampaignState, Status, status_of

_MAIL_STATES = ("due", "sending", "transmitting", "sent", "deferred", "unknown", "failed", "dropped")
_ENDED = {
    "exit": "left by its exit rule",
    "finished": "came to the end",
    "stage_removed": "left: its stage is gone",
    "merged": "went on in another run of the same person",
}


def command(
    home: HomeOption = HERE,
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Gather and show."""
    place = opened(home)
    found = status_of(place, place.clock.now())
    daemon = running_daemon(place.path)
    stale = daemon is not None and daemon.config not in ("", place.config_digest)
    if json:
        typer.echo(as_json({**asdict(found), "daemon": daemon, "config_changed": stale}))
        return
    show(told(found, daemon, config_changed=stale))


def told(found: Status, daemon: Running | None, *, config_changed: bool = False) -> Iterator[Line]:
    """The state of the home, part by part; `config_changed` since the daemon started."""
    zone = zone_named(found.zone) or ZoneInfo("UTC")
    yield from _head(found, daemon, zone)
    if config_changed:
        yield [("config.toml has changed since; the daemon reads it when it is started again.", "yellow")]
    yield from _concerns(found, zone)
    yield from _campaigns(found, zone)
    yield from _mails(found, zone)
    yield from _event_clients(found, zone)
    if found.outside:
        yield [("Outside ", "bold"), (f"{_outside(found)} due, for people and systems to take up", "")]
    yield from _sales(found, zone)
    yield from _letters(found)
    yield []
    yield [
        ("Relays  ", "bold"),
        (", ".join(found.relays) or "none: no mail can be sent", "" if found.relays else "red"),
    ]


MOST_TRAITS = 5
"""Traits that are told one by one; `--json` has all of them."""


def _event_clients(found: Status, zone: ZoneInfo) -> Iterator[Line]:
    """What event clients say and nobody can use: their answers are read by nobody."""
    if found.refused is not None:
        when = tell_instant(found.refused.at, zone, found.now)
        told = f"{counted(found.refused.count, 'message')} refused; the last, {when}, {found.refused.why}"
        yield [("Events  ", "bold"), (told, "yellow")]
    if not found.traits:
        return
    yield [("Traits  ", "bold"), ("not stored; declare them under [fields] in config.toml, or let them be", "")]
    rows: list[list[Segment]] = [
        [(note.name, ""), (f"{note.count:,}", "bold"), (note.why or "no such field", "yellow")]
        for note in found.traits[:MOST_TRAITS]
    ]
    yield from columns(rows, indent=2)
    if len(found.traits) > MOST_TRAITS:
        yield [(f"  and {len(found.traits) - MOST_TRAITS} more", "dim")]


def _letters(found: Status) -> Iterator[Line]:
    """What other programs were not told yet; of letters that neither failed nor are held nothing is told, as they go
    at once."""
    if found.held_letters:
        held = f"{counted(found.held_letters, 'letter')} held by safe mode. ripeline outbox lists them"
        yield [("Outbox  ", "bold"), (held, "yellow")]
    told = [f"{counted(found.letters.failed, 'letter')} to other programs tried again"] if found.letters.failed else []
    told += [f"{found.letters.given_up:,} given up"] if found.letters.given_up else []
    if told:
        style = "red" if found.letters.given_up else "yellow"
        yield [("Outbox  ", "bold"), (f"{', '.join(told)}. ripeline outbox shows why", style)]


def _sales(found: Status, zone: ZoneInfo) -> Iterator[Line]:
    """What sales has, where it ever had anything lately."""
    sales = found.sales
    if not sales.leads and not sales.got:
        return
    told = [f"{counted(sales.leads, 'lead')} with sales"]
    if sales.waiting:
        first = f", the first by {tell_instant(sales.next_at, zone, found.now)}" if sales.next_at is not None else ""
        told.append(f"{sales.waiting:,} to be answered{first}")
    told += [f"{sales.overdue:,} overdue"] if sales.overdue else []
    told += [f"{sales.escalated:,} escalated"] if sales.escalated else []
    told += [f"{sales.snoozed:,} put off"] if sales.snoozed else []
    told.append(f"in seven days {sales.got:,} handed over, {sales.came_back:,} of them given back")
    yield [("Sales   ", "bold"), (" · ".join(told), "yellow" if sales.escalated or sales.overdue else "")]


_OUTSIDE = {"handoff": "hand-off", "notify": "notice", "webhook": "post"}


def _outside(found: Status) -> str:
    return ", ".join(counted(count, _OUTSIDE.get(kind, kind)) for kind, count in sorted(found.outside.items()))


def _head(found: Status, daemon: Running | None, zone: ZoneInfo) -> Iterator[Line]:
    bundle = found.bundle
    today = found.now.astimezone(zone).date()
    runs = f"bundle {bundle.number}, applied {clock_time(bundle.applied_at, zone, today).strip()}" if bundle else ""
    by = f" by {bundle.applied_by}" if bundle and bundle.applied_by else ""
    yield [(found.company, "bold"), (f" · {counted(found.leads, 'lead')} · {runs}{by}" if bundle else "", "")]
    if bundle is None:
        yield [("Nothing runs yet: ", "yellow"), ("ripeline apply", "bold"), (" makes the files what runs.", "")]
    if daemon is not None:
        yield [(f"The daemon runs since {clock_time(daemon.since, zone, today).strip()} (pid {daemon.pid}).", "green")]
    else:
        yield [("No daemon runs on this machine: ", "yellow"), ("ripeline run", "bold"), (" starts it.", "")]


def _concerns(found: Status, zone: ZoneInfo) -> Iterator[Line]:
    """What needs a person, worst first, and to whom mails go."""
    lines = list(_what_needs_a_person(found, zone))
    if lines:
        yield []
        yield [("Needs a person", "bold red")]
        yield from columns(lines, indent=2)
    yield []
    yield [_where_mails_go(found)]


def _where_mails_go(found: Status) -> Segment:
    if found.deliver_to:
        return f"Safe mode: every mail goes to {found.deliver_to} ([safety] deliver_to in config.toml).", "yellow"
    return "Safe mode is off: mails go to the leads themselves.", ""


def _what_needs_a_person(found: Status, zone: ZoneInfo) -> Iterator[list[Segment]]:
    today = found.now.astimezone(zone).date()
    if found.sending_held is not None:
        why = f": {found.sending_held}" if found.sending_held else ""
        yield [("sending", "red"), (f"all sending is held{why}. ripeline resume goes on", "")]
    if found.unreadable:
        yield [("bundle", "red"), (f"what runs does not suit config.toml any more: {found.unreadable}", "")]
    for alert in found.alerts:
        yield [(clock_time(alert.since, zone, today).strip(), "red"), (alert.text, "")]
    for step, why in found.stopped.items():
        yield [("stopped", "red"), (f"{step}: {why}. Mend the mail and apply", "")]
    if found.unknown:
        told = f"{counted(found.unknown, 'mail')} of unknown fate: nobody knows whether the relay took them"
        yield [("unknown", "yellow"), (f"{told}. ripeline audit shows the evidence", "")]


def _campaigns(found: Status, zone: ZoneInfo) -> Iterator[Line]:
    if not found.campaigns:
        return
    yield []
    yield [("Campaigns", "bold")]
    most = max((stage.leads for campaign in found.campaigns for stage in campaign.stages), default=0)
    rows: list[list[Segment]] = []
    for campaign in found.campaigns:
        rows.extend(_campaign(campaign, most, zone, found.now))
    yield from columns(rows, indent=2)


def _campaign(campaign: CampaignState, most: int, zone: ZoneInfo, now: datetime) -> Iterator[list[Segment]]:
    style = "green" if campaign.standing == "live" else "yellow"
    standing = campaign.standing
    if campaign.paused_since is not None:
        standing += f" since {clock_time(campaign.paused_since, zone, now.astimezone(zone).date()).strip()}"
    inside = counted(campaign.leads, "lead") if campaign.leads else "nobody"
    yield [(campaign.name, "bold"), ("", ""), (f"{standing}, {inside}", style)]
    for stage in campaign.stages:
        paused = f"{stage.paused:,} of them paused" if stage.paused else ""
        yield [(f"  {stage.name}", ""), (f"{stage.leads:,}", ""), (bar(stage.leads, most), "cyan"), (paused, "yellow")]
    if campaign.ended:
        told = ", ".join(f"{count:,} {_ENDED.get(why, why)}" for why, count in sorted(campaign.ended.items()))
        yield [("  ended", "dim"), (f"{sum(campaign.ended.values()):,}", "dim"), ("", ""), (told, "dim")]


def _mails(found: Status, zone: ZoneInfo) -> Iterator[Line]:
    yield []
    counts = [(name, found.mails[name]) for name in _MAIL_STATES if found.mails.get(name)]
    told = " · ".join(f"{count:,} {name}" for name, count in counts) or "none so far"
    last_day = f"  ({found.sent_today:,} today)" if found.sent_today else ""
    yield [("Mails   ", "bold"), (told, ""), (last_day, "dim")]
    yield [("Next    ", "bold"), (_next(found, zone), "")]
    if found.waiting:
        yield [("Put aside", "bold")]
        rows: list[list[Segment]] = [
            [
                (waiting.mail, ""),
                (f"{waiting.count:,}", "bold"),
                (f"again {tell_instant(waiting.next_at, zone, found.now)}" if waiting.next_at else "", ""),
                (waiting.why, "yellow"),
            ]
            for waiting in found.waiting
        ]
        yield from columns(rows, indent=2)


def _next(found: Status, zone: ZoneInfo) -> str:
    count, since = found.overdue
    if count and since is not None:
        late = "" if found.now - since < timedelta(minutes=1) else f" since {tell_instant(since, zone, found.now)}"
        return f"{counted(count, 'mail')} due now{late}"
    instants = [instant for instant in (found.next_look, found.next_mail) if instant is not None]
    if not instants:
        return "nothing is due"
    return "leads are looked at now" if min(instants) <= found.now else tell_instant(min(instants), zone, found.now)
