"""Learning from a home's own history how its people treat mail; where that is too short, what is assumed stays."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from engine.rehearsal.simulation.persona import (
    ASSUMED,
    BOUNCING,
    LEAVING,
    Manners,
    observed,
    with_clicks,
    with_opens,
    with_share,
)
from engine.store.database import Store, reading
from engine.store.responses import Answer, SentMail, answers_to, sent_mails

MOST = 20_000
"""The newest mails that are looked at."""
RIPE = timedelta(days=7)
"""A mail is judged when it is so old: whoever answers later is rare."""
MAILS_NEEDED, OPENINGS_NEEDED = 300, 100
"""From so many mails on the rates are learnt, and from so many openings on their delays."""
WEIGHT = 50
"""What is assumed weighs as much as so many mails, so that a rate that was never seen is not taken for nothing."""

LinkWeights = Mapping[tuple[str, str], Mapping[str, int]]
"""By campaign and step: how many people clicked each link."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the figures come from: how many ripe mails to how many leads, and what of it was enough to learn."""

    mails: int = 0
    leads: int = 0
    rates: bool = False
    delays: bool = False


@dataclass(frozen=True, slots=True)
class Learnt:
    """How a home's people treat mail, which links they like, and where that comes from."""

    manners: Manners
    links: LinkWeights
    origin: Origin


@dataclass(frozen=True)
class _Seen:
    """What happened to mails, counted."""

    mails: int
    opened: int
    clicked: int
    links: int
    leads: int
    left: int
    bounced: int
    delays: Sequence[float]


def learnt_from(store: Store, now: datetime) -> Learnt:
    """What the home's newest mails tell."""
    with reading(store) as connection:
        mails = sent_mails(connection, now - RIPE, MOST)
        answers = answers_to(connection, [mail.delivery for mail in mails])
    return learn(mails, answers)


def learn(mails: Sequence[SentMail], answers: Iterable[Answer]) -> Learnt:
    """The manners behind these mails and answers."""
    by_mail: dict[int, list[Answer]] = defaultdict(list)
    for answer in answers:
        by_mail[answer.delivery].append(answer)
    seen = _seen(mails, by_mail)
    origin = Origin(seen.mails, seen.leads, seen.mails >= MAILS_NEEDED, len(seen.delays) >= OPENINGS_NEEDED)
    manners = _with_rates(Manners(), seen) if origin.rates else Manners()
    if origin.delays:
        even = tuple(replace(one, pace=1.0) for one in manners.personas)
        manners = replace(manners, personas=even, opening=observed(seen.delays))
    return Learnt(manners, _links(mails, by_mail), origin)


def _seen(mails: Sequence[SentMail], by_mail: Mapping[int, Sequence[Answer]]) -> _Seen:
    kinds = {mail.delivery: {answer.kind for answer in by_mail.get(mail.delivery, ())} for mail in mails}
    arrived = [mail for mail in mails if not mail.failed and "bounce" not in kinds[mail.delivery]]
    clicks = [answer for mail in arrived for answer in by_mail.get(mail.delivery, ()) if answer.kind == "click"]
    return _Seen(
        mails=len(arrived),
        opened=sum(bool(kinds[mail.delivery] & {"open", "click"}) for mail in arrived),
        clicked=len({answer.delivery for answer in clicks}),
        links=len({(answer.delivery, answer.link) for answer in clicks}),
        leads=len({mail.lead for mail in mails}),
        left=len({mail.lead for mail in arrived if "unsubscribe" in kinds[mail.delivery]}),
        bounced=len({mail.lead for mail in mails if "bounce" in kinds[mail.delivery]}),
        delays=[delay for mail in arrived if (delay := _delay(mail, by_mail.get(mail.delivery, ()))) is not None],
    )


def _delay(mail: SentMail, answers: Sequence[Answer]) -> float | None:
    """Hours until the mail was first opened or clicked."""
    first = min((answer.at for answer in answers if answer.kind in ("open", "click")), default=None)
    return (first - mail.at).total_seconds() / 3600 if first is not None else None


def _with_rates(manners: Manners, seen: _Seen) -> Manners:
    """Shares first: how much is opened depends on them."""
    bouncing = _blended(seen.bounced, seen.leads, manners.share(BOUNCING))
    manners = with_share(manners, BOUNCING, bouncing)
    manners = with_share(manners, LEAVING, _leaving(manners, seen))
    manners = with_opens(manners, _blended(seen.opened, seen.mails, manners.opens))
    manners = with_clicks(manners, _blended(seen.clicked, seen.mails, manners.clicks))
    more = _blended(min(seen.links - seen.clicked, seen.clicked), seen.clicked, manners.more)
    return replace(manners, more=min(more, 0.9))


def _leaving(manners: Manners, seen: _Seen) -> float:
    """The share of people who leave sooner or later, of whom some have not yet: they had too few mails."""
    leaver = next(one for one in ASSUMED if one.name == LEAVING)
    mails_each = seen.mails / max(seen.leads, 1)
    gone = 1 - (1 - leaver.opens * leaver.leaves) ** mails_each
    left = _blended(seen.left, seen.leads, manners.share(LEAVING) * gone)
    return float(min(left / gone, 0.5))


def _blended(count: int, of: int, assumed: float) -> float:
    return (count + assumed * WEIGHT) / (of + WEIGHT)


def _links(mails: Sequence[SentMail], by_mail: Mapping[int, Sequence[Answer]]) -> LinkWeights:
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for mail in mails:
        links = {answer.link for answer in by_mail.get(mail.delivery, ()) if answer.kind == "click" and answer.link}
        if links:
            found[mail.campaign, mail.step].update(links)
    return {place: dict(weights) for place, weights in found.items()}
