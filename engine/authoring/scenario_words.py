"""What each key of a file of scenarios means, in words. A test holds the lists to the keys that the code reads."""

from __future__ import annotations

from collections.abc import Mapping

SCENARIO: Mapping[str, tuple[str, str]] = {
    "name": (
        "What the campaign does here, in a sentence. Needed, and each once in a file.",
        '"a reply ends it at once"',
    ),
    "start": ("When it begins, as local time of the scenario's zone. Needed.", "2026-11-02T09:00:00"),
    "lead": (
        "Who the lead is: fields as an import would bring them, and `lists`. What is not said is not known; the "
        "address is made up.",
        '{ source = "webinar", first_name = "Jane", zone = "Europe/Berlin" }',
    ),
    "trigger": (
        "The event that lets the lead in at the start; all keys but `event` are its properties.",
        '{ event = "trial_started", trial_id = "t-1" }',
    ),
    "with": ("Other campaigns of the home that take part. Without it only the campaign under test does.", '["trial"]'),
    "zone": ("The zone of all times here, if not the lead's (or else the company's).", '"America/New_York"'),
    "holdout": ("Whether the lead is one of the holdout. Default `false`.", "true"),
    "variants": (
        "Which variant of a mail the lead gets, counted from 1. By default the winner, else the first.",
        "{ cost = 2 }",
    ),
    "then": ("What happens, and what is expected, in the order of time. Needed.", '[{ mail = "decay" }]'),
}

ACTS: Mapping[str, tuple[str, str]] = {
    "opens": ("The lead opens a mail.", '{ opens = "decay", after = "1h" }'),
    "clicks": ("It clicks the link of this name in a mail.", '{ clicks = "pricing", in = "cost", after = "2h" }'),
    "replies": ("It replies to a mail.", '{ replies = "decay", after = "1d" }'),
    "unsubscribes": ("It uses a mail's unsubscribe button.", '{ unsubscribes = "decay", after = "5m" }'),
    "bounces": ("A mail that was accepted comes back: no such address.", '{ bounces = "decay", after = "1h" }'),
    "event": (
        "Your product or another tool tells an event.",
        '{ event = "demo_booked", properties = { size = 7 }, on = "Tue 3 Nov 11:00" }',
    ),
    "becomes": ("Fields of the lead change from outside.", '{ becomes = { lifecycle = "customer" }, after = "2d" }'),
    "sales": (
        "Sales answers for the lead that it has in hand: it `accepts` it, `rejects` it with a `reason`, or `snoozes` "
        "it `until` a day.",
        '{ sales = "rejects", reason = "too_early", after = "1d" } or { sales = "accepts" }',
    ),
    "task_done": (
        "A colleague has done a task of the campaign under test: the step's id, and what came of it.",
        '{ task_done = "call", outcome = "reached", after = "2h" }',
    ),
    "silent": (
        "Time passes, and nobody does anything. Mails on the way need not be spoken of.",
        '{ silent = "30d" } or { silent = "until Mon 7 Dec 12:00" }',
    ),
}

EXPECTATIONS: Mapping[str, tuple[str, str]] = {
    "mail": (
        "The next mail is this one; of another campaign as `campaign/mail`. It is written for this lead, and fails the "
        "scenario if that cannot be done.",
        '{ mail = "decay", on = "Mon 2 Nov 09:10", subject = "Why data decays" }',
    ),
    "no_mail": ("No mail goes in that time.", '{ no_mail = "60d" } or { no_mail = "until Tue 1 Dec 09:00" }'),
    "stage": (
        "The lead is in this stage, or it is the next one that it comes to.",
        '{ stage = "ready", within = "2m" }',
    ),
    "handoff": ("The lead is handed over: to whom, or the step's id.", '{ handoff = "sales" }'),
    "task": ("A task comes due: the step's id.", '{ task = "call", on = "Thu 12 Nov" }'),
    "webhook": ("A post comes due: to what, or the step's id.", '{ webhook = "crm" }'),
    "notify": ("A notice comes due: the step's id.", '{ notify = "tell-owner" }'),
    "handed_over": (
        "The lead comes to sales, by a step, by `sales_ready` or by a raised hand: to this colleague, or `true` for "
        "whoever gets it.",
        '{ handed_over = "tom", because = "demo_requested" }',
    ),
    "goal": ("The goal of the campaign is reached.", "{ goal = true }"),
    "leaves": (
        "The run ends: by `exit`, or because it is `finished`.",
        '{ leaves = "exit", because = "replied" }',
    ),
    "is": (
        "Fields of the lead have these values now, on that day, or within that time.",
        '{ is = { lifecycle = "mql" } }',
    ),
}

FURTHER: Mapping[str, tuple[str, str]] = {
    "by": (
        "With `opens` and `clicks`: `person` (the default), `machine` or `unknown`. Machines move nobody.",
        '"machine"',
    ),
    "in": ("With `clicks`: the mail that has the link. Needed.", '"cost"'),
    "properties": ("With `event`: its properties.", '{ webinar = "clean-crm" }'),
    "reason": ('With `sales = "rejects"`: one of `[sales.reasons]`. Needed there.', '"too_early"'),
    "until": (
        'With `sales = "snoozes"`: when it wants to be asked again. Needed there.',
        '"Mon 9 Nov 09:00", "Mon 9 Nov"',
    ),
    "outcome": ("With `task_done`: what came of it, in a few words. Needed.", '"reached"'),
    "subject": ("With `mail`: the whole subject.", '"What does one wrong contact cost?"'),
    "says": ("With `mail`: words that stand in its text part.", '"Get the one-page checklist"'),
    "fate": (
        "With `mail`: `accepted` at once (the default), `refused` by the relay for good, or `bounced`: no such "
        "address.",
        '"bounced"',
    ),
    "because": ("With `leaves` and `handed_over`: words of the reason.", '"replied"'),
}

TIMES: Mapping[str, tuple[str, str]] = {
    "after": ("With what the lead does: so long after the step before.", '"2h", "3 business days", "until Tue 10:00"'),
    "on": (
        "At this minute; for what is expected also on this day. The year is only needed a year later.",
        '"Mon 2 Nov 09:10", "Mon 2 Nov"',
    ),
    "within": ("With what is expected: so long after the step before at the latest.", '"2 business days"'),
}

LEAD: Mapping[str, tuple[str, str]] = {
    "email": ("The address. Empty for a lead without one; made up if not given.", '"jane@northwind.example"'),
    "source": ("Where the lead came from.", '"webinar"'),
    "lifecycle": ("Where in its life the lead is.", '"inquiry"'),
    "country": ("Its country (ISO 3166 code).", '"DE"'),
    "language": ("Its language.", '"de"'),
    "zone": ("Its time zone (IANA name).", '"Europe/Berlin"'),
    "owner": ("The colleague who owns it, as your CRM writes it.", '"ann"'),
    "lists": ("The lists that it is on.", '["newsletter"]'),
    "score": ("Its behaviour, as a number.", "60"),
    "fit": ("Who it is, as a grade A-D.", '"B"'),
}
"""What a lead has beside the fields of `[fields]`."""
