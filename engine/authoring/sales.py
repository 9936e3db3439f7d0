"""`[lifecycle]`, `sales_ready` and `[sales]` of config: what they mean to the journey, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from engine.authoring import trusted
from engine.authoring.reader import Notes
from engine.authoring.toml_source import Item
from engine.authoring.values import address, rule
from engine.config.model import Config
from engine.domain.lifecycle import DISQUALIFIED, RECYCLED, Lifecycle
from engine.domain.rules import Rule, Scope, parse_rule
from engine.domain.sales.clock import Deadlines
from engine.domain.sales.policy import EXPIRED_REASON, GivenBack, SalesPolicy
from engine.domain.sales.routing import Person, Route, Team
from engine.domain.timing import BusinessDays, Delay, Span, parse_delay, parse_span
from engine.errors import Place, did_you_mean

Read = Callable[[str], Rule]


def lifecycle_from(config: Config, scope: Scope, place: Place) -> Lifecycle:
    """The lifecycle of a config without mistakes.

    Raises:
        ProblemsError: a rule of it cannot be read; it is told at `place`.
    """
    found = config.lifecycle

    def read(text: str) -> Rule:
        return trusted.rule(parse_rule(text, scope, place))

    return Lifecycle(
        stages=found.stages,
        when={stage: read(text) for stage, text in found.when.items()},
        transitions=dict(found.transitions),
        owners=dict(found.owners),
    )


def may_move(config: Config) -> Callable[[str, str], bool]:
    """Whether a lead may go from one stage of the lifecycle to another, for whoever writes it from outside."""
    found = config.lifecycle
    return Lifecycle(found.stages, transitions=dict(found.transitions)).allows


def sales_from(config: Config, scope: Scope, place: Place) -> SalesPolicy:
    """What `sales_ready` and `[sales]` of a config without mistakes say.

    Raises:
        ProblemsError: a rule of it cannot be read; it is told at `place`.
    """
    found = config.sales

    def read(text: str) -> Rule:
        return trusted.rule(parse_rule(text, scope, place))

    return SalesPolicy(
        ready=read(config.sales_ready) if config.sales_ready else None,
        hand_raises=frozenset(name.casefold() for name in found.hand_raises),
        rest=trusted.span(found.rest),
        reasons={
            key: GivenBack(one.title, one.campaign, trusted.span(one.rest) if one.rest else None, one.disqualify)
            for key, one in found.reasons.items()
        },
        team=_team(config, read),
        deadlines=Deadlines(trusted.delay(found.sla), trusted.delay(found.recycle_after)),
        escalate_to=found.escalate_to,
        webhook=found.webhook,
        crm=config.crm.kind,
    )


def policy_of(config: Config) -> SalesPolicy:
    """The policy for whoever takes answers and watches deadlines: without rules, which only the journey asks."""
    found = config.model_copy(update={"sales_ready": "", "sales": config.sales.model_copy(update={"route": ()})})
    return sales_from(found, Scope(), Place("config.toml"))


def _team(config: Config, read: Read) -> Team:
    people = {
        one.name: Person(one.name, one.capacity, one.weight, tuple((away.first, away.last) for away in one.absent))
        for one in config.sales.person
    }
    routes = tuple(
        Route(
            one.name,
            one.to,
            read(one.when) if one.when else None,
            frozenset(domain.casefold() for domain in one.accounts),
        )
        for one in config.sales.route
    )
    if not routes and people:
        routes = (Route("everybody", tuple(people)),)
    return Team(people, routes, config.sales.fallback)


def check_sales(config: Config, scope: Scope, root: Item, notes: Notes, campaigns: Iterable[str] | None = None) -> None:
    """Note every stage, rule, person, campaign and length of time that cannot be used."""
    _check_stages(config, root, notes)
    for item in _rules(root):
        rule(scope)(item, notes)
    _check_people(config, root, notes)
    _check_times(root, notes)
    if campaigns is not None:
        _check_campaigns(config, root, notes, frozenset(campaigns))


def _rules(root: Item) -> Iterator[Item]:
    """Every rule of these sections."""
    yield from _texts(root, "sales_ready")
    lifecycle = root.get("lifecycle")
    when = lifecycle.get("when") if lifecycle is not None and lifecycle.is_table else None
    if when is not None and when.is_table:
        yield from (item for _, item in when.entries() if _is_said(item))
    for route in _tables(root, "route"):
        yield from _texts(route, "when")


def _tables(root: Item, name: str) -> Iterator[Item]:
    """The tables of one of [sales]'s lists."""
    sales = root.get("sales")
    found = sales.get(name) if sales is not None and sales.is_table else None
    if found is not None:
        yield from (item for item in found.items.values() if item.is_table)


def _texts(item: Item, *names: str) -> Iterator[Item]:
    for name in names:
        found = item.get(name) if item.is_table else None
        if found is not None and _is_said(found):
            yield found


def _is_said(item: Item) -> bool:
    return isinstance(item.value, str) and bool(item.value)


def _check_stages(config: Config, root: Item, notes: Notes) -> None:
    stages = (*config.lifecycle.stages, RECYCLED, DISQUALIFIED)
    section = root.get("lifecycle")
    if section is None or not section.is_table:
        return
    for name in ("when", "transitions", "owners", "within"):
        table = section.get(name)
        for stage, item in table.entries() if table is not None and table.is_table else ():
            _check_stage(stage, item.key, stages, notes)
            if name == "transitions":
                for target in item.items.values():
                    _check_stage(str(target.value), target.place, stages, notes)


def _check_stage(stage: str, place: Place, stages: tuple[str, ...], notes: Notes) -> None:
    if stage not in stages:
        hint = did_you_mean(stage, stages) or f"there are: {', '.join(stages)}"
        notes.error("E270", place, f"'{stage}' is no stage of the lifecycle", hint)


def _check_people(config: Config, root: Item, notes: Notes) -> None:
    owners, people = config.sender.owners, [one.name for one in config.sales.person]
    for table in _tables(root, "person"):
        for item in _texts(table, "name"):
            if str(item.value) not in owners:
                hint = did_you_mean(str(item.value), owners) or f'add  {item.value} = "Name <address>"  there'
                notes.error("E234", item.place, f"sender.owners has no '{item.value}', so nobody knows where", hint)
    for table in _tables(root, "route"):
        to = table.get("to")
        for item in to.items.values() if to is not None else ():
            _check_person(item, people, notes)
    sales = root.get("sales")
    for item in _texts(sales, "fallback") if sales is not None else ():
        _check_person(item, [*people, *owners], notes)
    for item in _texts(sales, "escalate_to") if sales is not None else ():
        if str(item.value) not in owners:
            address(item, notes)


def _check_person(item: Item, people: Iterable[str], notes: Notes) -> None:
    known = list(people)
    if isinstance(item.value, str) and item.value not in known:
        hint = did_you_mean(item.value, known) or "add a [[sales.person]] of that name"
        notes.error("E271", item.place, f"nobody in sales is called '{item.value}'", hint)


def _check_times(root: Item, notes: Notes) -> None:
    sales, lifecycle = root.get("sales"), root.get("lifecycle")
    for item in _texts(sales, "sla", "recycle_after") if sales is not None else ():
        _check_time(item, parse_delay, notes)
    for item in _texts(sales, "rest") if sales is not None else ():
        _check_time(item, parse_span, notes)
    reasons = sales.get("reasons") if sales is not None and sales.is_table else None
    for _, reason in reasons.entries() if reasons is not None and reasons.is_table else ():
        for item in _texts(reason, "rest"):
            _check_time(item, parse_span, notes)
    within = lifecycle.get("within") if lifecycle is not None and lifecycle.is_table else None
    for _, item in within.entries() if within is not None and within.is_table else ():
        if _is_said(item):
            _check_time(item, parse_delay, notes)


def _check_time(item: Item, parse: Callable[[str], Delay | Span | BusinessDays | str], notes: Notes) -> None:
    found = parse(str(item.value))
    if isinstance(found, str):
        message, _, hint = found.partition(": ")
        notes.error("E015", item.place, message, hint)


def _check_campaigns(config: Config, root: Item, notes: Notes, campaigns: frozenset[str]) -> None:
    for key, reason in config.sales.reasons.items():
        if reason.campaign and reason.campaign not in campaigns:
            item = root.find("sales", "reasons", key, "campaign")
            hint = did_you_mean(reason.campaign, campaigns) or "write the name of its file, without .toml"
            message = f"leads given back as '{key}' go to the campaign '{reason.campaign}', which does not exist"
            notes.error("E272", item.place, message, hint)
    if EXPIRED_REASON in config.sales.reasons and config.sales.reasons[EXPIRED_REASON].disqualify:
        item = root.find("sales", "reasons", EXPIRED_REASON)
        notes.error("E273", item.place, "leads that sales did not answer cannot be disqualified for that")
