"""What a name in a rule stands for, or why it cannot stand there."""

from __future__ import annotations

import ast
from typing import TypeAlias

from engine.domain.rules.nodes import (
    Activity,
    Days,
    LeadName,
    MailCount,
    MailPattern,
    Named,
    Reach,
    Replied,
    Since,
    StageName,
    Term,
    TriggerName,
    VarName,
)
from engine.domain.rules.scope import (
    CAMPAIGN_FUNCTIONS,
    CAMPAIGN_NAMES,
    EVER_FUNCTIONS,
    EVER_NAMES,
    LEAD_FUNCTIONS,
    SPACES,
    Scope,
)
from engine.domain.rules.syntax import Source
from engine.errors import did_you_mean

Resolved: TypeAlias = Term | Replied

_COUNTED = {"clicks": Activity.CLICKED, "opens": Activity.OPENED}


def resolve(node: ast.Name | ast.Attribute, scope: Scope, source: Source) -> Resolved | None:
    """The term that a name stands for; reports unknown and misplaced ones."""
    if isinstance(node, ast.Name):
        return _bare(node, scope, source)
    if not isinstance(node.value, ast.Name) or node.value.id not in SPACES:
        hint = did_you_mean(node.value.id, SPACES) if isinstance(node.value, ast.Name) else ""
        hint = hint or "names with a dot begin with lead. trigger. vars. or ever."
        source.report(node, "E104", f"unknown name '{source.segment(node)}' in this rule", hint)
        return None
    return _RESOLVERS[node.value.id](node, scope, source)


def resolve_named(node: ast.expr, function: str, scope: Scope, source: Source) -> Named | None:
    """A name given to a function that asks for one: `known(industry)`."""
    if isinstance(node, (ast.Name, ast.Attribute)):
        found = resolve(node, scope, source)
        if found is None or isinstance(found, (LeadName, StageName, TriggerName, VarName)):
            return found
    source.report(node, "E106", f"{function}(…) takes a field's name, without quotes", f"{function}(industry)")
    return None


def _bare(node: ast.Name, scope: Scope, source: Source) -> Resolved | None:
    name = node.id
    if name in CAMPAIGN_NAMES and name not in scope.fields:
        return _of_campaign(node, scope, source)
    if name in scope.lead_names:
        return _lead_name(name, scope, source.segment(node))
    if name in (*LEAD_FUNCTIONS, *CAMPAIGN_FUNCTIONS):
        source.report(node, "E106", f"{name} is a function and needs its brackets", f"write {name}(…)")
    elif name in SPACES:
        source.report(node, "E104", f"{name} needs a name behind it", f"write {name}.something")
    else:
        hint = did_you_mean(name, (*scope.bare_names, *scope.functions))
        hint = hint or f"if it is a text, it stands in quotes: '{name}'"
        source.report(node, "E104", f"unknown name '{name}' in this rule", hint)
    return None


def _lead_name(name: str, scope: Scope, text: str) -> Resolved | None:
    if name == "replied":
        return Replied(Reach.ENROLLMENT if scope.in_campaign else Reach.EVER, text)
    found = scope.lead_type(name)
    return LeadName(name, found.kind, found.choices) if found else None


def _of_campaign(node: ast.Name, scope: Scope, source: Source) -> Resolved | None:
    name = node.id
    if not scope.in_campaign:
        message = f"'{name}' exists only while a lead is in a campaign, and this rule is asked outside of one"
        hint = f"write ever.{name} for the lead's whole history" if name in EVER_NAMES else ""
        source.report(node, "E105", message, hint)
        return None
    if name == "stage":
        return StageName(scope.stages)
    if name in _COUNTED:
        return MailCount(MailPattern(_COUNTED[name], Reach.STAGE), name)
    return Days(Since(name), text=name)


def _lead_attribute(node: ast.Attribute, scope: Scope, source: Source) -> Resolved | None:
    if node.attr in scope.lead_names:
        return _lead_name(node.attr, scope, source.segment(node))
    hint = did_you_mean(node.attr, scope.lead_names) or "declare it under [fields] in config.toml"
    source.report(node, "E104", f"a lead has no field '{node.attr}'", hint)
    return None


def _trigger_attribute(node: ast.Attribute, scope: Scope, source: Source) -> Resolved | None:
    if scope.has_trigger:
        return TriggerName(node.attr)
    hint = "only campaigns with on = \"event('…')\" have one"
    source.report(node, "E105", f"trigger.{node.attr}: no event triggers this rule", hint)
    return None


def _var_attribute(node: ast.Attribute, scope: Scope, source: Source) -> Resolved | None:
    if scope.vars is None:
        source.report(node, "E105", f"vars.{node.attr}: there are no vars outside a campaign's own rules")
        return None
    found = scope.vars.get(node.attr)
    if found is None:
        hint = did_you_mean(node.attr, scope.vars) or "add it to vars = { … } of this campaign"
        source.report(node, "E104", f"this campaign has no var '{node.attr}'", hint)
        return None
    return VarName(node.attr, found.kind)


def _ever_attribute(node: ast.Attribute, _scope: Scope, source: Source) -> Resolved | None:
    name = node.attr
    if name in EVER_NAMES:
        return MailCount(MailPattern(_COUNTED[name], Reach.EVER), source.segment(node))
    if name in EVER_FUNCTIONS:
        source.report(node, "E106", f"ever.{name} is a function and needs its brackets", f"write ever.{name}('…')")
        return None
    hint = did_you_mean(name, (*EVER_NAMES, *EVER_FUNCTIONS))
    source.report(node, "E104", f"unknown name 'ever.{name}' in this rule", hint)
    return None


_RESOLVERS = {
    "lead": _lead_attribute,
    "trigger": _trigger_attribute,
    "vars": _var_attribute,
    "ever": _ever_attribute,
}
