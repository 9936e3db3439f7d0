"""The moments of a lead's story, from each of the store's records, put together in the order of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from engine.domain.delivery import DeliveryState
from engine.domain.journey.decision import Line
from engine.domain.own_events import LOST, OPENED, WON
from engine.service.story_words import Speaker, Tone
from engine.store.erasure import ERASED

BURST = timedelta(minutes=2)
"""Machines' hits of one mail within this time are told as one moment."""

MAIL, AFTER_MAIL = 1, 2
_BEHIND_ITS_MAILS = frozenset({"ended", "holding", "exhausted"})
"""Decisions that follow from a mail's acceptance, so that they stand behind it where both have one instant."""

NOT_COUNTED = "— not counted"
_WHAT = {"open": "opened", "click": "clicked", "reply": "replied", "bounce": "bounced", "complaint": "complained"}
_SCOPES = {"all": "all mail", "marketing": "marketing mail"}


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened: when, what, to what, and why.

    `count` is how often, where machines do it in bursts; `order` tells what came first at one instant.
    """

    at: datetime
    what: str
    about: str = ""
    why: str = ""
    tone: Tone = Tone.PLAIN
    delivery: int | None = None
    count: int = 1
    order: int = 0


def merged(moments: Iterable[Moment]) -> list[Moment]:
    """All moments in the order of time."""
    return sorted(moments, key=lambda moment: (moment.at, moment.order))


def story_moments(row: Any, story: Sequence[Line], speaker: Speaker) -> Iterator[Moment]:
    """How the lead came to be known, and every decision."""
    yield Moment(row.created_at, "known", "", f"source: {row.source}" if row.source else "", Tone.MUTED)
    for line in story:
        told, tone = speaker.tell(line)
        order = AFTER_MAIL if line.code in _BEHIND_ITS_MAILS else 0
        yield Moment(line.at, told.verb, told.what, told.because, tone, order=order)


def mail_moments(
    deliveries: Sequence[Any], attempts: Mapping[int, Sequence[Any]], speaker: Speaker
) -> Iterator[Moment]:
    """Every mail: what became of it, and the attempts that came to nothing before."""
    for mail in deliveries:
        title = f'"{mail.subject}"' if mail.subject else speaker.title(mail.campaign, mail.step)
        title += " (test)" if mail.test else ""
        title += _variant(mail, speaker)
        tries = attempts.get(mail.id, ())
        for one in tries[:-1] if mail.state in _SETTLED else tries:
            yield _attempt(mail, one, title)
        what, why, tone = _fate(mail, speaker)
        at = mail.finished_at or mail.begun_at or mail.created_at
        yield Moment(at, what, title, why, tone, mail.id, order=MAIL)


def _variant(mail: Any, speaker: Speaker) -> str:
    """Which variant the lead got, and whether it was the winner already."""
    campaign = speaker.programme.campaigns.get(mail.campaign)
    words = []
    for part, number in sorted((mail.variants or {}).items()) if not mail.test else ():
        won = speaker.programme.winners.get((mail.campaign, mail.step, part)) if campaign else None
        since = f", winner since {speaker.when(won.since)}" if won and won.since <= mail.created_at else ""
        words.append(f"{part} {chr(ord('A') + int(number))}{since}")
    return f" ({'; '.join(words)})" if words else ""


_SETTLED = (DeliveryState.SENT.value, DeliveryState.FAILED.value, DeliveryState.DROPPED.value)


def _attempt(mail: Any, one: Any, title: str) -> Moment:
    relay = f"{one.relay}: " if one.relay else ""
    return Moment(
        one.ended_at or one.begun_at, "tried", title, f"{relay}{one.reply or one.outcome}", Tone.MUTED, mail.id
    )


def _fate(mail: Any, speaker: Speaker) -> tuple[str, str, Tone]:
    """What became of a mail, why, and how that is meant."""
    match DeliveryState(mail.state):
        case DeliveryState.SENT:
            proof = f"; {mail.reason}" if mail.reason else ""
            return "sent", f"accepted by {mail.relay or 'the relay'} ({mail.reply}){proof}", Tone.GOOD
        case DeliveryState.FAILED:
            return "failed", mail.reason or mail.reply, Tone.BAD
        case DeliveryState.DROPPED:
            return "not sent", mail.reason, Tone.BAD
        case DeliveryState.UNKNOWN:
            return "unknown", mail.reason, Tone.BAD
        case DeliveryState.DEFERRED:
            return "deferred", f"{mail.reason}; again {speaker.when(mail.due_at)}", Tone.MUTED
        case DeliveryState.DUE:
            later = mail.due_at is not None and mail.due_at > mail.created_at
            return "due", f"again {speaker.when(mail.due_at)}" if later else "waits for a sender", Tone.PLAIN
        case _:
            return "sending", f"claimed by {mail.claimed_by}", Tone.PLAIN


def traffic_moments(events: Sequence[Any], speaker: Speaker) -> Iterator[Moment]:
    """What the lead did, and what machines did in its name; bounces and unsubscribes are told elsewhere."""
    burst: Moment | None = None
    for event in events:
        if event.source_id.startswith(("bounce:", "unsubscribe:")):
            continue
        moment = _event(event, speaker)
        if burst is not None and _same_burst(burst, moment):
            burst = replace(burst, count=burst.count + 1, about=_many(burst))
            continue
        if burst is not None:
            yield burst
        burst = moment
    if burst is not None:
        yield burst


def _same_burst(one: Moment, other: Moment) -> bool:
    machine = one.tone is Tone.MUTED and other.tone is Tone.MUTED
    alike = (one.what, one.delivery, one.why) == (other.what, other.delivery, other.why)
    return machine and alike and one.delivery is not None and other.at - one.at <= BURST


def _many(burst: Moment) -> str:
    times = "links" if burst.what == "clicked" else "times"
    return f"{burst.count + 1} {times} {NOT_COUNTED}"


def _event(event: Any, speaker: Speaker) -> Moment:
    if event.name in (OPENED, WON, LOST) and event.source_id.startswith("deal:"):
        return _deal(event)
    what = _WHAT.get(event.kind)
    about = event.link if event.kind == "click" else ""
    if what is None:
        what, about = {"form": "sent form", "page_view": "looked at"}.get(event.kind, "event"), event.name
        if event.kind == "page_view":
            about = str(event.properties.get("path") or event.properties.get("name") or event.name)
    if event.pending:
        return Moment(
            event.at, what, about, f"counts from {speaker.when(event.settles_at)} on", delivery=event.delivery_id
        )
    if event.actor != "human" and event.kind in ("open", "click"):
        return Moment(event.at, what, f"{about} {NOT_COUNTED}".strip(), event.judged, Tone.MUTED, event.delivery_id)
    why = f"human; {event.judged}" if event.judged and event.kind in ("open", "click") else event.judged
    return Moment(event.at, what, about, why or _properties(event), delivery=event.delivery_id)


def _deal(event: Any) -> Moment:
    """What became of a deal: its stage, what it is worth, and whose record it is."""
    said = event.properties
    outcome = str(said.get("outcome") or "open").replace("_", " ")
    about = "opened" if event.name == OPENED else outcome
    worth = f"{said.get('amount') or 0:,.2f} {said.get('currency') or ''}".rstrip()
    parts = (worth, said.get("stage"), f"{said.get('source')} {said.get('id')}")
    tone = Tone.GOOD if event.name == WON else Tone.BAD if event.name == LOST else Tone.PLAIN
    return Moment(event.at, "deal", about, ", ".join(str(part) for part in parts if part), tone)


def _properties(event: Any) -> str:
    return ", ".join(f"{name}: {value}" for name, value in event.properties.items())


def permission_moments(suppressions: Sequence[Any], consents: Sequence[Any], story: Sequence[Line]) -> Iterator[Moment]:
    """What was allowed and forbidden; what the story tells already at the same instant is not told twice."""
    told = {line.at for line in story if line.code in ("unsubscribed", "resubscribed", "topic_chosen")}
    for row in suppressions:
        if row.at not in told:
            scope = _SCOPES.get(row.scope, row.scope.replace("topic:", "the topic "))
            yield Moment(row.at, "suppressed", scope, because(row.reason, row.source), Tone.BAD)
    for row in consents:
        if row.at not in told:
            what = "consented" if row.granted else "withdrew"
            about = f"to {row.topic}" if row.topic else ""
            yield Moment(row.at, what, about, row.source, Tone.GOOD if row.granted else Tone.BAD)


def because(reason: str, source: str) -> str:
    """A suppression's reason, and who set it where that says more."""
    if not source or source in reason:
        return reason
    return f"{reason}: {source}" if reason == ERASED else f"{reason} (by {source})"
