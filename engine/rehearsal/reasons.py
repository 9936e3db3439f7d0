"""Why a scenario got something else than it expected: the line of the lead's story, or the rule, that explains it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.domain.campaign import Campaign
from engine.domain.journey.decision import Line
from engine.domain.journey.facts import Event, EventKind
from engine.domain.journey.outlook import outlook, tell_next
from engine.domain.journey.telling import tell_line
from engine.domain.scenario import Scenario, Then
from engine.domain.steps import BranchStep, EmailStep, Step, UntilEvent
from engine.domain.timing import Span, tell, tell_at, tell_cadence, tell_instant, tell_window
from engine.rehearsal.life import Life
from engine.rehearsal.watching import Asked, Watch

_OF_A_STEP = frozenset(
    {"held", "dropped", "skipped", "skipped_late", "had_already", "had_elsewhere", "date_unknown", "task_overdue"}
)
_OF_THE_WAY = frozenset(
    {"advanced", "branched", "exhausted", "ended", "paused", "resumed", "holding", "going_in_circles", "handoff"}
)


@dataclass(frozen=True, slots=True)
class Failing:
    """A step that failed: since when it was waited for, when that showed, and the life until then."""

    then: Then
    since: datetime
    at: datetime
    life: Life
    watch: Watch
    scenario: Scenario

    @property
    def campaign(self) -> Campaign:
        return self.life.programme.campaigns[self.scenario.campaign]

    def tell(self, instant: datetime) -> str:
        return tell_instant(instant, self.scenario.zone, self.scenario.start)


def reasons(failing: Failing) -> Iterator[str]:
    """The explanation, in at most two lines; the first source that has one gives it."""
    for source in (_never_entered, _said_of_the_step, _by_its_wait, _no_way_held, _went_its_way, _the_rule, _waits):
        found = source(failing)
        if found:
            yield found
            if source is not _never_entered and (late := _counted_later(failing)):
                yield late
            return


def _never_entered(failing: Failing) -> str:
    """The lead is not in the campaign at all."""
    if failing.life.run(failing.scenario.campaign) is not None:
        return ""
    campaign = failing.campaign
    if campaign.on is not None:
        return f"the lead never entered: on = event('{campaign.on.event}')" + _and_rule(campaign)
    return f"the lead never entered{_and_rule(campaign)}"


def _and_rule(campaign: Campaign) -> str:
    return f": enter = {campaign.enter.source}" if campaign.enter is not None else ""


def _said_of_the_step(failing: Failing) -> str:
    """The story says why this very step waits or was passed."""
    wanted = failing.then.mail.step or failing.then.what
    lines = [line for line in _lines(failing) if line.code in _OF_A_STEP and line.data.get("step") == wanted]
    return _told(failing, lines[-1]) if lines else ""


def _no_way_held(failing: Failing) -> str:
    """A branch was asked since, and none of its ways held."""
    asked = [one for one in failing.watch.asked if failing.since <= one.at <= failing.at and one.arm is None]
    asked = [one for one in asked if one.campaign == failing.scenario.campaign]
    if not asked or not _leads_there(failing, asked[-1]):
        return ""
    return f"branch '{asked[-1].step}' was asked {failing.tell(asked[-1].at)} and none of its ways held"


def _leads_there(failing: Failing, asked: Asked) -> bool:
    """Whether that branch could have brought what is expected: its stage, or something in it."""
    step = _step(failing.campaign, asked.step)
    targets = step.targets() if isinstance(step, BranchStep) else ()
    wanted = failing.then.mail.step or failing.then.what
    stages = [failing.campaign.stage(target) for target in targets]
    return wanted in targets or any(stage is not None and stage.step(wanted) for stage in stages)


def _went_its_way(failing: Failing) -> str:
    """What moved the lead last since the step before."""
    lines = [line for line in _lines(failing) if line.code in _OF_THE_WAY]
    return _told(failing, lines[-1]) if lines else ""


def _by_its_wait(failing: Failing) -> str:
    """It came at another time: what its step says of time."""
    name = failing.then.mail.step or failing.then.what
    found = next((found for found in failing.campaign.steps() if found[1].id == name), None)
    if found is None or failing.at not in _times(failing, name):
        return ""
    stage, step = found
    if stage.cadence is not None:
        return f"stage {stage.id} sends {tell_cadence(stage.cadence)}"
    if step.at is not None:
        return f"'{step.id}' goes {tell_at(step.at)}"
    window = failing.campaign.window if isinstance(step, EmailStep) else None
    return f"'{step.id}' {_wait(step)}" + (f"; the window is {tell_window(window)}" if window is not None else "")


def _times(failing: Failing, step: str) -> set[datetime]:
    """When a step's mail went or its action came due."""
    campaign = failing.scenario.campaign
    mails = {mail.at for mail in failing.life.mails if (mail.send.campaign, mail.send.step) == (campaign, step)}
    return mails | {one.at for one in failing.life.acts if (one.act.campaign, one.act.step) == (campaign, step)}


def _wait(step: Step) -> str:
    match step.wait:
        case None:
            return "has no wait"
        case UntilEvent(until=until, max=longest):
            return f"waits until {until.source}, at most {tell(longest)}"
        case delay:
            return f"waits {tell(delay)} after the step before"


def _the_rule(failing: Failing) -> str:
    """The rule that would have brought what is expected."""
    campaign, then = failing.campaign, failing.then
    match then.kind:
        case "leaves" if then.what == "exit":
            return f"exit = {campaign.exit.source}" if campaign.exit is not None else "the campaign has no exit"
        case "goal":
            return f"goal = {campaign.goal.source}" if campaign.goal is not None else "the campaign has no goal"
        case "stage":
            before = [stage for stage in campaign.stages if campaign.next_stage(stage.id) == campaign.stage(then.what)]
            advance = before[0].advance if before else None
            return f"advance = {advance.source} (stage {before[0].id})" if advance is not None else ""
    return ""


def _waits(failing: Failing) -> str:
    """What the lead waits for."""
    life = failing.life
    ahead = outlook(life.facts, life.programme, life.now)
    found = next((one for one in ahead if one.campaign == failing.scenario.campaign), None)
    if found is None:
        return ""
    told = tell_next(found, failing.scenario.zone, life.now)
    return ", ".join(part for part in (f"{told.verb} {told.what}".strip(), told.because) if part)


def _counted_later(failing: Failing) -> str:
    """A click or open that had happened, and did not count yet at the time."""
    quarantine = failing.life.quarantine
    events = [*failing.life.facts.events, *failing.life.unsettled]
    asked = [one.at for one in failing.watch.asked if one.arm is None and failing.since <= one.at <= failing.at]
    looked = (failing.at, *asked)
    waits = [one for one in events if _waits_out(one) and any(one.at <= at < one.at + quarantine for at in looked)]
    if not waits:
        return ""
    what = "click" if waits[-1].kind is EventKind.CLICK else "open"
    counts = f"{(waits[-1].at + quarantine).astimezone(failing.scenario.zone):%H:%M:%S}"
    return f"the {what} counts from {counts} on (quarantine {_length(quarantine)})"


def _waits_out(event: Event) -> bool:
    return event.kind in (EventKind.CLICK, EventKind.OPEN)


def _length(span: timedelta) -> str:
    return tell(Span(seconds=int(span.total_seconds())))


def _lines(failing: Failing) -> list[Line]:
    campaign = failing.scenario.campaign
    return [one for one in failing.life.lines if one.campaign == campaign and failing.since <= one.at <= failing.at]


def _told(failing: Failing, line: Line) -> str:
    told = tell_line(line, failing.life.programme, failing.scenario.zone)
    words = f"{failing.tell(line.at)} {told.verb} {told.what}".strip()
    return f"{words}: {told.because}" if told.because else words


def _step(campaign: Campaign, name: str) -> Step | None:
    return next((step for _, step in campaign.steps() if step.id == name), None)
