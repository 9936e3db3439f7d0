"""Which theme has how many mails for which stage: the table that shows the holes (themes × stages)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.domain.campaign import Campaign, Stage
from engine.domain.steps import EmailStep, HandoffStep, TaskStep


@dataclass(frozen=True, slots=True)
class Coverage:
    """The mails by theme and stage. A theme that has no such stage has no number there; 0 is a stage without mails.

    `stages` are in the order of the files, `wanted` ones first; campaigns without a theme stand under their own id.
    `staffed` are themes and stages in which a person speaks with the lead: a task or a hand-off.
    """

    stages: tuple[str, ...]
    themes: Mapping[str, Mapping[str, int]]
    wanted: frozenset[str] = frozenset()
    staffed: frozenset[tuple[str, str]] = frozenset()

    def is_hole(self, theme: str, stage: str) -> bool:
        """Whether leads find nothing there: no mail, in a stage without people or one that every theme should serve."""
        if self.themes[theme].get(stage, 0):
            return False
        return stage in self.wanted or (stage in self.themes[theme] and (theme, stage) not in self.staffed)


def coverage(campaigns: Iterable[Campaign], wanted: Sequence[str] = ()) -> Coverage:
    """The table over some campaigns; `wanted` are the stages that every theme should serve."""
    stages = dict.fromkeys(wanted)
    mails: dict[str, dict[str, set[str]]] = {}
    staffed: set[tuple[str, str]] = set()
    for campaign in campaigns:
        theme = campaign.theme or campaign.id
        for stage in campaign.stages:
            stages.setdefault(stage.id)
            mails.setdefault(theme, {}).setdefault(stage.id, set()).update(_mails(stage))
            if any(isinstance(step, HandoffStep | TaskStep) for step in stage.steps):
                staffed.add((theme, stage.id))
    counts = {theme: {stage: len(found) for stage, found in by.items()} for theme, by in sorted(mails.items())}
    return Coverage(tuple(stages), counts, frozenset(wanted), frozenset(staffed))


def _mails(stage: Stage) -> set[str]:
    """The mails of a stage by name, each variant of a whole mail among them."""
    return {
        mail for step in stage.steps if isinstance(step, EmailStep) for mail in step.variants.get("email", (step.mail,))
    }
