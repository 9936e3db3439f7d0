"""What each key of a campaign file means, in words. A test holds the lists to the keys that the code reads."""

from __future__ import annotations

from collections.abc import Mapping

CAMPAIGN: Mapping[str, tuple[str, str]] = {
    "title": ("What people call the campaign. Needed.", '"Clean data closes deals"'),
    "theme": ("The problem it is about; its templates are in `templates/<theme>/`.", '"data-quality"'),
    "state": (
        "`draft` (the default) runs nobody · `live` admits and runs · `closing` admits nobody, runs who is in · "
        "`paused` runs nobody and keeps all.",
        '"live"',
    ),
    "from": (
        "Who its mails are from; with `owner = true` the lead's owner, where that address is on a verified domain. "
        "Otherwise `[sender] default`.",
        '{ owner = true, else = "Ann Lee <ann@acme.example>" }',
    ),
    "reply_to": ("Where answers go, if not to the sender.", '"team@acme.example"'),
    "lane": ("Campaigns of which a lead is in one at a time; the others pause in place.", '"nurture"'),
    "priority": ("Who goes first in the lane: 0–1000, the higher first. Default 50.", "80"),
    "enter": ("A rule: who comes in. With `on`, who of those to whom the event happened.", "\"source == 'webinar'\""),
    "on": ("An event: what lets a lead in. Its properties are `trigger.…`.", "\"event('trial_started')\""),
    "key": ("A property of the event: one run for each of its values.", '"trigger.trial_id"'),
    "reenter": ("How long after the end of a run a lead may enter again. Without it: once only.", '"after 180d"'),
    "backfill": ("Whether leads that are known already come in when the campaign goes live. Default `false`.", "true"),
    "exit": ("A rule: who leaves, at once, from any stage.", "\"replied or lifecycle == 'customer'\""),
    "goal": ("A rule that is measured; it moves nobody.", "\"event('demo_booked')\""),
    "window": (
        "When marketing mail may go: `days`, `hours`, `zone` (`lead` or an IANA name) and `else`, the zone for leads "
        "whose own is not known.",
        '{ days = "Mon-Thu", hours = "09:00-17:00", zone = "lead", else = "Europe/Berlin" }',
    ),
    "holdout": ("The share that is kept out of marketing mail on purpose, to measure lift.", '"10%"'),
    "vars": ("Values that the campaign's rules, dates and templates use as `vars.…`.", "{ starts = 2026-12-10 }"),
    "moved": (
        "Renames of stages and steps (`step` or `stage/step`), so that leads and history follow; into another stage "
        "only a step's history follows.",
        '{ demo = "video", "compare/case" = "ready/story" }',
    ),
    "silence": (
        "Warnings about this file that are meant, by their code, and why. Mistakes cannot be silenced.",
        '{ W221 = "opens are all that this list gives" }',
    ),
    "stage": ("The stages, each with a header `[stage.NAME]`, in order. At least one.", "[stage.start]"),
}

STAGE: Mapping[str, tuple[str, str]] = {
    "advance": (
        "A rule: who goes on to the next stage of the file. It interrupts waits, and the steps left are forgotten.",
        "\"clicked('decay', link='checklist') or clicks >= 2\"",
    ),
    "exhausted": (
        'What follows when the steps run out: `"hold"`, `"exit"` or a stage; with `after` so long later. Needed '
        "wherever a stage can run out.",
        '{ after = "14d", go = "slow" }',
    ),
    "cadence": (
        "Makes the stage a stream: at each slot the next mail that the lead never had.",
        '"every 4 weeks Tue 10:00"',
    ),
    "step": ("The steps, each with a header `[[stage.NAME.step]]`, in order.", "[[stage.start.step]]"),
}

EVERY_STEP: Mapping[str, tuple[str, str]] = {
    "id": ("The step's name; the mail's name for a mail, unless given. Unique in the campaign.", '"after-cost"'),
    "wait": (
        "How long after the end of the previous step: a length of time, business days, a time of the week, or until a "
        "rule holds, at most `max`.",
        '"3 business days", "until Tue 10:00", { until = "event(\'first_login\')", max = "2d" }',
    ),
    "at": (
        "A date instead of a wait, counted from `trigger.…`, `lead.…` or `vars.…`; with a time of day it overrides the "
        "window. `every year` takes the next anniversary.",
        '"3 days before trigger.trial_ends 10:00"',
    ),
    "when": ("A rule, asked when the step is due; if it does not hold, the step is skipped.", '"known(phone)"'),
    "wait_applies": (
        "Whom a changed `wait` is for: `new` (the default), those who come here from now on; `all`, also those who "
        "wait here already.",
        '"all"',
    ),
    "catch_up": (
        "Whether leads who are past this place when the step is added still get it. Default `false`.",
        "true",
    ),
}

KINDS: Mapping[str, str] = {
    "email": "Send a mail: `templates/<theme>/<stage>/<name>`. The step ends when a relay accepts it.",
    "branch": "Choose a way: the first whose `when` holds, or that has none. If none fits, the next step follows.",
    "set": "Give fields of the lead values.",
    "notify": "Tell a colleague by a short mail, sent by the daemon over a relay that works.",
    "task": "Ask a person to do something, and wait for it, at most `max`. *Recorded as due; in this release nothing "
    "marks it as done, so the journey goes on when `max` has passed.*",
    "webhook": "Post who the lead is and how it came here to an address of `[webhooks]`, signed, at least once.",
    "handoff": "Give the lead to sales; all its campaigns pause. *Recorded as due;* the event "
    "`recycled` gives it back.",
}

OF_KIND: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "email": {
        "kind": (
            "`marketing` (the default) or `operational`: no caps, window, holdout or marketing opt-out; bounces, "
            "complaints and erasure are obeyed.",
            '"operational"',
        ),
        "thread": ("The step whose mail this one answers: same subject, same thread.", '"cost"'),
        "from": ("Who this mail is from, if not the campaign's sender.", '"Tom Hadley <tom@acme.example>"'),
        "variants": (
            "Several subjects or several mails, of which each lead gets one, always the same; balanced.",
            '{ subject = ["One", "Another"] }',
        ),
        "measure": (
            "What variants are compared by: `clicked` (the default), `replied`, `goal` (the campaign's) or `opened`, "
            "which machines do more than people.",
            '"goal"',
        ),
        "smallest": (
            "The smallest difference between variants worth knowing, in points. Default: config's. Decide it before "
            "the first mail.",
            '"2%"',
        ),
        "repeat": ("Whether the mail goes again on a later visit of its stage. Default `false`.", "true"),
        "late": ("With `at`: `skip` (the default) or `send` a mail whose date has passed.", '"send"'),
        "expires": ("How long after it was due the mail is still worth sending.", '"45m"'),
    },
    "branch": {},
    "set": {},
    "notify": {"who": ("`owner` (the default), or an owner of `[sender.owners]` or an address.", '"owner"')},
    "task": {
        "who": ("As for `notify`.", '"owner"'),
        "max": ("How long the journey waits for the outcome. Needed.", '"2 business days"'),
    },
    "webhook": {},
    "handoff": {
        "to": ("To whom; `sales` by default.", '"sales"'),
        "note": ("What sales should know.", '"Asked for prices twice."'),
    },
}

INSIDE: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "from": {
        "owner": ("Whether the lead's owner sends, where that address is on a verified domain.", "true"),
        "else": ("Who sends otherwise.", '"Ann Lee <ann@acme.example>"'),
    },
    "window": {
        "days": ("On which days. Default: every day.", '"Mon-Thu", "weekdays", "Mon, Wed, Fri"'),
        "hours": ("At which hours. Default: the whole day.", '"09:00-17:00"'),
        "zone": ("Whose time: `lead` (the default), or an IANA name.", '"lead", "Europe/Berlin"'),
        "else": ("The zone for leads whose own is not known.", '"Europe/Berlin"'),
    },
    "exhausted": {
        "after": ("How long after the last step. Without it: at once.", '"14d"'),
        "go": ("`hold`, `exit` or a stage. Needed.", '"exit"'),
    },
    "wait": {
        "until": ("A rule: the wait ends as soon as it holds. Needed.", "\"event('first_login')\""),
        "max": ("How long it lasts at most. Needed.", '"2d"'),
    },
    "branch": {
        "when": ("A rule: who goes this way. Without it everybody does who comes here.", "\"clicked('cost')\""),
        "go": ("The stage to go to, or `exit`. Needed.", '"exit"'),
    },
    "variants": {
        "subject": ("Subjects, of which each lead gets one.", '["One", "Another"]'),
        "email": ("Mails, of which each lead gets one.", '["cost", "cost-short"]'),
    },
}
"""The keys of tables that stand as a value, by the key whose value they are."""
