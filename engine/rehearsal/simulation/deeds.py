"""What a person does with a mail, and when: open it, follow links, leave; or the mail comes back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import NamedTuple

from engine.domain.journey.facts import Lead
from engine.rehearsal.life import Mailed
from engine.rehearsal.simulation.persona import Manners, Persona

Links = Mapping[tuple[str, str], Sequence[tuple[str, float]]]
"""By campaign and step: the links of its mail that a person can follow, with the weight of each."""


class DeedKind(StrEnum):
    """What can become of a mail that was taken by the relay."""

    OPEN = "open"
    CLICK = "click"
    LEAVE = "leave"
    BOUNCE = "bounce"


class Deed(NamedTuple):
    """Something that will happen to a mail."""

    at: datetime
    kind: DeedKind
    mail: Mailed
    link: str = ""


class Habits(NamedTuple):
    """Who the reader is, and what the home knows of all readers."""

    persona: Persona
    manners: Manners
    links: Links
    tracked: bool = True
    """Whether opens and clicks reach us at all."""


def deeds(mail: Mailed, lead: Lead, habits: Habits, dice: Random) -> Iterator[Deed]:
    """What the lead does with this mail, in the order of time."""
    persona, manners = habits.persona, habits.manners
    if dice.random() < persona.bounces:
        yield Deed(mail.at + timedelta(minutes=1), DeedKind.BOUNCE, mail)
        return
    opens, clicks, leaves = (dice.random() for _ in range(3))
    at = mail.at + manners.opening.drawn(dice, persona.pace)
    if opens >= persona.opens:
        return
    if habits.tracked and lead.tracking:
        yield Deed(at, DeedKind.OPEN, mail)
        if clicks < persona.clicks:
            yield from _clicks(mail, at, habits, dice)
    if leaves < persona.leaves:
        yield Deed(at + timedelta(minutes=1), DeedKind.LEAVE, mail)


def _clicks(mail: Mailed, at: datetime, habits: Habits, dice: Random) -> Iterator[Deed]:
    """One link, and sometimes another one."""
    links = list(habits.links.get((mail.send.campaign, mail.send.step), ()))
    while links:
        at += habits.manners.following.drawn(dice)
        chosen = dice.choices(links, [weight for _, weight in links])[0]
        links.remove(chosen)
        yield Deed(at, DeedKind.CLICK, mail, chosen[0])
        if dice.random() >= habits.manners.more:
            return
