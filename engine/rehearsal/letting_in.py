"""Letting a lead into a campaign: by its own rules, with what they ask for; by hand where that does not do it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from msgspec import structs

from engine.content.mails import CompiledMail
from engine.domain.campaign import Campaign
from engine.domain.journey.asked import placed_rules
from engine.domain.journey.facts import Enrollment, EventKind
from engine.domain.rules.nodes import Truth
from engine.domain.rules.walking import names
from engine.rehearsal.deeds import Deeds, StartedBy
from engine.rehearsal.life import Life
from engine.rehearsal.making_true import LINKS, Scene, deeds_for

ENDS_IN = timedelta(days=14)
"""So long after its start lie the dates of a made-up trigger: that of a trial's end, say."""

_SOME_DATE = "2026-01-15"


@dataclass(frozen=True, slots=True)
class LetIn:
    """A life whose lead is in the campaign, what was made so for that, and whether it took a hand to put it in."""

    life: Life
    made_so: tuple[str, ...] = ()
    by_hand: bool = False


def let_in(life: Life, campaign: Campaign, trigger: Mapping[str, object], links: LINKS) -> LetIn:
    """The lead enters now; `trigger` are the properties of the event that lets it in, where one does."""
    started = dict(trigger) if campaign.on is not None else None
    wish = campaign.enter.node if campaign.enter is not None else Truth(True)
    for deeds in deeds_for(wish, True, Scene(life, campaign, links, started)):
        other = life.twin()
        _come(other, campaign, deeds, started)
        if other.run(campaign.id) is not None:
            return LetIn(other, tuple(deed.words for deed in deeds))
    return LetIn(_put_in(life.twin(), campaign, started or {}), by_hand=True)


def made_up_trigger(campaign: Campaign, mails: Iterable[CompiledMail], start: datetime) -> dict[str, object]:
    """A value for every property of the trigger that the campaign or its mails ask for; a date serves as text too."""
    ends = (start + ENDS_IN).date().isoformat()
    dates = {name for scope, name in _anchors(campaign) if scope == "trigger"}
    asked = {use.path.removeprefix("trigger.").partition(".")[0] for mail in mails for use in _of_trigger(mail)}
    asked |= {
        name.removeprefix("trigger.")
        for _, _, rule in placed_rules(campaign)
        for name in names(rule.node)
        if "trigger." in name
    }
    if campaign.on is not None and campaign.on.key:
        asked.add(campaign.on.key.removeprefix("trigger."))
    return {**dict.fromkeys(sorted(asked), _SOME_DATE), **dict.fromkeys(sorted(dates), ends)}


def _come(life: Life, campaign: Campaign, deeds: Deeds, trigger: dict[str, object] | None) -> None:
    properties = {**(trigger or {}), **{deed.name: deed.value for deed in deeds if isinstance(deed, StartedBy)}}
    for deed in deeds:
        if not isinstance(deed, StartedBy):
            deed.do(life, campaign.id)
    if campaign.on is not None:
        life.happens(EventKind.CUSTOM, campaign.on.event, properties=properties)
    else:
        life.look()


def _put_in(life: Life, campaign: Campaign, trigger: Mapping[str, object]) -> Life:
    """The lead stands at the campaign's beginning, whatever its rules say of that."""
    now = life.now
    run = Enrollment(
        id=1,
        campaign=campaign.id,
        run=1,
        entered_at=now,
        stage=campaign.first_stage.id,
        stage_entered_at=now,
        since=now,
        trigger=dict(trigger),
    )
    closed = replace(campaign, enter=None, on=None)
    programmes = {**life.programme.campaigns, campaign.id: closed}
    life.programme = replace(life.programme, campaigns=programmes)
    life.facts = structs.replace(life.facts, enrollments=(run,))
    life.look()
    return life


def _anchors(campaign: Campaign) -> Iterator[tuple[str, str]]:
    return (step.at.anchor for _, step in campaign.steps() if step.at is not None)


def _of_trigger(mail: CompiledMail) -> Iterator[Any]:
    return (use for use in mail.variables if use.path.startswith("trigger."))
