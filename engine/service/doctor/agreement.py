"""N1 to N5: what marketing and sales agreed on, who answers for whom, how leads are scored and routed."""

from __future__ import annotations

from engine.service.doctor.evidence import Evidence
from engine.service.doctor.practice import Finding, half, no, yes


def definition(found: Evidence) -> Finding:
    if not found.config.sales_ready:
        step = "sales_ready = \"score >= 60 and fit in ['A', 'B']\"   (config.toml, agreed with sales)"
        return no("no rule says when a lead is ripe for sales", step)
    since = f" since {found.agreed:%d %b %Y}" if found.agreed else ""
    return yes(f"a lead is ripe when {found.config.sales_ready}{since}")


def lifecycle(found: Evidence) -> Finding:
    rules, owners = len(found.config.lifecycle.when), len(found.config.lifecycle.owners)
    if not rules:
        return no("no rule moves a lead from stage to stage", '[lifecycle.when]  engaged = "ever.clicks >= 1"')
    if not owners:
        return half(f"{rules} stages have a rule, none has an owner", '[lifecycle.owners]  inquiry = "marketing"')
    return yes(f"{rules} stages have a rule, {owners} have an owner")


def owned(found: Evidence) -> Finding:
    no_owner, no_action = found.lacking
    if not found.leads:
        return no("there are no leads yet", "ripeline import leads.csv")
    if not no_owner and not no_action:
        return yes("every lead has an owner, its own or its stage's, and something to come")
    told = f"leads without an owner: {no_owner:,}, without anything to come: {no_action:,}"
    step = "[lifecycle.owners]: name one for every stage" if no_owner else "ripeline report unowned names them"
    return (half if found.config.lifecycle.owners or not no_owner else no)(told, step)


def scoring(found: Evidence) -> Finding:
    points, fit = len(found.config.scoring.points), len(found.config.scoring.fit)
    told = f"{points} rules score what leads do, {fit} who they are"
    if points and fit:
        return yes(told)
    table = "points" if not points else "fit"
    return (half if points or fit else no)(told, f'[[scoring.{table}]]  name = "…"  points = 10')


def routing(found: Evidence) -> Finding:
    sales = found.config.sales
    told = f"routes: {len(sales.route)}, salespeople: {len(sales.person)}"
    if sales.person and sales.fallback:
        return yes(f"{told}, and {sales.fallback} gets what no route takes")
    step = 'fallback = "ann"   ([sales] in config.toml)' if sales.person else '[[sales.person]]  name = "ann"'
    return (half if sales.person or sales.fallback else no)(f"{told}, nobody gets what no route takes", step)
