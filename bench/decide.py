"""The speed of `decide`: a lead in three campaigns, against writing the same lead's facts as JSON, in one run.

`python -m bench.decide` prints the ratio.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from msgspec import structs, to_builtins

from engine.domain.campaign import Campaign, CampaignState, Exhausted, Stage
from engine.domain.delivery import DeliveryState, MailKind
from engine.domain.journey.decide import decide
from engine.domain.journey.facts import Delivery, Enrollment, EnrollmentStatus, Event, EventKind, Lead, LeadFacts
from engine.domain.journey.programme import Policy, Programme
from engine.domain.rules import FieldType, Kind, Rule, Scope, parse_rule
from engine.domain.steps import EmailStep
from engine.domain.timing import Cap, Span, Window
from engine.errors import Place

NOW = datetime(2026, 11, 5, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SCOPE = Scope(fields={"industry": FieldType(Kind.TEXT)}, lifecycle=("mql", "customer"))


@dataclass(frozen=True, slots=True)
class DecideSpeed:
    """Seconds for one decision that waits, one that sends, and for one `json.dumps` of the same facts."""

    waits: float
    sends: float
    dumps: float

    @property
    def ratio(self) -> float:
        """Decisions in the time of one dump; what most looks cost."""
        return self.dumps / self.waits


def a_programme() -> Programme:
    """Three campaigns: the lead is in one, waits outside of the second, and left the third."""
    return Programme(1, {name: _campaign(name) for name in ("clean-data", "trial", "webinar")}, _policy())


def facts(due: bool) -> LeadFacts:
    """A lead with 10 past mails and 10 events; its next mail is due now, or in a day."""
    runs = (
        _enrollment(1, "clean-data", due),
        structs.replace(_enrollment(2, "webinar", due), status=EnrollmentStatus.ENDED, ended_at=NOW),
    )
    mails = tuple(_delivery(number) for number in range(10))
    events = tuple(_event(number) for number in range(10))
    who = Lead(1, NOW - 90 * DAY, "jane@northwind.example", "x" * 40, {"industry": "retail"}, "webinar", zone="UTC")
    return LeadFacts(who, runs, events, mails)


def measure(rounds: int = 2000) -> DecideSpeed:
    """The best of five runs of so many decisions each."""
    ways, waiting, due = a_programme(), facts(due=False), facts(due=True)
    assert not decide(waiting, ways, NOW).sends
    assert decide(due, ways, NOW).sends
    plain = to_builtins(waiting)
    return DecideSpeed(
        _best(lambda: decide(waiting, ways, NOW), rounds),
        _best(lambda: decide(due, ways, NOW), rounds),
        _best(lambda: json.dumps(plain, default=str), rounds),
    )


def _best(work: Callable[[], object], rounds: int) -> float:
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(rounds):
            work()
        best = min(best, time.perf_counter() - began)
    return best / rounds


def _rule(text: str, in_campaign: bool = True) -> Rule:
    found = parse_rule(text, replace(SCOPE, in_campaign=in_campaign), Place("bench.toml"))
    assert isinstance(found, Rule), found
    return found


def _campaign(name: str) -> Campaign:
    steps = tuple(EmailStep(id=f"mail{n}", mail=f"mail{n}", wait=Span(days=3)) for n in range(12))
    advance = _rule("clicked('mail3', link='checklist') or clicks >= 20")
    enter = _rule("source in ['webinar', 'whitepaper']" if name != "trial" else "event('trial_started')", False)
    return Campaign(
        name,
        name,
        (Stage("aware", steps, advance, Exhausted("slow", Span(days=14))), Stage("slow", steps[:1])),
        CampaignState.LIVE,
        enter=enter,
        exit=_rule("replied or lifecycle == 'customer'"),
        goal=_rule("event('demo_booked')"),
        window=Window(frozenset(range(5)), NOW.time().replace(hour=9), NOW.time().replace(hour=17)),
    )


def _policy() -> Policy:
    return Policy(caps=(Cap(2, Span(days=2)), Cap(5, Span(days=7))))


def _enrollment(number: int, campaign: str, due: bool) -> Enrollment:
    began = NOW - 40 * DAY
    passed = tuple(f"mail{n}" for n in range(10))
    due_at = NOW if due else NOW + DAY
    since = NOW - 3 * DAY
    return Enrollment(number, campaign, 1, began, "aware", began, since, step="mail10", passed=passed, due_at=due_at)


def _delivery(number: int) -> Delivery:
    at, step = NOW - (33 - 3 * number) * DAY, f"mail{number}"
    return Delivery(1, "clean-data", step, 1, step, MailKind.MARKETING, DeliveryState.SENT, at, at)


def _event(number: int) -> Event:
    kind = EventKind.CLICK if number % 2 else EventKind.OPEN
    at = NOW - (33 - 3 * number) * DAY + timedelta(hours=2)
    return Event(number, kind, at, enrollment=1, campaign="clean-data", step=f"mail{number}", link="pricing")


def main() -> None:
    speed = measure()
    print(f"decide, waiting   {speed.waits * 1e6:6.1f} µs   {speed.ratio:.2f} of them per json.dumps of the facts")
    print(f"decide, sending   {speed.sends * 1e6:6.1f} µs")
    print(f"json.dumps        {speed.dumps * 1e6:6.1f} µs")


if __name__ == "__main__":
    main()
