"""Playing one lead's life over the span of a simulation: the lead's own deeds, in time, between the daemon's looks.

All chance comes from the seed, the lead's number and the mail or hand-off, never from what happened before in the
program: so a life is the same on every machine, in any process, and a change to one mail leaves what people do with the
others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from random import Random

from msgspec.structs import replace

from engine.domain.actor import Actor
from engine.domain.campaign import Campaign
from engine.domain.delivery import DeliveryState, MailKind
from engine.domain.journey.decision import Send
from engine.domain.journey.facts import Delivery, Enrollment, EventKind, LeadFacts
from engine.domain.journey.programme import Programme
from engine.domain.journey.route import step_now
from engine.domain.journey.view import LeadView
from engine.domain.rules import holds, names_used
from engine.domain.sales.handoff import HandoffState
from engine.domain.scenario import ACCEPTS
from engine.domain.timing import parse_span
from engine.rehearsal.desk import Desk, InHand, NotInHandError
from engine.rehearsal.life import QUARANTINE, Life, Mailed
from engine.rehearsal.simulation.deeds import Deed, DeedKind, Habits, deeds
from engine.rehearsal.simulation.persona import Persona, Record, drawn
from engine.rehearsal.simulation.sales import Said, answers
from engine.rehearsal.simulation.setup import Setup

LATEST = timedelta(days=7)
"""A mail that is older, and was not answered, never will be."""
TRIES = 20
REPLY = "reply"
"""The name under which an answer to a mail is given a chance, as events are."""
TRIAL = timedelta(days=14)
"""A date that a trigger's event must bring lies so far ahead."""


@dataclass(frozen=True, slots=True)
class Lived:
    """A life that was played, whose habits it followed, what the lead did, and the mails that it began with."""

    life: Life
    before: LeadFacts
    persona: Persona
    deeds: list[Deed]


@dataclass(order=True)
class _Due:
    """Something that is due: a deed of the lead, an event by its name, or what sales says of a hand-off."""

    at: datetime
    number: int
    deed: Deed | None = field(compare=False, default=None)
    event: str = field(compare=False, default="")
    said: Said | None = field(compare=False, default=None)
    handoff: int = field(compare=False, default=0)


class Lives:
    """Plays lives of one setup; one for each process."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.programme: Programme = setup.programme()
        found = parse_span(setup.config.tracking.quarantine)
        self._quarantine = QUARANTINE if isinstance(found, str) else found.elapsed
        self._reads_opens = any("opened" in name for rule in self.programme.rules() for name in names_used(rule))

    def play(self, facts: LeadFacts, run: int = 0, first: str = "", in_hand: InHand | None = None) -> Lived:
        """The lead's life to the end of the span; the same `run` gives the same life.

        A lead that comes later begins when it is created. `first` is an event that happens to it then. `in_hand` is the
        hand-off by which sales has it at the start.
        """
        start = max(self.setup.start, facts.lead.created_at)
        facts = self._passed_over(facts)
        key = f"{self.setup.seed}:{run}:{facts.lead.id}"
        persona = drawn(self.setup.manners, record_of(facts), Random(key))  # noqa: S311
        habits = Habits(persona, self.setup.manners, self.setup.links, self.setup.config.tracking.enabled)
        arrived, mails = _on_their_way(facts, self.programme, start)
        desk = Desk(self.programme.policy)
        life = Life(self.programme, arrived, start, self._quarantine, mails=mails, desk=desk)
        play = _Play(self, life, desk, habits, key)
        if in_hand is not None:
            play.expect_sales(in_hand, start)
        play.expect_answers(_unanswered(facts, self.programme, start), start)
        play.expect_events(start, first)
        play.go_on(self.setup.until)
        return Lived(life, facts, persona, play.done)

    @property
    def reads_opens(self) -> bool:
        """Whether any rule asks for opens: otherwise they move nobody, and are only counted."""
        return self._reads_opens

    def _passed_over(self, facts: LeadFacts) -> LeadFacts:
        """Who meets the condition of a campaign that opens now is passed over, unless it came after that."""
        if facts.lead.created_at >= self.setup.start:
            return facts
        met = {name for name in self.setup.opening if self._meets(facts, self.setup.campaigns[name])}
        return replace(facts, passed_over=facts.passed_over | met) if met else facts

    def _meets(self, facts: LeadFacts, campaign: Campaign) -> bool:
        if campaign.enter is None or campaign.on is not None or campaign.backfill:
            return False
        return holds(campaign.enter, LeadView(facts, None, campaign, {}), self.setup.start)


class _Play:
    """One life while it is played."""

    def __init__(self, lives: Lives, life: Life, desk: Desk, habits: Habits, key: str) -> None:
        self.lives, self.life, self.desk, self.habits, self.key = lives, life, desk, habits, key
        self.queue: list[_Due] = []
        self.done: list[Deed] = []
        self._read = 0
        self._handed = 0
        self._expected = 0

    def expect_answers(self, mails: Iterator[Mailed], start: datetime) -> None:
        """Mails of the last days may still be answered: as they are by those who have not done so until now."""
        for mail in mails:
            dice = self._dice(mail)
            for _ in range(TRIES):
                found = list(deeds(mail, self.life.facts.lead, self.habits, dice))
                if all(deed.at > start for deed in found):
                    for deed in found:
                        self._expect(deed.at, deed)
                    break

    def expect_sales(self, in_hand: InHand, start: datetime) -> None:
        """Sales has the lead already: what it will still say of it, as it does of those that have waited so long."""
        self.desk.has_had(in_hand)
        self._handed = 1
        dice = self._dice_of(in_hand.number)
        accepted = in_hand.state is HandoffState.ACCEPTED
        for _ in range(TRIES):
            said = answers(self.lives.setup.sales.manners, dice)
            if accepted and not (said and said[0].answer == ACCEPTS):
                continue
            found = said[1:] if accepted else said
            if all(in_hand.at + one.after > start for one in found):
                self._expect_answers(in_hand, found)
                return

    def expect_events(self, start: datetime, first: str) -> None:
        """Events with a chance, each at some time between now and the end."""
        if first:
            self._expect(start, event=first)
        span = self.lives.setup.until - start
        for chance in self.lives.setup.chances:
            dice = Random(f"{self.key}:event:{chance.event}")  # noqa: S311
            if dice.random() < chance.share:
                self._expect(start + span * dice.random(), event=chance.event)

    def go_on(self, until: datetime) -> None:
        """Let time pass, doing what is due first; a look goes before a deed of the same instant."""
        while True:
            self._read_mails()
            self._read_handoffs()
            at = self.life.next_at
            mine = self.queue[0].at if self.queue else None
            if mine is not None and mine <= until and (at is None or mine < at):
                self._do(heappop(self.queue))
            elif not self.life.step(until):
                return

    def _read_mails(self) -> None:
        for mail in self.life.mails[self._read :]:
            for deed in deeds(mail, self.life.facts.lead, self.habits, self._dice(mail)):
                self._expect(deed.at, deed)
        self._read = len(self.life.mails)

    def _read_handoffs(self) -> None:
        """Sales answers each hand-off after a time."""
        for found in self.desk.handoffs[self._handed :]:
            self._expect_answers(found, answers(self.lives.setup.sales.manners, self._dice_of(found.number)))
        self._handed = len(self.desk.handoffs)

    def _expect_answers(self, handoff: InHand, found: Iterable[Said]) -> None:
        for said in found:
            self._put(_Due(handoff.at + said.after, 0, said=said, handoff=handoff.number))

    def _dice_of(self, handoff: int) -> Random:
        return Random(f"{self.key}:handoff:{handoff}")  # noqa: S311

    def _dice(self, mail: Mailed) -> Random:
        send = mail.send
        return Random(f"{self.key}:{send.campaign}/{send.step}/{send.run}/{send.occurrence}")  # noqa: S311

    def _expect(self, at: datetime, deed: Deed | None = None, event: str = "") -> None:
        self._put(_Due(at, 0, deed, event))

    def _put(self, due: _Due) -> None:
        due.number = self._expected
        self._expected += 1
        heappush(self.queue, due)

    def _do(self, due: _Due) -> None:
        self.life.run_to(due.at)
        if due.said is not None:
            self._says(due.said, due.handoff)
        elif due.deed is None:
            self._happens(due.event)
        elif due.deed.kind is not DeedKind.LEAVE or self.life.facts.lead.subscribed:
            self.done.append(due.deed)
            self._answer(due.deed)

    def _answer(self, deed: Deed) -> None:
        match deed.kind:
            case DeedKind.OPEN:
                if self.lives.reads_opens:
                    self.life.happens(EventKind.OPEN, mail=deed.mail)
            case DeedKind.CLICK:
                self.life.happens(EventKind.CLICK, mail=deed.mail, link=deed.link)
            case DeedKind.LEAVE:
                self.life.unsubscribes(deed.mail)
            case DeedKind.BOUNCE:
                self.life.bounces(deed.mail)

    def _says(self, said: Said, handoff: int) -> None:
        """Sales answers, unless the clock was faster."""
        if self.desk.handoffs[-1].number != handoff:
            return
        with suppress(NotInHandError):
            if said.answer == ACCEPTS:
                self.desk.accepts(self.life)
            else:
                self.desk.rejects(self.life, said.reason)

    def _happens(self, event: str) -> None:
        if event == REPLY:
            if self.life.mails:
                self.life.happens(EventKind.REPLY, mail=self.life.mails[-1])
            return
        properties = trigger_properties(self.lives.setup.campaigns, event, self.life.facts.lead.id, self.life.now)
        self.life.happens(EventKind.CUSTOM, event, properties=properties)


def trigger_properties(campaigns: Mapping[str, Campaign], event: str, lead: int, at: datetime) -> dict[str, object]:
    """What an event must bring so that the campaigns which it triggers can run: a key of its own, and dates ahead."""
    found: dict[str, object] = {}
    for campaign in campaigns.values():
        if campaign.on is None or campaign.on.event.casefold() != event.casefold():
            continue
        for _, step in campaign.steps():
            if step.at is not None and step.at.anchor[0] == "trigger":
                found[step.at.anchor[1]] = (at + TRIAL).date().isoformat()
        if campaign.on.key:
            found[campaign.on.key.removeprefix("trigger.")] = f"{event}-{lead}"
    return found


def record_of(facts: LeadFacts) -> Record:
    """How the lead treated its mails so far."""
    sent = {
        (mail.enrollment, mail.step)
        for mail in facts.deliveries
        if mail.state is DeliveryState.SENT and mail.kind is MailKind.MARKETING
    }
    by_people = [event for event in facts.events if event.actor is Actor.HUMAN]
    clicked = {(one.enrollment, one.step) for one in by_people if one.kind is EventKind.CLICK} & sent
    opened = {(one.enrollment, one.step) for one in by_people if one.kind is EventKind.OPEN} & sent | clicked
    return Record(len(sent), len(opened), len(clicked))


def _on_their_way(facts: LeadFacts, programme: Programme, now: datetime) -> tuple[LeadFacts, list[Mailed]]:
    """Mails that are decided and not over yet are accepted at the start."""
    runs = {run.id: run for run in facts.enrollments}
    found = [mail for mail in facts.deliveries if mail.in_flight and mail.enrollment in runs]
    if not found:
        return facts, []
    deliveries = tuple(
        replace(mail, state=DeliveryState.SENT, finished_at=now) if mail.in_flight else mail
        for mail in facts.deliveries
    )
    mails = [Mailed(now, _send(mail, runs[mail.enrollment], programme), mail.enrollment, facts.lead) for mail in found]
    return replace(facts, deliveries=deliveries), mails


def mails_before(facts: LeadFacts, programme: Programme) -> Iterator[Mailed]:
    """The mails that the lead had, oldest first."""
    runs = {run.id: run for run in facts.enrollments}
    for mail in facts.deliveries:
        run = runs.get(mail.enrollment)
        if run is not None and mail.state is DeliveryState.SENT and mail.finished_at is not None:
            yield Mailed(mail.finished_at, _send(mail, run, programme), mail.enrollment, facts.lead)


def _unanswered(facts: LeadFacts, programme: Programme, now: datetime) -> Iterator[Mailed]:
    """Mails of the last days that nobody has opened yet."""
    answered = {(event.enrollment, event.step) for event in facts.events if event.actor is Actor.HUMAN}
    for mail in mails_before(facts, programme):
        if mail.at > now - LATEST and (mail.enrollment, mail.send.step) not in answered:
            yield mail


def _send(mail: Delivery, run: Enrollment, programme: Programme) -> Send:
    """The mail as it was decided, under its step's present name and stage."""
    campaign = programme.campaigns.get(mail.campaign)
    step = step_now(campaign, mail.step) if campaign is not None else mail.step
    stages = (stage.id for stage, found in campaign.steps() if found.id == step) if campaign is not None else ()
    stage = next(iter(stages), run.stage)
    return Send(mail.campaign, run.run, stage, step, mail.occurrence, mail.mail, mail.kind)
