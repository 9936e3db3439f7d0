"""Every rule that a campaign asks, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator

from engine.domain.campaign import Campaign
from engine.domain.rules import Rule
from engine.domain.steps import UntilEvent


def placed_rules(campaign: Campaign) -> Iterator[tuple[str, str, Rule]]:
    """The rules of a campaign: where each stands (a stage, stage/step, or empty), its key, and itself."""
    for key, rule in (("enter", campaign.enter), ("exit", campaign.exit), ("goal", campaign.goal)):
        if rule is not None:
            yield "", key, rule
    for stage in campaign.stages:
        if stage.advance is not None:
            yield stage.id, "advance", stage.advance
        for step in stage.steps:
            where = f"{stage.id}/{step.id}"
            if step.when is not None:
                yield where, "when", step.when
            if isinstance(step.wait, UntilEvent):
                yield where, "wait", step.wait.until
            yield from ((where, step.kind, rule) for rule in step.rules())
