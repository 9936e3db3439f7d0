"""Playing a scenario: each step in order happens to a life, or is expected of it; the first one that fails ends it.

Between two steps every mail must be one that the scenario speaks of, unless time passes by `silent`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from typing import TypeVar

from engine.content.context import MailError
from engine.domain.campaign import Campaign
from engine.domain.journey.decision import Line
from engine.domain.journey.facts import EventKind
from engine.domain.scenario import ACTS, OUTSIDE, Moment, Scenario, Then
from engine.domain.timing import Delay, after, tell, tell_instant
from engine.errors import Place
from engine.rehearsal.casting import Casting
from engine.rehearsal.life import Fate, Life, Mailed
from engine.rehearsal.mails import Letterbox, Read
from engine.rehearsal.reasons import Failing, reasons
from engine.rehearsal.watching import Watch
from engine.rehearsal.wording import action_name, plain, shown, squeezed, told_act

T = TypeVar("T")

HORIZON = timedelta(days=400)
"""How long something is waited for that is expected without a time."""

_A_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Difference:
    """What a scenario expected at one of its steps, what came instead, and why."""

    at: datetime
    place: Place
    expected: str
    got: str
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a scenario ended; `life` and `watch` show what it reached."""

    scenario: Scenario
    seconds: float
    life: Life
    watch: Watch
    difference: Difference | None = None

    @property
    def passed(self) -> bool:
        return self.difference is None


class _MissedError(Exception):
    """A step did not come about."""

    def __init__(self, at: datetime, expected: str, got: str, because: str = "") -> None:
        super().__init__(expected)
        self.at, self.expected, self.got, self.because = at, expected, got, because


def play(scenario: Scenario, casting: Casting, letters: Letterbox) -> Verdict:
    """Play one scenario from its start."""
    began = perf_counter()
    watch = Watch()
    playing = _Playing(scenario, casting.life(scenario, watch), letters, watch)
    difference = playing.difference()
    return Verdict(scenario, perf_counter() - began, playing.life, watch, difference)


class _Playing:
    """A scenario on its way. `at` is the instant of the step before; `told` are the mails it has spoken of."""

    def __init__(self, scenario: Scenario, life: Life, letters: Letterbox, watch: Watch) -> None:
        self.scenario, self.life, self.letters, self.watch = scenario, life, letters, watch
        self.at = scenario.start
        self.told: set[int] = set()
        self.used: set[tuple[str, int]] = set()

    @property
    def campaign(self) -> Campaign:
        return self.life.programme.campaigns[self.scenario.campaign]

    def difference(self) -> Difference | None:
        """Play all steps; the difference at the first one that fails."""
        for then in self.scenario.then:
            since = self.at
            try:
                _HANDLERS[then.kind](self, then)
            except _MissedError as missed:
                failing = Failing(then, since, missed.at, self.life, self.watch, self.scenario)
                because = (missed.because,) if missed.because else tuple(reasons(failing))
                return Difference(missed.at, then.place, missed.expected, missed.got, because)
        return None

    # Acts

    def act(self, then: Then) -> None:
        """Time passes until the lead does something; mails on the way must have been spoken of."""
        at = self._moment(then)
        if at < self.life.now:
            raise _MissedError(at, told_act(then), f"it is {self.tell(self.life.now)} already")
        self.life.run_to(at)
        self._none_untold(at, told_act(then))
        self.at = at
        _DOINGS[then.kind](self, then)

    def opens(self, then: Then) -> None:
        self.life.happens(EventKind.OPEN, mail=self._had(then), by=then.by)

    def clicks(self, then: Then) -> None:
        self.life.happens(EventKind.CLICK, mail=self._had(then), link=then.what, by=then.by)

    def replies(self, then: Then) -> None:
        self.life.happens(EventKind.REPLY, mail=self._had(then))

    def unsubscribes(self, then: Then) -> None:
        self.life.unsubscribes(self._had(then))

    def bounces(self, then: Then) -> None:
        self.life.bounces(self._had(then))

    def event(self, then: Then) -> None:
        self.life.happens(EventKind.CUSTOM, then.what, properties=then.values)

    def becomes(self, then: Then) -> None:
        self.life.becomes(then.values)

    def silent(self, then: Then) -> None:
        """Time passes, whatever comes."""
        until = self._until(then)
        self.life.run_to(until)
        for number in self._untold():
            if self.life.mails[number].at < until:
                self._read(number, then)
        self.at = until

    def _had(self, then: Then) -> Mailed:
        """The mail that the lead does something with."""
        found = self.life.mailed(then.mail.campaign, then.mail.step)
        if found is None or found.fate is not Fate.ACCEPTED:
            raise _MissedError(self.at, told_act(then), f'the lead has no mail "{then.mail.step}" at that time')
        return found

    # Expectations

    def mail(self, then: Then) -> None:
        expected = self._expected(then, f'"{then.subject or then.mail.step}"')
        number = self._await(lambda: next(self._untold(), None), self.at + HORIZON)
        if number is None:
            at = then.on.start if then.on else min(self.life.now, self._limit(then))
            raise _MissedError(at, expected, "no mail")
        number = self._matching(number, then)
        mail = self.life.mails[number]
        if (mail.send.campaign, mail.send.step) != (then.mail.campaign, then.mail.step):
            raise _MissedError(mail.at, expected, self._told(mail))
        if not self._in_time(then, mail.at):
            raise _MissedError(mail.at, expected, f"{self._told(mail)} {self.tell(mail.at)}")
        self._compare(then, mail, self._read(number, then))
        self.at = mail.at

    def _matching(self, first: int, then: Then) -> int:
        """Of the mails of one instant the one that is meant; their order says nothing."""
        at = self.life.mails[first].at
        same = (number for number in self._untold() if self.life.mails[number].at == at)
        return next((number for number in same if self.life.mails[number].send.step == then.mail.step), first)

    def _compare(self, then: Then, mail: Mailed, read: Read) -> None:
        if then.subject and read.subject != then.subject:
            got = f'subject "{read.subject}"'
            raise _MissedError(mail.at, f'subject "{then.subject}"', got, self._where(mail))
        if then.says and squeezed(then.says) not in squeezed(read.text):
            got = "a text without it"
            raise _MissedError(mail.at, f'a text with "{then.says}"', got, self._where(mail))

    def no_mail(self, then: Then) -> None:
        until = self._until(then)
        self.life.run_to(until)
        self._none_untold(until, f"no mail until {self.tell(until)}")
        self.at = until

    def stage(self, then: Then) -> None:
        """The lead is in that stage, or it is the next one that it comes to."""
        stages = self._stages()
        before = [stage for at, stage in stages if at <= self.at]
        if then.on is None and then.what in (before[-1:] or [stage for at, stage in stages if at == self.at]):
            return
        self._next(then, f"stage {then.what}", "stages", self._stages, then.what)

    def outside(self, then: Then) -> None:
        name = action_name(self.campaign, then.what)
        self._next(then, f"{then.kind} {name}", then.kind, lambda: self._acts(then.kind), name)

    def goal(self, then: Then) -> None:
        self._next(then, "the goal", "goal", lambda: [(line.at, "goal") for line in self._lines("goal")], "goal")

    def leaves(self, then: Then) -> None:
        expected = f"{then.what}" + (f' because of "{then.because}"' if then.because else "")
        line = self._next(then, expected, "ended", self._endings, then.what)
        told = next(one for one in self._lines("ended") if one.at == line)
        because = str(told.data.get("because") or "")
        if then.because and then.because not in because:
            raise _MissedError(told.at, expected, f"{then.what}: {because}")

    def fields(self, then: Then) -> None:
        """The lead's fields have these values, now or within the time that is given."""
        limit = self.at if then.on is None and then.after is None else self._limit(then)
        held = self._await(lambda: True if self._holds(then.values) else None, limit)
        self.life.run_to(limit if then.on is not None else self.life.now)
        self.at = max(self.at, min(self.life.now, limit))
        if held is None or not self._holds(then.values):
            got = ", ".join(f"{name} = {shown(self._value(name))}" for name in then.values)
            raise _MissedError(self.at, ", ".join(f"{n} = {shown(v)}" for n, v in then.values.items()), got)
        self._none_untold(self.at, "no other mail")

    def _holds(self, values: Mapping[str, object]) -> bool:
        return all(plain(self._value(name)) == plain(value) for name, value in values.items())

    def _value(self, name: str) -> object:
        lead = self.life.facts.lead
        return lead.fields.get(name) if name in lead.fields else getattr(lead, name, None)

    # What came about

    def _next(
        self, then: Then, words: str, kind: str, found: Callable[[], list[tuple[datetime, str]]], wanted: str
    ) -> datetime:
        """The next of its kind, not used by a step before; it must be the one that is wanted."""
        expected = self._expected(then, words)

        def unused() -> list[int]:
            return [n for n, (at, _) in enumerate(found()) if at >= self.at and (kind, n) not in self.used]

        limit = self._limit(then)
        numbers = self._await(lambda: unused() or None, self.at + HORIZON)
        if numbers is None:
            raise self._nothing(then, expected, limit)
        everything = found()
        first = everything[numbers[0]]
        number = next((n for n in numbers if everything[n] == (first[0], wanted)), numbers[0])
        at, what = everything[number]
        if what != wanted and at > limit:
            raise self._nothing(then, expected, limit)
        self._none_untold(at, expected)
        if what != wanted or not self._in_time(then, at):
            raise _MissedError(at, expected, f"{_KIND_WORDS.get(kind, kind)} {what} {self.tell(at)}".strip())
        self.used.add((kind, number))
        self.at = max(self.at, at)
        return at

    def _nothing(self, then: Then, expected: str, limit: datetime) -> _MissedError:
        """Nothing of the kind came in time; a mail that did is told first."""
        self._none_untold(limit, expected)
        open_ended = then.on is None and then.after is None
        got = "nothing, however long one waits" if open_ended else f"nothing until {self.tell(limit)}"
        return _MissedError(min(limit, self.life.now), expected, got)

    def _stages(self) -> list[tuple[datetime, str]]:
        found = self._lines("entered", "advanced", "branched", "exhausted")
        return [(line.at, _stage(line)) for line in found]

    def _acts(self, kind: str) -> list[tuple[datetime, str]]:
        campaign = self.scenario.campaign
        acts = [one for one in self.life.acts if (one.act.kind, one.act.campaign) == (kind, campaign)]
        return [(one.at, action_name(self.campaign, one.act.step)) for one in acts]

    def _endings(self) -> list[tuple[datetime, str]]:
        return [(line.at, str(line.data.get("why"))) for line in self._lines("ended")]

    def _lines(self, *codes: str) -> list[Line]:
        campaign = self.scenario.campaign
        return [line for line in self.life.lines if line.campaign == campaign and line.code in codes]

    def _await(self, found: Callable[[], T | None], limit: datetime) -> T | None:
        """Let time pass until something is found, at the latest until then."""
        while (hit := found()) is None and self.life.step(limit):
            pass
        return hit

    # Mails

    def _untold(self) -> Iterator[int]:
        return (number for number in range(len(self.life.mails)) if number not in self.told)

    def _none_untold(self, until: datetime, expected: str) -> None:
        """No mail went before that instant of which the scenario does not speak."""
        for number in self._untold():
            mail = self.life.mails[number]
            if mail.at < until:
                raise _MissedError(mail.at, expected, f"{self._told(mail)}, which the scenario does not expect")

    def _read(self, number: int, then: Then) -> Read:
        """The mail is spoken of, and so must be one that can be written."""
        mail = self.life.mails[number]
        self.told.add(number)
        try:
            return self.letters.read(self.life, mail)
        except MailError as error:
            expected = f'"{mail.send.step}"' if then.kind == "mail" else "mails that can be written"
            got = f'"{mail.send.step}" cannot be written for this lead'
            raise _MissedError(mail.at, expected, got, str(error)) from None

    def _told(self, mail: Mailed) -> str:
        fate = "" if mail.fate is Fate.ACCEPTED else f" {mail.fate.value}"
        return f'"{self.letters.subject(self.life, mail)}" ({self._where(mail)}){fate}'

    def _where(self, mail: Mailed) -> str:
        own = "" if mail.send.campaign == self.scenario.campaign else f"{mail.send.campaign}/"
        return f"{own}{mail.send.stage}/{mail.send.step}"

    # Time

    def tell(self, instant: datetime) -> str:
        return tell_instant(instant, self.scenario.zone, self.scenario.start)

    def _expected(self, then: Then, words: str) -> str:
        if then.on is not None:
            told = self.tell(then.on.start)
            return f"{words} {told.rpartition(' ')[0] if then.on.is_day else told}"
        return f"{words} within {tell(then.after)}" if then.after is not None else words

    def _moment(self, then: Then) -> datetime:
        if then.on is not None:
            return then.on.start
        return self._later(then.after) if then.after is not None else self.at

    def _until(self, then: Then) -> datetime:
        if isinstance(then.until, Moment):
            return then.until.start
        return self._later(then.until) if then.until is not None else self.at

    def _limit(self, then: Then) -> datetime:
        if then.on is not None:
            return then.on.end - _A_SECOND
        return self._later(then.after) if then.after is not None else self.at + HORIZON

    def _later(self, delay: Delay) -> datetime:
        calendar = self.life.programme.policy.calendar(self.life.facts.lead.country)
        return after(self.at, delay, self.scenario.zone, calendar)

    def _in_time(self, then: Then, at: datetime) -> bool:
        if then.on is not None:
            return then.on.start <= at < then.on.end
        return then.after is None or at <= self._later(then.after)


_Handler = Callable[[_Playing, Then], None]

_DOINGS: Mapping[str, _Handler] = {
    "opens": _Playing.opens,
    "clicks": _Playing.clicks,
    "replies": _Playing.replies,
    "unsubscribes": _Playing.unsubscribes,
    "bounces": _Playing.bounces,
    "event": _Playing.event,
    "becomes": _Playing.becomes,
}

_HANDLERS: Mapping[str, _Handler] = {
    **dict.fromkeys(ACTS, _Playing.act),
    "silent": _Playing.silent,
    "mail": _Playing.mail,
    "no_mail": _Playing.no_mail,
    "stage": _Playing.stage,
    **dict.fromkeys(OUTSIDE, _Playing.outside),
    "goal": _Playing.goal,
    "leaves": _Playing.leaves,
    "is": _Playing.fields,
}

_KIND_WORDS = {"stages": "stage", "goal": "the", "ended": ""}


def _stage(line: Line) -> str:
    """The stage that the line leads to."""
    return str(line.data.get("stage") if line.code == "entered" else line.data.get("to"))
