"""What the config means for all campaigns: the policy by which journeys are decided, and the scope of rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.authoring import trusted
from engine.authoring.outline import Outline
from engine.authoring.sales import lifecycle_from, sales_from
from engine.authoring.scoring import scoring_from
from engine.config.model import Config
from engine.domain.journey.programme import Policy
from engine.domain.rules import FieldType, Kind, Rule, Scope, parse_rule
from engine.domain.rules.scope import Steps
from engine.domain.timing import Calendar, HolidayCalendar
from engine.errors import Place

BESIDE_THE_LIFECYCLE = ("recycled", "disqualified")
OF_THE_LEAD = "lead"
CONFIG_FILE = "config.toml"


def scope_for(
    config: Config,
    campaign: Outline | None = None,
    *,
    in_campaign: bool = True,
    steps: Steps | None = None,
    campaigns: Mapping[str, Steps] | None = None,
) -> Scope:
    """The names that a rule may use: of config alone, or within a campaign.

    `in_campaign` is false for `enter`, which asks about a lead on whom the campaign has not begun.
    """
    fields = {name: FieldType(Kind(declared.type), declared.choices) for name, declared in config.lead_fields.items()}
    lifecycle = (*config.lifecycle.stages, *BESIDE_THE_LIFECYCLE)
    roles = config.accounts.roles if fields["role"].kind is Kind.TEXT else ()
    if campaign is None:
        return Scope(fields, lifecycle, campaigns=campaigns, roles=roles)
    return Scope(
        fields,
        lifecycle,
        in_campaign=in_campaign,
        has_trigger=campaign.has_trigger,
        vars=campaign.vars,
        stages=campaign.stages,
        steps=steps,
        campaigns=campaigns,
        roles=roles,
    )


def policy_from(config: Config, campaigns: Mapping[str, Steps] | None = None) -> Policy:
    """The policy of a config that `engine.authoring.config_file` found without mistakes.

    Raises:
        ProblemsError: a rule or a cap of the config cannot be read.
    """
    scope, place = scope_for(config, campaigns=campaigns), Place(CONFIG_FILE)
    return Policy(
        zone=config.company.zone,
        caps=tuple(trusted.cap(text) for text in config.caps.marketing),
        never_domains=frozenset(domain.casefold() for domain in config.never_mail.domains),
        never_rule=_rule(config, campaigns),
        calendar=calendars(config),
        unknown_after=trusted.span(config.delivery.unknown_after),
        scoring=scoring_from(config, scope, place),
        lifecycle=lifecycle_from(config, scope, place),
        sales=sales_from(config, scope, place),
    )


def calendars(config: Config) -> Callable[[str], Calendar]:
    """The calendar for a lead's country (an ISO 3166 code, or empty)."""
    country, fallback = config.holidays.country, config.holidays.fallback
    blackouts = frozenset(config.holidays.blackout)
    made: dict[str, Calendar] = {}

    def calendar(of_lead: str) -> Calendar:
        code = (of_lead or fallback) if country == OF_THE_LEAD else country
        if code not in made:
            made[code] = HolidayCalendar((code,) if code else (), blackouts=blackouts)
        return made[code]

    return calendar


def _rule(config: Config, campaigns: Mapping[str, Steps] | None) -> Rule | None:
    if not config.never_mail.rule:
        return None
    return trusted.rule(parse_rule(config.never_mail.rule, scope_for(config, campaigns=campaigns), Place(CONFIG_FILE)))
