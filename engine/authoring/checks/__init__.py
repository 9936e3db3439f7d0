"""What a campaign means as a whole: the ways through its stages, what steps say, the people and places it names."""

from __future__ import annotations

from collections.abc import Iterable

from engine.authoring.campaign_file import CampaignDraft
from engine.authoring.checks.acts import check_acts
from engine.authoring.checks.coverage import check_coverage
from engine.authoring.checks.entry import check_entry, check_moved
from engine.authoring.checks.fields import check_fields
from engine.authoring.checks.lanes import check_lanes
from engine.authoring.checks.pace import check_pace
from engine.authoring.checks.people import check_people
from engine.authoring.checks.steps import check_steps
from engine.authoring.checks.ways import check_ways
from engine.authoring.checks.zones import check_zones
from engine.authoring.reader import Notes
from engine.authoring.toml_source import Item
from engine.config.model import Config


def check_campaign(draft: CampaignDraft, config: Config) -> None:
    """Note every mistake of the campaign as a whole in the draft's notes."""
    if not draft.readable:
        return
    check_entry(draft)
    check_moved(draft)
    if not draft.document.partial:
        check_ways(draft)
    check_steps(draft, config)
    check_fields(draft, config)
    check_people(draft, config)


def judge_campaign(draft: CampaignDraft, config: Config) -> None:
    """Note what is better mended in a campaign without mistakes: a value that could not be read would mislead."""
    if not any(problem.is_error for problem in draft.notes.problems):
        check_acts(draft)
        check_pace(draft, config)
        check_zones(draft, config)


def check_campaigns(drafts: Iterable[CampaignDraft], notes: Notes, stages: Item | None = None) -> None:
    """Note what does not fit between campaigns; `stages` are those of config that every theme should serve."""
    known = list(drafts)
    check_lanes(known, notes)
    check_coverage(known, stages, notes)
