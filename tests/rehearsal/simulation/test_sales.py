"""Sales answers in a simulation: by shares that are learnt, told or assumed; the leads go on with what it answered."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from msgspec.structs import replace as changed

from engine.domain.sales.handoff import HandoffState
from engine.errors import RipelineError
from engine.rehearsal.desk import InHand
from engine.rehearsal.simulation.figures import Figures
from engine.rehearsal.simulation.honesty import people_told
from engine.rehearsal.simulation.lives import Lived, Lives
from engine.rehearsal.simulation.persona import observed
from engine.rehearsal.simulation.population import Population
from engine.rehearsal.simulation.sales import (
    ACCEPTED,
    UNANSWERED,
    Sales,
    SalesManners,
    answers,
    as_told,
    assumed,
    with_shares,
)
from engine.rehearsal.simulation.sales_learning import HANDOFFS_NEEDED, learn_sales
from engine.rehearsal.simulation.setup import Chance, Setup
from engine.rehearsal.simulation.unmade import unmade
from engine.rehearsal.simulation.values import as_values
from engine.store.handoffs import PastHandoff
from tests.rehearsal.simulation.setups import CONFIG, DRIP, KEEN, MONDAY, SILENT, counts, played, setup_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REASONS = ("too_early", "no_budget")
RECYCLING = """\
[sales]
hand_raises   = ["asked"]
sla           = "1 business day"
recycle_after = "3 business days"
[sales.reasons.too_early]
title = "Too early"
[sales.reasons.no_budget]
title = "No budget"
rest = "90d"
"""
AGAIN = """\
title = "Again"
theme = "data"
state = "live"
on = "event('recycled')"
enter = "trigger.reason == 'too_early'"
[stage.only]
exhausted = "exit"
[[stage.only.step]]
email = "again"
wait = "2d"
[[stage.only.step]]
handoff = "sales"
wait = "2d"
"""


def only(name: str, hours: float = 5.0) -> Sales:
    """A sales team that ends every hand-off so, after so many hours."""
    return Sales(replace(with_shares(SalesManners(first=0.0), {name: 1.0}), answering=observed([hours])))


def setup(sales: Sales, drip: str = DRIP, **more: object) -> Setup:
    return setup_of(CONFIG + RECYCLING, drip=drip, sales=sales, **{"manners": KEEN, **more})


def lived(found: Setup, in_hand: InHand | None = None) -> Lived:
    lives = Lives(found)
    made = Population(found.config, lives.programme, found.seed).lead(1, MONDAY)
    return lives.play(made.facts, first=made.first, in_hand=in_hand)


def test_lead_that_is_given_back_goes_on_and_is_handed_over_again() -> None:
    """No made-up lead begins as one whom sales gave back."""
    found = played(setup(only("too_early"), again=AGAIN))
    count = counts(found)
    assert count["mail", "again", "only/again"] == 40
    sales = Figures(found).sales
    assert sales.again.value == 40 and sales.handed_over.value == count["handoff", "drip", "ripe"] + sales.again.value
    assert set(sales.back) == {"too_early"}
    assert sales.handed_over.value == sales.given_back.value + sales.waiting + sales.kept


def test_what_sales_accepts_stays_with_it() -> None:
    found = Figures(played(setup(only(ACCEPTED))))
    assert (found.sales.handed_over.value, found.sales.accepted.value, found.sales.kept) == (40, 40, 40)
    assert not found.sales.given_back.value and not found.sales.again.value
    assert [(place.why, count) for place, count, _ in found.stuck] == [
        ("sales accepted the lead, and deals are not played", 40)
    ]


def test_what_nobody_answers_the_clock_takes_back() -> None:
    one = lived(setup(only(UNANSWERED)))
    assert one.life.desk is not None
    (handoff,) = one.life.desk.handoffs
    assert (handoff.state, handoff.reason) == (HandoffState.EXPIRED, "no_answer_from_sales")
    assert handoff.ended_at is not None and DAY * 3 <= handoff.ended_at - handoff.at <= DAY * 6
    assert [line.code for line in one.life.lines if line.code.startswith("handoff_")] == [
        "handoff_escalated",
        "handoff_recycled",
    ]


def test_answer_that_comes_too_late_changes_nothing() -> None:
    one = lived(setup(only("too_early", hours=24 * 20)))
    assert one.life.desk is not None
    assert [handoff.reason for handoff in one.life.desk.handoffs] == ["no_answer_from_sales"]


def test_answers_are_the_same_whatever_was_changed_around_them() -> None:
    """Chance comes from the seed, the lead and the number of its hand-off; not from mails, nor from other leads."""
    mixed = Sales(with_shares(SalesManners(), {ACCEPTED: 0.3, "too_early": 0.3, "no_budget": 0.2}))
    longer = DRIP.replace("[stage.ripe]", '[[stage.aware.step]]\nemail = "third"\nwait = "1d"\n[stage.ripe]')

    def first_answers(drip: str) -> list[tuple[timedelta | None, str]]:
        found = []
        for number in range(1, 30):
            lives = Lives(setup(mixed, drip=drip))
            made = Population(lives.setup.config, lives.programme, 1).lead(number, MONDAY)
            desk = lives.play(made.facts, first=made.first).life.desk
            assert desk is not None
            found += [
                (one.accepted_at and _whole(one.accepted_at - one.at), one.reason)
                for one in desk.handoffs[:1]
                if one.reason != "no_answer_from_sales"
            ]
        return found

    assert first_answers(DRIP) == first_answers(longer) and len(set(first_answers(DRIP))) > 5


def _whole(span: timedelta) -> timedelta:
    return timedelta(seconds=round(span.total_seconds()))


def test_result_does_not_depend_on_the_number_of_processes() -> None:
    found = setup(Sales(assumed(REASONS)))
    alone, together = (as_values(Figures(played(found, 700, processes)), []) for processes in (1, 2))
    assert alone["sales"] == together["sales"] and alone["sales"]["handed_over"]["value"] > 400


def test_lives_without_hand_offs_look_no_more_often() -> None:
    quiet = DRIP.replace('handoff = "sales"', 'notify = "ripe"\nwho = "owner"')
    looks = {played(setup_of(drip=quiet, manners=KEEN, sales=sales)).tally.looks for sales in (only("x"), Sales())}
    assert len(looks) == 1


@pytest.mark.parametrize(
    ("state", "hours", "ends"),
    [(HandoffState.OPEN, 30.0, "too_early"), (HandoffState.SNOOZED, 30.0, "too_early"), (HandoffState.OPEN, 2.0, "")],
)
def test_lead_that_is_with_sales_at_the_start_is_answered_as_those_who_waited_so_long(
    state: HandoffState, hours: float, ends: str
) -> None:
    """After 2 hours it would have been answered before the start; what is left is the clock."""
    in_hand = InHand(0, MONDAY - DAY, state=state, clock_at=MONDAY + 10 * DAY)
    one = _with_sales_since(in_hand, only("too_early", hours))
    assert one.life.desk is not None
    first = one.life.desk.handoffs[0]
    assert first.reason == ends or (not ends and first.state is HandoffState.EXPIRED)
    if ends:
        assert first.ended_at is not None and _whole(first.ended_at - MONDAY) == 6 * HOUR


def test_lead_that_sales_had_accepted_comes_back_or_does_not() -> None:
    in_hand = InHand(0, MONDAY - DAY, state=HandoffState.ACCEPTED, accepted_at=MONDAY - DAY)
    kept = only("too_early")
    kept = Sales(replace(kept.manners, first=1.0, keeping=observed([100.0])))
    found = _with_sales_since(in_hand, kept).life.desk
    assert found is not None and found.handoffs[0].reason == "too_early"
    found = _with_sales_since(in_hand, only(ACCEPTED)).life.desk
    assert found is not None and found.handoffs[0].state is HandoffState.ACCEPTED


def _with_sales_since(in_hand: InHand, sales: Sales) -> Lived:
    lives = Lives(setup(sales, manners=SILENT))
    made = Population(lives.setup.config, lives.programme, 1).lead(1, MONDAY)
    lead = changed(made.facts.lead, handed_off_at=in_hand.at)
    return lives.play(changed(made.facts, lead=lead), in_hand=in_hand)


def test_shares_and_first_acceptances_come_out_as_they_are_set() -> None:
    dice = Random(3)
    manners = replace(with_shares(SalesManners(), {ACCEPTED: 0.5, "too_early": 0.2, "no_budget": 0.1}), first=0.5)
    said = [answers(manners, dice) for _ in range(4000)]
    ends = Counter(one[-1].reason or ACCEPTED if one else UNANSWERED for one in said)
    assert {name: round(count / 4000, 1) for name, count in ends.items()} == pytest.approx(
        {ACCEPTED: 0.5, "too_early": 0.2, "no_budget": 0.1, UNANSWERED: 0.2}
    )
    first = [one for one in said if len(one) == 2]
    assert 0.4 < len(first) / (ends["too_early"] + ends["no_budget"]) < 0.6
    assert all(accepted.after < back.after for accepted, back in first)


def past(state: HandoffState, reason: str = "", hours: float | None = 10.0, kept: float = 0.0) -> PastHandoff:
    answered: datetime | None = MONDAY + hours * HOUR if hours is not None else None
    ended = answered + kept * HOUR if answered is not None and state is not HandoffState.ACCEPTED else None
    return PastHandoff(state.value, reason, MONDAY, answered, ended)


HISTORY = [
    *[past(HandoffState.ACCEPTED)] * 60,
    *[past(HandoffState.CLOSED)] * 20,
    *[past(HandoffState.REJECTED, "too_early")] * 60,
    *[past(HandoffState.REJECTED, "too_early", kept=48.0)] * 40,
    *[past(HandoffState.EXPIRED, "no_answer_from_sales", None)] * 20,
]


def test_shares_and_delays_of_a_history_are_given_back() -> None:
    found = learn_sales(HISTORY, REASONS)
    assert (found.origin.handoffs, found.origin.shares, found.origin.delays) == (200, True, True)
    shares = found.manners.shares
    assert shares[ACCEPTED] == pytest.approx(0.4, abs=0.02) and shares["too_early"] == pytest.approx(0.5, abs=0.02)
    assert shares[UNANSWERED] == pytest.approx(0.1, abs=0.02) and 0 < shares["no_budget"] < 0.02
    assert sum(shares.values()) == pytest.approx(1.0)
    assert found.manners.first == pytest.approx(0.4, abs=0.03)
    assert (found.manners.answering.median, found.manners.keeping.median) == (pytest.approx(10.0), pytest.approx(48.0))


def test_too_few_hand_offs_leave_what_is_assumed() -> None:
    found = learn_sales(HISTORY[: HANDOFFS_NEEDED - 1], REASONS)
    assert found.manners == assumed(REASONS) and not found.origin.shares
    assert assumed(REASONS).shares == pytest.approx(
        {ACCEPTED: 0.5, "too_early": 0.15, "no_budget": 0.15, UNANSWERED: 0.2}
    )
    assert sum(assumed(()).shares.values()) == pytest.approx(1.0)


def test_shares_that_are_told_stand_and_the_others_keep_their_proportions() -> None:
    found = as_told(assumed(REASONS), [("too_early", 0.4)]).shares
    assert found["too_early"] == pytest.approx(0.4) and sum(found.values()) == pytest.approx(1.0)
    assert found[ACCEPTED] / found["no_budget"] == pytest.approx(0.5 / 0.15)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ([("to_early", 0.4)], r"--sales to_early= is nothing that becomes of a hand-off; did you mean 'too_early'\?"),
        ([("too_early", 0.7), (ACCEPTED, 0.5)], r"the shares of --sales are 120% together, which is more than all"),
        (
            [("too_early", 0.1), ("no_budget", 0.1), (ACCEPTED, 0.1), (UNANSWERED, 0.1)],
            r"the shares of --sales are 40% together, and nothing is left for the rest",
        ),
    ],
)
def test_shares_that_cannot_be_are_refused(told: list[tuple[str, float]], words: str) -> None:
    with pytest.raises(RipelineError, match=words):
        as_told(assumed(REASONS), told)


def test_report_says_on_how_many_hand_offs_it_rests() -> None:
    few, many = (learn_sales(HISTORY[:count], REASONS) for count in (3, 200))
    told = " ".join(people_told(setup(few)))
    assert "assumed (3 hand-offs older than 14 days are too few to learn from; 20 are needed)" in told
    told = " ".join(people_told(setup(many)))
    assert "learnt from 200 hand-offs older than 14 days" in told and "deals are not played" in told
    quiet = setup_of(drip=DRIP.replace('handoff = "sales"', 'notify = "ripe"\nwho = "owner"'))
    assert "Sales" not in " ".join(people_told(quiet)), "nobody can come to sales there"


def test_rules_that_wait_for_what_sales_answers_are_not_among_those_that_wait() -> None:
    found = unmade(setup(Sales(assumed(REASONS))), made_up=True)
    assert not [one for one in found if "recycled" in one.events]


def test_hand_raises_come_to_sales_outside_of_campaigns_too() -> None:
    found = Figures(played(setup(only("no_budget"), manners=SILENT, chances=(Chance("asked", 1.0),))))
    assert found.sales.handed_over.value == 40 and found.sales.again.value == 0
    assert found.sales.given_back.value + found.sales.waiting == 40
