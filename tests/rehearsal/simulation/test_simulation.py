"""A simulation repeats, whoever plays it, and counts what happens between campaigns as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from engine.rehearsal.simulation.figures import Figures
from engine.rehearsal.simulation.setup import Arrivals, Chance
from engine.rehearsal.simulation.tally import OWN, SLICES
from engine.rehearsal.simulation.unmade import unmade
from tests.rehearsal.simulation.setups import CONFIG, DRIP, KEEN, SILENT, counts, played, setup_of

FIRST = """\
title    = "First"
theme    = "data"
state    = "live"
lane     = "nurture"
priority = 90
enter    = "source == 'web'"
[stage.only]
exhausted = { after = "1d", go = "exit" }
[[stage.only.step]]
email = "first"
"""
SECOND = """\
title    = "Second"
theme    = "data"
state    = "live"
lane     = "nurture"
priority = 10
enter    = "source == 'web'"
[stage.only]
exhausted = "exit"
[[stage.only.step]]
email = "second"
wait  = "1h"
[[stage.only.step]]
email = "third"
wait  = "1h"
"""
TRIAL = """\
title = "Trial"
theme = "trial"
state = "live"
on    = "event('trial_started')"
key   = "trigger.trial_id"
goal  = "event('bought')"
[stage.only]
exhausted = "exit"
[[stage.only.step]]
email = "ending"
at    = "3 days before trigger.trial_ends 10:00"
"""


def test_same_seed_gives_the_same_figures_and_another_one_others() -> None:
    setup = setup_of(drip=DRIP)
    assert played(setup).tally == played(setup).tally
    assert played(setup).tally != played(replace(setup, seed=2)).tally


def test_number_of_processes_changes_nothing() -> None:
    setup = setup_of(drip=DRIP, days=12, arrivals=Arrivals(10, timedelta(days=1)))
    assert played(setup, 650, processes=2).tally == played(setup, 650).tally


def test_edit_of_one_mail_leaves_what_people_do_with_the_others() -> None:
    setup, later = setup_of(drip=DRIP), setup_of(drip=DRIP.replace('"8d"', '"9d"'))
    for what in ("open", "click"):
        before, after = counts(played(setup, 300)), counts(played(later, 300))
        assert before[what, "drip", "aware/first"] == after[what, "drip", "aware/first"] > 0


def test_silent_leads_get_every_mail_and_run_out() -> None:
    found = counts(played(setup_of(drip=DRIP, manners=SILENT)))
    assert found["mail", "drip", "aware/first"] == found["mail", "drip", "aware/second"] == 40
    assert found["ended:finished", "drip", "aware"] == 40
    assert not found["advanced", "drip", "aware"]


def test_keen_leads_click_and_advance_to_sales() -> None:
    found = played(setup_of(drip=DRIP, manners=KEEN))
    count = counts(found)
    assert count["click", "drip", "aware/first"] == count["advanced", "drip", "aware"] == 40
    assert count["handoff", "drip", "ripe"] == 40 and not count["mail", "drip", "aware/second"]
    stuck = {place.why: one for place, one in found.tally.stuck.items()}
    assert {place.stage for place in found.tally.stuck} == {"ripe"}
    assert sum(one.count for one in stuck.values()) == 40 and all(one.examples for one in stuck.values())
    assert set(stuck) == {"sales accepted the lead, and deals are not played", "the stage has nothing left to send"}


def test_lane_and_cap_collisions_are_counted_with_who_is_in_the_way() -> None:
    """The first goes first in the lane; when it is over, its mail has filled the cap of the second one's mail."""
    found = Figures(played(setup_of(first=FIRST, second=SECOND, manners=SILENT)))
    (lane,) = found.lanes
    assert (lane.campaign, lane.by, lane.count.value) == ("second", "first", 40)
    assert {(one.campaign, one.by): one.count.value for one in found.caps} == {
        ("second", "first"): 40,
        ("second", OWN): 40,
    }
    hours = {one.by: one.hours for one in found.caps}
    assert 24 * 5 <= hours["first"] <= 24 * 6, "a day of seven passed while it was paused"


def test_arrivals_come_in_evenly_and_begin_when_they_come() -> None:
    setup = setup_of(drip=DRIP, manners=SILENT, days=10, arrivals=Arrivals(5, timedelta(days=1)))
    found = played(setup, 0)
    entered = {fact.day: count for fact, count in found.tally.total().items() if fact.what == "entered"}
    assert found.tally.leads == sum(entered.values()) == 50
    assert set(entered) <= set(range(11)) and max(entered.values()) <= 6


def test_trigger_happens_to_those_who_are_made_up_for_it_with_what_it_must_bring() -> None:
    found = counts(played(setup_of(trial=TRIAL, manners=SILENT)))
    assert found["entered", "trial", ""] == found["mail", "trial", "only/ending"] == 40


def test_event_happens_to_its_share_of_the_leads() -> None:
    setup = setup_of(trial=TRIAL, manners=SILENT)
    assert not counts(played(setup, 400))["goal", "trial", "only"]
    (rule,) = unmade(setup, made_up=True)
    assert (rule.key, rule.events) == ("goal", ("bought",))
    given = replace(setup, chances=(Chance("bought", 0.5),))
    goals = sum(n for (what, _, _), n in counts(played(given, 400)).items() if what == "goal")
    assert 60 < goals < 200, "half of them buy, some after the campaign is over"
    assert unmade(given, made_up=True) == []
    assert [one.key for one in unmade(given, made_up=False)] == ["on"]


def test_untracked_home_has_neither_opens_nor_clicks() -> None:
    found = counts(played(setup_of(CONFIG + "[tracking]\nenabled = false\n", drip=DRIP, manners=KEEN)))
    assert found["mail", "drip", "aware/first"] and not found["click", "drip", "aware/first"]


def test_days_add_up_to_all_mails_and_the_spread_surrounds_them() -> None:
    found = Figures(played(setup_of(drip=DRIP), 300))
    assert sum(day.mails.value for day in found.days) == found.mails.value
    assert sum(sum(day.by_campaign.values()) for day in found.days) == found.mails.value
    assert found.mails.low < found.mails.value < found.mails.high
    assert len(found.simulation.tally.slices) == SLICES


def test_what_happens_to_everybody_has_no_spread() -> None:
    (funnel,) = Figures(played(setup_of(drip=DRIP, manners=SILENT), 300)).funnels
    assert (funnel.entered.low, funnel.entered.high) == (300, 300)
    assert (funnel.mails.low, funnel.mails.high) == (600, 600)


def test_spread_holds_eight_futures_in_ten() -> None:
    """The spread that one run tells is where other seeds' figures lie."""
    setup = setup_of(drip=DRIP, days=8)
    first = Figures(played(setup, 200)).funnels[0].stages[0].advanced
    others = [counts(played(replace(setup, seed=seed), 200))["advanced", "drip", "aware"] for seed in range(2, 32)]
    width = first.high - first.low
    spread = sorted(others)[27] - sorted(others)[3]
    assert 0.5 * spread < width < 2 * spread


def test_hours_above_what_relays_take_are_told() -> None:
    relay = '[[relay]]\nname = "mx"\nper_second = 0.005\n'
    found = Figures(played(setup_of(CONFIG + relay, drip=DRIP, manners=SILENT))).volume
    assert found.per_hour == 18 and found.busiest is not None and found.busiest[1] == 40
    assert [count for _, count in found.over] == [40, 40]
    assert Figures(played(setup_of(drip=DRIP))).volume.per_hour is None


def test_leads_that_ripen_outside_of_a_step_are_counted_as_handed_over_too() -> None:
    """By the sales-ready rule without a step for it, and by the step without a rule: once each."""
    reading = DRIP.replace('handoff = "sales"', 'set = { plan = "small" }')
    by_rule = Figures(played(setup_of('sales_ready = "ever.clicks >= 1"\n' + CONFIG, drip=reading, manners=KEEN)))
    by_step = Figures(played(setup_of(drip=DRIP, manners=KEEN)))
    assert by_rule.in_days("handoff", 0, 30).value == by_step.in_days("handoff", 0, 30).value > 0
