"""The forecast of sales-ready leads plays the home's leads on, also those whom sales has and may give back."""

from __future__ import annotations

from engine.rehearsal.sales_forecast import keep_sales_forecast
from engine.service.reports.registry import make_report
from engine.service.reports.report import Asked
from engine.store.database import reading
from engine.store.handoffs import live_handoffs
from tests.service.world import World

TWICE = """
title = "Twice"
theme = "data"
state = "live"
enter = "source == 'twice'"
backfill = true
[stage.only]
exhausted = "exit"
[[stage.only.step]]
handoff = "sales"
[[stage.only.step]]
id = "once-more"
handoff = "sales"
wait = "8d"
"""
LEADS = 60


def test_leads_who_come_to_sales_again_are_in_the_forecast(world: World) -> None:
    """All are with sales already. Of a sales team that nothing is known of, half are assumed to come back."""
    (world.path / "campaigns/twice.toml").write_text(TWICE, "utf-8")
    world.apply(world.prospect())
    world.take_in(*(f"lead{number}@lead.example,Lead,twice" for number in range(LEADS)))
    world.go()
    with reading(world.home.store) as connection:
        assert len(live_handoffs(connection)) == LEADS
    weeks = keep_sales_forecast(world.home)
    assert LEADS / 4 < sum(week.expected for week in weeks) < LEADS * 3 / 4
    assert weeks[0].low < weeks[0].expected < weeks[0].high
    notes = " ".join(make_report(world.home, "forecast", Asked()).notes)
    assert "A lead that sales gives back and that comes to it again counts each time" in notes
