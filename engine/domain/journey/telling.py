"""The lead's story in words: each line's code and values as a verb, what it is about, and why.

The codes are those that decisions leave; `SENTENCES` has one entry for each, and a test keeps it whole. Values may come
back from the store as JSON has them: instants as text, tuples as lists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from engine.clock import require_utc
from engine.domain.journey.decision import Line
from engine.domain.journey.lanes import CAMPAIGN_PAUSED, CAMPAIGN_REMOVED, HANDED_OFF, LANE
from engine.domain.journey.programme import Programme
from engine.domain.merging import MERGED
from engine.domain.timing import tell_instant


@dataclass(frozen=True, slots=True)
class Told:
    """One line as a person reads it: "advanced", "aware → compare", "clicked('decay', link='checklist')"."""

    verb: str
    what: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True)
class _Telling:
    """A line with what its sentence needs around it."""

    line: Line
    programme: Programme
    zone: ZoneInfo

    def text(self, name: str) -> str:
        found = self.line.data.get(name)
        return "" if found is None else str(found)

    def instant(self, name: str) -> str:
        """The instant as local time, "Tue 24 Nov 09:00"; empty without one."""
        found = self.line.data.get(name)
        try:
            at = datetime.fromisoformat(found) if isinstance(found, str) else found
            return tell_instant(require_utc(at), self.zone, self.line.at) if isinstance(at, datetime) else ""
        except ValueError:
            return str(found)

    @property
    def mail(self) -> str:
        return f'"{self.text("mail") or self.text("step")}"'

    def campaign_rule(self, name: str) -> str:
        """The reason, led in by the campaign's rule that gave it."""
        because = self.text("because")
        return f"{name}: {because}" if because else ""


Sentence = Callable[[_Telling], Told]


def tell_line(line: Line, programme: Programme, zone: ZoneInfo) -> Told:
    """The line in words, its instants in the lead's zone; a code that nobody knows is told as it stands."""
    sentence = SENTENCES.get(line.code)
    if sentence is None:
        return Told(line.code, line.campaign, ", ".join(f"{name}: {value}" for name, value in line.data.items()))
    return sentence(_Telling(line, programme, zone))


def why_no_mail(reason: str, data: Mapping[str, object]) -> str:
    """Why a mail waits or never goes, in words."""
    sentence = NO_MAIL.get(reason)
    return sentence(data) if sentence else reason.replace("_", " ")


def why_paused(why: str, campaign: str, programme: Programme) -> str:
    """Why a run stands still, in words."""
    if why.startswith(LANE):
        return _lane(why.removeprefix(LANE), campaign, programme)
    return PAUSES.get(why, why.replace("_", " "))


def _lane(first: str, campaign: str, programme: Programme) -> str:
    ahead, own = programme.campaigns.get(first), programme.campaigns.get(campaign)
    if ahead is None or own is None:
        return f"{first} goes first in its lane"
    if ahead.priority == own.priority:
        return f"{first} goes first in lane {own.lane}: it was entered first"
    return f"{first} goes first in lane {own.lane} (priority {own.priority} < {ahead.priority})"


PAUSES: Mapping[str, str] = {
    HANDED_OFF: "sales has the lead",
    CAMPAIGN_PAUSED: "the campaign is paused",
    CAMPAIGN_REMOVED: "the campaign is no longer among the files",
}

RESUMES: Mapping[str, str] = {
    HANDED_OFF: "sales gave the lead back",
    CAMPAIGN_PAUSED: "the campaign goes on",
    CAMPAIGN_REMOVED: "the campaign is back among the files",
}


def _why_resumed(why: str) -> str:
    if why.startswith(LANE):
        return f"{why.removeprefix(LANE)} no longer goes first in its lane"
    return RESUMES.get(why, "")


NO_MAIL: Mapping[str, Callable[[Mapping[str, object]], str]] = {
    "no_address": lambda _: "the lead has no email address",
    "suppressed": lambda data: f"suppressed: {data.get('reason', 'no mail is wanted')}",
    "no_consent": lambda _: "nobody has on record that the lead agreed to marketing mail",
    "never_mail": lambda data: f"never_mail: {data.get('reason', '')}",
    "holdout": lambda _: "the lead is in the holdout, kept out to measure lift",
    "one_at_a_time": lambda _: "another mail to the lead went within the minute",
    "window": lambda _: "outside the window",
    "window_never": lambda _: "the window is never open within a year",
    "cap": lambda data: f"cap: {data.get('cap', '')}",
    "expired": lambda _: "it expired before it could go",
}
"""Every reason for which a mail waits or is dropped."""

ENDINGS: Mapping[str, str] = {
    "exit": "exit",
    "finished": "finished",
    "stage_removed": "its stage is no longer in the file",
    MERGED: "the same person goes on in another run of it",
}
"""Every reason for which a run ends."""


def _entered(told: _Telling) -> Told:
    campaign = told.programme.campaigns.get(told.line.campaign)
    rule = "on" if campaign is not None and campaign.on is not None else "enter"
    return Told("entered", told.line.campaign, told.campaign_rule(rule))


def _held(told: _Telling) -> Told:
    why, until = why_no_mail(told.text("why"), told.line.data), told.instant("until")
    return Told("held", told.mail, f"{why}; next slot {until}" if until else why)


def _ended(told: _Telling) -> Told:
    why = told.text("why")
    because = told.text("because")
    reason = ENDINGS.get(why, why.replace("_", " "))
    if why == "stage_removed":
        reason = f"stage '{told.text('stage')}' is no longer in the file"
    verb = "finished" if why == "finished" else "left"
    return Told(
        verb, told.line.campaign, because if why == "finished" else f"{reason}: {because}" if because else reason
    )


def _moved(verb: str, rule: str) -> Sentence:
    return lambda told: Told(verb, f"{told.text('frm')} → {told.text('to')}", told.campaign_rule(rule))


def _branched(told: _Telling) -> Told:
    return Told(
        "branched", f"{told.text('frm')} → {told.text('to')}", told.campaign_rule(f"branch '{told.text('step')}'")
    )


def _set(told: _Telling) -> Told:
    values = told.line.data.get("values")
    pairs = values.items() if isinstance(values, Mapping) else ()
    return Told("set", ", ".join(f"{name} = {value!r}" for name, value in pairs), f"step '{told.text('step')}'")


def _handoff(told: _Telling) -> Told:
    return Told("handed off", f"to {told.text('to')}", told.text("note"))


def _scored(told: _Telling) -> Told:
    data = told.line.data
    reasons = [
        f"it {verb} {data[name]:g}" for name, verb in _CROSSED.items() if isinstance(data.get(name), float | int)
    ]
    if "fit_was" in data:
        reasons.append(f"fit was {told.text('fit_was')}")
    score = f"{data.get('score', 0):g}"
    return Told("scored", f"{score}, fit {told.text('fit')}" if told.text("fit") else score, ", ".join(reasons))


_CROSSED = {"reached": "reached", "under": "fell below"}


SENTENCES: Mapping[str, Sentence] = {
    "entered": _entered,
    "held_out": lambda told: Told("held out", told.line.campaign, f"holdout of {_share(told)}: no marketing mail"),
    "goal": lambda told: Told("reached", f"the goal of {told.line.campaign}", told.campaign_rule("goal")),
    "ended": _ended,
    "advanced": _moved("advanced", "advance"),
    "branched": _branched,
    "exhausted": _moved("moved on", "exhausted"),
    "holding": lambda told: Told(
        "waits", f"in {told.text('stage')}", "it has no further step; what is added reaches it"
    ),
    "going_in_circles": lambda told: Told(
        "stopped",
        told.line.campaign,
        f"it goes in circles through {told.text('stage')} without waiting; next try in a day",
    ),
    "paused": lambda told: Told(
        "paused", told.line.campaign, why_paused(told.text("why"), told.line.campaign, told.programme)
    ),
    "resumed": lambda told: Told("resumed", told.line.campaign, _why_resumed(told.text("why"))),
    "date_unknown": lambda told: Told("waits", f"for the date of '{told.text('step')}'", "the lead has no such date"),
    "skipped": lambda told: Told("skipped", f"'{told.text('step')}'", told.campaign_rule("when")),
    "had_already": lambda told: Told(
        "skipped", told.mail, "the lead had it on an earlier visit (repeat = true would send it again)"
    ),
    "had_elsewhere": lambda told: Told("skipped", told.mail, "the lead had it in another campaign before"),
    "skipped_late": lambda told: Told(
        "skipped", f"'{told.text('step')}'", f'its date had passed: {told.instant("due")} (late = "skip")'
    ),
    "held": _held,
    "dropped": lambda told: Told("not sent", told.mail, why_no_mail(told.text("why"), told.line.data)),
    "set": _set,
    "notify": lambda told: Told("due", f"a notice to {told.text('who')}", told.text("text")),
    "task": lambda told: Told("due", f"a task for {told.text('who')}", told.text("text")),
    "task_overdue": lambda told: Told("gave up", f"waiting for '{told.text('text')}'", "its deadline has passed"),
    "webhook": lambda told: Told("due", f"a post to {told.text('to')}"),
    "handoff": _handoff,
    "scored": _scored,
    "lifecycle": lambda told: Told(
        "became", f"{told.text('after')}, was {told.text('before') or 'nothing'}", told.text("why")
    ),
    "lifecycle_refused": lambda told: Told(
        "stays", told.text("before"), f"the lifecycle leads from there not to {told.text('after')} ({told.text('why')})"
    ),
    "ripe": lambda told: Told("ripened", "for sales", told.text("because")),
    "handed_over": lambda told: Told("given", f"to {told.text('owner') or 'nobody'}", told.text("why")),
    "handoff_accepted": lambda told: Told("accepted", f"by {told.text('by')}", "sales takes care of the lead"),
    "handoff_rejected": lambda told: Told(
        "given back", f"by {told.text('by')}", _reason(told.text("reason"), told.text("note"))
    ),
    "handoff_recycled": lambda told: Told("taken back", "from sales", _reason(told.text("reason"), "")),
    "handoff_snoozed": lambda told: Told("snoozed", f"by {told.text('by')}", f"until {told.text('until')[:16]}"),
    "handoff_escalated": lambda told: Told("escalated", "", f"{told.text('owner') or 'nobody'} did not answer in time"),
    "handoff_reopened": lambda told: Told("asked again", f"of {told.text('owner')}", "the snooze is over"),
    "handoff_corrected": lambda told: Told(
        "corrected", "the hand-off", f"what ripened the lead was a machine's: {told.text('why')}"
    ),
    "handoff_merged": lambda told: Told(
        "ended",
        f"the hand-off to {told.text('was') or 'nobody'}",
        f"merged with a lead that sales has: it goes on with {told.text('owner') or 'nobody'}",
    ),
    "crm_differs": lambda told: Told(
        "differs",
        f"{told.text('field')} in the CRM: {told.text('theirs')!r}",
        f"here it is {told.text('ours')!r}, and stays: we are its master",
    ),
    "crm_not_taken": lambda told: Told("not taken", f"the CRM's status '{told.text('status')}'", told.text("why")),
    "touched": lambda told: Told("spoken to", f"by {told.text('by')}", "for the first time"),
    "task_done": lambda told: Told("done", f"'{told.text('step')}' by {told.text('by')}", told.text("outcome")),
    "unsubscribed": lambda told: Told("left", "all marketing mail", told.text("how")),
    "resubscribed": lambda told: Told("came back", "to marketing mail", told.text("how")),
    "topic_chosen": lambda told: Told("wants" if told.line.data.get("wanted") else "declined", told.text("topic")),
    "joined": lambda told: Told("recognised", "a device", told.text("how")),
    MERGED: lambda told: Told("merged", f"with {told.text('who')}", told.text("because")),
    "undecided": lambda told: Told("stuck", "", f"a fault of Ripeline, tried again in an hour ({told.text('fault')})"),
    "mail_held": lambda told: Told("held", told.mail, told.text("reason")),
}
"""A sentence for every code that a decision leaves, and for those that services tell beside."""


def _reason(reason: str, note: str) -> str:
    words = reason.replace("_", " ")
    return f"{words}: {note}" if note else words


def _share(told: _Telling) -> str:
    share = told.line.data.get("share")
    return f"{share:.0%}" if isinstance(share, float) else "leads"
