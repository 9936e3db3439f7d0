"""What happens outside of mail in the demo: trials begin, people log in, register, attend, book a demo."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from engine.demo.people import Person, Temper
from engine.service.record import Happening

ACTIVE = frozenset({Temper.KEEN, Temper.CURIOUS})
WEBINAR = "clean-crm"


def trials(people: Sequence[Person], start: datetime, seed: int) -> Iterator[Happening]:
    """Who came by a trial uses the product as their temper is."""
    for number, person in enumerate(p for p in people if p.source == "trial"):
        dice = random.Random(f"{seed}:trial:{person.email}")  # noqa: S311
        begins = start + timedelta(days=dice.uniform(0.1, 12))
        trial: dict[str, object] = {
            "trial_id": f"T-{1000 + number}",
            "plan": "team",
            "trial_ends": _text(begins + timedelta(days=14)),
        }
        yield _event(person, "trial_started", begins, trial)
        if dice.random() < (0.85 if person.temper in ACTIVE else 0.3):
            login = begins + timedelta(hours=dice.uniform(0.5, 40))
            yield _event(person, "first_login", login, {})
            yield from _uses(person, login, dice)


def _uses(person: Person, login: datetime, dice: random.Random) -> Iterator[Happening]:
    connected = login + timedelta(hours=dice.uniform(1, 60))
    if dice.random() < (0.8 if person.temper in ACTIVE else 0.3):
        yield _event(person, "crm_connected", connected, {})
        merged = connected + timedelta(hours=dice.uniform(2, 70))
        if dice.random() < 0.6:
            yield _event(person, "duplicates_merged", merged, {"count": dice.randint(40, 900)})
            if dice.random() < 0.4:
                yield _event(person, "trial_converted", merged + timedelta(days=dice.uniform(2, 7)), {})


def after_click(person: Person, target: str, at: datetime, seed: int) -> Iterator[Happening]:
    """A click that leads to a form is often followed by what the form is for."""
    dice = random.Random(f"{seed}:click:{person.email}:{target}")  # noqa: S311
    if "webinar" in target and dice.random() < 0.7:
        yield _event(person, "webinar_registered", at + timedelta(minutes=3), {"webinar": WEBINAR})
    if "demo" in target and dice.random() < 0.5:
        yield _event(person, "demo_booked", at + timedelta(minutes=5), {})


def attendance(person: Person, starts: datetime, seed: int) -> Happening | None:
    """Half of those who register come."""
    dice = random.Random(f"{seed}:attend:{person.email}")  # noqa: S311
    if dice.random() < 0.55:
        return _event(person, "webinar_attended", starts + timedelta(minutes=50), {"webinar": WEBINAR})
    return None


def _event(person: Person, name: str, at: datetime, properties: dict[str, object]) -> Happening:
    at = at.replace(microsecond=0)
    return Happening(person.email, name, at, f"demo:{name}:{person.email}", properties)


def _text(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
