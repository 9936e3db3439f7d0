"""A test run: every different mail of a campaign once, each as a lead would get it on some way through it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from msgspec import structs

from engine.authoring.policy import policy_from
from engine.content.context import MailError
from engine.content.mails import LinkKind, MailKey
from engine.content.marking import Mark
from engine.domain.campaign import Campaign
from engine.domain.journey.chance import variant
from engine.domain.journey.facts import Lead
from engine.domain.journey.route import names_of
from engine.domain.steps import EmailStep
from engine.domain.timing import tell_instant
from engine.errors import RipelineError, did_you_mean
from engine.rehearsal.letting_in import made_up_trigger
from engine.rehearsal.mails import Letterbox
from engine.rehearsal.walk import Missed, Path, Reached, Walk, walk
from engine.rehearsal.ways import WayKind
from engine.service.check import CheckReport
from engine.service.mail_parts import languages, variant_of
from engine.service.specimens import Specimen

SILENT = "stays silent"
_LEADS = 512
"""Among the numbers of so many leads in a row every choice of variants occurs."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Which of a step's mails: by variants (part to number) and language (empty: the home's own)."""

    variants: Mapping[str, int]
    language: str = ""

    def words(self, step: EmailStep) -> str:
        """`subject B, de`; empty for the only one of its step."""
        parts = [f"{part} {chr(ord('A') + n)}" for part, n in self.variants.items() if len(step.variants[part]) > 1]
        return ", ".join([*parts, self.language] if self.language else parts)


@dataclass(frozen=True, slots=True)
class Planned:
    """One mail of a test run.

    `number` counts from 1. `when` says when a lead would get it who does what `way` says; `subject` is the one that it
    would get, `fault` why it cannot be written.
    """

    number: int
    specimen: Specimen
    kind: Kind
    when: str
    way: str
    subject: str
    fault: str = ""

    @property
    def place(self) -> str:
        """`aware/cost (subject B)`."""
        words = self.kind.words(self.specimen.step)
        return f"{self.specimen.stage}/{self.specimen.step.id}" + (f" ({words})" if words else "")


@dataclass(frozen=True, slots=True)
class TestRun:
    """What would be sent, and what was found on the way; `lead` is the one that is played."""

    walk: Walk
    lead: Lead
    mails: tuple[Planned, ...]

    __test__ = False

    @property
    def missed(self) -> tuple[Missed, ...]:
        return self.walk.missed


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which mails: those of one step (`step` or `stage/step`), as leads of one language get them; all if empty."""

    step: str = ""
    language: str = ""


def test_run(report: CheckReport, campaign: str, lead: Lead, start: datetime, wanted: Wanted = Wanted()) -> TestRun:
    """Walk a campaign of files without mistakes, and make its mails ready to be sent as tests.

    Raises:
        RipelineError: there is no such campaign, or nothing in it is what is wanted.
    """
    chosen = _campaign(report, campaign)
    mails = [mail for key, mail in report.mails.items() if key.theme == chosen.theme]
    trigger = made_up_trigger(chosen, mails, start)
    found = walk(chosen, policy_from(report.config), lead, lambda step: _links(report, chosen, step), start, trigger)
    _refuse_unknown(report, chosen, wanted)
    return TestRun(found, lead, tuple(_planned(_Plan(report, chosen, found), wanted)))


test_run.__test__ = False  # type: ignore[attr-defined]


def start_at(text: str, zone: ZoneInfo) -> datetime:
    """The instant of `2026-11-02` or `2026-11-02T09:00`, local in this zone unless it names its own.

    Raises:
        RipelineError: it is none.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise RipelineError(f"--start {text} is no date; write 2026-11-02 or 2026-11-02T09:00") from None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def _campaign(report: CheckReport, name: str) -> Campaign:
    if name not in report.campaigns:
        hint = did_you_mean(name, report.campaigns) or f"there are: {', '.join(report.campaigns)}"
        raise RipelineError(f"there is no campaign '{name}'; {hint}")
    return report.campaigns[name]


def _refuse_unknown(report: CheckReport, campaign: Campaign, wanted: Wanted) -> None:
    steps = [(stage.id, step.id) for stage, step in campaign.steps() if isinstance(step, EmailStep)]
    names = [step for _, step in steps] + [f"{stage}/{step}" for stage, step in steps]
    if wanted.step and wanted.step not in names:
        hint = did_you_mean(wanted.step, names) or f"there are: {', '.join(step for _, step in steps)}"
        raise RipelineError(f"campaign '{campaign.id}' has no mail '{wanted.step}'; {hint}")
    known = {key.language for key in report.mails if key.theme == campaign.theme and key.language}
    known.add(report.config.company.language)
    if wanted.language and not known.intersection(languages(wanted.language)):
        hint = did_you_mean(wanted.language, known) or f"there are: {', '.join(sorted(known))}"
        raise RipelineError(f"no mail of campaign '{campaign.id}' is in '{wanted.language}'; {hint}")


def _links(report: CheckReport, campaign: Campaign, step_id: str) -> list[str]:
    """The links that can be clicked in a step's mail, in the order of the mail; empty for one without a name."""
    stage, step = next((stage, step) for stage, step in campaign.steps() if step.id == step_id)
    assert isinstance(step, EmailStep)
    keys = {MailKey(campaign.theme, stage.id, name) for name in step.variants.get("email", (step.mail,))}
    mails = [mail for key, mail in report.mails.items() if replace(key, language="") in keys]
    return list(dict.fromkeys(link.name for mail in mails for link in mail.links if link.kind is LinkKind.TRACK))


@dataclass
class _Plan:
    report: CheckReport
    campaign: Campaign
    walk: Walk

    def __post_init__(self) -> None:
        self.letters = Letterbox(self.report)
        self.company = self.report.config.company


def _planned(plan: _Plan, wanted: Wanted) -> Iterator[Planned]:
    """The mails in the order of the file, a reply behind what it answers."""
    found = [one for one in plan.walk.reached if one.way.kind is WayKind.MAIL and _is_wanted(one, wanted)]
    drafts = [(one, kind) for one in found for kind in _kinds(plan, one, wanted)]
    done: list[Planned] = []
    for number, (reached, kind) in enumerate(drafts, 1):
        planned = _one(plan, reached, kind, number, len(drafts), done)
        done.append(planned)
        yield planned


def _is_wanted(reached: Reached, wanted: Wanted) -> bool:
    return wanted.step in ("", reached.way.step, f"{reached.way.stage}/{reached.way.step}")


def _kinds(plan: _Plan, reached: Reached, wanted: Wanted) -> Iterator[Kind]:
    """Every variant that leads get of the mail, in every language that it has."""
    step = _step(plan.campaign, reached.way.step)
    for variants in _variants(plan.campaign, step):
        key = MailKey(plan.campaign.theme, reached.way.stage, variant_of(variants, step, "email") or step.mail)
        own = sorted(one.language for one in plan.report.mails if replace(one, language="") == key)
        if wanted.language:
            own = [one for one in languages(wanted.language) if one in own][:1]
        yield from (Kind(variants, language) for language in own)


def _variants(campaign: Campaign, step: EmailStep) -> list[dict[str, int]]:
    """The choices that occur: a lead's variants of different parts go together."""
    counts = {part: len(choices) for part, choices in step.variants.items()}
    found = {tuple(variant(campaign.id, step.id, lead, count) for count in counts.values()) for lead in range(_LEADS)}
    return [dict(zip(counts, each, strict=True)) for each in sorted(found)]


def _one(plan: _Plan, reached: Reached, kind: Kind, number: int, count: int, before: Sequence[Planned]) -> Planned:
    assert reached.mail is not None
    step = _step(plan.campaign, reached.way.step)
    name = variant_of(kind.variants, step, "email") or step.mail
    mail = plan.report.mails[MailKey(plan.campaign.theme, reached.way.stage, name, kind.language)]
    lead = structs.replace(reached.mail.lead, language=kind.language)
    subject, fault = _subject(plan, reached, kind, lead)
    when, way = _when(plan.walk, reached.mail.at), way_words(plan.walk, reached.path)
    run = next(one for one in reached.path.life.facts.enrollments if one.id == reached.mail.enrollment)
    place = f"{reached.way.stage}/{step.id}" + (f" ({words})" if (words := kind.words(step)) else "")
    banner = (f"Test {number} of {count}: {plan.campaign.title}, {place}", f"A lead who {way} gets it on {when}.")
    specimen = Specimen(
        campaign=plan.campaign,
        stage=reached.way.stage,
        step=step,
        mail=mail,
        subject=f"[Test {number}/{count}] {variant_of(kind.variants, step, 'subject') or mail.subject}",
        lead=lead,
        mark=Mark(f"{plan.campaign.id}/{place}", banner),
        trigger=run.trigger,
        answers=_answered(plan, step, kind, reached, before),
    )
    return Planned(number, specimen, kind, when, way, subject, fault)


def _subject(plan: _Plan, reached: Reached, kind: Kind, lead: Lead) -> tuple[str, str]:
    """The subject as the lead gets it; or the step, and why its mail cannot be written."""
    assert reached.mail is not None
    life, number = reached.path.life.twin(), reached.path.life.mails.index(reached.mail)
    sent = structs.replace(reached.mail.send, variants=kind.variants)
    life.mails[number] = dataclasses.replace(reached.mail, send=sent, lead=lead)
    try:
        return plan.letters.read(life, life.mails[number]).subject, ""
    except MailError as error:
        return reached.way.step, str(error)


def _answered(plan: _Plan, step: EmailStep, kind: Kind, reached: Reached, before: Sequence[Planned]) -> Specimen | None:
    """The specimen that this mail answers, in its own language if there is one; None if the lead has no such mail."""
    names = names_of(plan.campaign, step.thread) if step.thread else ()
    had = {mail.send.step for mail in reached.path.life.mails if mail is not reached.mail}
    fitting = [one for one in before if one.specimen.step.id in names and one.specimen.step.id in had]
    fitting.sort(key=lambda one: one.kind.language != kind.language)
    return fitting[0].specimen if fitting else None


def _step(campaign: Campaign, name: str) -> EmailStep:
    found = next(step for _, step in campaign.steps() if step.id == name)
    assert isinstance(found, EmailStep)
    return found


def _when(walk: Walk, at: datetime) -> str:
    """`day 3, Thu 5 Nov 09:00`: days since the lead entered, in its own zone."""
    days = (at.astimezone(walk.zone).date() - walk.start.astimezone(walk.zone).date()).days
    return f"day {days}, {tell_instant(at, walk.zone, walk.start)}"


def way_words(walk: Walk, path: Path) -> str:
    """What the lead did on its path: `clicks 'pricing' in cost (day 3)`."""
    told = []
    for one in path.done:
        day, _, _ = _when(walk, one.at).partition(",")
        told.append(f"{one.deed.words} ({day})")
    return ", then ".join(told) or SILENT
