"""What a campaign means as a whole: the ways through its stages, what steps say, the people and places it names."""

from __future__ import annotations

from collections.abc import Iterable

from engine.authoring.campaign_file import CampaignDraft
from engine.authoring.reader import Notes
from engine.config.model import Config


def check_campaign(draft: CampaignDraft, config: Config) -> None:
    """Note every mistake of the campaign as a whole in the draft's notes."""


def check_campaigns(drafts: Iterable[CampaignDraft], notes: Notes) -> None:
    """Note what does not fit between campaigns."""
