"""What would have to happen so that a rule holds, or does not: a search for examples, not a proof.

Each answer is a few deeds. Whether they do it is not decided here: whoever asks plays them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain, cycle, islice, product

from msgspec.structs import replace

from engine.domain.campaign import Campaign
from engine.domain.journey.facts import Enrollment, Lead
from engine.domain.journey.view import LeadView
from engine.domain.leadfields import BUILTINS
from engine.domain.rules.evaluation import compile_test
from engine.domain.rules.nodes import (
    Activity,
    All,
    AnyOf,
    Compare,
    CompareDays,
    Days,
    EventCount,
    EventHappened,
    InList,
    LeadName,
    Literal,
    MailCount,
    MailHappened,
    MailPattern,
    Node,
    Not,
    OneOf,
    Replied,
    Since,
    TriggerName,
)
from engine.domain.rules.values import Kind
from engine.domain.rules.walking import terms
from engine.rehearsal.deeds import Becomes, Causes, Clicks, Deed, Deeds, Joins, Opens, Replies, StartedBy
from engine.rehearsal.life import Life

LINKS = Callable[[str], Sequence[str]]
"""The names of the links that can be clicked in a step's mail."""

ANSWERS = 12
"""So many ways of making a rule hold are offered at most, and half as many for each part of it."""

_MOST_TIMES = 10
_VALUES = 3


@dataclass(frozen=True, slots=True)
class Scene:
    """A life at the instant at which something has to happen, in one campaign. `trigger` stands in for that of a run
    that does not exist yet."""

    life: Life
    campaign: Campaign
    links: LINKS
    trigger: Mapping[str, object] | None = None

    def holds(self, node: Node, lead: Lead | None = None, trigger: Mapping[str, object] | None = None) -> bool:
        """Whether the condition holds now, or would if the lead or the trigger were like that."""
        facts = self.life.facts if lead is None else replace(self.life.facts, lead=lead)
        view = LeadView(facts, self.run, self.campaign, {}, trigger=trigger or self.trigger)
        return compile_test(node)(view, self.life.now)

    @property
    def run(self) -> Enrollment | None:
        return self.life.run(self.campaign.id)

    @property
    def mailed(self) -> list[str]:
        """The steps whose mail the lead has, the latest first."""
        own = (mail.send.step for mail in reversed(self.life.mails) if mail.send.campaign == self.campaign.id)
        return list(dict.fromkeys(own))


def deeds_for(node: Node, wanted: bool, scene: Scene) -> Iterator[Deeds]:
    """Different deeds after which the rule should hold (or not, if that is wanted); none if nothing helps."""
    seen: list[Deeds] = []
    for found in islice(_deeds(node, wanted, scene), ANSWERS):
        once = found if _counts(node) else _each_once(found)
        if once not in seen:
            seen.append(once)
            yield once


def _each_once(deeds: Deeds) -> Deeds:
    return tuple(deed for number, deed in enumerate(deeds) if deed not in deeds[:number])


def _counts(node: Node) -> bool:
    """Whether doing a thing twice may be what is asked for."""
    items = node.items if isinstance(node, (All, AnyOf)) else (node.item,) if isinstance(node, Not) else ()
    return any(map(_counts, items)) or any(isinstance(term, (EventCount, MailCount)) for term in terms(node))


def _deeds(node: Node, wanted: bool, scene: Scene) -> Iterator[Deeds]:
    match node:
        case Not():
            yield from _deeds(node.item, not wanted, scene)
        case All() | AnyOf() if isinstance(node, All) is wanted:
            parts = [list(islice(_deeds(item, wanted, scene), ANSWERS // 2)) for item in node.items]
            yield from (tuple(chain.from_iterable(each)) for each in product(*parts))
        case All() | AnyOf():
            for item in node.items:
                yield from _deeds(item, wanted, scene)
        case _ if scene.holds(node) is wanted:
            yield ()
        case _:
            yield from _single(node, wanted, scene)


def _single(node: Node, wanted: bool, scene: Scene) -> Iterator[Deeds]:
    """Deeds that turn one condition; what has happened cannot be undone."""
    match node:
        case MailHappened() if wanted:
            yield from ((deed,) for deed in _on_mails(node.pattern, scene))
        case EventHappened() if wanted:
            yield (Causes(node.pattern.name, dict(node.pattern.properties)),)
        case Replied() if wanted:
            yield (Replies(),)
        case InList() if wanted:
            yield (Joins(node.name),)
        case Compare() if isinstance(counted := _counted(node), (EventCount, MailCount)):
            yield from _repeated(node, counted, wanted, scene)
        case CompareDays(left=Days(anchor=Since())):
            yield ()  # time will tell
        case _:
            yield from _by_value(node, wanted, scene)


def _on_mails(pattern: MailPattern, scene: Scene) -> Iterator[Deed]:
    if pattern.campaign not in (None, scene.campaign.id) or pattern.activity is Activity.SENT:
        return
    for step in scene.mailed:
        if pattern.step not in (None, step):
            continue
        if pattern.activity is Activity.OPENED:
            yield Opens(step)
            continue
        links = [name for name in scene.links(step) if pattern.link in (None, name)]
        yield from (Clicks(step, link) for link in links or ([""] if pattern.link is None else []))


def _counted(node: Compare) -> object:
    return next((term for term in (node.left, node.right) if isinstance(term, (EventCount, MailCount))), None)


def _repeated(node: Compare, counted: EventCount | MailCount, wanted: bool, scene: Scene) -> Iterator[Deeds]:
    """The same again and again, as often as might be asked for; which number it is shows when it is played."""
    if isinstance(counted, EventCount):
        deeds: list[Deed] = [Causes(counted.pattern.name, dict(counted.pattern.properties))]
    else:
        deeds = list(_on_mails(counted.pattern, scene))
    border = next((term.value for term in (node.left, node.right) if isinstance(term, Literal)), 1.0)
    near = int(border) if isinstance(border, float) else 1
    for times in range(max(1, near - 1), min(near + 2, _MOST_TIMES + 1)):
        if deeds and wanted:
            yield tuple(islice(cycle(deeds), times))


def _by_value(node: Node, wanted: bool, scene: Scene) -> Iterator[Deeds]:
    """Other values of the field (or of what started the run) that the condition asks for."""
    term = next((one for one in _names(node) if isinstance(one, (LeadName, TriggerName))), None)
    if term is None:
        return
    makes = _becoming if isinstance(term, LeadName) else _started
    fitting = (value for value in _candidates(node, term, scene) if makes(scene, node, term.name, value) is wanted)
    for value in islice(fitting, _VALUES):
        yield (Becomes(term.name, value) if isinstance(term, LeadName) else StartedBy(term.name, value),)


def _names(node: Node) -> Iterator[object]:
    for term in terms(node):
        yield term.anchor if isinstance(term, Days) else term


def _becoming(scene: Scene, node: Node, name: str, value: object) -> bool:
    lead = scene.life.facts.lead
    if name in BUILTINS or name in ("score", "fit"):
        return scene.holds(node, replace(lead, **{name: value}))
    return scene.holds(node, replace(lead, fields={**lead.fields, name: value}))


def _started(scene: Scene, node: Node, name: str, value: object) -> bool:
    run = scene.run
    known = run.trigger if run is not None else scene.trigger or {}
    return scene.holds(node, trigger={**known, name: value})


def _candidates(node: Node, term: LeadName | TriggerName, scene: Scene) -> Iterator[object]:
    """Values worth trying, the most natural first: those that the rule names, some beside them, and none at all."""
    if term.kind is Kind.TAGS:
        yield from _tags(node, term.name, scene)
    if isinstance(node, CompareDays):
        yield from _days(node, term.kind, scene.life.now)
    for value in _literals(node):
        yield from _beside(value, term.kind)
    yield from getattr(term, "choices", ())
    yield from _ANY.get(term.kind, ())
    yield "" if isinstance(term, LeadName) and term.name in BUILTINS else None


_ANY: Mapping[Kind, Sequence[object]] = {
    Kind.TEXT: ("something",),
    Kind.NUMBER: (1.0,),
    Kind.BOOLEAN: (True, False),
    Kind.DATE: ("2026-01-15",),
    Kind.DATETIME: ("2026-01-15T09:00:00.000000Z",),
    Kind.TAGS: (("something",), ()),
    Kind.JSON: ("something", 1.0, True),
}


def _literals(node: Node) -> Iterator[object]:
    if isinstance(node, OneOf):
        yield from node.values
    part = getattr(node, "part", None)
    if part is not None:
        yield part
    yield from (term.value for term in terms(node) if isinstance(term, Literal))


def _beside(value: object, kind: Kind) -> Iterator[object]:
    match value:
        case bool():
            yield value
            yield not value
        case float():
            yield from (value, value + 1, value - 1)
        case datetime():
            yield from (_instant(value + timedelta(days=days), kind) for days in (0, 1, -1))
        case _:
            yield value


def _days(node: CompareDays, kind: Kind, now: datetime) -> Iterator[object]:
    number = node.right.value if isinstance(node.right, Literal) and isinstance(node.right.value, float) else 0.0
    for days in (number + 1, number - 1, number):
        yield _instant(now + timedelta(days=days if node.left.until else -days), kind)


def _instant(at: datetime, kind: Kind) -> str:
    """A date or an instant as leads keep it."""
    if kind is Kind.DATE:
        return date(at.year, at.month, at.day).isoformat()
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _tags(node: Node, name: str, scene: Scene) -> Iterator[object]:
    found = scene.life.facts.lead.fields.get(name)
    known = found if isinstance(found, tuple) else ()
    named = [value for value in _literals(node) if isinstance(value, str)]
    yield (*known, *named)
    yield tuple(tag for tag in known if tag.casefold() not in [one.casefold() for one in named])
