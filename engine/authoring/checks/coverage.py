"""Which themes have mails for which stages: the holes, where config says which stages every theme should serve."""

from __future__ import annotations

from collections.abc import Sequence

from engine.authoring.campaign_file import CampaignDraft
from engine.authoring.reader import Notes
from engine.authoring.toml_source import Item
from engine.domain.steps import EmailStep


def check_coverage(drafts: Sequence[CampaignDraft], wanted: Item | None, notes: Notes) -> None:
    """Warn of each theme that has no mail for a stage of `[check] stages`, at the stage's place there."""
    if wanted is None or any(draft.unread or not draft.readable for draft in drafts):
        return
    served = {(draft.campaign.theme, placed.stage) for draft in drafts for placed in draft.steps if _mails(placed.step)}
    themes = dict.fromkeys(draft.campaign.theme for draft in drafts if draft.campaign.theme)
    for item in wanted.elements():
        for theme in themes:
            if (theme, item.value) not in served:
                message = f"the theme '{theme}' has no mail for the stage '{item.value}'"
                notes.warning("W225", item.place, message, "ripeline check --coverage shows all of them")


def _mails(step: object) -> bool:
    return isinstance(step, EmailStep)
