"""N6, N7, N13 to N15: campaigns by theme, a mail for each stage, questions, permission, clean data."""

from __future__ import annotations

from engine.service.doctor.evidence import Evidence
from engine.service.doctor.practice import Finding, half, no, yes


def programmes(found: Evidence) -> Finding:
    told = f"{len(found.live)} campaigns run on {len(found.themes)} themes"
    if len(found.themes) >= 2:
        return yes(told)
    return (half if found.live else no)(told, 'ripeline new campaign NAME, and state = "live" when it is ready')


def content(found: Evidence) -> Finding:
    stages = found.config.check.stages
    if not found.mails:
        return no("no campaign that runs has a mail", "ripeline new email THEME/STAGE/NAME")
    if not stages:
        told = f"{len(found.mails)} mails, and nothing says in which stages every theme should have one"
        return half(told, '[check]  stages = ["aware", "compare"]')
    return yes(f"{len(found.mails)} mails; `ripeline check` tells of holes in {', '.join(stages)}")


def questions(found: Evidence) -> Finding:
    asked = set(found.config.fields)
    if not found.leads:
        return no("there are no leads yet", "ripeline import leads.csv")
    answered = sum(any(one.fields.get(name) is not None for name in asked) for one in found.leads)
    told = f"{answered:,} of the newest {len(found.leads):,} leads have a value in one of your {len(asked)} fields"
    if answered * 2 >= len(found.leads):
        return yes(told)
    return (half if answered else no)(told, "[fields] declares what you ask; import or record the answers")


def permission(found: Evidence) -> Finding:
    whole, proven = found.consents
    if not whole:
        return no("no lead has a consent on record", "import consents with their source: docs/how-to/import-leads.md")
    told = f"{proven:,} of the newest {whole:,} consents say where they were given"
    return yes(told) if proven == whole else half(told, "import the source and wording of the others")


def hygiene(found: Evidence) -> Finding:
    if not found.old:
        return no("there are no leads yet", "ripeline import leads.csv")
    told = f"not renewed for a year: {found.stale:.0%} of the oldest {len(found.old):,} leads"
    step = "ask them whether they are still there, and export the others: ripeline export --where …"
    return yes(told) if found.stale <= 0.1 else (half if found.stale <= 0.5 else no)(told, step)
