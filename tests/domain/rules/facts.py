"""A lead's facts as plain tuples: a small, whole implementation of what rules ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from engine.domain.actor import Actor
from engine.domain.rules import Activity, FieldType, Kind, Reach, Rule, Scope, parse_rule
from engine.errors import Place, Problem

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HERE = Place("campaigns/clean-data.toml", 14, 12)


@dataclass(frozen=True, slots=True)
class Happened:
    """One event."""

    name: str
    at: datetime
    properties: Mapping[str, object] = field(default_factory=dict)
    actor: Actor = Actor.HUMAN


@dataclass(frozen=True, slots=True)
class Mailed:
    """One mail sent, or opened or clicked by a human."""

    activity: Activity
    at: datetime
    campaign: str = "clean-data"
    step: str = "decay"
    link: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """One lead in the campaign `campaign`, or in none."""

    fields: Mapping[str, object] = field(default_factory=dict)
    trigger_properties: Mapping[str, object] = field(default_factory=dict)
    vars: Mapping[str, object] = field(default_factory=dict)
    happened: tuple[Happened, ...] = ()
    mailed: tuple[Mailed, ...] = ()
    replies: tuple[datetime, ...] = ()
    lists: frozenset[str] = frozenset()
    entered_campaigns: frozenset[str] = frozenset()
    finished_campaigns: frozenset[str] = frozenset()
    campaign: str = "clean-data"
    stage: str | None = None
    stage_entered_at: datetime | None = None
    entered_at: datetime | None = None

    def field(self, name: str) -> object:
        return self.fields.get(name)

    def trigger(self, name: str) -> object:
        return self.trigger_properties.get(name)

    def var(self, name: str) -> object:
        return self.vars.get(name)

    def events(self, name: str, reach: Reach) -> Sequence[Happened]:
        since = self._since(reach)
        return [event for event in self.happened if event.name.casefold() == name and event.at >= since]

    def mails(
        self, activity: Activity, reach: Reach, campaign: str | None, step: str | None, link: str | None
    ) -> Sequence[datetime]:
        since = self._since(reach)
        own = campaign if reach is Reach.EVER else self.campaign
        return [
            mail.at
            for mail in self.mailed
            if mail.activity is activity
            and mail.at >= since
            and own in (None, mail.campaign)
            and step in (None, mail.step)
            and link in (None, mail.link)
        ]

    def replied(self, reach: Reach) -> bool:
        return any(at >= self._since(reach) for at in self.replies)

    def in_list(self, name: str) -> bool:
        return name in self.lists

    def enrolled(self, campaign: str, finished: bool) -> bool:
        return campaign in (self.finished_campaigns if finished else self.entered_campaigns)

    def _since(self, reach: Reach) -> datetime:
        start = {Reach.STAGE: self.stage_entered_at, Reach.ENROLLMENT: self.entered_at, Reach.EVER: None}[reach]
        return start or datetime.min.replace(tzinfo=UTC)


FIELDS: Mapping[str, FieldType] = {
    "industry": FieldType(Kind.CHOICE, ("Finance", "Retail", "Straße")),
    "company": FieldType(Kind.TEXT),
    "city": FieldType(Kind.TEXT),
    "employees": FieldType(Kind.NUMBER),
    "revenue": FieldType(Kind.NUMBER),
    "partner": FieldType(Kind.BOOLEAN),
    "renewal": FieldType(Kind.DATE),
    "seen": FieldType(Kind.DATETIME),
    "tags": FieldType(Kind.TAGS),
}
LEAD_SCOPE = Scope(
    fields=FIELDS,
    lifecycle=("subscriber", "mql", "customer"),
    campaigns={"clean-data": {"decay": frozenset({"checklist", "pricing"}), "cost": None}},
    lists=frozenset({"newsletter", "friends"}),
)
CAMPAIGN_SCOPE = Scope(
    fields=FIELDS,
    lifecycle=LEAD_SCOPE.lifecycle,
    in_campaign=True,
    has_trigger=True,
    vars={"limit": FieldType(Kind.NUMBER), "day": FieldType(Kind.DATE), "city": FieldType(Kind.TEXT)},
    stages=("aware", "ready"),
    steps={"decay": frozenset({"checklist", "pricing"}), "cost": frozenset()},
    campaigns=LEAD_SCOPE.campaigns,
    lists=LEAD_SCOPE.lists,
    events=frozenset({"demo_booked", "Trial Started"}),
)


def rule(source: str, scope: Scope = CAMPAIGN_SCOPE) -> Rule:
    """A rule that must be right."""
    parsed = parse_rule(source, scope, HERE)
    assert isinstance(parsed, Rule), parsed
    return parsed


def problems(source: str, scope: Scope = CAMPAIGN_SCOPE) -> list[Problem]:
    """The problems of a rule that must be wrong."""
    parsed = parse_rule(source, scope, HERE)
    assert not isinstance(parsed, Rule), f"{source} is taken for right"
    return parsed
