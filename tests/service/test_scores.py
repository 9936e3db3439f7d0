"""Scores in a whole home: clicks ripen a lead, machines do not, time fades, a new scheme reaches everybody."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from engine.config.sales import Points, Scoring
from engine.domain.traffic import HitKind
from engine.service.scores import Rescoring, keep_scores, rescore_all
from engine.store.accounts import account, lead
from engine.store.database import reading, writing
from engine.store.sales_tables import DefinitionRow
from tests.service.conftest import Found
from tests.service.world import MONDAY, World

JANE, JOE = "jane@northwind.example", "joe@northwind.example"
CLICKS = Scoring(points=(Points(name="clicked", each="ever.clicks", points=10),))
APPLE = "Mozilla/5.0"


def lived(found: Found, scoring: Scoring = CLICKS) -> World:
    """Jane had her first mail and clicked in it, on Monday."""
    world = found(scoring=scoring)
    world.take_in(f"{JANE},Jane,web", f"{JOE},Joe,web", "ann@gmail.com,Ann,web")
    world.go()
    world.hit(1, link=1, at=MONDAY + timedelta(minutes=1))
    world.later(minutes=10)
    return world


def keep(world: World) -> Rescoring:
    return keep_scores(world.home, world.runner.current().programme, world.clock.now())


def test_click_counts_once_its_quarantine_is_over(found: Found) -> None:
    world = lived(found)

    assert world.lead(JANE).score == 10
    assert world.lead(JOE).score == 0


def test_click_of_a_machine_gives_no_points(found: Found) -> None:
    world = found(scoring=CLICKS)
    world.take_in(f"{JANE},Jane,web")
    world.go()
    world.hit(1, HitKind.OPEN, user_agent=APPLE, network="17.0.0.0/24")
    world.later(minutes=10)

    assert world.lead(JANE).score == 0


def test_colleagues_of_a_company_are_one_account_with_one_score(found: Found) -> None:
    world = lived(found)

    jane, joe, ann = world.lead(JANE), world.lead(JOE), world.lead("ann@gmail.com")
    assert jane.account_id == joe.account_id is not None
    assert (jane.account_score, joe.account_score) == (10, 10)
    assert ann.account_id is None


def test_score_fades_though_nobody_looks(found: Found) -> None:
    world = lived(found)
    keep(world)
    world.clock.step_to(world.clock.now() + timedelta(days=30))

    assert keep(world) == Rescoring(1, 0, 1)
    assert world.lead(JANE).score == 5
    assert world.lead(JOE).account_score == 5
    assert keep(world) == Rescoring()


def test_new_scheme_reaches_everybody_and_is_noted_with_its_day(found: Found) -> None:
    world = lived(found)
    keep(world)
    more = Scoring(points=(Points(name="clicked", each="ever.clicks", points=25),))
    other = found(scoring=more)
    other.__dict__["home"] = world.home.__class__(world.home.path, other.config, world.home.store, world.clock)

    keep(other)

    assert world.lead(JANE).score == 25
    with reading(world.home.store) as connection:
        noted = connection.execute(select(DefinitionRow.name, DefinitionRow.since)).all()
    assert [name for name, _ in noted] == ["scoring", "scoring"]


def test_work_goes_on_where_it_was_left(found: Found) -> None:
    world = lived(found)
    with writing(world.home.store) as connection:
        connection.execute(update(lead).values(score=3.0))
    programme = world.runner.current().programme

    assert keep_scores(world.home, programme, world.clock.now(), bites=1).leads == 3
    assert keep_scores(world.home, programme, world.clock.now(), bites=1).leads == 0
    assert keep_scores(world.home, programme, world.clock.now(), bites=9).accounts == 0
    assert world.lead(JANE).score == 10


def test_everybody_can_be_scored_at_once(found: Found) -> None:
    world = lived(found)
    with writing(world.home.store) as connection:
        connection.execute(update(lead).values(score=3.0))
        connection.execute(update(account).values(score=99.0))

    assert rescore_all(world.home, world.runner.current().programme, world.clock.now()) == Rescoring(3, 0, 1)
    assert world.lead(JANE).account_score == 10


def test_home_without_scoring_keeps_nothing(found: Found) -> None:
    world = lived(found, Scoring())

    assert keep(world) == Rescoring()
    assert world.lead(JANE).score == 0
