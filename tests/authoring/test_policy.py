"""What the config means for all campaigns."""

from __future__ import annotations

from datetime import date

import pytest

from engine.authoring.outline import Outline
from engine.authoring.policy import policy_from, scope_for
from engine.config.model import Caps, Company, Config, Delivery, Holidays, NeverMail
from engine.domain.rules import FieldType, Kind
from engine.domain.timing import Cap, Span
from engine.errors import ProblemsError
from tests.authoring.homes import config


def test_policy_is_that_of_the_config() -> None:
    found = policy_from(
        Config(
            company=Company(zone="Europe/Berlin"),
            caps=Caps(marketing=("2 per week",)),
            never_mail=NeverMail(domains=("Rival.example",), rule="industry == 'mining'"),
            delivery=Delivery(unknown_after="2d"),
        )
    )

    assert found.zone == "Europe/Berlin"
    assert found.caps == (Cap(2, Span(days=7)),)
    assert found.never_domains == {"rival.example"}
    assert found.never_rule is not None and found.never_rule.source == "industry == 'mining'"
    assert found.unknown_after == Span(days=2)


def test_rule_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ProblemsError, match="unknown name 'industri'"):
        policy_from(Config(never_mail=NeverMail(rule="industri == 'x'")))


@pytest.mark.parametrize(
    ("holidays", "country", "day", "closed"),
    [
        (Holidays(country="DE"), "", date(2026, 10, 3), True),
        (Holidays(country="DE"), "US", date(2026, 7, 4), False),
        (Holidays(country="lead"), "US", date(2026, 7, 4), True),
        (Holidays(country="lead", fallback="DE"), "", date(2026, 10, 3), True),
        (Holidays(country="lead", fallback="DE"), "US", date(2026, 10, 3), False),
        (Holidays(), "DE", date(2026, 10, 3), False),
    ],
)
def test_holidays_are_those_of_the_home_or_of_the_lead(
    holidays: Holidays, country: str, day: date, closed: bool
) -> None:
    calendar = policy_from(Config(holidays=holidays)).calendar(country)

    assert calendar.is_holiday(day) is closed


def test_blackouts_hold_in_every_country() -> None:
    policy = policy_from(Config(holidays=Holidays(country="lead", blackout=(date(2026, 12, 24),))))

    assert all(policy.calendar(country).is_blackout(date(2026, 12, 24)) for country in ("", "DE", "US"))


def test_scope_knows_fields_and_what_the_campaign_names() -> None:
    outline = Outline("a", ("start",), ("welcome",), {"day": FieldType(Kind.DATE)}, has_trigger=True)

    scope = scope_for(config(), outline, steps={"welcome": None})

    assert scope.fields["seats"].kind is Kind.NUMBER
    assert scope.fields["plan"].choices == ("free", "pro")
    assert {"recycled", "disqualified", "customer"} <= set(scope.lifecycle)
    assert (scope.in_campaign, scope.has_trigger, scope.stages) == (True, True, ("start",))
    assert not scope_for(config(), outline, in_campaign=False).in_campaign
    assert scope_for(config()).vars is None
