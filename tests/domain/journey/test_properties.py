"""What holds for every campaign, every lead and every life."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.domain.delivery import TRANSITIONS, MailKind
from engine.domain.journey.decide import decide
from engine.domain.journey.decision import Decision
from engine.domain.journey.facts import EnrollmentStatus, LeadFacts
from engine.domain.journey.programme import Programme
from engine.domain.steps import KINDS

from .world import DAY, HOUR, MONDAY, Play, applied, lead
from .worlds import PLAYED, Happening, facts, happenings, programmes

YEAR = 120 * DAY
"""Long enough for every wait, cadence and re-entry of the random worlds to come round."""

SLOW = list(HealthCheck)
many = settings(max_examples=80, phases=[Phase.generate], deadline=None, suppress_health_check=SLOW)
few = settings(max_examples=15, phases=[Phase.generate], deadline=None, suppress_health_check=SLOW)


def test_every_kind_of_step_is_played():
    assert set(PLAYED) == set(KINDS)


@many
@given(facts(), programmes(), st.integers(-40, 40))
def test_decide_is_total_and_looks_only_ahead(known: LeadFacts, ways: Programme, days: int):
    now = MONDAY + days * DAY
    decision = decide(known, ways, now)
    assert decision.recheck_at is None or decision.recheck_at > now
    assert sum(send.kind is MailKind.MARKETING for send in decision.sends) <= 1
    mails = [(send.campaign, send.run, send.step, send.occurrence) for send in decision.sends]
    assert len(mails) == len(set(mails))


@many
@given(facts(), programmes())
def test_deciding_again_on_what_follows_changes_nothing(known: LeadFacts, ways: Programme):
    after = applied(known, decide(known, ways, MONDAY), MONDAY)
    again = decide(after, ways, MONDAY)
    assert (again.sends, again.actions, again.withdrawn, again.enrollments) == ((), (), (), ())
    assert again.lines == ()


@many
@given(facts(), programmes())
def test_no_pass_of_a_step_is_mailed_that_was_mailed_before(known: LeadFacts, ways: Programme):
    taken = {(d.enrollment, d.step, d.occurrence) for d in known.deliveries}
    numbers = {(e.campaign, e.run): e.id for e in known.enrollments}
    for send in decide(known, ways, MONDAY).sends:
        assert (numbers.get((send.campaign, send.run)), send.step, send.occurrence) not in taken


def live(ways: Programme, life: Iterable[Happening], extra: Iterable[datetime] = ()) -> Play:
    """A year of a lead; `extra` are looks that nobody asked for."""
    play = Play(ways, LeadFacts(lead(fields={"renewal": "2027-01-15", "birthday": "1980-12-05"})))
    play.look()
    looks = [(at, None) for at in extra]
    for at, happening in sorted([*((h.at, h) for h in life), *looks], key=lambda found: found[0]):
        play.run_to(at - timedelta(microseconds=1)) if happening and play.due_at and play.due_at < at else None
        if happening:
            happening.befalls(play)
        else:
            play.run_to(at)
    return play.run_to(MONDAY + YEAR)


@few
@given(programmes(), happenings)
def test_in_a_year_nobody_gets_a_steps_mail_twice(ways: Programme, life: list[Happening]):
    play = live(ways, life)
    passes = Counter((d.enrollment, d.step, d.occurrence) for d in play.facts.deliveries)
    assert set(passes.values()) <= {1}
    repeats = {step.id for c in ways.campaigns.values() for _, step in c.steps() if getattr(step, "repeat", False)}
    once = Counter((d.enrollment, d.step) for d in play.facts.deliveries if d.step not in repeats)
    assert set(once.values()) <= {1}


@few
@given(programmes(), happenings)
def test_looking_every_hour_finds_nothing_that_the_decisions_own_looks_miss(ways: Programme, life: list[Happening]):
    asked = live(ways, life)
    hourly = live(ways, life, [MONDAY + hours * HOUR for hours in range(0, 24 * YEAR.days, 11)])
    assert [(d.step, d.created_at) for d in asked.facts.deliveries] == [
        (d.step, d.created_at) for d in hourly.facts.deliveries
    ]
    assert asked.lines == hourly.lines
    assert asked.facts.enrollments == hourly.facts.enrollments


class Life(RuleBasedStateMachine):
    """Mails take every way that their states allow, while the lead lives on."""

    @initialize(ways=programmes())
    def born(self, ways: Programme) -> None:
        self.play = Play(ways, accepts=None)
        self.play.look()

    @rule(hours=st.integers(0, 24 * 20))
    def time_passes(self, hours: int) -> None:
        self.play.run_for(hours * HOUR)

    @rule(what=st.sampled_from(["reply", "ripe", "unripe", "sales", "recycled", "demo", "trial", "click"]))
    def something_happens(self, what: str) -> None:
        Happening(self.play.now + HOUR, what).befalls(self.play)

    @precondition(lambda self: any(d.finished_at is None for d in self.play.facts.deliveries))
    @rule(data=st.data())
    def a_mail_changes(self, data: st.DataObject) -> None:
        open_ones = [d for d in self.play.facts.deliveries if d.finished_at is None and TRANSITIONS[d.state]]
        mail = data.draw(st.sampled_from(open_ones))
        becomes = data.draw(st.sampled_from(sorted(TRANSITIONS[mail.state])))
        self.play.delivery_becomes(mail.step, becomes)

    @invariant()
    def enrollments_make_sense(self) -> None:
        for run in self.play.facts.enrollments:
            assert (run.status is EnrollmentStatus.ENDED) == (run.ended_at is not None) == bool(run.ended_why)
            assert run.status is not EnrollmentStatus.PAUSED or run.waiting
            assert run.since <= self.play.now

    @invariant()
    def nobody_is_forgotten(self) -> None:
        """Every open run waits for an instant, a mail, a person, an event or new content, and says which."""
        for run in self.play.facts.enrollments:
            if run.status is EnrollmentStatus.ACTIVE:
                assert run.waiting or run.due_at is not None or self._task_is_open(run.id)
                assert run.due_at is None or run.due_at <= self.play.now or self._is_looked_at(run.due_at)

    @invariant()
    def the_same_look_again_says_nothing(self) -> None:
        again = decide(self.play.facts, self.play.programme, self.play.now)
        assert again == Decision(recheck_at=again.recheck_at)

    def _task_is_open(self, number: int | None) -> bool:
        return any(a.enrollment == number and a.done_at is None for a in self.play.facts.actions)

    def _is_looked_at(self, at: datetime) -> bool:
        return self.play.due_at is not None and self.play.due_at <= at


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=25, phases=[Phase.generate], stateful_step_count=15, deadline=None, suppress_health_check=SLOW
)
