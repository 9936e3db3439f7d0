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
    """`moved` leads from a name that is gone to one that exists: stages and steps, or `stage/step`."""
    if draft.unread:
        return
    for old, new in draft.campaign.moved.items():
        item = draft.root.find("moved", old)
        wrong = _no_target(draft, old, new)
        if wrong is not None:
            draft.notes.problems.append(Problem("E217", wrong[0], item.place, wrong[1]))
        if old.rpartition("/")[2] in (_step_ids(draft) if "/" in old else _known(draft)):
            message = f"'{old}' is still there, so nothing moved away from it"
            hint = "write the old name before =, the new one behind it"
            if "/" in old and old not in _places(draft):
                message = f"a step '{old.rpartition('/')[2]}' is still there, in another stage"
                hint = "a step that keeps its id is known in any stage; take this out"
            draft.notes.error("E217", item.key, message, hint)


def _no_target(draft: CampaignDraft, old: str, new: str) -> tuple[str, str] | None:
    """What is wrong with the new name, and what may be meant."""
    known = _known(draft)
    if "/" in new:
        places = _places(draft)
        if new in places:
            return None
        own = [place for place in places if place.rpartition("/")[2] == new.rpartition("/")[2]]
        hint = did_you_mean(new, places) or f"there are: {', '.join(sorted(places))}"
        return f"'{new}' is no step of this campaign", f"did you mean '{own[0]}'?" if own else hint
    if new not in known and new != EXIT:
        hint = did_you_mean(new, known) or f"there are: {', '.join(sorted(known))}"
        return f"'{new}' is neither a stage nor a step of this campaign", hint
    if "/" in old and new not in _step_ids(draft) and new != EXIT:
        return f"'{old}' is a step, and '{new}' a stage", "name the step that it is now"
    return None


def _known(draft: CampaignDraft) -> set[str]:
    return {*draft.outline.stages, *_step_ids(draft)}


def _step_ids(draft: CampaignDraft) -> set[str]:
    return {placed.step.id for placed in draft.steps}


def _places(draft: CampaignDraft) -> set[str]:
    return {f"{placed.stage}/{placed.step.id}" for placed in draft.steps}
