"""The lead's score and grade, as its rules see them in this decision."""

from __future__ import annotations

from datetime import datetime

from engine.domain.journey.decision import Line, Score
from engine.domain.journey.draft import Draft
from engine.domain.journey.view import LeadView
from engine.domain.rules import Borders, evaluate
from engine.domain.scoring import Scoring, grade_from, next_crossing, score_at, tally, units

SCORED_LINE = "scored"


def grade(draft: Draft) -> None:
    """Score the lead by what it did until now, and grade it by what it is, also by fields that this decision sets.

    It is looked at again when fading alone would bring its score over a number that a rule compares it with.
    """
    scoring = draft.programme.policy.scoring
    if scoring.in_use:
        view = LeadView(draft.facts, None, None, draft.fields, history=draft.history)
        _note(draft, Score(_score(draft, scoring, view), _fit(draft, scoring, view)))


def _score(draft: Draft, scoring: Scoring, view: LeadView) -> float:
    found = tally(scoring, view, draft.now)
    draft.recheck(found.turns_at)
    draft.recheck(next_crossing(scoring, found.counted, draft.now, draft.programme.score_borders))
    return score_at(scoring, found.counted)


def _fit(draft: Draft, scoring: Scoring, view: LeadView) -> str:
    worth = 0
    for rule in scoring.fit:
        verdict = evaluate(rule.when, view, draft.now)
        draft.recheck(verdict.turns_at)
        worth += units(rule.points) if verdict.holds else 0
    return grade_from(scoring, worth)


def _note(draft: Draft, found: Score) -> None:
    """Show it to the rules of this decision, and tell it if it means something new to any of them."""
    lead = draft.facts.lead
    before = Score(lead.score, lead.fit)
    if found == (draft.score or before):
        return
    draft.score = found
    draft.fields.update(score=found.score, fit=found.fit)
    draft.lines[:] = [line for line in draft.lines if line.code != SCORED_LINE]
    line = score_line(before, found, draft.programme.score_borders, draft.now)
    if line is not None:
        draft.lines.append(line)


def score_line(before: Score, found: Score, borders: Borders, now: datetime) -> Line | None:
    """What a change of the score means to anybody, told: the number of some rule that it reached or fell below, the
    grade that it was. None for all other changes, so that a story does not swell; so is a first grade."""
    news: dict[str, object] = {}
    if borders.part(found.score) != borders.part(before.score):
        up = found.score > before.score
        news["reached" if up else "under"] = borders.crossed(before.score, found.score)
    if found.fit != before.fit and before.fit:
        news["fit_was"] = before.fit
    return Line(now, SCORED_LINE, data={"score": found.score, "fit": found.fit, **news}) if news else None
