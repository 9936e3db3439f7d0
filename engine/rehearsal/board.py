"""A campaign as a board: stages as columns in their order, steps as cards, with what each waits for and leads to.

Rules stand as their author wrote them. With a difference to an earlier version, what changed is marked where it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.authoring.difference import Change, ChangeKind
from engine.domain.campaign import EXIT, HOLD, Campaign, Exhausted, Stage
from engine.domain.journey.programme import Winners, winner_among
from engine.domain.steps import BranchStep, EmailStep, Step
from engine.domain.timing import tell, tell_cadence, tell_window
from engine.errors import Place
from engine.rehearsal.step_words import notes_of, timing_of, title_of

Places = Mapping[tuple[str, str], Place]
Subjects = Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Said:
    """Something that a campaign says: its name in the board, a rule as written, and words."""

    name: str
    rule: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """Where leads go on: to the stage `go`, `exit`, `hold` or the next step; by a rule as written, or words."""

    go: str
    rule: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A step. `timing` is what it waits for (with `until` as a rule), `when` the rule that is asked once it is due.

    `subject` is that of its mail, as its template says it.
    """

    id: str
    kind: str
    title: str
    subject: str = ""
    timing: str = ""
    until: str = ""
    when: str = ""
    ways: tuple[Way, ...] = ()
    notes: tuple[str, ...] = ()
    place: Place | None = None
    change: Change | None = None

    @property
    def is_mail(self) -> bool:
        return self.kind == EmailStep.kind


@dataclass(frozen=True, slots=True)
class Column:
    """A stage. `arrivals` are the stages from which leads come; `ends` what happens when its steps run out."""

    id: str
    cards: tuple[Card, ...]
    advance: Way | None
    ends: Way
    cadence: str = ""
    arrivals: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    removed: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Board:
    """A campaign. `facts` are what holds for all of it: who comes in, what ends it, when its mails go."""

    id: str
    title: str
    state: str
    facts: tuple[Said, ...]
    columns: tuple[Column, ...]
    changes: tuple[Change, ...] = ()
    removed: tuple[Change, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything of it is marked."""
        of_columns = (one.changes or one.removed or any(card.change for card in one.cards) for one in self.columns)
        return bool(self.changes or self.removed) or any(of_columns)


def board(
    campaign: Campaign,
    places: Places | None = None,
    changes: Sequence[Change] = (),
    subjects: Subjects | None = None,
    winners: Winners | None = None,
) -> Board:
    """The campaign's board. `places` are where steps stand, `changes` what is new, `subjects` those of its mails,
    `winners` the variants that were chosen for every lead to come."""
    around = _Around(campaign, places or {}, subjects or {}, winners or {})
    own = [change for change in changes if change.campaign == campaign.id]
    stages = {stage.id for stage in campaign.stages}
    return Board(
        campaign.id,
        campaign.title,
        campaign.state.value,
        tuple(_facts(campaign)),
        tuple(_column(around, stage, own) for stage in campaign.stages),
        tuple(change for change in own if not change.stage),
        tuple(change for change in own if change.stage and change.stage not in stages),
    )


@dataclass(frozen=True, slots=True)
class _Around:
    """What a card needs to know besides its step."""

    campaign: Campaign
    places: Places
    subjects: Subjects
    winners: Winners


def _facts(campaign: Campaign) -> Iterator[Said]:
    yield _entry(campaign)
    if campaign.reenter is not None:
        yield Said("again", words=f"after {tell(campaign.reenter.after)}")
    if campaign.exit is not None:
        yield Said("leaves", campaign.exit.source)
    if campaign.goal is not None:
        yield Said("goal", campaign.goal.source)
    if campaign.window is not None:
        yield Said("mails go", words=tell_window(campaign.window))
    if campaign.lane:
        yield Said("lane", words=f"{campaign.lane}, priority {campaign.priority}")
    if campaign.holdout:
        yield Said("held out", words=f"{campaign.holdout * 100:g}% get nothing, to compare with")


def _entry(campaign: Campaign) -> Said:
    backfill = "also who meets it already" if campaign.backfill else ""
    if campaign.on is None:
        return Said("enters", campaign.enter.source, backfill) if campaign.enter else Said("enters", words="nobody")
    key = f"one run for each trigger.{campaign.on.key}" if campaign.on.key else ""
    also = f" and {campaign.enter.source}" if campaign.enter else ""
    return Said("enters", f"event('{campaign.on.event}'){also}", key)


def _column(around: _Around, stage: Stage, changes: Sequence[Change]) -> Column:
    campaign = around.campaign
    here = [change for change in changes if change.stage == stage.id]
    ids = {step.id for step in stage.steps}
    marks = {change.step: change for change in here if change.step in ids}
    cards = (_card(around, step, marks.get(step.id), stage) for step in stage.steps)
    return Column(
        stage.id,
        tuple(cards),
        _advance(campaign, stage),
        _ends(campaign, stage),
        tell_cadence(stage.cadence) if stage.cadence is not None else "",
        tuple(_arrivals(campaign, stage)),
        tuple(change for change in here if not change.step),
        tuple(change for change in here if change.kind is ChangeKind.REMOVED and change.step not in ids | {""}),
    )


def _chosen(around: _Around, step: Step) -> Iterator[str]:
    """The variants of a mail that every lead to come gets."""
    for part in step.variants if isinstance(step, EmailStep) else ():
        won = winner_among(around.winners, around.campaign, step, part) if isinstance(step, EmailStep) else None
        if won is not None:
            yield f"chosen: every lead to come gets the {part} “{won[1].text}”"


def _card(around: _Around, step: Step, change: Change | None, stage: Stage) -> Card:
    where = (around.campaign.id, step.id)
    timing, until = timing_of(step, in_stream=stage.cadence is not None)
    return Card(
        step.id,
        step.kind,
        title_of(step),
        around.subjects.get(where, ""),
        timing,
        until,
        step.when.source if step.when is not None else "",
        tuple(_ways(step)),
        (*notes_of(step), *_chosen(around, step)),
        around.places.get(where),
        change,
    )


def _ways(step: Step) -> Iterator[Way]:
    """The arms of a branch, and that the next step follows where none of them holds."""
    if not isinstance(step, BranchStep):
        return
    for arm in step.arms:
        yield Way(arm.go, arm.when.source) if arm.when is not None else Way(arm.go, words="otherwise")
    if step.arms and step.arms[-1].when is not None:
        yield Way("", words="otherwise")


def _advance(campaign: Campaign, stage: Stage) -> Way | None:
    following = campaign.next_stage(stage.id)
    return Way(following.id, stage.advance.source) if stage.advance is not None and following is not None else None


def _ends(campaign: Campaign, stage: Stage) -> Way:
    out = stage.exhausted
    if out is not None:
        return Way(out.go, words=_after(out))
    last = stage.advance is None and campaign.next_stage(stage.id) is None
    return Way(EXIT if last else HOLD, words="after the last step")


def _after(out: Exhausted) -> str:
    return f"{tell(out.after)} after the last step" if out.after is not None else "after the last step"


def _arrivals(campaign: Campaign, stage: Stage) -> Iterator[str]:
    for other in campaign.stages:
        advance = _advance(campaign, other)
        targets = {target for step in other.steps for target in step.targets()}
        targets |= {_ends(campaign, other).go} | ({advance.go} if advance is not None else set())
        if stage.id in targets and other.id != stage.id:
            yield other.id
