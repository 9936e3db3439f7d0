"""Variants counted as leads get and answer them, the winner that follows, and what the report says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from engine.config.outside import Experiments
from engine.domain.traffic import HitKind
from engine.errors import RipelineError
from engine.service.apply import apply
from engine.service.check import check
from engine.service.experiments import experiments_of, said
from engine.service.housekeeping import keep_house
from engine.service.lead_statistics import StoredLeads
from engine.service.lost_winners import lost_winners
from engine.service.prospect import prospect
from engine.service.reports.experiments import experiments
from engine.service.reports.report import Asked
from engine.service.why import story_of_lead
from engine.service.winner import choose_winner, meant_experiment, undo_winner, variant_number
from engine.store.alerts import open_alerts
from engine.store.database import reading, writing
from engine.store.tables import DeliveryRow
from engine.store.variant_counts import counted
from tests.service.conftest import Found
from tests.service.world import MONDAY, World

OFFER = "choice/offer"
delivery = DeliveryRow.__table__  # type: ignore[attr-defined]


def people(count: int, first: int = 1, domain: str = "northwind.example") -> list[str]:
    return [f"p{number}@{domain},P,choice" for number in range(first, first + count)]


def mailed(world: World, count: int, first: int = 1) -> None:
    world.take_in(*people(count, first))
    world.go()


def variants_of(world: World) -> dict[int, int]:
    with reading(world.home.store) as connection:
        rows = connection.execute(select(delivery.c.id, delivery.c.variants).where(delivery.c.campaign == "choice"))
        return {row.id: row.variants["subject"] for row in rows}


def tallies(world: World) -> dict[tuple[int, str], int]:
    keep_house(world.home, world.clock.now())
    found: dict[tuple[int, str], int] = {}
    with reading(world.home.store) as connection:
        for row in connection.execute(select(counted)):
            found[row.variant, row.what] = found.get((row.variant, row.what), 0) + row.n
    return {key: number for key, number in found.items() if number}


def test_each_lead_counts_once_for_each_thing_that_people_did(world: World) -> None:
    mailed(world, 4)
    mails = variants_of(world)
    first = next(number for number, variant in mails.items() if variant == 1)
    world.hit(first, HitKind.CLICK, link=0)
    world.hit(first, HitKind.CLICK, link=1, at=MONDAY + timedelta(minutes=3))
    world.later(minutes=20)
    for _ in range(2):
        assert tallies(world) == {(0, "sent"): 2, (1, "sent"): 2, (1, "clicked"): 1}


def test_internal_people_are_outside(world: World) -> None:
    world.take_in(*people(2), *people(2, first=9))
    with writing(world.home.store) as connection:
        from engine.store.tables import LeadRow

        lead = LeadRow.__table__  # type: ignore[attr-defined]
        connection.execute(lead.update().where(lead.c.email.startswith("p9")).values(internal=True))
    world.go()
    world.later(minutes=10)
    assert sum(number for (_, what), number in tallies(world).items() if what == "sent") == 3


def test_a_machine_that_shows_late_is_taken_back_and_a_persons_later_act_takes_its_place(world: World) -> None:
    from engine.store.events import event, settle
    from engine.store.variant_counts import recount_hits

    mailed(world, 2)
    number = min(variants_of(world))
    variant = variants_of(world)[number]
    world.clock.step_to(MONDAY + timedelta(minutes=5))
    world.hit(number, HitKind.CLICK, link=0)
    world.later(minutes=10)
    assert tallies(world)[variant, "clicked"] == 1

    def unmask(place: int) -> None:
        with writing(world.home.store) as connection:
            row = connection.execute(select(event).where(event.c.kind == "click").order_by(event.c.id)).all()[place]
            recount_hits(connection, world.home.zone, [(row, "machine")])
            settle(connection, [{"number": row.id, "judge": "machine", "because": "late"}])

    world.hit(number, HitKind.CLICK, link=1)
    world.later(minutes=10)
    assert tallies(world)[variant, "clicked"] == 1
    unmask(0)
    assert tallies(world)[variant, "clicked"] == 1
    unmask(1)
    assert (variant, "clicked") not in tallies(world)


def test_leads_to_come_get_the_winner_and_those_mailed_keep_theirs(world: World) -> None:
    mailed(world, 4)
    before = variants_of(world)
    assert sorted(before.values()) == [0, 0, 1, 1]
    one = meant_experiment(world.home, OFFER)
    world.clock.step_to(MONDAY + timedelta(minutes=4))
    choose_winner(world.home, one, variant_number(one, "b"), "ann", "clearer")
    world.clock.step_to(MONDAY + timedelta(minutes=5))
    mailed(world, 6, first=20)
    after = variants_of(world)
    assert {number: after[number] for number in before} == before
    assert {variant for number, variant in after.items() if number not in before} == {1}
    world.later(minutes=10)
    assert tallies(world) == {(0, "sent"): 2, (1, "sent"): 2}, "what was not left to chance is not counted"
    story = story_of_lead(world.home, world.runner.current(), "p20@northwind.example", world.clock.now())
    assert any("subject B, winner since" in moment.about for moment in story.moments)
    assert undo_winner(world.home, one, "ann")
    assert not undo_winner(world.home, one, "ann")
    mailed(world, 4, first=40)
    assert sorted(list(variants_of(world).values())[-4:]) == [0, 0, 1, 1]


def test_the_notebook_keeps_a_winner_that_was_taken_back(world: World) -> None:
    mailed(world, 4)
    one = meant_experiment(world.home, OFFER)
    choose_winner(world.home, one, 1, "ann", "clearer")
    undo_winner(world.home, one, "bea")
    learnt = experiments(world.home, Asked()).tables[1]
    (row,) = learnt.rows
    told = dict(zip((column.name for column in learnt.columns), row, strict=True))
    assert told["winner"] == "B: What does a dead lead cost?"
    assert (told["by"], told["why"], told["until"]) == ("ann", "clearer", MONDAY.date())


def test_a_winner_whose_words_are_gone_is_told_and_ignored(world: World) -> None:
    one = meant_experiment(world.home, OFFER)
    choose_winner(world.home, one, 1, "ann")
    campaigns = world.runner.current().programme.campaigns
    assert lost_winners(world.home.store, campaigns) == []
    with writing(world.home.store) as connection:
        from engine.store.winners import winner

        connection.execute(winner.update().values(text="other words"))
    assert "its winner (subject 'other words')" in str(lost_winners(world.home.store, campaigns)[0])
    told = [
        problem
        for problem in check(world.path, StoredLeads(world.home.store, campaigns, world.config, MONDAY)).problems
        if problem.code == "W228"
    ]
    assert [(problem.place.path, problem.place.line) for problem in told] == [("campaigns/choice.toml", 11)]
    mailed(world, 4)
    assert sorted(variants_of(world).values()) == [0, 0, 1, 1]


def count_up(world: World, variant: int, what: str, number: int, day: int = 0) -> None:
    with writing(world.home.store) as connection:
        values = {"campaign": "choice", "step": "offer", "part": "subject", "variant": variant, "what": what}
        connection.execute(counted.insert(), {**values, "day": MONDAY.date() + timedelta(days=day), "n": number})


def decided(world: World) -> None:
    for variant, did in ((0, 60), (1, 140)):
        count_up(world, variant, "sent", 2000)
        count_up(world, variant, "clicked", did, day=9)


def test_the_test_names_the_winner_itself_only_where_config_says_so(found: Found) -> None:
    by_person, by_test = found(), found(experiments=Experiments(winner="test"))
    for world in (by_person, by_test):
        decided(world)
        keep_house(world.home, world.clock.now())
        keep_house(world.home, world.clock.now())
    assert meant_experiment(by_person.home, OFFER).winner is None
    winner = meant_experiment(by_test.home, OFFER).winner
    assert winner is not None
    assert winner[0] == 1
    with reading(by_test.home.store) as connection:
        assert [alert.subject for alert in open_alerts(connection)] == [f"winner:{OFFER}/subject"]


def test_verdicts_in_words(world: World) -> None:
    assert said(meant_experiment(world.home, OFFER)) == "too early: nobody was mailed yet"
    count_up(world, 0, "sent", 400)
    count_up(world, 1, "sent", 400)
    count_up(world, 0, "clicked", 20, day=29)
    count_up(world, 1, "clicked", 26, day=29)
    (one,) = [one for one in experiments_of(world.home, world.runner.current().programme) if one.name == OFFER]
    words = said(one)
    assert words.startswith("too early: needs about ")
    assert words.endswith("months")


def test_the_report_says_who_wins_and_by_how_much(world: World) -> None:
    decided(world)
    report = experiments(world.home, Asked())
    table = report.tables[0]
    rows = [dict(zip((column.name for column in table.columns), row, strict=True)) for row in table.rows]
    assert [(row["variant"], row["leads"], row["did"]) for row in rows] == [("A", 2000, 60), ("B", 2000, 140)]
    assert str(rows[0]["verdict"]).startswith("B wins by ")
    assert rows[1]["difference"] == pytest.approx(4.0)
    assert any("ripeline winner" in note for note in report.notes)


@pytest.mark.parametrize(
    ("name", "part", "words"),
    [
        ("choice/ofer", "", "did you mean"),
        ("choice/offer", "email", "no variants of 'email'"),
        ("x", "", "there are: choice"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(world: World, name: str, part: str, words: str) -> None:
    with pytest.raises(RipelineError, match=words):
        meant_experiment(world.home, name, part)


def test_a_variant_that_is_not_there_is_told(world: World) -> None:
    with pytest.raises(RipelineError, match="name it A to B, or 1 to 2"):
        variant_number(meant_experiment(world.home, OFFER), "C")


def test_other_words_begin_from_nothing_and_late_clicks_on_the_old_ones_do_not_count(world: World) -> None:
    mailed(world, 2)
    world.later(minutes=5)
    assert sum(tallies(world).values()) == 2
    file = world.path / "campaigns/choice.toml"
    file.write_text(file.read_text("utf-8").replace("Your list rots", "Your list decays"), "utf-8")
    apply(world.home, prospect(world.home, check(world.path), world.runner), "the test")
    assert meant_experiment(world.home, OFFER).leads == 0
    world.hit(min(variants_of(world)), HitKind.CLICK, link=0)
    world.later(minutes=10)
    keep_house(world.home, world.clock.now())
    assert [group.did for group in meant_experiment(world.home, OFFER).groups] == [0, 0]
    mailed(world, 2, first=30)
    world.later(minutes=5)
    keep_house(world.home, world.clock.now())
    assert meant_experiment(world.home, OFFER).leads == 2
