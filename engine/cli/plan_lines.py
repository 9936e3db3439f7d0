"""A plan in lines: each change with the leads whom it touches, the mails of the next days, and a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from engine.authoring.difference import Change, ChangeKind
from engine.cli.screen import Line, Segment, columns, counted
from engine.domain.journey.outlook import Next, tell_next
from engine.domain.journey.programme import Programme
from engine.rehearsal.forecast import Forecast
from engine.rehearsal.plan import Traveller, Volume, volume
from engine.service.home import Home
from engine.service.prospect import Effect, Opening, Prospect
from engine.service.volume import expected_volume

_STYLES = {ChangeKind.ADDED: "green", ChangeKind.REMOVED: "red", ChangeKind.CHANGED: "yellow", ChangeKind.MOVED: "cyan"}


def plan_lines(home: Home, plan: Prospect, running: Programme, *, names: bool = True) -> Iterator[Line]:
    """What applying would do, campaign by campaign, and what it would mean for the mails of the next days.

    Without `names` leads are counted only.
    """
    if not names:
        plan = replace(plan, openings=tuple(replace(opening, sample=()) for opening in plan.openings))
    yield from _changes(plan)
    now = home.clock.now()
    if plan.difference.changes:
        yield from _volume(home, volume(home, plan, running, now))
    yield _verdict(plan)


def _changes(plan: Prospect) -> Iterator[Line]:
    openings = {opening.campaign: opening for opening in plan.openings}
    by_campaign = groupby(plan.effects, key=lambda effect: effect.change.campaign)
    for name, effects in by_campaign:
        yield [(name, "bold")]
        yield from columns([_effect(effect) for effect in effects], indent=2)
        if name in openings:
            yield from _opening(plan, openings.pop(name))
        yield []
    for opening in openings.values():
        yield [(opening.campaign, "bold")]
        yield from _opening(plan, opening)
        yield []
    if not plan.effects and not plan.openings:
        yield [("Mails or config reworded; no campaign moves anybody.", "")]
        yield []


def _effect(effect: Effect) -> list[Segment]:
    change = effect.change
    where = change.where if change.stage else "campaign"
    return [
        (f"{change.kind} {where}", _STYLES[change.kind]),
        (change.told, ""),
        (_leads(effect), "" if effect.safe else "bold red"),
    ]


def _leads(effect: Effect) -> str:
    """Whom the change touches, what becomes of them, and the key of the file that would have it otherwise."""
    change = effect.change
    match change.kind:
        case ChangeKind.ADDED:
            return _added(effect) if change.step else ""
        case ChangeKind.REMOVED:
            return _removed(effect)
        case ChangeKind.MOVED:
            return "no effect on anyone"
    if not effect.leads:
        return "nobody is here" if change.stage else ""
    return _here(effect.leads) + (_waits_on(change) if change.waits else "")


def _added(effect: Effect) -> str:
    if not effect.past:
        return ""
    past = f"{_are(effect.past)} past this point and"
    if effect.change.reaches:
        return f"{past} will still get it (catch_up)"
    return f"{past} will not get it (catch_up = true would mail them)"


def _removed(effect: Effect) -> str:
    if not effect.leads:
        return "nobody is here"
    if not effect.change.step:
        return f"{_here(effect.leads)}: they leave the campaign"
    here = f"{counted(effect.leads, 'lead')} {'waits' if effect.leads == 1 else 'wait'} here"
    heir = effect.change.heir
    return f"{here} → they go on to {heir}" if heir else f"{here}; the stage runs out for them"


def _waits_on(change: Change) -> str:
    if change.reaches:
        return "; their time moves"
    return '; they keep the wait that they began with (wait_applies = "all" moves them)'


def _here(count: int) -> str:
    return f"{_are(count)} here"


def _are(count: int) -> str:
    return f"{counted(count, 'lead')} {'is' if count == 1 else 'are'}"


def _opening(plan: Prospect, opening: Opening) -> Iterator[Line]:
    campaign = plan.report.campaigns[opening.campaign]
    if campaign.on is not None:
        yield [("  lets in   ", "bold"), (f"whoever has the event '{campaign.on.event}' from now on", "")]
        return
    if campaign.enter is None:
        return
    yield [("  lets in   ", "bold"), (campaign.enter.source, "cyan")]
    if opening.enter_now:
        yield [("  now       ", "bold"), (f"{counted(opening.enter_now, 'lead')} at once", "bold yellow")]
        if opening.sample:
            yield [("            ", ""), (f"such as {', '.join(opening.sample)}", "")]
        volume = expected_volume(campaign, opening.enter_now)
        if volume:
            yield [("  mails     ", "bold"), (f"roughly {volume}", "")]
    else:
        yield [("  now       ", "bold"), ("nobody; from now on those who come to meet this", "")]
    if opening.passed_over:
        told = (
            f"{counted(opening.passed_over, 'lead')} who {'meets' if opening.passed_over == 1 else 'meet'} it already"
        )
        yield [("  not       ", "bold"), (f"{told} (backfill = true would let them in)", "")]
    if opening.first_mail:
        yield [("  first     ", "bold"), (f"“{opening.first_mail}”", "")]


def _verdict(plan: Prospect) -> Line:
    if plan.safe:
        return [("Safe: nobody is stranded, skipped or mailed twice, and nobody enters by surprise.", "green")]
    moved = sum(effect.leads for effect in plan.effects if not effect.safe)
    entering = sum(opening.enter_now for opening in plan.openings)
    parts = [f"{counted(entering, 'lead')} would enter at once"] if entering else []
    parts += [f"{counted(moved, 'lead')} would change their way"] if moved else []
    return [(f"Look twice: {', and '.join(parts)}.", "bold yellow")]


def _volume(home: Home, found: Volume) -> Iterator[Line]:
    """The mails of the next seven days to leads on their way, if all stay silent."""
    if not found.leads:
        return
    sample = f", played for {found.played:,} of them" if found.played < found.leads else ""
    words = f"{found.before.mails:,} → {found.after.mails:,}"
    yield [("mails in the next 7 days  ", "bold"), (words, ""), (_busiest(home, found.after), "")]
    silent = f"to the {counted(found.leads, 'lead')} on {'its' if found.leads == 1 else 'their'} way, if silent{sample}"
    yield [("                          ", ""), (silent, "dim")]
    yield []


def _busiest(home: Home, found: Forecast) -> str:
    if found.busiest is None:
        return ""
    hour, count = found.busiest
    limit = sum(relay.per_second for relay in home.config.relay) * 3600
    told = f" (relay limit {limit:,.0f})" if limit else ""
    return f"   busiest hour {home.told(hour)}: {count:,}{told}"


def traveller_lines(home: Home, count: int, found: list[Traveller]) -> Iterator[Line]:
    """Leads at a place by name: what comes next for each, now and after the change."""
    more = f", the first {len(found)}" if len(found) < count else ""
    yield [(f"{counted(count, 'lead')}{more}:", "bold")]
    rows = []
    for one in found:
        before, after = _coming(home, one.before), _coming(home, one.after)
        told = after if before == after else f"{before}  →  {after}"
        rows.append([(one.name, ""), (told, "" if before == after else "yellow")])
    yield from columns(rows, indent=2)


def _coming(home: Home, coming: Sequence[Next]) -> str:
    lines = [tell_next(found, home.zone, home.clock.now()) for found in coming[:1]]
    return next((f"{line.verb} {line.what}".strip() for line in lines), "nothing")
