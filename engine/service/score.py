"""A lead's score and grade as of now, line by line, and what its home's rule for ripe leads still needs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from engine.domain.journey.facts import LeadFacts
from engine.domain.journey.policy import Policy
from engine.domain.journey.programme import Programme
from engine.domain.journey.view import LeadView
from engine.domain.rules import borders_of, evaluate, explain
from engine.domain.scoring import Graded, Scored, fit_of, score_of
from engine.errors import RipelineError
from engine.service.home import Home
from engine.service.running import Running
from engine.service.who import full_name, meant_lead
from engine.store.database import reading
from engine.store.facts import load_facts


@dataclass(frozen=True, slots=True)
class Ripeness:
    """How the lead stands to `sales_ready`: the rule, whether it holds, why (not), the score that is missing."""

    rule: str
    holds: bool
    because: str
    needs: float | None


@dataclass(frozen=True, slots=True)
class ScoreSheet:
    """All that makes a lead's score. `half_life` and `most` are the scheme's own; `account_score` is its company's."""

    id: str
    name: str
    email: str
    scored: Scored
    graded: Graded
    most: float
    account_score: float
    ripe: Ripeness | None


def score_sheet(home: Home, running: Running, name: str, now: datetime) -> ScoreSheet:
    """The score of the lead that is called so, explained.

    Raises:
        RipelineError: nobody is called so, several are, or this home scores nobody.
    """
    programme = running.programme
    if not programme.policy.scoring.in_use:
        raise RipelineError("config.toml scores nobody: give points under [[scoring.points]] or [[scoring.fit]].")
    with reading(home.store) as connection:
        row = meant_lead(connection, name)
        facts = load_facts(connection, [row.id])[0]
    scored, graded, view = judged(facts, programme, now)
    return ScoreSheet(
        id=row.public_id,
        name=full_name(facts.lead.fields),
        email=facts.lead.email,
        scored=scored,
        graded=graded,
        most=programme.policy.scoring.most,
        account_score=facts.lead.account_score,
        ripe=ripeness(programme.policy, view, scored.score, now),
    )


def judged(facts: LeadFacts, programme: Programme, now: datetime) -> tuple[Scored, Graded, LeadView]:
    """A lead's score and grade as of now, and the view that shows them to rules."""
    scoring, view = programme.policy.scoring, LeadView(facts, None, None, {})
    scored, graded = score_of(scoring, view, now), fit_of(scoring, view, now)
    return scored, graded, LeadView(facts, None, None, {"score": scored.score, "fit": graded.fit})


def ripeness(policy: Policy, view: LeadView, score: float, now: datetime) -> Ripeness | None:
    """How far a lead is from being ripe; None where config has no `sales_ready`."""
    ready = policy.sales.ready
    if ready is None:
        return None
    above = [number for number in borders_of([ready], "score").at if number > score]
    above += [number for number in borders_of([ready], "score").over if number >= score]
    held = evaluate(ready, view, now).holds
    return Ripeness(ready.source, held, explain(ready, view, now), None if held else min(above, default=None))


def sheet_values(sheet: ScoreSheet) -> dict[str, object]:
    """The sheet as plain values, for programs."""
    return asdict(sheet)
