"""From a campaign with a holdout to the reports, by the real services: leads, mails, clicks, deals, housekeeping."""

from __future__ import annotations

from datetime import timedelta

from engine.domain.deals import DealRecord, Outcome
from engine.domain.identity import EMAIL, Identity
from engine.service.housekeeping import keep_house
from engine.service.record import Happening, record_event
from engine.service.reports.attribution import attribution
from engine.service.reports.lift import lift
from engine.service.reports.report import Asked
from engine.service.revenue.record_opportunity import record_opportunity
from engine.store.credit import enrollment
from engine.store.database import reading
from engine.store.leads import lead
from tests.service.conftest import Found
from tests.service.reports.as_rows import rows_of
from tests.service.world import World

LEADS = 12


def measured(found: Found) -> World:
    """Half of the drip campaign's leads are held out; its goal is a demo."""
    world = found()
    added = 'holdout = "50%"\ngoal = "event(\'demo_booked\')"\n[stage.aware]'
    world.apply(world.rewrite("campaigns/drip.toml", lambda text: text.replace("[stage.aware]", added, 1)))
    world.take_in(*(f"p{number}@x.example,P{number},web" for number in range(LEADS)))
    world.go()
    world.later(days=1)
    return world


def sides(world: World) -> tuple[list[str], list[str]]:
    """The addresses of those nurtured, and of those held out."""
    query = lead.select().join(enrollment, enrollment.c.lead_id == lead.c.id).order_by(lead.c.id)
    with reading(world.home.store) as connection:
        return tuple(
            [row.email for row in connection.execute(query.where(enrollment.c.holdout == held))]
            for held in (False, True)
        )  # type: ignore[return-value]


def sell(world: World, email: str, amount: int) -> None:
    now = world.clock.now()
    deal = DealRecord("crm", email, now, (Identity(EMAIL, email),), amount=amount, outcome=Outcome.WON, closed_at=now)
    record_opportunity(world.home, deal)


def test_those_held_out_get_no_mail_and_are_counted_alike(found: Found) -> None:
    world = measured(found)
    ours, others = sides(world)
    assert ours
    assert others
    assert [world.subjects(one) for one in others] == [[]] * len(others)
    for who in (*ours[:3], others[0]):
        assert record_event(world.home, Happening(who, "demo_booked", world.clock.now(), f"demo {who}"))
    world.later(hours=1)
    sell(world, ours[0], 200_000)
    sell(world, others[0], 100_000)
    world.later(days=30)
    for _ in range(2):
        keep_house(world.home, world.clock.now())
    report = lift(world.home, Asked())
    shares = {row["what"]: row for row in rows_of(report, "Shares of leads")}
    goal, bought = shares["reached the goal"], shares["bought"]
    assert (goal["nurtured_leads"], goal["held_out_leads"]) == (len(ours), len(others))
    assert (goal["nurtured"], goal["held_out"]) == (3 / len(ours), 1 / len(others))
    assert (bought["nurtured"], bought["held_out"]) == (1 / len(ours), 1 / len(others))
    (money,) = rows_of(report, "Revenue of a lead")
    assert (money["nurtured"], money["held_out"]) == (round(200_000 / len(ours)), round(100_000 / len(others)))


def test_a_click_in_a_mail_is_credited_once_it_is_known_to_be_a_persons(found: Found) -> None:
    world = found()
    world.take_in("jane@x.example,Jane,web")
    world.go()
    world.later(hours=5)
    world.hit(1, link=0)
    world.clock.step_to(world.clock.now() + timedelta(seconds=5))
    sell(world, "jane@x.example", 100_000)  # while the click is still in its quarantine
    world.later(minutes=10)
    for _ in range(2):
        keep_house(world.home, world.clock.now())
    mails = {row["name"]: row["revenue"] for row in rows_of(attribution(world.home, Asked(options={"by": "mail"})))}
    assert mails == {"drip/first": 50_000, "no mail": 50_000}
    themes = rows_of(attribution(world.home, Asked(options={"by": "theme", "model": "last"})))
    assert [(row["name"], row["revenue"]) for row in themes] == [("data", 100_000)]
