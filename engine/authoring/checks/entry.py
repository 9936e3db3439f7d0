"""How leads get into a campaign, and where those go whose stage or step was renamed."""

from __future__ import annotations

from engine.authoring.campaign_file import CampaignDraft
from engine.domain.campaign import EXIT
from engine.errors import Problem, did_you_mean

_ENTER = "add  enter = \"source == 'webinar'\"  or  on = \"event('…')\""


def check_entry(draft: CampaignDraft) -> None:
    """A campaign lets leads in by a condition or by an event, and what goes with one of them needs it."""
    root, notes, campaign = draft.root, draft.notes, draft.campaign
    has_enter, has_on = "enter" in root.items, "on" in root.items
    if not has_enter and not has_on:
        place = root.find("state").place if "state" in root.items else root.place
        message = "nobody ever enters this campaign: it has neither enter nor on"
        if campaign.state.admits:
            notes.error("E210", place, message, _ENTER)
        else:
            notes.warning("W210", place, message, _ENTER)
        if "backfill" in root.items and not campaign.state.admits:
            message = "backfill lets existing leads in by enter, and this campaign has none"
            notes.error("E211", root.find("backfill").key, message, _ENTER)
    if "key" in root.items and not has_on:
        message = "key names a property of the event that lets a lead in, and this campaign has no on"
        notes.error("E211", root.find("key").key, message, "add  on = \"event('…')\", or take key out")
    if "priority" in root.items and "lane" not in root.items:
        message = "priority decides between campaigns of one lane, and this campaign is in none"
        notes.warning("W203", root.find("priority").key, message, 'add  lane = "…", or take priority out')


def check_moved(draft: CampaignDraft) -> None:
    """`moved` leads from a name that is gone to one that exists."""
    known = {*draft.outline.stages, *(placed.step.id for placed in draft.steps)}
    if draft.unread:
        return
    for old, new in draft.campaign.moved.items():
        item = draft.root.find("moved", old)
        if new not in known and new != EXIT:
            hint = did_you_mean(new.rpartition("/")[2], known) or f"there are: {', '.join(sorted(known))}"
            message = f"'{new}' is neither a stage nor a step of this campaign"
            draft.notes.problems.append(Problem("E217", message, item.place, hint))
        if old in known:
            message = f"'{old}' is still there, so nothing moved away from it"
            draft.notes.error("E217", item.key, message, "write the old name before =, the new one behind it")
