"""Lanes span campaigns: a lane of one campaign that looks like another is probably misspelled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from engine.authoring.campaign_file import CampaignDraft
from engine.authoring.reader import Notes
from engine.errors import did_you_mean


def check_lanes(drafts: Sequence[CampaignDraft], notes: Notes) -> None:
    """Warn of a lane that no other campaign has, where another one is spelled nearly so."""
    lanes = Counter(draft.campaign.lane for draft in drafts if draft.campaign.lane)
    for draft in drafts:
        lane = draft.campaign.lane
        others = [other for other, count in lanes.items() if other != lane and count > lanes[lane]]
        if lane and lanes[lane] == 1 and (hint := did_you_mean(lane, others)):
            notes.warning("W204", draft.root.find("lane").place, f"no other campaign is in the lane '{lane}'", hint)
