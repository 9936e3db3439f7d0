"""The steps of a scenario: what the lead does, what is expected, and the names that both may use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.authoring.campaign_file import CampaignDraft
from engine.authoring.reader import Converter, Notes, Table, choice, line, table, text
from engine.authoring.scenario_fields import lead_values, plain_values
from engine.authoring.scenario_moments import EXAMPLE, Clock, moment, stretch
from engine.authoring.scenario_sales import only_true, reason, reasons_of, to_whom
from engine.authoring.toml_source import Item
from engine.authoring.values import delay
from engine.config.model import Config
from engine.domain.actor import Actor
from engine.domain.rules.scope import Steps
from engine.domain.scenario import ACTS, ANSWERS, EXPECTATIONS, OUTSIDE, REJECTS, SNOOZES, MailName, Then
from engine.domain.steps import HandoffStep, WebhookStep
from engine.errors import did_you_mean

FATES = ("accepted", "refused", "bounced")
WAYS_OUT = ("exit", "finished")
BY: Mapping[str, Actor] = {"person": Actor.HUMAN, "machine": Actor.MACHINE, "unknown": Actor.UNKNOWN}
WITHOUT_TIME = ("silent", "no_mail")
"""Steps that are a stretch of time themselves."""

_OF_ANOTHER_ANSWER: Mapping[str, Mapping[str, str]] = {
    "sales": {"reason": f'it belongs to sales = "{REJECTS}"', "until": f'it belongs to sales = "{SNOOZES}"'},
}
_MEANT_OTHERWISE: Mapping[bool, Mapping[str, str]] = {
    False: {"within": "write after = …: the lead does it so long after the step before", "mail": "write in = …"},
    True: {"after": "write within = …: it comes so long after the step before at the latest"},
}
"""Keys that belong to the other sort of step: to what is expected, and to what the lead does."""


@dataclass(frozen=True)
class Known:
    """What scenarios of one campaign may name. `links` are the named links of each campaign's mails."""

    config: Config
    campaigns: Mapping[str, CampaignDraft]
    links: Mapping[str, Steps]
    campaign: str

    @property
    def tested(self) -> CampaignDraft:
        return self.campaigns[self.campaign]

    def mails(self, campaign: str) -> tuple[str, ...]:
        found = self.campaigns.get(campaign)
        return found.outline.mails if found is not None else ()

    def actions(self, kind: str) -> dict[str, str]:
        """Steps of the tested campaign that do this, each also by whom or what it goes to."""
        steps = [placed.step for placed in self.tested.steps if placed.step.kind == kind]
        to = {step.to: step.id for step in reversed(steps) if isinstance(step, (HandoffStep, WebhookStep))}
        return {**to, **{step.id: step.id for step in steps}}


def read_then(item: Item, known: Known, clock: Clock, notes: Notes) -> Then | None:
    """One step of a scenario; None if a mistake was noted."""
    if table(item, notes) is None:
        return None
    kind = _kind(item, notes)
    if kind is None:
        return None
    step = Table(item, notes, f"a step with '{kind}'")
    before = len(notes.problems)
    values = _READERS[kind](step, known, clock)
    timing = _timing(step, kind, clock)
    step.finish({**_MEANT_OTHERWISE[kind in EXPECTATIONS], **_OF_ANOTHER_ANSWER.get(kind, {})})
    if any(problem.is_error for problem in notes.problems[before:]):
        return None
    return Then(kind=kind, place=item.place, **values, **timing)


def _kind(item: Item, notes: Notes) -> str | None:
    found = [key for key, _ in item.entries() if key in _READERS]
    if len(found) == 1:
        return found[0]
    if found:
        both = " and ".join(f"'{key}'" for key in found[:2])
        hint = "write two steps, one below the other"
        if set(found) == {"clicks", "mail"}:
            hint = "write in = … for the mail that has the link"
        notes.error("E402", item.items[found[1]].key, f"one step says {both}", hint)
        return None
    first = next(item.entries(), None)
    near = next((hint for key, _ in item.entries() if (hint := did_you_mean(key, _READERS))), "")
    place = first[1].key if first else item.place
    hint = near or f"what happens: {', '.join(ACTS)}; what you expect: {', '.join(EXPECTATIONS)}"
    notes.error("E402", place, "this step does nothing and expects nothing", hint)
    return None


def _timing(step: Table, kind: str, clock: Clock) -> dict[str, Any]:
    """When: an act at a moment or so long after the step before, an expectation at a moment or within a time."""
    if kind in WITHOUT_TIME:
        return {}
    wait = step.get("within" if kind in EXPECTATIONS else "after", delay)
    on = step.get("on", moment(clock, minute=kind in ACTS))
    if wait is not None and on is not None:
        one = "within" if kind in EXPECTATIONS else "after"
        step.notes.error("E402", step.item.items["on"].key, f"one step says '{one}' and 'on'", "keep one of them")
    return {"on": on, "after": wait}


# One reader for each kind of step


def _opens(step: Table, known: Known, clock: Clock) -> dict[str, Any]:  # noqa: ARG001
    return {"mail": step.get("opens", _mail(known), MailName("", "")), "by": _by(step)}


def _clicks(step: Table, known: Known, clock: Clock) -> dict[str, Any]:  # noqa: ARG001
    mail = step.need("in", _mail(known), '"…"  (the mail that has the link)')
    link = step.get("clicks", _link(known, mail), "")
    return {"mail": mail or MailName("", ""), "what": link, "by": _by(step)}


def _about_mail(key: str) -> Callable[[Table, Known, Clock], dict[str, Any]]:
    def read(step: Table, known: Known, clock: Clock) -> dict[str, Any]:  # noqa: ARG001
        return {"mail": step.get(key, _mail(known), MailName("", ""))}

    return read


def _event(step: Table, known: Known, clock: Clock) -> dict[str, Any]:  # noqa: ARG001
    return {"what": step.get("event", text, ""), "values": step.get("properties", plain_values(clock.zone), {})}


def _becomes(step: Table, known: Known, clock: Clock) -> dict[str, Any]:  # noqa: ARG001
    return {"values": step.get("becomes", lead_values(known.config), {})}


def _sales(step: Table, known: Known, clock: Clock) -> dict[str, Any]:
    """What sales answers: giving back has a reason, a snooze an end."""
    answer = step.get("sales", choice(*ANSWERS), "")
    found: dict[str, Any] = {"what": answer}
    if answer == REJECTS:
        known_ones = ", ".join(reasons_of(known.config))
        found["reason"] = step.need("reason", reason(known.config), f'"…"  (one of: {known_ones})')
    if answer == SNOOZES:
        found["until"] = step.need("until", moment(clock, minute=False), f'"{EXAMPLE}"')
    return found


def _task_done(step: Table, known: Known, clock: Clock) -> dict[str, Any]:  # noqa: ARG001
    tasks = known.actions("task")
    found = step.get("task_done", _one_of("task step", tasks, "E403"), "")
    return {"what": found, "outcome": step.need("outcome", line, '"reached"')}


def _handed_over(step: Table, known: Known, clock: Clock) -> dict[str, Any]:  # noqa: ARG001
    return {"what": step.get("handed_over", to_whom(known.config), ""), "because": step.get("because", text, "")}


def _is(step: Table, known: Known, clock: Clock) -> dict[str, Any]:  # noqa: ARG001
    return {"values": step.get("is", lead_values(known.config), {})}


def _lasts(key: str) -> Callable[[Table, Known, Clock], dict[str, Any]]:
    def read(step: Table, known: Known, clock: Clock) -> dict[str, Any]:  # noqa: ARG001
        return {"until": step.get(key, stretch(clock))}

    return read


def _expected_mail(step: Table, known: Known, clock: Clock) -> dict[str, Any]:  # noqa: ARG001
    return {
        "mail": step.get("mail", _mail(known), MailName("", "")),
        "subject": step.get("subject", text, ""),
        "says": step.get("says", text, ""),
        "fate": step.get("fate", choice(*FATES), FATES[0]),
    }


def _stage(step: Table, known: Known, clock: Clock) -> dict[str, Any]:  # noqa: ARG001
    stages = known.tested.outline.stages
    return {"what": step.get("stage", _one_of("stage", stages, "E405"), "")}


def _outside(kind: str) -> Callable[[Table, Known, Clock], dict[str, Any]]:
    def read(step: Table, known: Known, clock: Clock) -> dict[str, Any]:  # noqa: ARG001
        names = known.actions(kind)
        found = step.get(kind, _one_of(f"{kind} step", names, "E403"), "")
        return {"what": names.get(found, "")}

    return read


def _goal(step: Table, known: Known, clock: Clock) -> dict[str, Any]:  # noqa: ARG001
    step.get("goal", only_true)
    return {}


def _leaves(step: Table, known: Known, clock: Clock) -> dict[str, Any]:  # noqa: ARG001
    return {"what": step.get("leaves", choice(*WAYS_OUT), ""), "because": step.get("because", text, "")}


_READERS: Mapping[str, Callable[[Table, Known, Clock], dict[str, Any]]] = {
    "opens": _opens,
    "clicks": _clicks,
    "replies": _about_mail("replies"),
    "unsubscribes": _about_mail("unsubscribes"),
    "bounces": _about_mail("bounces"),
    "event": _event,
    "becomes": _becomes,
    "sales": _sales,
    "task_done": _task_done,
    "silent": _lasts("silent"),
    "mail": _expected_mail,
    "no_mail": _lasts("no_mail"),
    "stage": _stage,
    **{kind: _outside(kind) for kind in OUTSIDE},
    "handed_over": _handed_over,
    "goal": _goal,
    "leaves": _leaves,
    "is": _is,
}

FURTHER_KEYS: Mapping[str, tuple[str, ...]] = {
    "opens": ("by",),
    "clicks": ("in", "by"),
    "event": ("properties",),
    "sales": ("reason", "until"),
    "task_done": ("outcome",),
    "mail": ("subject", "says", "fate"),
    "handed_over": ("because",),
    "leaves": ("because",),
}
"""What a kind of step may say beside its own key and the time."""


def _by(step: Table) -> Actor:
    return BY[step.get("by", choice(*BY), "person")]


def _one_of(what: str, names: Iterable[str], code: str) -> Converter[str]:
    """A name of the campaign under test."""
    known = tuple(names)

    def convert(item: Item, notes: Notes) -> str | None:
        value = text(item, notes)
        if value is None or value in known:
            return value
        hint = did_you_mean(value, known) or (f"there are: {', '.join(known)}" if known else "")
        notes.error(code, item.place, f"the campaign has no {what} '{value}'", hint)
        return None

    return convert


def _mail(known: Known) -> Converter[MailName]:
    """A mail of the campaign under test, or of another one as `campaign/mail`."""

    def convert(item: Item, notes: Notes) -> MailName | None:
        value = text(item, notes)
        if value is None:
            return None
        campaign, _, step = value.rpartition("/")
        campaign = campaign or known.campaign
        mails = known.mails(campaign)
        if step in mails:
            return MailName(campaign, step)
        shown = mails if campaign == known.campaign else [f"{campaign}/{mail}" for mail in mails]
        hint = did_you_mean(value, shown) or f"it has: {', '.join(shown)}"
        if campaign not in known.campaigns:
            message, hint = f"there is no campaign '{campaign}'", did_you_mean(campaign, known.campaigns)
        else:
            message = f"campaign '{campaign}' sends no mail '{step}'"
        notes.error("E403", item.place, message, hint)
        return None

    return convert


def _link(known: Known, mail: MailName | None) -> Converter[str]:
    def convert(item: Item, notes: Notes) -> str | None:
        value = text(item, notes)
        links = known.links.get(mail.campaign, {}).get(mail.step) if mail is not None else None
        if value is None or links is None or value in links:
            return value
        hint = did_you_mean(value, links) or (f"there are: {', '.join(sorted(links))}" if links else "it has no links")
        notes.error("E404", item.place, f"mail '{mail.step if mail else ''}' has no link '{value}'", hint)
        return None

    return convert
