"""All scenarios of a home, or some of them: played, with what they reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from types import MappingProxyType

from engine.domain.journey.programme import Winners
from engine.domain.scenario import Scenario
from engine.errors import RipelineError, did_you_mean
from engine.rehearsal.casting import Casting
from engine.rehearsal.coverage import Coverage, coverage
from engine.rehearsal.mails import Letterbox
from engine.rehearsal.player import Verdict, play
from engine.service.check import CheckReport


class NothingToPlayError(RipelineError):
    """What was asked for does not exist; told as a sentence."""

    exit_code = 2


@dataclass(frozen=True)
class CampaignResult:
    """How the scenarios of one campaign ended. `coverage` is None where only some of them were played."""

    campaign: str
    verdicts: tuple[Verdict, ...]
    coverage: Coverage | None

    @property
    def failed(self) -> int:
        return sum(not verdict.passed for verdict in self.verdicts)


@dataclass(frozen=True)
class Result:
    """How all of them ended; `untested` are the campaigns without scenarios."""

    campaigns: tuple[CampaignResult, ...]
    untested: tuple[str, ...]
    seconds: float

    @property
    def scenarios(self) -> int:
        return sum(len(found.verdicts) for found in self.campaigns)

    @property
    def failed(self) -> int:
        return sum(found.failed for found in self.campaigns)


def play_scenarios(
    report: CheckReport, campaign: str = "", part: str = "", winners: Winners = MappingProxyType({})
) -> Result:
    """Play the scenarios of a home without mistakes: of one campaign if named, those whose name has `part` in it.

    `winners` are the variants that this home has chosen for every lead to come.

    Raises:
        NothingToPlayError: there is no such campaign, or it has no scenarios.
    """
    _refuse_unknown(report, campaign)
    began = perf_counter()
    casting, letters = Casting(report.config, report.campaigns, winners), Letterbox(report)
    results = []
    for name, scenarios in sorted(report.scenarios.items()):
        chosen = [one for one in scenarios if part.casefold() in one.name.casefold()]
        if campaign in ("", name) and chosen:
            results.append(_result(report, name, chosen, casting, letters, whole=len(chosen) == len(scenarios)))
    untested = tuple(name for name in report.campaigns if not report.scenarios.get(name)) if not campaign else ()
    return Result(tuple(results), untested, perf_counter() - began)


def _result(
    report: CheckReport, name: str, chosen: Sequence[Scenario], casting: Casting, letters: Letterbox, *, whole: bool
) -> CampaignResult:
    verdicts = tuple(play(scenario, casting, letters) for scenario in chosen)
    return CampaignResult(name, verdicts, coverage(report.campaigns[name], verdicts) if whole else None)


def _refuse_unknown(report: CheckReport, campaign: str) -> None:
    if not campaign or report.scenarios.get(campaign):
        return
    if campaign in report.campaigns:
        raise NothingToPlayError(
            f"campaign '{campaign}' has no scenarios; write some into campaigns/{campaign}.test.toml "
            "(docs/how-to/test-a-campaign.md)"
        )
    hint = did_you_mean(campaign, report.campaigns) or f"there are: {', '.join(report.campaigns)}"
    raise NothingToPlayError(f"there is no campaign '{campaign}'; {hint}")
