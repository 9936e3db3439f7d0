"""From tracker hits to events that count: drain the spool, wait out the quarantine, judge, wake the lead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from engine.domain.actor import Actor
from engine.domain.journey.facts import EventKind
from engine.domain.own_events import SHARED_VIEW
from engine.domain.traffic import Hit, HitKind, TrafficContext, Verdict, classify, evidence
from engine.service.home import Home
from engine.service.leave import Leave
from engine.service.links import LinkNames
from engine.service.sales.correct import correct_handoffs
from engine.store.daily_counts import recount_events
from engine.store.database import reading, writing
from engine.store.events import (
    MailOf,
    NewEvent,
    add_events,
    delivered,
    neighbours,
    next_settling_instant,
    pending_events,
    settle,
    traffic_of,
)
from engine.store.journey import wake
from engine.store.variant_counts import recount_hits

SETTLE_BATCH = 500
NEIGHBOURHOOD = timedelta(minutes=1)


def record_hits(home: Home, hits: Sequence[Hit], links: LinkNames, quarantine: timedelta) -> int:
    """Write opens and clicks down as events in quarantine, each once, and carry out spooled unsubscribes; how many
    were new. What happens to a test mail says nothing about a lead."""
    with writing(home.store) as connection:
        known = delivered(connection, [hit.delivery for hit in hits])
        known = {number: mail for number, mail in known.items() if not mail.test}
        own = _own_visitors(connection, [hit for hit in hits if hit.kind is HitKind.SHARE and hit.delivery in known])
        seen = [hit for hit in hits if hit.delivery in known and hit.kind in _KINDS]
        seen = [hit for hit in seen if hit.kind is not HitKind.SHARE or hit.visitor not in own.get(hit.delivery, ())]
        new = add_events(connection, [_event(hit, known[hit.delivery], links, quarantine) for hit in seen])
    leave = Leave(home)
    for hit in hits:
        if hit.kind is HitKind.UNSUBSCRIBE and hit.delivery in known:
            leave.unsubscribe(hit.delivery, hit.how, hit.at, evidence(hit))
    return new


def _own_visitors(connection: Any, shares: Sequence[Hit]) -> dict[int, set[str]]:
    """By mail: from where its own lead opened and clicked. Who looks at the page from there is the lead, not a
    colleague."""
    traffic = traffic_of(connection, [hit.delivery for hit in shares]) if shares else {}
    return {mail: {row.evidence.get("visitor", "") for row in rows} - {""} for mail, rows in traffic.items()}


def _event(hit: Hit, mail: Any, links: LinkNames, quarantine: timedelta) -> NewEvent:
    """The hit as an event in quarantine: who caused it is judged when its company is known."""
    return NewEvent(
        f"hit:{hit.id}",
        mail.lead_id,
        _KINDS[hit.kind],
        hit.at,
        hit.at,
        name=SHARED_VIEW if hit.kind is HitKind.SHARE else "",
        actor=Actor.UNKNOWN,
        settles_at=hit.at + quarantine,
        mail=MailOf(hit.delivery, mail.enrollment_id, mail.campaign, mail.stage, mail.step),
        link=links.name(mail.form, hit.link) if hit.link is not None else "",
        properties={"target": hit.target} if hit.target else {},
        evidence=_evidence(hit),
    )


_KINDS = {HitKind.OPEN: EventKind.OPEN, HitKind.CLICK: EventKind.CLICK, HitKind.SHARE: EventKind.CUSTOM}


def _evidence(hit: Hit) -> dict[str, Any]:
    """What the judgement needs: who asked, how, and which link (by number)."""
    return evidence(hit) | {"link": hit.link, "purpose": hit.purpose, "id": hit.id}


def settle_due(home: Home, links: LinkNames, now: datetime) -> int:
    """Judge opens and clicks whose quarantine is over, and wake their leads; how many were judged.

    What they show about hits that were taken for a person's before is mended too: a machine may give itself away late.
    """
    with reading(home.store) as connection:
        first = next_settling_instant(connection)
        if first is None or first > now:
            return 0
    with writing(home.store) as connection:
        pending = pending_events(connection, now, SETTLE_BATCH)
        if not pending:
            return 0
        mails = delivered(connection, [row.delivery_id for row in pending])
        traffic = traffic_of(connection, [row.delivery_id for row in pending])
        first, last = pending[0].settles_at, pending[-1].settles_at
        near = _crowds(neighbours(connection, _networks(pending), first - NEIGHBOURHOOD, last))
        verdicts = [_judge(row, mails.get(row.delivery_id), traffic, near, links) for row in pending]
        late = _unmasked(mails, traffic, links)
        corrected = [(row, verdict["judge"]) for row, verdict in late]
        recount_events(connection, home.zone, corrected)
        recount_hits(connection, home.zone, corrected)
        settle(connection, verdicts + [verdict for _, verdict in late])
        correct_handoffs(connection, home, [(row, str(verdict["because"])) for row, verdict in late], now)
        wake(connection, {row.lead_id for row in pending}, now)
    return len(pending)


def _unmasked(
    mails: Mapping[int, Any], traffic: Mapping[int, list[Any]], links: LinkNames
) -> list[tuple[Any, dict[str, Any]]]:
    """Late verdicts: of hits that passed for a person's, those that later ones show to be a machine's."""
    passed = [row for rows in traffic.values() for row in rows if not row.pending and row.actor == Actor.HUMAN]
    judged = ((row, _judge(row, mails.get(row.delivery_id), traffic, {}, links)) for row in passed)
    return [(row, verdict) for row, verdict in judged if verdict["judge"] == Actor.MACHINE]


def _judge(
    row: Any,
    mail: Any,
    traffic: Mapping[int, list[Any]],
    near: Mapping[str, list[tuple[int, datetime]]],
    links: LinkNames,
) -> dict[str, Any]:
    hit = _hit(row)
    others = tuple(_hit(other) for other in traffic.get(row.delivery_id, ()) if other.id != row.id)
    crowd = {
        delivery
        for delivery, at in near.get(hit.network, ())
        if delivery != hit.delivery and hit.at - NEIGHBOURHOOD <= at <= hit.at
    }
    context = TrafficContext(
        sent_at=mail.finished_at if mail else None,
        others=others,
        links=links.count(mail.form) if mail else 0,
        hidden_link=links.hidden(mail.form) if mail else None,
        neighbours=len(crowd),
    )
    verdict: Verdict = classify(hit, context)
    return {"number": row.id, "judge": verdict.kind.value, "because": verdict.reason}


def _hit(row: Any) -> Hit:
    kept = row.evidence
    return Hit(
        id=kept.get("id", row.source_id),
        kind=HitKind.SHARE if row.name == SHARED_VIEW else HitKind(row.kind),
        delivery=row.delivery_id,
        at=row.at,
        link=kept.get("link"),
        target=row.properties.get("target", ""),
        method=kept.get("method", "GET"),
        user_agent=kept.get("user_agent", ""),
        network=kept.get("network", ""),
        visitor=kept.get("visitor", ""),
        purpose=kept.get("purpose", ""),
    )


def _networks(rows: Iterable[Any]) -> list[str]:
    return sorted({row.evidence.get("network", "") for row in rows} - {""})


def _crowds(rows: Iterable[Any]) -> dict[str, list[tuple[int, datetime]]]:
    crowds: dict[str, list[tuple[int, datetime]]] = {}
    for row in rows:
        crowds.setdefault(row.network, []).append((row.delivery_id, row.at))
    return crowds
