"""How many mails a campaign means for those who enter at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.authoring.home import read_campaign_text
from engine.config.model import Config, Sender
from engine.domain.campaign import Campaign
from engine.service.volume import expected_volume, mail_offsets
from tests.cli.life import CAMPAIGN

CONFIG = Config(sender=Sender(default="Ann Lee <ann@acme.example>", verified_domains=("acme.example",)))


def campaign(text: str = CAMPAIGN) -> Campaign:
    found, problems = read_campaign_text("clean", text, CONFIG)
    assert found is not None, problems
    return found


def test_waits_add_up() -> None:
    assert mail_offsets(campaign()) == [timedelta(minutes=10), timedelta(days=3, minutes=10)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (CAMPAIGN, "2,400 in the first 7 days, 1,200 of them on the first day"),
        (CAMPAIGN.replace('"3d"', '"3 weeks"'), "1,200 in the first 7 days, on the first day"),
        (CAMPAIGN.replace('"10m"', '"30d"'), ""),
    ],
)
def test_volume_in_words(text: str, told: str) -> None:
    assert expected_volume(campaign(text), 1200) == told
