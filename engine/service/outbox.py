"""Carrying letters to other programs: at least once, in order for each lead, whoever is away or killed meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from engine.connect.http import within
from engine.domain.journey.decision import Line
from engine.domain.outbox import Answer, Fate, next_try
from engine.errors import RipelineError
from engine.service.alerts import raise_alert
from engine.service.crm.carrier import CrmCarrier
from engine.service.home import Home
from engine.service.lead_letters import OF_TASKS, escalate_tasks, post_task_mails, post_webhook_steps
from engine.service.running import Runner
from engine.service.safe_mode import held_targets
from engine.service.sales.mail import mail_letter
from engine.service.webhooks import post_to, receiver
from engine.store.actions import end_action
from engine.store.alerts import end_alert
from engine.store.database import reading, writing
from engine.store.journey import tell
from engine.store.outbox import (
    Target,
    Waiting,
    anything_due,
    claim_letter,
    count_open,
    count_waiting_to,
    drop_letter,
    end_letter,
    give_up_letter,
    letter_row,
    open_letters,
    put_off_letter,
    retry_letters,
    stop_target,
    stopped_targets,
    waiting_to,
)

log = logging.getLogger("ripeline.outbox")

LEASE = timedelta(minutes=2)
"""How long a letter is its carrier's own: longer than the slowest receiver is waited for."""
DROPPED = "dropped by hand"
BATCH = 500
LONGEST = timedelta(minutes=1)
"""How long one letter may take, with all requests that it needs; a receiver that drips holds up nobody else longer."""
MOST = 20
"""Letters in one round, so that a stop waits for few of them."""

Carrier = Callable[[Any], Answer]
"""Carries one letter (its row) to whom it is for. Raises RipelineError when config stands in the way."""


class Postman:
    """Carries what is due. `carriers` says how, by kind; letters of a kind without one stay where they are."""

    def __init__(self, home: Home, runner: Runner, carriers: Mapping[str, Carrier] | None = None) -> None:
        self._home = home
        self._runner = runner
        own = {"webhook": self._to_webhook, "mail": self._by_mail, "crm": CrmCarrier(home).carry}
        self._carriers: dict[str, Carrier] = {**own, **(carriers or {})}

    def round(self) -> int:
        """Post what steps want told, and carry what is due; how many letters arrived.

        A target that fails is left alone for the rest of the round: it holds up its own letters, and nobody else's.
        So is one that safe mode holds.
        """
        post_webhook_steps(self._home, self._runner)
        post_task_mails(self._home)
        escalate_tasks(self._home)
        resting: list[Target] = list(held_targets(self._home.config))
        arrived = 0
        for _ in range(MOST):
            letter = self._claimed(resting)
            if letter is None:
                break
            answer = self._carried(letter)
            self._settle(letter, answer)
            arrived += answer.fate is Fate.DONE
            if answer.fate is not Fate.DONE and not answer.alone:
                resting.append((letter.kind, letter.target))
        return arrived

    def _claimed(self, resting: list[Target]) -> Any | None:
        now = self._home.clock.now()
        with reading(self._home.store) as connection:
            if not anything_due(connection, now, resting):
                return None
        with writing(self._home.store) as connection:
            return claim_letter(connection, now, now + LEASE, resting, tuple(self._carriers))

    def _carried(self, letter: Any) -> Answer:
        try:
            with within(LONGEST.total_seconds()):
                return self._carriers[letter.kind](letter)
        except RipelineError as error:
            return Answer(Fate.AGAIN, str(error))

    def _to_webhook(self, letter: Any) -> Answer:
        to = receiver(self._home, letter.target)
        return post_to(to, letter.message_id, letter.topic, letter.payload, self._home.clock.now())

    def _by_mail(self, letter: Any) -> Answer:
        return mail_letter(self._home, letter)

    def _settle(self, letter: Any, answer: Answer) -> None:
        """Write down what came of a try; nothing, if the letter is somebody else's by now."""
        now = self._home.clock.now()
        due = next_try(letter.message_id, letter.attempts, now, answer.wish)
        with writing(self._home.store) as connection:
            if answer.fate is Fate.DONE:
                if end_letter(connection, letter.id, letter.attempts, now):
                    self._end(connection, letter, "told_outside", answer.words)
                    end_alert(connection, _subject(letter), now)
            elif answer.fate is Fate.GONE:
                stop_target(connection, letter.kind, letter.target, answer.words)
                put_off_letter(connection, letter.id, letter.attempts, answer.words, now)
                raise_alert(self._home, _subject(letter), _stopped(letter, answer), now, connection)
            elif answer.fate is Fate.NEVER or due is None:
                if give_up_letter(connection, letter.id, letter.attempts, answer.words, now):
                    self._end(connection, letter, "not_told_outside", answer.words)
                    raise_alert(self._home, _subject(letter), _given_up(letter, answer), now, connection)
            else:
                put_off_letter(connection, letter.id, letter.attempts, answer.words, due)
        if answer.fate is not Fate.DONE:
            log.warning("letter %d to %s '%s': %s", letter.id, letter.kind, letter.target, answer.words)

    def _end(self, connection: Any, letter: Any, code: str, words: str) -> None:
        _end(connection, letter, code, words, self._home.clock.now())


def _end(connection: Any, letter: Any, code: str, words: str, now: datetime) -> None:
    """What the lead's story and the step that wanted it told hear of it."""
    if letter.action_id is not None and letter.topic not in OF_TASKS:
        end_action(connection, letter.action_id, words, now)
    if letter.lead_id is not None:
        data = {"target": letter.target, "topic": letter.topic, "words": words, "tries": letter.attempts}
        tell(connection, letter.lead_id, Line(now, code, data=data))


def _subject(letter: Any) -> str:
    return f"outbox:{letter.kind}:{letter.target}"


def _stopped(letter: Any, answer: Answer) -> str:
    name = f"{letter.kind} '{letter.target}'"
    return f"{name}: {answer.words}. Its letters wait until `ripeline outbox --resume {letter.target}`"


def _given_up(letter: Any, answer: Answer) -> str:
    told = f"letter {letter.id} ({letter.topic}) to {letter.kind} '{letter.target}' was given up after "
    return f"{told}{letter.attempts} tries: {answer.words}. `ripeline outbox --retry {letter.id}` tries it again"


@dataclass(frozen=True, slots=True)
class Outbox:
    """What is not with its receiver: the counts, some of the letters, the targets that want nothing any more, those
    that safe mode holds, and how many letters wait for these."""

    counts: Waiting
    letters: tuple[Any, ...]
    stopped: Mapping[Target, str]
    held: Mapping[Target, str] = field(default_factory=dict)
    held_letters: int = 0


def outbox_of(home: Home, limit: int = 50) -> Outbox:
    """What waits or was given up."""
    with reading(home.store) as connection:
        held = held_targets(home.config)
        return Outbox(
            count_open(connection),
            tuple(open_letters(connection, limit)),
            stopped_targets(connection),
            held,
            count_waiting_to(connection, list(held)),
        )


def retry(home: Home, number: int | None = None) -> int:
    """Try letters again now that failed or were given up; how many.

    Raises:
        RipelineError: there is no such letter, or it arrived already.
    """
    with writing(home.store) as connection:
        row = letter_row(connection, number) if number is not None else None
        if number is not None and (row is None or row.done_at is not None):
            why = "it arrived already" if row is not None else "`ripeline outbox` lists those that wait"
            raise RipelineError(f"there is no letter {number} to be tried again: {why}")
        return retry_letters(connection, home.clock.now(), number)


def drop(home: Home, number: int | None = None) -> int:
    """Never tell a letter, or all that safe mode holds; how many. The stories of their leads tell it.

    Raises:
        RipelineError: there is no such letter, or it is over already.
    """
    if number is not None:
        with writing(home.store) as connection:
            row = letter_row(connection, number)
            if row is None or not _dropped(connection, row, home.clock.now()):
                raise RipelineError(f"letter {number} does not wait: `ripeline outbox` lists those that do")
        return 1
    held, done = list(held_targets(home.config)), 0
    while True:
        with writing(home.store) as connection:
            rows = waiting_to(connection, held, BATCH)
            if not rows:
                return done
            done += sum(_dropped(connection, row, home.clock.now()) for row in rows)


def _dropped(connection: Any, row: Any, now: datetime) -> bool:
    if not drop_letter(connection, row.id, row.attempts, DROPPED, now):
        return False
    _end(connection, row, "not_told_outside", DROPPED, now)
    return True


def resume_target(home: Home, target: str) -> int:
    """Send letters again to a target that wanted none any more; how many wait for it.

    Raises:
        RipelineError: nothing is stopped for it.
    """
    with writing(home.store) as connection:
        found = [known for known in stopped_targets(connection) if known[1] == target]
        if not found:
            raise RipelineError(f"nothing is stopped for '{target}'; `ripeline outbox` shows what is")
        for kind, name in found:
            stop_target(connection, kind, name, None)
            end_alert(connection, f"outbox:{kind}:{name}", home.clock.now())
        return sum(row.target == target for row in open_letters(connection, 10_000))
