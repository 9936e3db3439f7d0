"""Coverage: which steps, ways of branches and stages of a campaign its scenarios reach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from engine.domain.campaign import Campaign
from engine.domain.steps import BranchStep
from engine.rehearsal.player import Verdict

_DOES = frozenset({"set", "notify", "task", "webhook", "handoff"})
_COMES_TO = {"entered": "stage", "advanced": "to", "branched": "to", "exhausted": "to"}
ELSE = "else"


@dataclass(frozen=True)
class Count:
    """How many of a kind there are, and the names of those that no scenario reaches."""

    total: int
    never: tuple[str, ...] = ()

    @property
    def reached(self) -> int:
        return self.total - len(self.never)


@dataclass(frozen=True)
class Coverage:
    """What scenarios reach of one campaign. Ways of branches are named by where they lead."""

    steps: Count
    ways: Count
    stages: Count

    @property
    def is_full(self) -> bool:
        return not (self.steps.never or self.ways.never or self.stages.never)


@dataclass
class _Reached:
    steps: set[str] = field(default_factory=set)
    ways: set[tuple[str, int | None]] = field(default_factory=set)
    stages: set[str] = field(default_factory=set)


def coverage(campaign: Campaign, verdicts: Iterable[Verdict]) -> Coverage:
    """What these scenarios reach of the campaign, whether they passed or not."""
    reached = _Reached()
    for verdict in verdicts:
        _gather(campaign.id, verdict, reached)
    steps = [(f"{stage.id}/{step.id}", step.id) for stage, step in campaign.steps()]
    ways = list(_ways(campaign))
    return Coverage(
        Count(len(steps), tuple(name for name, step in steps if step not in reached.steps)),
        Count(len(ways), tuple(name for name, way in ways if way not in reached.ways)),
        Count(len(campaign.stages), tuple(stage.id for stage in campaign.stages if stage.id not in reached.stages)),
    )


def _gather(campaign: str, verdict: Verdict, reached: _Reached) -> None:
    for mail in verdict.life.mails:
        if mail.send.campaign == campaign:
            reached.steps.add(mail.send.step)
    for asked in verdict.watch.asked:
        if asked.campaign == campaign:
            reached.steps.add(asked.step)
            reached.ways.add((asked.step, asked.arm))
    for line in verdict.life.lines:
        if line.campaign == campaign and line.code in _DOES:
            reached.steps.add(str(line.data.get("step")))
        if line.campaign == campaign and line.code in _COMES_TO:
            reached.stages.add(str(line.data.get(_COMES_TO[line.code])))


def _ways(campaign: Campaign) -> Iterator[tuple[str, tuple[str, int | None]]]:
    """Every way of every branch; that none holds is one too, where it can be."""
    for stage, step in campaign.steps():
        if isinstance(step, BranchStep):
            for number, arm in enumerate(step.arms):
                yield f"{stage.id}/{step.id} → {arm.go}", (step.id, number)
            if step.arms and step.arms[-1].when is not None:
                yield f"{stage.id}/{step.id} '{ELSE}'", (step.id, None)
