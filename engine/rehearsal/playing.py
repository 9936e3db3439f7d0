"""A scenario on its way: the life that is played, how far it has come, and the mails that were spoken of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TypeVar

from engine.content.context import MailError
from engine.domain.campaign import Campaign
from engine.domain.scenario import Scenario, Then
from engine.domain.timing import tell_instant
from engine.rehearsal.life import Fate, Life, Mailed
from engine.rehearsal.mails import Letterbox, Read
from engine.rehearsal.watching import Watch

T = TypeVar("T")

HORIZON = timedelta(days=400)
"""How long something is waited for that is expected without a time."""


class MissedError(Exception):
    """A step did not come about."""

    def __init__(self, at: datetime, expected: str, got: str, because: str = "") -> None:
        super().__init__(expected)
        self.at, self.expected, self.got, self.because = at, expected, got, because


class Playing:
    """A scenario on its way. `at` is the instant of the step before; `told_of` are the mails it has spoken of."""

    def __init__(self, scenario: Scenario, life: Life, letters: Letterbox, watch: Watch) -> None:
        self.scenario, self.life, self.letters, self.watch = scenario, life, letters, watch
        self.at = scenario.start
        self.told_of: set[int] = set()
        self.used: set[tuple[str, int]] = set()

    @property
    def campaign(self) -> Campaign:
        return self.life.programme.campaigns[self.scenario.campaign]

    def tell(self, instant: datetime) -> str:
        return tell_instant(instant, self.scenario.zone, self.scenario.start)

    def wait_for(self, found: Callable[[], T | None], limit: datetime) -> T | None:
        """Let time pass until something is found, at the latest until then."""
        while (hit := found()) is None and self.life.step(limit):
            pass
        return hit

    def untold(self) -> Iterator[int]:
        """The mails of which the scenario has not spoken yet, by number."""
        return (number for number in range(len(self.life.mails)) if number not in self.told_of)

    def none_untold(self, until: datetime, expected: str) -> None:
        """No mail went before that instant of which the scenario does not speak."""
        for number in self.untold():
            mail = self.life.mails[number]
            if mail.at < until:
                raise MissedError(mail.at, expected, f"{self.told(mail)}, which the scenario does not expect")

    def read(self, number: int, then: Then) -> Read:
        """The mail is spoken of, and so must be one that can be written."""
        mail = self.life.mails[number]
        self.told_of.add(number)
        try:
            return self.letters.read(self.life, mail)
        except MailError as error:
            expected = f'"{mail.send.step}"' if then.kind == "mail" else "mails that can be written"
            got = f'"{mail.send.step}" cannot be written for this lead'
            raise MissedError(mail.at, expected, got, str(error)) from None

    def told(self, mail: Mailed) -> str:
        """`"A look at your own data" (ready/offer)`, and what became of it."""
        fate = "" if mail.fate is Fate.ACCEPTED else f" {mail.fate.value}"
        return f'"{self.letters.subject(self.life, mail)}" ({self.where(mail)}){fate}'

    def where(self, mail: Mailed) -> str:
        """The mail's place; with its campaign where that is another one."""
        own = "" if mail.send.campaign == self.scenario.campaign else f"{mail.send.campaign}/"
        return f"{own}{mail.send.stage}/{mail.send.step}"
