"""A test run of each shipped campaign: every mail and every way is reached, and every mail can be written."""

from __future__ import annotations

import pytest

from engine.rehearsal.test_run import test_run as planned
from engine.service.sample_lead import sample_lead
from tests.shipped.home import MONDAY, shipped


@pytest.mark.parametrize(("campaign", "mails"), [("clean-data", 14), ("trial", 10), ("webinar", 7)])
def test_every_way_of_a_shipped_campaign_is_reached(campaign: str, mails: int) -> None:
    run = planned(shipped(), campaign, sample_lead(shipped().config), MONDAY)
    assert [(one.way.name, one.because) for one in run.missed] == []
    assert [one.place for one in run.mails if one.fault] == []
    assert len(run.mails) == mails
    assert not run.walk.by_hand


def test_reply_of_the_shipped_campaign_answers_its_mail() -> None:
    run = planned(shipped(), "clean-data", sample_lead(shipped().config), MONDAY)
    bump = next(one for one in run.mails if one.place == "aware/bump")
    assert bump.specimen.answers is not None
    assert bump.specimen.answers.step.id == "cost"
    assert bump.subject == "Re: What does one wrong contact cost?"
