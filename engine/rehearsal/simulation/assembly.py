"""From a home and a person's wishes to a simulation: which campaigns, whose leads, which manners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from engine.content.mails import CompiledMail, LinkKind, MailKey
from engine.domain.campaign import Campaign, CampaignState
from engine.domain.journey.programme import Standing
from engine.domain.steps import EmailStep
from engine.errors import RipelineError
from engine.rehearsal.simulation.deeds import Links
from engine.rehearsal.simulation.learning import Learnt, LinkWeights, Origin, learnt_from
from engine.rehearsal.simulation.persona import Manners, with_clicks, with_opens
from engine.rehearsal.simulation.sales import Sales, as_told, assumed
from engine.rehearsal.simulation.sales_learning import sales_learnt
from engine.rehearsal.simulation.setup import Setup
from engine.rehearsal.simulation.simulation import Crowd
from engine.rehearsal.simulation.wishes import Wishes
from engine.service.check import CheckReport
from engine.service.home import Home
from engine.service.links import HIDDEN
from engine.service.prospect import bundle_digest, prospect
from engine.service.running import Runner
from engine.store.database import reading
from engine.store.lead_sample import count_outsiders, last_decided, last_number

UNNAMED = 0.3
"""So often as a named link one without a name is followed, such as the company's logo."""
MOST_ARRIVALS = 1_000_000


def assemble(report: CheckReport, home: Home | None, wishes: Wishes) -> tuple[Setup, Crowd]:
    """What is to be played. `home` is None where there is no store yet.

    Raises:
        RipelineError: there is nobody to play, or no campaign that runs.
    """
    campaigns = {name: _as_wished(one, wishes) for name, one in report.campaigns.items()}
    standings, opening, bundle, digest = _standing(home, report, campaigns)
    if wishes.leads:  # to made-up leads every campaign has always been live
        standings = {name: Standing(paused=one.paused) for name, one in standings.items()}
    if not any(one.state.runs and not standings.get(name, Standing()).paused for name, one in campaigns.items()):
        raise RipelineError("no campaign runs: each is a draft or paused. --drafts plays drafts as if they were live")
    crowd = _crowd(home, wishes)
    learnt = learnt_from(home.store, wishes.start) if home is not None else Learnt(Manners(), {}, Origin())
    manners, given = _as_given(learnt.manners, wishes)
    reasons = tuple(report.config.sales.reasons)
    sales = sales_learnt(home.store, wishes.start, reasons) if home is not None else Sales(assumed(reasons))
    setup = Setup(
        config=report.config,
        campaigns=campaigns,
        start=wishes.start,
        days=wishes.days,
        seed=wishes.seed,
        manners=manners,
        origin=learnt.origin,
        given=given,
        sales=_sales_as_given(sales, wishes),
        links=links_of(report, learnt.links),
        chances=wishes.chances,
        arrivals=wishes.arrivals,
        standings=standings,
        winners=Runner(home).current().programme.winners if home is not None else {},
        opening=opening,
        bundle=bundle,
        digest=digest,
    )
    return setup, crowd


def _as_wished(campaign: Campaign, wishes: Wishes) -> Campaign:
    is_draft = campaign.state is CampaignState.DRAFT
    return replace(campaign, state=CampaignState.LIVE) if is_draft and wishes.drafts else campaign


def _standing(
    home: Home | None, report: CheckReport, campaigns: dict[str, Campaign]
) -> tuple[dict[str, Standing], frozenset[str], int, str]:
    """How campaigns stand in the home, which go live by these files, and the bundle that the files are (0: none)."""
    if home is None:
        return {}, frozenset(name for name, one in campaigns.items() if one.state.admits), 0, bundle_digest(report)
    runner = Runner(home)
    found = prospect(home, replace(report, campaigns=campaigns), runner)
    standings = dict(runner.current().programme.standings)
    applied = found.nothing_new and campaigns == report.campaigns
    return standings, frozenset(found.difference.opening), found.base if applied else 0, found.digest


def _crowd(home: Home | None, wishes: Wishes) -> Crowd:
    """The home's leads, or made-up ones in their place; those who arrive have numbers behind all others."""
    whole = last = 0
    if home is not None:
        with reading(home.store) as connection:
            whole, last = count_outsiders(connection), last_number(connection)
            decided = last_decided(connection)
        if decided is not None and decided > wishes.start and not wishes.leads:
            raise RipelineError(
                f"--start lies before the last mail of this home's leads, decided {home.told(decided)}. "
                "Leave it out, or play made-up leads: --leads 1000"
            )
    arriving = wishes.arrivals.within(timedelta(days=wishes.days)) if wishes.arrivals is not None else 0
    if arriving > MOST_ARRIVALS:
        raise RipelineError(
            f"--arrivals brings {arriving:,} leads in {wishes.days} days; {MOST_ARRIVALS:,} are the most"
        )
    if wishes.leads:
        return Crowd(made_up=wishes.leads, first=1)
    if not whole and wishes.arrivals is None:
        raise RipelineError(
            "this home has no leads yet. --leads 1000 makes some up, --arrivals 50/day lets some come in over the time"
        )
    return Crowd(whole, max(1, -(-whole // wishes.sample)), first=last + 1)


def _as_given(manners: Manners, wishes: Wishes) -> tuple[Manners, tuple[str, ...]]:
    given: list[str] = []
    if wishes.opens is not None:
        manners, given = with_opens(manners, wishes.opens), [*given, "opens"]
    if wishes.clicks is not None:
        if wishes.clicks >= manners.opens:
            raise RipelineError(
                f"--clicks {wishes.clicks:.1%} is not below what is opened ({manners.opens:.1%}); "
                "both are shares of all mails"
            )
        manners, given = with_clicks(manners, wishes.clicks), [*given, "clicks"]
    return manners, tuple(given)


def _sales_as_given(sales: Sales, wishes: Wishes) -> Sales:
    if not wishes.sales:
        return sales
    given = tuple(name for name, _ in wishes.sales)
    return Sales(as_told(sales.manners, wishes.sales), replace(sales.origin, given=given))


def links_of(report: CheckReport, weights: LinkWeights) -> Links:
    """The links of each mail that a person can follow, weighed by how many people did."""
    return {
        (campaign.id, step.id): _links(mail, weights.get((campaign.id, step.id), {}))
        for campaign in report.campaigns.values()
        for stage, step in campaign.steps()
        if isinstance(step, EmailStep)
        and (mail := report.mails.get(MailKey(campaign.theme, stage.id, step.mail))) is not None
    }


def _links(mail: CompiledMail, clicked: Mapping[str, int]) -> Sequence[tuple[str, float]]:
    names = {
        link.name or str(link.index): 1.0 if link.name else UNNAMED
        for link in mail.links
        if link.kind is LinkKind.TRACK and link.tracked and link.name != HIDDEN
    }
    return [(name, base + clicked.get(name, 0)) for name, base in names.items()]
