"""Traffic: what came back to the tracker, and whether a person or a machine sent it.

A `Hit` is what the tracker writes down about one request, without personal data beyond a network and a keyed hash.
`classify` judges a hit after its quarantine, when the company that it came in is known. Every verdict carries its
reason in words that a marketer can read.

What tells machines from people was captured from the tools themselves: image proxies of Gmail and Yahoo fetch when a
person opens; Apple's privacy proxy fetches whether or not; scanners fetch every link within seconds of delivery.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from engine.domain.actor import Actor
from engine.domain.agents import Agent, recognise

USER_AGENT_MAX = 512
SCAN_LINKS = 3
SCAN_WINDOW = timedelta(seconds=10)
SWEEP_WINDOW = timedelta(seconds=2)
TOO_FAST = timedelta(seconds=2)
CROWD = 20


class HitKind(StrEnum):
    OPEN = "open"
    CLICK = "click"
    UNSUBSCRIBE = "unsubscribe"
    VIEW = "view"
    PREFERENCE = "preference"
    SHARE = "share"
    PAGE = "page"


class PageSeen(Struct, frozen=True, gc=False):
    """A view of an own page, as the snippet tells it: by which visitor, where, and from which site it was come to.

    `path` has no query but for UTM parameters, which stand in `utm` as they were.
    """

    visitor: str
    site: str
    path: str
    title: str = ""
    referrer: str = ""
    utm: str = ""


class Hit(Struct, frozen=True, gc=False):
    """One request to the tracker, as it is spooled.

    `id` is unique for ever, so that a replay changes nothing. `at` is aware, in UTC. `link` and `target` belong to
    clicks. `network` is the sender's /24 (IPv4) or /48 (IPv6) and `visitor` a keyed hash of its address: the address
    itself is never kept. `purpose` joins the headers that prefetching browsers send. `how` says by which way a
    recipient unsubscribed: "one-click" (RFC 8058), "page" or "preferences". `page` belongs to views of own pages; their
    `delivery` is the mail whose link led there, 0 for none.
    """

    id: str
    kind: HitKind
    delivery: int
    at: datetime
    link: int | None = None
    target: str = ""
    method: str = "GET"
    user_agent: str = ""
    network: str = ""
    visitor: str = ""
    purpose: str = ""
    how: str = ""
    page: PageSeen | None = None


@dataclass(frozen=True, slots=True)
class TrafficContext:
    """The company of a hit, known when its quarantine ends.

    Args:
        sent_at: when the relay accepted the mail; None if that is not known.
        others: the other hits of the same delivery within the quarantine, in any order.
        links: how many tracked links the mail has, the hidden one not counted.
        hidden_link: the index of the link that no person can see; None if the mail carries none.
        neighbours: hits of the same network on other deliveries in the minute before.
    """

    sent_at: datetime | None = None
    others: tuple[Hit, ...] = ()
    links: int = 0
    hidden_link: int | None = None
    neighbours: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    kind: Actor
    reason: str


def classify(hit: Hit, context: TrafficContext) -> Verdict:
    """Whether a person caused this hit, with the reason; the first test that has an answer decides."""
    for test in (_by_form, _by_request, _by_hidden_link, _by_scan, _by_haste):
        if verdict := test(hit, context):
            return verdict
    return _by_agent(hit, context)


def evidence(hit: Hit) -> dict[str, str]:
    """What is kept as proof beside an unsubscribe or a choice of preferences."""
    return {
        "hit": hit.id,
        "how": hit.how,
        "at": hit.at.isoformat(),
        "method": hit.method,
        "user_agent": hit.user_agent,
        "network": hit.network,
        "visitor": hit.visitor,
    }


def clean_header(raw: bytes) -> str:
    """A request header as safe text: printable, at most `USER_AGENT_MAX` characters."""
    text = raw[:USER_AGENT_MAX].decode("latin-1")
    return text if text.isprintable() else "".join(character for character in text if character.isprintable())


def _machine(reason: str) -> Verdict:
    return Verdict(Actor.MACHINE, reason)


def _by_form(hit: Hit, _: TrafficContext) -> Verdict | None:
    if hit.kind not in (HitKind.UNSUBSCRIBE, HitKind.PREFERENCE):
        return None
    by_button = hit.how == "one-click"
    return Verdict(Actor.HUMAN, "used the mail program's unsubscribe button" if by_button else "sent the form")


def _by_request(hit: Hit, _: TrafficContext) -> Verdict | None:
    if hit.method == "HEAD":
        return _machine("only asked for the headers (HEAD), as link checkers do")
    if any(word in hit.purpose.casefold() for word in ("prefetch", "prerender", "preview")):
        return _machine("fetched ahead by a browser or mail program (prefetch)")
    return None


def _by_hidden_link(hit: Hit, context: TrafficContext) -> Verdict | None:
    hidden = context.hidden_link
    if hidden is None:
        return None
    if hit.kind is HitKind.CLICK and hit.link == hidden:
        return _machine("followed a hidden link that no person can see")
    if any(other.link == hidden and _same_network(other, hit) for other in context.others):
        return _machine("came from a network that followed a hidden link of this mail")
    return None


def _by_scan(hit: Hit, context: TrafficContext) -> Verdict | None:
    clicks = [other for other in (*context.others, hit) if other.kind is HitKind.CLICK]
    for scan in _scans(clicks, context.links):
        first, last = scan[0].at, scan[-1].at
        count = len({click.link for click in scan})
        told = f"a scanner fetched {_counted(count, 'link')} in {_seconds(last - first)}"
        if hit.kind is HitKind.CLICK and first <= hit.at <= last:
            return _machine(told)
        if any(_same_visitor(click, hit) for click in scan):
            return _machine(f"came from where {told}")
    return None


def _scans(clicks: Iterable[Hit], links: int) -> Iterator[list[Hit]]:
    """Runs of clicks that no hand makes: many links within the wide window, or every link within the narrow one."""
    ordered = sorted(clicks, key=lambda click: click.at)
    for start, first in enumerate(ordered):
        wide = [click for click in ordered[start:] if click.at - first.at <= SCAN_WINDOW]
        narrow = [click for click in wide if click.at - first.at <= SWEEP_WINDOW]
        swept = len({click.link for click in narrow})
        if len({click.link for click in wide}) >= SCAN_LINKS:
            yield wide
        elif swept >= 2 and swept >= links > 0:
            yield narrow


def _by_haste(hit: Hit, context: TrafficContext) -> Verdict | None:
    if hit.kind is not HitKind.CLICK or context.sent_at is None or hit.at - context.sent_at >= TOO_FAST:
        return None
    if any(_human_sign(other, hit) for other in context.others):
        return None
    return _machine("clicked within 2 s of delivery, before anybody could have read it")


def _human_sign(other: Hit, hit: Hit) -> bool:
    """Whether `other` shows, before `hit`, that a person had the mail before the eyes."""
    return (
        other.kind is not HitKind.CLICK
        and other.at <= hit.at
        and not _by_request(other, TrafficContext())
        and recognise(other.user_agent).agent in (Agent.OPENING_PROXY, Agent.PERSON)
    )


def _by_agent(hit: Hit, context: TrafficContext) -> Verdict:
    agent, name = recognise(hit.user_agent)
    pixel = hit.kind is HitKind.OPEN
    match agent:
        case Agent.NONE:
            return Verdict(Actor.UNKNOWN, "did not say what program it is")
        case Agent.PRIVACY_PROXY if pixel:
            return _machine("Apple privacy proxy opens everything")
        case Agent.PREFETCHER:
            return _machine(f"{name} fetches pictures ahead, opened or not")
        case Agent.OPENING_PROXY if pixel:
            return Verdict(Actor.HUMAN, f"opened; {name} fetches the pictures when a person opens")
        case Agent.OPENING_PROXY:
            return _machine(f"{name} fetches pictures, it clicks no links")
        case Agent.ROBOT:
            return _machine(f"calls itself a program ('{name}')")
    return _by_crowd(hit, context, known=agent is Agent.PERSON)


def _by_crowd(hit: Hit, context: TrafficContext, *, known: bool) -> Verdict:
    if context.neighbours >= CROWD:
        crowd = f"its network fetched {context.neighbours} other mails within a minute"
        return _machine(crowd) if hit.kind is HitKind.CLICK else Verdict(Actor.UNKNOWN, crowd)
    if not known:
        return Verdict(Actor.UNKNOWN, "uses a program that we do not know")
    return Verdict(Actor.HUMAN, "a person's browser or mail program, at a person's pace")


def _same_network(one: Hit, other: Hit) -> bool:
    return bool(one.network) and one.network == other.network


def _same_visitor(one: Hit, other: Hit) -> bool:
    return bool(one.visitor) and one.visitor == other.visitor


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _seconds(span: timedelta) -> str:
    seconds = span.total_seconds()
    return "under a second" if seconds < 1 else f"{seconds:.0f} s"
