"""The typed tree of a rule, after checking: whoever walks it meets no wrong type, unknown name or surprise.

Terms have a value, which may be missing; conditions are true or false, never anything between. Each condition keeps
the words in which it was written (`text`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from engine.domain.rules.values import Family, Kind


class Order(StrEnum):
    """How two values are compared."""

    EQ = "=="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="

    @property
    def swapped(self) -> Order:
        """The same comparison with its sides exchanged."""
        return _SWAPPED[self]

    @property
    def opposite(self) -> Order:
        """The comparison that holds for known values exactly when this one does not."""
        return _OPPOSITE[self]


_SWAPPED = {
    Order.EQ: Order.EQ,
    Order.NE: Order.NE,
    Order.LT: Order.GT,
    Order.LE: Order.GE,
    Order.GT: Order.LT,
    Order.GE: Order.LE,
}
_OPPOSITE = {
    Order.EQ: Order.NE,
    Order.NE: Order.EQ,
    Order.LT: Order.GE,
    Order.LE: Order.GT,
    Order.GT: Order.LE,
    Order.GE: Order.LT,
}


class Sign(StrEnum):
    PLUS = "+"
    MINUS = "-"
    TIMES = "*"


class Part(StrEnum):
    """Where a text is looked for in another."""

    ANYWHERE = "contains"
    START = "startswith"
    END = "endswith"


class Activity(StrEnum):
    """What happened to a mail; opens and clicks are those of humans."""

    SENT = "sent"
    OPENED = "opened"
    CLICKED = "clicked"


class Reach(StrEnum):
    """How far back a question looks."""

    STAGE = "this stage"
    ENROLLMENT = "this campaign"
    EVER = "ever"


Constant: TypeAlias = str | float | bool | datetime


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that stands in the rule; numbers are doubles, dates are instants in UTC."""

    value: Constant
    kind: Kind


@dataclass(frozen=True, slots=True)
class LeadName:
    """A declared field or a built-in name of the lead."""

    name: str
    kind: Kind
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StageName:
    """The stage in which the enrollment is."""

    choices: tuple[str, ...] = ()
    name: str = "stage"
    kind: Kind = Kind.CHOICE


@dataclass(frozen=True, slots=True)
class TriggerName:
    """A property of the event that started the enrollment; its type is not known before."""

    name: str
    kind: Kind = Kind.JSON


@dataclass(frozen=True, slots=True)
class VarName:
    """One of the campaign's `vars`."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class EventPattern:
    """Events of one name (casefolded), of at most that age, with these properties (text casefolded)."""

    name: str
    reach: Reach
    within: timedelta | None = None
    properties: tuple[tuple[str, Constant], ...] = ()


@dataclass(frozen=True, slots=True)
class MailPattern:
    """Mails of one campaign, step and link; None stands for any."""

    activity: Activity
    reach: Reach
    campaign: str | None = None
    step: str | None = None
    link: str | None = None
    within: timedelta | None = None


@dataclass(frozen=True, slots=True)
class EventCount:
    pattern: EventPattern
    text: str = field(default="", compare=False)
    kind: Kind = Kind.NUMBER


@dataclass(frozen=True, slots=True)
class MailCount:
    pattern: MailPattern
    text: str = field(default="", compare=False)
    kind: Kind = Kind.NUMBER


@dataclass(frozen=True, slots=True)
class Arithmetic:
    sign: Sign
    left: Term
    right: Term
    kind: Kind = Kind.NUMBER


class Since(StrEnum):
    """A beginning that the enrollment itself knows."""

    STAGE = "days_in_stage"
    CAMPAIGN = "days_in_campaign"


@dataclass(frozen=True, slots=True)
class Days:
    """24-hour days from `anchor` until now, or with `until` from now to `anchor`."""

    anchor: LeadName | TriggerName | VarName | Since
    until: bool = False
    text: str = field(default="", compare=False)
    kind: Kind = Kind.DAYS


Term: TypeAlias = Literal | LeadName | StageName | TriggerName | VarName | EventCount | MailCount | Arithmetic | Days
TERMS = (Literal, LeadName, StageName, TriggerName, VarName, EventCount, MailCount, Arithmetic, Days)
Named: TypeAlias = LeadName | StageName | TriggerName | VarName


@dataclass(frozen=True, slots=True)
class Truth:
    """`true` or `false`, as it stands in the rule."""

    value: bool
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class All:
    """`and`."""

    items: tuple[Node, ...]
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """`or`."""

    items: tuple[Node, ...]
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    item: Node
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """Both sides read as values of `family`; false where one is missing."""

    order: Order
    left: Term
    right: Term
    family: Family
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class CompareDays:
    """Time passed (or left) against a number that does not depend on the lead."""

    order: Order
    left: Days
    right: Term
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class OneOf:
    """`in` or, negated, `not in` a list of values that stands in the rule; false where the term is missing."""

    term: Term
    values: tuple[Constant, ...]
    family: Family
    negated: bool = False
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class HasTag:
    """A text is (not) in a list of texts that the lead has; false where one is missing."""

    tag: Term
    tags: LeadName | VarName | TriggerName
    negated: bool = False
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class IsTrue:
    """A boolean name on its own."""

    term: Named
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Known:
    term: Named
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class HasPart:
    """`contains`, `startswith`, `endswith`; `part` is casefolded."""

    where: Part
    term: Term
    part: str
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class EventHappened:
    pattern: EventPattern
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class MailHappened:
    pattern: MailPattern
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Replied:
    """A reply in this enrollment, or ever."""

    reach: Reach
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class InList:
    name: str
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The lead entered a campaign some time, or, with `finished`, reached its end."""

    campaign: str
    finished: bool = False
    text: str = field(default="", compare=False)


Node: TypeAlias = (
    Truth
    | All
    | AnyOf
    | Not
    | Compare
    | CompareDays
    | OneOf
    | HasTag
    | IsTrue
    | Known
    | HasPart
    | EventHappened
    | MailHappened
    | Replied
    | InList
    | Enrolled
)
