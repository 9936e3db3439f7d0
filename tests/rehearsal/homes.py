"""A home whose scenarios are played: one campaign with a window, a branch, a task and a hand-off, and its mails."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.rehearsal.player import Verdict
from engine.rehearsal.scenarios import play_scenarios
from engine.service.check import CheckReport, check
from engine.service.mail_cache import FILE as MAILS_KEPT

CONFIG = """\
[company]
name = "Acme"
postal_address = "1 Main St, Springfield"
zone = "Europe/Berlin"
[sender]
default = "Ann Lee <ann@acme.example>"
verified_domains = ["acme.example"]
[caps]
marketing = ["1 per day"]
[fields.seats]
type = "number"
[fields.interests]
type = "tags"
[[scoring.points]]
name = "asked for a demo"
each = "event('demo_booked')"
points = 20
[[scoring.fit]]
name = "many seats"
when = "seats > 2"
points = 45
"""

CAMPAIGN = """\
title  = "Clean data"
theme  = "dq"
enter  = "source == 'web'"
exit   = "replied"
goal   = "event('demo_booked')"
window = { days = "Mon-Thu", hours = "09:00-17:00" }

[stage.aware]
exhausted = "slow"

[[stage.aware.step]]
email = "decay"
wait  = "10m"

[[stage.aware.step]]
email    = "cost"
wait     = "3d"
variants = { subject = ["What it costs", "A sum"] }

[[stage.aware.step]]
id     = "after-cost"
wait   = "2d"
branch = [{ when = "clicked('cost', link='pricing')", go = "ready" }]

[stage.ready]
exhausted = "exit"

[[stage.ready.step]]
set = { lifecycle = "mql" }

[[stage.ready.step]]
id   = "call"
task = "Call them"
max  = "1d"

[[stage.ready.step]]
handoff = "sales"

[stage.slow]
exhausted = "exit"

[[stage.slow.step]]
email = "news"
wait  = "7d"
when  = "not known(seats)"
"""

OTHER = """\
title  = "Other"
theme  = "dq"
state  = "paused"
on     = "event('ordered')"
[stage.aware]
exhausted = "exit"
[[stage.aware.step]]
email = "receipt"
kind  = "operational"
"""

BODY = """\
<!doctype html><html lang="en"><head><title>Acme</title></head><body><p>{words}</p>
<p><a href="https://acme.example/pricing" data-link="pricing">Prices</a></p>
<p>{{{{ company.postal_address }}}} <a href="{{{{ unsubscribe_url }}}}">Unsubscribe</a></p></body></html>
"""
MAILS = {
    "aware/decay": ("Why data decays", "Hello {{ lead.first_name or 'you' }}."),
    "aware/cost": ("Own subject", "You have {{ lead.company }}."),
    "aware/receipt": ("Your order {{ trigger.number }}", "Thanks."),
    "slow/news": ("News", "News."),
}


def write(folder: Path, scenarios: str = "", **texts: str) -> Path:
    """A home with these scenarios of its campaign `clean`; `texts` are further files of campaigns/."""
    files = {
        "config.toml": CONFIG,
        "campaigns/clean.toml": CAMPAIGN,
        "campaigns/other.toml": OTHER,
        **{f"campaigns/{name.replace('_', '.')}.toml": text for name, text in texts.items()},
        **{f"templates/dq/{name}.html": _template(*mail) for name, mail in MAILS.items()},
    }
    if scenarios:
        files["campaigns/clean.test.toml"] = scenarios
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    _keep_compiled(folder)
    return folder


def _keep_compiled(folder: Path) -> None:
    """The mails are compiled once, for all homes that are written from then on."""
    for kept in _COMPILED:
        (folder / MAILS_KEPT).parent.mkdir(parents=True, exist_ok=True)
        (folder / MAILS_KEPT).write_bytes(kept)
    if not _COMPILED:
        check(folder)
        _COMPILED.append((folder / MAILS_KEPT).read_bytes())


_COMPILED: list[bytes] = []


def _template(subject: str, words: str) -> str:
    return (
        f'+++\nsubject = "{subject}"\npreheader = "What this is about, in a few words"\n+++\n{BODY.format(words=words)}'
    )


def checked(folder: Path, scenarios: str) -> CheckReport:
    report = check(write(folder, scenarios))
    assert report.usable, report.problems
    return report


def scenario(*steps: str, more: str = "", lead: str = 'source = "web", company = "Globex"') -> str:
    """One scenario, Jane's, from Monday 2 November 2026, 9:00 in Berlin."""
    then = "".join(f"  {{ {step} }},\n" for step in steps)
    return (
        f'[[scenario]]\nname = "sample"\nstart = 2026-11-02T09:00:00\nlead = {{ {lead} }}\n{more}\nthen = [\n{then}]\n'
    )


def played(folder: Path, *steps: str, more: str = "", lead: str = 'source = "web", company = "Globex"') -> Verdict:
    """The verdict on one scenario."""
    result = play_scenarios(checked(folder, scenario(*steps, more=more, lead=lead)))
    return result.campaigns[0].verdicts[0]


def difference(verdict: Verdict) -> Sequence[str]:
    """What was expected, what came, and why."""
    assert verdict.difference is not None, "the scenario passed"
    found = verdict.difference
    return found.expected, found.got, *found.because
