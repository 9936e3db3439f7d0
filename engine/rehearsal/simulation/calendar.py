"""The calendar of one lead: what it gets in the next days, in what share of its possible futures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from engine.domain.journey.facts import LeadFacts
from engine.rehearsal.desk import InHand
from engine.rehearsal.life import Life
from engine.rehearsal.mails import Letterbox
from engine.rehearsal.simulation.lives import Lives, mails_before
from engine.rehearsal.simulation.persona import Manners, Persona
from engine.rehearsal.simulation.sales import Sales, SalesManners, with_shares
from engine.rehearsal.simulation.setup import Setup

_SILENT = Manners((Persona("silent", 1.0, opens=0.0, clicks=0.0),))
_NO_ANSWER = Sales(with_shares(SalesManners(), {}))
_KINDS = {"handoff": "hand-off", "notify": "notice", "webhook": "post"}


@dataclass(frozen=True, slots=True)
class Coming:
    """A mail (or action outside) that may come: in what share of the futures, and when in the middle of them.

    `early` and `late` are the 10th and 90th percentile of its instants. `silent_at` is when it comes if the lead does
    nothing at all; None if it then does not come.
    """

    kind: str
    campaign: str
    step: str
    subject: str
    share: float
    at: datetime
    early: datetime
    late: datetime
    silent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Calendar:
    """What comes, soonest first, over so many possible futures of this lead."""

    name: str
    futures: int
    coming: tuple[Coming, ...]


def calendar(
    setup: Setup, facts: LeadFacts, letters: Letterbox, futures: int, name: str = "", in_hand: InHand | None = None
) -> Calendar:
    """Play the lead's futures, each by its own chance. `in_hand` is the hand-off by which sales has it now."""
    instants: dict[tuple[str, str, str], list[datetime]] = defaultdict(list)
    subjects: dict[tuple[str, str, str], str] = {}
    lives = Lives(setup)
    for run in range(futures):
        _note(lives.play(facts, run, in_hand=in_hand).life, lives, facts, letters, instants, subjects)
    silent: dict[tuple[str, str, str], list[datetime]] = defaultdict(list)
    silence = Lives(replace(setup, manners=_SILENT, chances=(), sales=_NO_ANSWER))
    _note(silence.play(facts, in_hand=in_hand).life, silence, facts, letters, silent, subjects)
    coming = [_coming(what, sorted(instants[what]), subjects[what], futures, silent.get(what, ())) for what in instants]
    shown = name or facts.lead.email or f"lead {facts.lead.id}"
    return Calendar(shown, futures, tuple(sorted(coming, key=lambda one: (one.at, one.campaign, one.step))))


def _note(
    life: Life,
    lives: Lives,
    facts: LeadFacts,
    letters: Letterbox,
    instants: dict[tuple[str, str, str], list[datetime]],
    subjects: dict[tuple[str, str, str], str],
) -> None:
    """One future: when each mail and action comes first, and the subject of what was not seen before."""
    known = replace(
        life, mails=[*mails_before(facts, lives.programme), *life.mails]
    )  # a mail may answer one that the lead has
    seen: set[tuple[str, str, str]] = set()
    for mail in life.mails:
        what = ("mail", mail.send.campaign, mail.send.step)
        if what not in seen:
            seen.add(what)
            instants[what].append(mail.at)
            if what not in subjects:
                subjects[what] = letters.subject(known, mail)
    for acted in life.acts:
        what = (acted.act.kind, acted.act.campaign, acted.act.step)
        if what not in seen:
            seen.add(what)
            instants[what].append(acted.at)
            told = str(acted.act.payload.get("text") or acted.act.payload.get("to") or acted.act.step)
            subjects.setdefault(what, f"{_KINDS.get(acted.act.kind, acted.act.kind)}: {told}")


def _coming(
    what: tuple[str, str, str], at: Sequence[datetime], subject: str, futures: int, silent: Sequence[datetime]
) -> Coming:
    last = len(at) - 1
    early, middle, late = (at[round(last * share)] for share in (0.1, 0.5, 0.9))
    return Coming(*what, subject, len(at) / futures, middle, early, late, next(iter(silent), None))
