"""Made-up leads are let in by the campaigns that are there, whatever these ask for of a lead."""

from __future__ import annotations

import pytest

from engine.domain.journey.programme import Programme
from engine.domain.journey.view import LeadView
from engine.domain.rules import holds
from engine.rehearsal.simulation.population import Population
from tests.rehearsal.simulation.setups import DRIP, MONDAY, setup_of

ENTER = "enter = \"source == 'web'\""
RULES = (
    "source == 'web'",
    "source in ['web', 'fair'] and seats >= 10",
    "plan == 'large' or seats < 3",
    "in_list('newsletter') and known(company)",
    "company.startswith('ac') and country == 'de'".replace("company.startswith('ac')", "startswith(company, 'Ac')"),
    "lifecycle == 'mql' and not (source == 'web')",
    "renews >= '2027-01-01'",
)


def population(*rules: str) -> tuple[Population, Programme]:
    texts = {f"drip{place}": DRIP.replace(ENTER, f'enter = "{rule}"') for place, rule in enumerate(rules)}
    setup = setup_of(**texts)
    programme = setup.programme()
    return Population(setup.config, programme, 1), programme


@pytest.mark.parametrize("rule", RULES)
def test_made_up_lead_meets_the_condition(rule: str) -> None:
    people, programme = population(rule)
    campaign = programme.campaigns["drip0"]
    assert campaign.enter is not None
    for number in range(1, 30):
        facts = people.lead(number, MONDAY).facts
        assert holds(campaign.enter, LeadView(facts, None, campaign, {}), MONDAY), facts.lead
    assert people.closed() == []


def test_leads_are_dealt_to_all_campaigns_in_turn() -> None:
    people, _ = population("source == 'web'", "source == 'fair'")
    assert [people.lead(number, MONDAY).facts.lead.source for number in range(4)] == ["web", "fair", "web", "fair"]


def test_campaign_that_asks_for_the_past_is_said_to_be_closed() -> None:
    people, _ = population("ever.clicked('drip0/first') and subscribed")
    assert people.closed() == ["drip0"]


def test_number_is_always_the_same_lead() -> None:
    people, _ = population("seats > 10 and plan in ['small', 'large']")
    again, _ = population("seats > 10 and plan in ['small', 'large']")
    assert [people.lead(n, MONDAY) for n in range(20)] == [again.lead(n, MONDAY) for n in range(20)]
