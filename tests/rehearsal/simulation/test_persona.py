"""Personas: their rates follow what is wanted, their delays what was seen, and records tell them apart."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from engine.rehearsal.simulation.persona import (
    BOUNCING,
    Manners,
    Record,
    drawn,
    lognormal,
    observed,
    with_clicks,
    with_opens,
    with_share,
)


@pytest.mark.parametrize("rate", [0.02, 0.3, 0.85])
def test_opens_are_as_wanted_and_the_attentive_still_open_most(rate: float) -> None:
    found = with_opens(Manners(), rate)
    assert found.opens == pytest.approx(rate, abs=1e-6)
    by_name = {one.name: one for one in found.personas}
    assert by_name["attentive"].opens > by_name["busy"].opens > by_name["silent"].opens


@pytest.mark.parametrize("rate", [0.001, 0.04, 0.2])
def test_clicks_are_as_wanted(rate: float) -> None:
    assert with_clicks(Manners(), rate).clicks == pytest.approx(rate, abs=1e-6)


def test_share_of_one_persona_leaves_the_proportions_of_the_others() -> None:
    found = with_share(Manners(), BOUNCING, 0.2)
    assert sum(one.share for one in found.personas) == pytest.approx(1)
    assert found.share(BOUNCING) == pytest.approx(0.2)
    assert found.share("busy") / found.share("silent") == pytest.approx(
        Manners().share("busy") / Manners().share("silent")
    )


def test_drawn_delays_have_the_quantiles_that_were_seen() -> None:
    delay = observed([1.0, 2.0, 4.0, 8.0, 16.0] * 40)
    dice = Random(1)
    hours = sorted(delay.drawn(dice).total_seconds() / 3600 for _ in range(4000))
    assert hours[0] >= 1.0 and hours[-1] <= 16.0
    assert hours[2000] == pytest.approx(4.0, rel=0.15)


def test_lognormal_delay_has_its_median() -> None:
    assert lognormal(6.0, 1.5).median == pytest.approx(6.0)


def test_record_tells_who_somebody_is() -> None:
    dice = Random(1)
    silent = Counter(drawn(Manners(), Record(mails=12), dice).name for _ in range(500))
    keen = Counter(drawn(Manners(), Record(mails=12, opened=10, clicked=4), dice).name for _ in range(500))
    assert silent["silent"] > 450 and keen["attentive"] > 450
    assert not silent[BOUNCING], "whom mails reached has a mailbox"
