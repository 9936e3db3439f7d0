"""All practices, what this home has of them, and which level of maturity that makes."""

from __future__ import annotations

from dataclasses import dataclass

from engine.service.doctor import agreement, handover, nurture, results
from engine.service.doctor.evidence import evidence_of
from engine.service.doctor.practice import Finding, Practice, Standing
from engine.service.home import Home

AVERAGE, GOOD, BEST = "average", "good", "best"
LEVELS = (AVERAGE, GOOD, BEST)

PRACTICES = (
    Practice(1, "one definition of a sales-ready lead", AVERAGE, agreement.definition),
    Practice(2, "a mapped lifecycle", GOOD, agreement.lifecycle),
    Practice(3, "nobody in no-man's land", GOOD, agreement.owned),
    Practice(4, "scoring: what leads do, and who they are", AVERAGE, agreement.scoring),
    Practice(5, "routing, and somebody for what is left", AVERAGE, agreement.routing),
    Practice(6, "campaigns on several themes", AVERAGE, nurture.programmes),
    Practice(7, "content for each stage", GOOD, nurture.content),
    Practice(8, "an alert while the lead is warm", GOOD, handover.warm),
    Practice(9, "a hand-off with the lead's story", AVERAGE, handover.story),
    Practice(10, "sales answers", GOOD, handover.loop),
    Practice(11, "leads given back go on", GOOD, handover.recycling),
    Practice(12, "companies and roles", BEST, handover.companies),
    Practice(13, "questions, and their answers", GOOD, nurture.questions),
    Practice(14, "permission with proof", AVERAGE, nurture.permission),
    Practice(15, "data that is kept up to date", GOOD, nurture.hygiene),
    Practice(16, "sources, and credit for deals", BEST, results.source),
    Practice(17, "outcomes instead of activity", BEST, results.outcomes),
    Practice(18, "the waterfall", GOOD, results.waterfall),
    Practice(19, "results in weeks: a forecast", BEST, results.forecasting),
    Practice(20, "experiments", BEST, results.experiments),
    Practice(21, "the systems around it", GOOD, results.systems),
)


@dataclass(frozen=True, slots=True)
class Examined:
    """A practice and what was found of it."""

    practice: Practice
    finding: Finding


@dataclass(frozen=True, slots=True)
class Examination:
    """All findings. `level` is the highest whose practices, and those of the levels below, are all there at least half
    and most of them whole; empty before the first."""

    found: tuple[Examined, ...]

    @property
    def level(self) -> str:
        reached = ""
        for level in LEVELS:
            of_it = [one.finding.standing for one in self.found if one.practice.level == level]
            if Standing.NO in of_it or of_it.count(Standing.YES) * 2 < len(of_it):
                break
            reached = level
        return reached

    @property
    def next(self) -> Examined | None:
        """What to do first: what is missing at the lowest level that is not reached."""
        missing = [one for one in self.found if one.finding.standing is not Standing.YES]
        order = (Standing.NO, Standing.HALF)
        return min(
            missing,
            key=lambda one: (LEVELS.index(one.practice.level), order.index(one.finding.standing), one.practice.number),
            default=None,
        )


def examine(home: Home) -> Examination:
    """Judge every practice by the home's files and data; N22 is this examination itself."""
    evidence = evidence_of(home)
    return Examination(tuple(Examined(one, one.judge(evidence)) for one in PRACTICES))
