"""A file of scenarios, `campaigns/<id>.test.toml`: what the campaign of that id does, told in examples."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

from engine.authoring.reader import Notes, Table, each, flag, line, table, text
from engine.authoring.scenario_fields import lead_values, plain_values
from engine.authoring.scenario_moments import Clock, local_instant
from engine.authoring.scenario_steps import Known, read_then
from engine.authoring.toml_source import Document, Item
from engine.authoring.values import zone_name
from engine.domain.scenario import Scenario, Start, Then
from engine.domain.timing import zone_named
from engine.errors import Place, did_you_mean

SCENARIOS = ".test.toml"
FILE_KEYS = ("scenario",)
SCENARIO_KEYS = ("name", "start", "lead", "trigger", "with", "zone", "holdout", "variants", "then")
_HEADER = "[[scenario]]"


def tested_campaign(path: str) -> str:
    """The id of the campaign that a file of scenarios stands beside."""
    return PurePosixPath(path).name.removesuffix(SCENARIOS)


def stands_alone(path: str, campaigns: Mapping[str, object], notes: Notes) -> bool:
    """Whether there is no campaign of this file's name, which is noted."""
    campaign = tested_campaign(path)
    if campaign in campaigns:
        return False
    near = did_you_mean(campaign, campaigns)
    hint = near or f"name it after a campaign: campaigns/<campaign>{SCENARIOS}"
    notes.error("E401", Place(path), f"there is no campaign '{campaign}' for these scenarios", hint)
    return True


def read_scenarios(document: Document, known: Known, notes: Notes) -> list[Scenario]:
    """The scenarios of a file that are without mistakes; every mistake is noted."""
    read = Table(document.root, notes, "a file of scenarios")
    items = _items(read)
    below = dict.fromkeys(SCENARIO_KEYS, f"it belongs to a scenario: write it below {_HEADER}")
    read.finish(below)
    names: dict[str, Place] = {}
    found = []
    for item in items:
        scenario = _scenario(item, known, notes)
        if scenario is not None and not _told_before(scenario, item, names, notes):
            found.append(scenario)
    return found


def _items(read: Table) -> list[Item]:
    read.asked.append("scenario")
    found = read.item.get("scenario")
    if found is None:
        hint = f"write {_HEADER} above the keys of each"
        read.notes.error("E011", read.item.place, "this file has no scenario", hint)
        read.asked.extend(SCENARIO_KEYS)
        return []
    if found.is_table:
        read.notes.error("E013", found.place, "scenarios are a list: two brackets on each side", f"write {_HEADER}")
        return [found]
    if not isinstance(found.value, list):
        read.notes.wrong_type(found, "scenarios, each with a header", f"write {_HEADER}")
        return []
    return [item for item in found.elements() if item.is_table]


def _told_before(scenario: Scenario, item: Item, names: dict[str, Place], notes: Notes) -> bool:
    first = names.setdefault(scenario.name.casefold(), item.find("name").place)
    if first == item.find("name").place:
        return False
    message = f"the scenario of line {first.line} has the same name"
    notes.error("E409", item.find("name").place, message, "say what is different here")
    return True


def _scenario(item: Item, known: Known, notes: Notes) -> Scenario | None:
    before = len(notes.problems)
    read = Table(item, notes, "a scenario")
    name = read.need("name", line, '"a silent lead gets three mails"')
    lead = read.get("lead", lead_values(known.config), {})
    zone = _zone(read, lead, known)
    start = read.need("start", _start(zone), "2026-11-02T09:00:00")
    clock = Clock(zone, (start or _NO_START).astimezone(zone).date())
    found = Scenario(
        name=name or "",
        campaign=known.campaign,
        place=item.place,
        start=start or _NO_START,
        zone=zone,
        lead=lead,
        trigger=read.get("trigger", _trigger(zone)),
        others=read.get("with", each(_other(known)), ()),
        holdout=read.get("holdout", flag, False),
        variants=read.get("variants", _variants(known), {}),
        then=_steps(read, known, clock, notes if start is not None else _Undated(notes)),
    )
    read.finish({"scenario": f"a scenario's header is {_HEADER}"})
    return None if any(problem.is_error for problem in notes.problems[before:]) else found


_NO_START = datetime(2000, 1, 1, tzinfo=UTC)


class _Undated(Notes):
    """Notes of a scenario whose start is not known, so that its moments cannot be judged."""

    def __init__(self, notes: Notes) -> None:
        super().__init__(notes.problems)

    def error(self, code: str, place: Place, message: str, hint: str = "") -> None:
        if code != "E407":
            super().error(code, place, message, hint)


def _zone(read: Table, lead: Mapping[str, object], known: Known) -> ZoneInfo:
    """The zone in which the scenario counts: its own, the lead's, or the home's."""
    own = read.get("zone", zone_name, "")
    named = own or str(lead.get("zone") or "") or known.config.company.zone
    return zone_named(named) or ZoneInfo("UTC")


def _start(zone: ZoneInfo) -> Any:
    def convert(item: Item, notes: Notes) -> datetime | None:
        if isinstance(item.value, datetime):
            return local_instant(item.value, zone)
        notes.wrong_type(item, "a date with a time of day", "write it as 2026-11-02T09:00:00, without quotes")
        return None

    return convert


def _trigger(zone: ZoneInfo) -> Any:
    def convert(item: Item, notes: Notes) -> Start | None:
        if table(item, notes) is None:
            return None
        read = Table(item, notes, "the trigger")
        event = read.need("event", text, '"trial_started"')
        values = plain_values(zone)(item, notes) or {}
        read.asked.extend(values)
        read.finish()
        return Start(event or "", {name: value for name, value in values.items() if name != "event"})

    return convert


def _other(known: Known) -> Any:
    others = [name for name in known.campaigns if name != known.campaign]

    def convert(item: Item, notes: Notes) -> str | None:
        value = text(item, notes)
        if value is None or value in others:
            return value
        message = f"there is no campaign '{value}'"
        hint = did_you_mean(value, others) or (f"there are: {', '.join(others)}" if others else "")
        if value == known.campaign:
            message, hint = f"'{value}' is the campaign under test and takes part always", "take it out"
        notes.error("E406", item.place, message, hint)
        return None

    return convert


def _variants(known: Known) -> Any:
    counts = {
        placed.step.id: max((len(choices) for choices in getattr(placed.step, "variants", {}).values()), default=0)
        for placed in known.tested.steps
    }
    varied = {step: count for step, count in counts.items() if count}

    def convert(item: Item, notes: Notes) -> Mapping[str, int] | None:
        if table(item, notes) is None:
            return None
        for name, inside in item.entries():
            if name not in varied:
                hint = did_you_mean(name, varied) or (f"there are: {', '.join(varied)}" if varied else "")
                notes.error("E403", inside.key, f"no mail '{name}' with variants is in the campaign", hint)
            elif inside.value not in range(1, varied[name] + 1) or isinstance(inside.value, bool):
                message = f"mail '{name}' has variants 1 to {varied[name]}"
                notes.error("E014", inside.place, message, "count from 1 in the order of the campaign file")
        return {name: inside.value for name, inside in item.entries() if isinstance(inside.value, int)}

    return convert


def _steps(read: Table, known: Known, clock: Clock, notes: Notes) -> tuple[Then, ...]:
    read.asked.append("then")
    found = read.item.get("then")
    if found is None or found.value == []:
        hint = 'add  then = [{ mail = "…", on = "Mon 2 Nov 09:10" }]'
        place = read.item.place if found is None else found.place
        notes.error("E011", place, "this scenario says nothing that happens then", hint)
        return ()
    if found.is_table or not isinstance(found.value, list):
        notes.wrong_type(found, "a list of steps", 'write then = [{ mail = "…" }, { … }], or [[scenario.then]] headers')
        return ()
    steps = [step for item in found.elements() if (step := read_then(item, known, clock, notes)) is not None]
    _in_order(steps, notes)
    return tuple(steps)


def _in_order(steps: list[Then], notes: Notes) -> None:
    """Moments stand in the order of time."""
    last = _NO_START
    for step in steps:
        if step.on is None:
            continue
        if step.on.end <= last:
            notes.error("E407", step.place, "this step is earlier than one before it", "put the steps in order of time")
        last = max(last, step.on.start)
