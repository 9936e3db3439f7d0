"""What a campaign file means."""

from __future__ import annotations

from datetime import date, time

import pytest

from engine.authoring.home import read_campaign_text
from engine.authoring.step_keys import STEP_KEYS
from engine.domain.campaign import Campaign, CampaignState, Exhausted, Reentry, Trigger
from engine.domain.delivery import MailKind
from engine.domain.sender import Sender
from engine.domain.steps import (
    KINDS,
    BranchStep,
    EmailStep,
    HandoffStep,
    NotifyStep,
    SetStep,
    TaskStep,
    UntilEvent,
    WebhookStep,
)
from engine.domain.timing import At, BusinessDays, Span, UntilClock, Window, parse_cadence
from tests.authoring.homes import CAMPAIGN, campaign_problems, changed, config

TRIAL = """\
title   = "Trial"
on      = "event('trial_started')"
key     = "trigger.trial_id"
reenter = "after 180d"
state   = "live"
moved   = { hello = "welcome" }

[stage.start]
advance   = "event('paid')"
exhausted = "close"
[[stage.start.step]]
email   = "welcome"
kind    = "operational"
repeat  = true
expires = "2d"
from    = "Ben <ben@acme.example>"
[[stage.start.step]]
email = "import"
wait  = { until = "event('first_login')", max = "2d" }
when  = "trigger.company == 'Acme'"
[[stage.start.step]]
set   = { lifecycle = "engaged", seats = 5, renewal = 2026-11-30 }
[[stage.start.step]]
notify = "Trial begun"
who    = "ben"
[[stage.start.step]]
webhook = "crm"

[stage.close]
exhausted = { go = "exit" }
[[stage.close.step]]
email = "ending"
at    = "3 days before trigger.trial_ends 10:00"
late  = "send"
[[stage.close.step]]
id   = "call"
task = "Call before the trial ends"
who  = "owner"
max  = "2 business days"
[[stage.close.step]]
wait    = "until Tue 10:00"
handoff = "sales"
note    = "Wants a price"
[[stage.close.step]]
branch = [{ when = "replied", go = "start" }, { go = "exit" }]
"""


def read(text: str) -> Campaign:
    campaign, problems = read_campaign_text("trial", text, config())
    assert campaign is not None, problems
    assert problems == []
    return campaign


def test_campaign_with_a_condition_is_read_as_written() -> None:
    campaign, problems = read_campaign_text("clean-data", CAMPAIGN, config())

    assert problems == []
    assert campaign is not None
    assert (campaign.id, campaign.title, campaign.theme) == ("clean-data", "Clean data closes deals", "data-quality")
    assert (campaign.state, campaign.lane, campaign.priority) == (CampaignState.LIVE, "nurture", 50)
    assert campaign.sender == Sender("Ann Lee <ann@acme.example>", owner=True)
    assert campaign.enter is not None and campaign.enter.source == "source in ['webinar', 'whitepaper']"
    assert campaign.window == Window(frozenset({0, 1, 2, 3}), time(9), time(17), "lead", "Europe/Berlin")
    assert campaign.holdout == pytest.approx(0.1)
    assert campaign.vars == {"webinar": date(2026, 11, 30), "room": "A 12"}
    assert [stage.id for stage in campaign.stages] == ["aware", "compare", "slow"]
    assert campaign.stages[0].exhausted == Exhausted("slow", Span(days=14))
    assert campaign.stages[1].exhausted == Exhausted("exit")
    assert campaign.stages[2].cadence == parse_cadence("every 4 weeks Tue 10:00")
    assert [step.id for _, step in campaign.steps()] == [
        *("decay", "cost", "aware-branch", "bump"),
        *("vendors", "compare-task", "tip-1"),
    ]


def test_campaign_with_a_trigger_is_read_as_written() -> None:
    campaign = read(TRIAL)

    assert campaign.on == Trigger("trial_started", "trial_id")
    assert campaign.reenter == Reentry(Span(days=180))
    assert campaign.moved == {"hello": "welcome"}
    welcome, import_, fields, told, hook = campaign.stages[0].steps
    assert isinstance(welcome, EmailStep)
    assert (welcome.mail_kind, welcome.repeat, welcome.expires) == (MailKind.OPERATIONAL, True, Span(days=2))
    assert welcome.sender == Sender("Ben <ben@acme.example>")
    assert isinstance(import_.wait, UntilEvent) and import_.wait.max == Span(days=2)
    assert import_.when is not None
    assert isinstance(fields, SetStep)
    assert fields.values == {"lifecycle": "engaged", "seats": 5, "renewal": "2026-11-30"}
    assert isinstance(told, NotifyStep) and (told.text, told.who) == ("Trial begun", "ben")
    assert isinstance(hook, WebhookStep) and hook.to == "crm"


def test_steps_of_the_last_stage_are_read_as_written() -> None:
    ending, call, handoff, branch = read(TRIAL).stages[1].steps

    assert isinstance(ending, EmailStep) and ending.late == "send"
    assert ending.at == At(Span(days=3), True, ("trigger", "trial_ends"), time(10))
    assert isinstance(call, TaskStep) and (call.id, call.max) == ("call", BusinessDays(2))
    assert isinstance(handoff, HandoffStep) and (handoff.to, handoff.note) == ("sales", "Wants a price")
    assert handoff.wait == UntilClock(1, time(10))
    assert isinstance(branch, BranchStep) and branch.targets() == ("start", "exit")
    assert branch.arms[1].when is None


def test_datetime_that_a_step_sets_is_kept_as_leads_keep_it() -> None:
    with_field = config()
    fields = {**with_field.fields, "seen": with_field.fields["renewal"].model_copy(update={"type": "datetime"})}
    text = changed("seats = 5", "seen = 2026-11-30T09:00:00+01:00", TRIAL)

    campaign, problems = read_campaign_text("trial", text, with_field.model_copy(update={"fields": fields}))

    assert campaign is not None, problems
    step = campaign.stages[0].steps[2]
    assert isinstance(step, SetStep)
    assert step.values["seen"] == "2026-11-30T08:00:00.000000Z"


def test_draft_that_nobody_can_enter_is_only_warned_of() -> None:
    text = changed('on      = "event(\'trial_started\')"\nkey     = "trigger.trial_id"\n', "", TRIAL)
    text = changed('at    = "3 days before trigger.trial_ends 10:00"\nlate  = "send"\n', "", text)
    text = changed("when  = \"trigger.company == 'Acme'\"\n", "", text).replace('"live"', '"draft"')

    campaign, problems = read_campaign_text("trial", text, config())

    assert campaign is not None
    assert [(p.code, p.is_error) for p in problems] == [("W210", False)]


def test_link_that_a_mail_does_not_have_is_told_once_links_are_known() -> None:
    text = changed("clicked('cost')\", go", "clicked('cost', link='pricng')\", go")
    links = {"cost": frozenset({"pricing", "demo"}), "decay": None}

    _, unknown = read_campaign_text("clean-data", text, config())
    _, known = read_campaign_text("clean-data", text, config(), links=links)

    assert unknown == []
    assert [(str(p.place), p.code, p.message, p.hint) for p in known] == [
        (
            "campaigns/clean-data.toml:31:42",
            "E107",
            "the mail of step 'cost' has no link 'pricng'",
            "did you mean 'pricing'?",
        )
    ]


def test_steps_of_other_campaigns_are_known_by_name() -> None:
    text = changed("source in ['webinar', 'whitepaper']", "ever.clicked('trial/welcom')")
    campaigns = {"trial": {"welcome": None}, "clean-data": {}}

    _, problems = read_campaign_text("clean-data", text, config(), campaigns)

    assert [(p.code, p.hint) for p in problems] == [("E107", "did you mean 'welcome'?")]


def test_mistakes_of_one_file_are_told_together() -> None:
    text = changed("lifecycle ==", "lifecyle ==")
    text = changed('exhausted = "exit"\n', "", text)
    text = changed('wait  = "10m"', 'wait  = "10 minuts"', text)
    text = changed('thread = "cost"', 'tread = "cost"', text)

    assert [(p.place.line, p.code) for p in campaign_problems(text)] == [
        (10, "E104"),
        (22, "E015"),
        (35, "E010"),
        (37, "E201"),
    ]


def test_circle_without_a_wait_is_told_with_its_stations() -> None:
    text = changed(
        'id   = "call"\ntask = "Call before the trial ends"\nwho  = "owner"\nmax  = "2 business days"',
        'notify = "x"',
        TRIAL,
    )
    text = changed('at    = "3 days before trigger.trial_ends 10:00"\nlate  = "send"\n', "", text)
    text = changed('wait    = "until Tue 10:00"\n', "", text)
    text = changed('wait  = { until = "event(\'first_login\')", max = "2d" }\n', "", text)

    problems = campaign_problems(text)

    assert [(p.code, p.message) for p in problems] == [
        ("E206", "leads can go round in circles without ever waiting: start → close → start")
    ]


def test_every_kind_of_step_has_its_keys() -> None:
    assert STEP_KEYS.keys() == KINDS.keys()


def test_owner_as_sender_without_owners_is_warned_of() -> None:
    known = config()
    alone = known.model_copy(update={"sender": known.sender.model_copy(update={"owners": {}})})

    problems = campaign_problems(CAMPAIGN, alone)

    assert [(str(p.place), p.code) for p in problems] == [("campaigns/clean-data.toml:4:14", "W233")]


def test_campaign_without_any_sender_is_told_once_it_is_live() -> None:
    text = changed('from     = { owner = true, else = "Ann Lee <ann@acme.example>" }\n', "")
    nobody = type(config())(fields=config().fields)

    problems = campaign_problems(text, nobody)

    assert [(p.code, p.is_error) for p in problems] == [("E231", True)]
    assert problems[0].hint == 'add  from = "Ann Lee <ann@acme.example>", or [sender] default in config.toml'
