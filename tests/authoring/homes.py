"""Homes and campaigns for the tests of authoring: a sound one, and changes to it."""

from __future__ import annotations

from engine.authoring.campaign_file import Surroundings, read_campaign
from engine.authoring.checks import check_campaign, judge_campaign
from engine.authoring.config_file import read_config
from engine.authoring.reader import Notes
from engine.authoring.toml_source import read_document
from engine.config.model import Config
from engine.errors import Problem

CONFIG = """\
[company]
name = "Acme"
postal_address = "Acme GmbH, Weg 1, 10115 Berlin"

[sender]
default = "Ann Lee <ann@acme.example>"
verified_domains = ["acme.example"]

[sender.owners]
ben = "Ben Roe <ben@acme.example>"

[fields.industry]
type = "text"

[fields.seats]
type = "number"

[fields.renewal]
type = "date"

[fields.plan]
type = "choice"
choices = ["free", "pro"]

[fields.interests]
type = "tags"

[webhooks]
crm = { url = "https://crm.acme.example/hook", secret_env = "CRM_HOOK_SECRET" }
"""

CAMPAIGN = """\
title    = "Clean data closes deals"
theme    = "data-quality"
state    = "live"
from     = { owner = true, else = "Ann Lee <ann@acme.example>" }
reply_to = "ann@acme.example"
lane     = "nurture"
priority = 50
enter    = "source in ['webinar', 'whitepaper']"
backfill = false
exit     = "replied or lifecycle == 'customer'"
goal     = "event('demo_booked')"
window   = { days = "Mon-Thu", hours = "09:00-17:00", zone = "lead", else = "Europe/Berlin" }
holdout  = "10%"
vars     = { webinar = 2026-11-30, room = "A 12" }

[stage.aware]
advance   = "clicked('decay') or clicks >= 2"
exhausted = { after = "14d", go = "slow" }

[[stage.aware.step]]
email = "decay"
wait  = "10m"

[[stage.aware.step]]
email    = "cost"
wait     = "3 business days"
variants = { subject = ["Your list rots", "What does a dead lead cost?"] }

[[stage.aware.step]]
wait   = "2d"
branch = [{ when = "clicked('cost')", go = "compare" }]

[[stage.aware.step]]
email  = "bump"
thread = "cost"

[stage.compare]
exhausted = "exit"

[[stage.compare.step]]
email = "vendors"
at    = "3 days before vars.webinar 10:00"

[[stage.compare.step]]
task = "Call"
who  = "owner"
max  = "2 business days"

[stage.slow]
cadence   = "every 4 weeks Tue 10:00"
exhausted = "hold"

[[stage.slow.step]]
email = "tip-1"
"""


def config() -> Config:
    """The sound config."""
    document, problems = read_document("config.toml", CONFIG)
    assert document is not None and not problems
    notes = Notes()
    found, _ = read_config(document, notes)
    assert not notes.problems
    return found


def campaign_problems(text: str, with_config: Config | None = None) -> list[Problem]:
    """Every problem of a campaign file, by place."""
    document, problems = read_document("campaigns/clean-data.toml", text)
    if document is None:
        return problems
    known = with_config or config()
    draft = read_campaign(document, Surroundings(known))
    check_campaign(draft, known)
    judge_campaign(draft, known)
    return sorted({*problems, *draft.notes.problems}, key=lambda problem: (problem.place, problem.code))


def changed(old: str, new: str, text: str = CAMPAIGN) -> str:
    """The sound campaign with one change."""
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the campaign"
    return text.replace(old, new)
