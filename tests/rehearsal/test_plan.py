"""The plan tells what then happens: each sentence is held against the home after the change was applied."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.authoring.difference import ChangeKind
from engine.errors import ProblemsError, RipelineError
from engine.rehearsal.plan import travellers, volume
from tests.service.world import CAMPAIGNS, MONDAY, World

JANE, BOB = "jane@northwind.example", "bob@northwind.example"
DRIP = "campaigns/drip.toml"
SECOND = '[[stage.aware.step]]\nemail = "second"\nwait = "2d"\nthread = "first"\n'
DAY = timedelta(days=1)


@pytest.fixture
def mailed(world: World) -> World:
    """Jane and Bob had their first mail and wait for the second; templates for further mails are there."""
    world.take_in(f"{JANE},Jane,web", f"{BOB},Bob,web")
    world.go()
    for name in ("extra", "last"):
        for stage in ("aware", "ripe"):
            templates = world.path / "templates/data"
            shutil.copy(templates / "aware/second.html", templates / f"{stage}/{name}.html")
    world.clock.step_to(MONDAY + timedelta(hours=1))
    world.tick()
    return world


def step(name: str, *more: str, stage: str = "aware") -> str:
    return "\n".join([f"[[stage.{stage}.step]]", f'email = "{name}"', *more, ""])


def change(world: World, old: str, new: str) -> Callable[[], None]:
    """Rewrite the campaign; the function applies it."""
    plan = world.rewrite(DRIP, lambda text: text.replace(old, new))
    return lambda: world.apply(plan) and None


def effects(world: World) -> list[tuple[str, int, int, bool, str]]:
    return [(e.change.where, e.leads, e.past, e.safe, e.change.heir) for e in world.prospect().effects]


def test_longer_wait_is_for_those_who_come_and_all_where_the_file_says_so(mailed: World) -> None:
    apply = change(mailed, 'wait = "2d"', 'wait = "5d"')
    assert effects(mailed) == [("aware/second", 2, 0, True, "")]
    (effect,) = mailed.prospect().effects
    assert effect.change.told == "waits 2 days → 5 days"
    apply()
    mailed.later(days=3)
    assert mailed.states(JANE)[-1] == ("second", "sent"), "she keeps the wait that she began with"


def test_longer_wait_moves_everybody_where_the_file_says_so(mailed: World) -> None:
    apply = change(mailed, 'wait = "2d"', 'wait = "5d"\nwait_applies = "all"')
    assert effects(mailed) == [("aware/second", 2, 0, False, "")], "their time moves: a person looks at it"
    apply()
    mailed.later(days=4)
    assert mailed.states(JANE) == [("first", "sent")]
    mailed.later(days=2)
    assert mailed.states(JANE)[-1] == ("second", "sent")


@pytest.mark.parametrize(("catch_up", "gets_it"), [("catch_up = true", True), ("", False)])
def test_step_added_behind_leads_reaches_them_only_if_it_says_so(mailed: World, catch_up: str, gets_it: bool) -> None:
    apply = change(mailed, SECOND, step("extra", catch_up) + SECOND)
    assert effects(mailed) == [("aware/extra", 0, 2, not gets_it, "")]
    apply()
    mailed.later(days=6)
    assert ("extra" in [name for name, _ in mailed.states(JANE)]) is gets_it
    assert mailed.states(JANE).count(("second", "sent")) == 1
    assert mailed.states(JANE).count(("first", "sent")) == 1


def test_removed_step_tells_where_its_leads_go_on(mailed: World) -> None:
    apply = change(mailed, SECOND, step("extra", 'wait = "1d"'))
    assert ("aware/second", 2, 0, False, "extra") in effects(mailed)
    apply()
    mailed.later(days=3)
    assert mailed.states(JANE) == [("first", "sent"), ("extra", "sent")]


@pytest.mark.parametrize("moved", ['second = "extra"', '"aware/second" = "aware/extra"', '"aware/second" = "extra"'])
def test_rename_that_is_said_has_no_effect_on_anyone(mailed: World, moved: str) -> None:
    moved = f'moved = {{ {moved} }}\nenter = "source'
    plan = mailed.rewrite(
        DRIP, lambda text: text.replace('enter = "source', moved).replace('email = "second"', 'email = "extra"')
    )
    assert [(e.change.kind, e.leads, e.safe) for e in plan.effects if e.change.step] == [(ChangeKind.MOVED, 2, True)]
    mailed.apply(plan)
    mailed.later(days=3)
    assert [name for name, _ in mailed.states(JANE)] == ["first", "extra"]


def test_volume_is_what_then_goes_out(mailed: World) -> None:
    apply = change(mailed, SECOND, SECOND + step("extra", 'wait = "1d"'))
    found = volume(mailed.home, mailed.prospect(), mailed.runner.current().programme, mailed.clock.now())
    assert (found.leads, found.played) == (2, 2)
    assert (found.before.mails, found.after.mails) == (2, 4)
    apply()
    before = len(mailed.received())
    mailed.later(days=7)
    assert len(mailed.received()) - before == 4
    busiest = found.after.busiest
    assert busiest is not None
    assert busiest[1] == 2


def test_leads_at_a_place_are_named_with_what_comes_next_now_and_then(mailed: World) -> None:
    change(mailed, SECOND, step("extra", 'wait = "1d"'))
    running = mailed.runner.current().programme
    count, found = travellers(mailed.home, mailed.prospect(), running, "aware/second", mailed.clock.now())
    assert count == 2
    assert [(one.name, one.before[0].what, one.after[0].what) for one in found] == [
        (JANE, "second", "extra"),
        (BOB, "second", "extra"),
    ]
    with pytest.raises(RipelineError, match=r"nobody stands at 'aware/secnd'; did you mean 'aware/second'"):
        travellers(mailed.home, mailed.prospect(), running, "aware/secnd", mailed.clock.now())


EDITS = {
    "longer": ('wait = "2d"', 'wait = "4d"'),
    "moves": ('wait = "2d"', 'wait = "4d"\nwait_applies = "all"'),
    "drops second": (SECOND, ""),
    "adds before": (SECOND, step("extra") + SECOND),
    "adds before for all": (SECOND, step("extra", "catch_up = true") + SECOND),
    "adds behind": (SECOND, SECOND + step("extra", 'wait = "1d"')),
    "drops ripe": (CAMPAIGNS["drip"][CAMPAIGNS["drip"].index("[stage.ripe]") :], '[stage.late]\nexhausted = "exit"\n'),
    "goes on": ('exhausted = "exit"\n[[stage.aware', 'exhausted = { after = "1d", go = "ripe" }\n[[stage.aware'),
}


def edit(world: World, old: str, new: str) -> None:
    """Apply an edit as a person would; one that makes a mistake of the file is taken back."""
    file = world.path / DRIP
    before = file.read_text("utf-8")
    try:
        plan = world.rewrite(DRIP, lambda text: text.replace(old, new))
    except ProblemsError:
        file.write_text(before, "utf-8")
        return
    if not plan.nothing_new:
        world.apply(plan)


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=st.lists(st.tuples(st.sampled_from(sorted(EDITS)), st.integers(0, 4)), min_size=1, max_size=4))
def test_whatever_is_edited_nobody_is_mailed_twice_and_nobody_is_left_behind(
    found: Callable[..., World], edits: list[tuple[str, int]]
) -> None:
    """Random edits under leads in flight, days apart; each is applied as a person would."""
    world = found()
    templates = world.path / "templates/data"
    for stage in ("aware", "ripe"):
        shutil.copy(templates / "aware/second.html", templates / f"{stage}/extra.html")
    world.take_in(f"{JANE},Jane,web")
    world.go()
    for name, days in edits:
        world.later(timedelta(hours=1), days=days)
        edit(world, *EDITS[name])
        world.tick()
    world.take_in(f"{BOB},Bob,web")
    world.later(timedelta(hours=1), days=20)
    for lead in (JANE, BOB):
        sent = [step for step, state in world.states(lead) if state == "sent"]
        assert len(sent) == len(set(sent)), "nobody gets a mail twice"
        last = world.story(lead)[-1]
        assert last.code in ("ended", "holding"), "nobody is left behind: the run came to an end, or waits and says so"
