"""`check`: the home's files and templates together, with every mistake at its place. Nothing is changed or sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

from engine.authoring.campaign_file import PlacedStep, campaign_id
from engine.authoring.home import CAMPAIGNS, Home, LinksOf, load_home
from engine.config.model import Config
from engine.content.compilation import compile_templates
from engine.content.compiler import compile_line
from engine.content.mails import CompiledMail, LinkKind, MailKey, MailWanted
from engine.content.settings import CompileSettings
from engine.domain.campaign import Campaign
from engine.domain.delivery import MailKind
from engine.domain.experiments.lost import LostWinner
from engine.domain.journey.route import names_of
from engine.domain.rules.scope import Links
from engine.domain.scenario import Scenario
from engine.domain.steps import EmailStep
from engine.errors import Place, Problem, Severity, did_you_mean
from engine.service.heard import heard
from engine.service.mail_cache import MailCache

_PAGES = frozenset({".md", ".html", ".mjml"})
_NOT_MAILS = frozenset({"layouts", "partials", "assets", "shared"})
_MISSING = "E302"


class LeadStatistics(Protocol):
    """What is known of the real leads, where there is a store."""

    def missing(self, name: str, campaign: str) -> tuple[int, int]:
        """How many of the leads who can get this campaign's mail have no value in a field, and how many there are."""

    def lost_winners(self) -> Sequence[LostWinner]:
        """Variants that were chosen for every lead to come, and that the campaigns as checked do not have."""


@dataclass(frozen=True)
class CheckReport:
    """What a check found. `campaigns` and `mails` are those without mistakes; `texts` are the checked files' by path.

    `read` counts the campaign files, `wanted` the mails that they send. `scenarios` are those without mistakes, by the
    campaign that they test; `places` are where the steps stand, by campaign and step.
    """

    root: Path
    problems: tuple[Problem, ...]
    config: Config
    campaigns: Mapping[str, Campaign]
    mails: Mapping[MailKey, CompiledMail]
    texts: Mapping[str, str]
    read: int = 0
    wanted: int = 0
    scenarios: Mapping[str, Sequence[Scenario]] = field(default_factory=dict)
    places: Mapping[tuple[str, str], Place] = field(default_factory=dict)

    @property
    def errors(self) -> int:
        return sum(problem.is_error for problem in self.problems)

    @property
    def warnings(self) -> int:
        return len(self.problems) - self.errors

    @property
    def usable(self) -> bool:
        """Whether the files may become what runs."""
        return not self.errors

    @property
    def broken(self) -> frozenset[str]:
        """The campaigns whose files are there, with mistakes."""
        paths = {*self.texts, *(problem.place.path for problem in self.problems if problem.is_error)}
        names = {campaign_id(path) for path in paths if path.startswith(f"{CAMPAIGNS}/") and path.endswith(".toml")}
        return frozenset(name for name in names - self.campaigns.keys() if not name.endswith(".test"))


@dataclass(frozen=True, slots=True)
class MailUse:
    """A step that sends a mail, and the mail that it wants; each variant of a whole mail is a use of its own."""

    campaign: str
    placed: PlacedStep
    wanted: MailWanted


@dataclass(frozen=True)
class _Compiled:
    """The templates as compiled, and who uses them."""

    uses: Sequence[MailUse]
    mails: Mapping[MailKey, CompiledMail]
    problems: list[Problem] = field(default_factory=list)

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str, str], list[CompiledMail]]:
        found: dict[tuple[str, str, str], list[CompiledMail]] = {}
        for key, mail in self.mails.items():
            found.setdefault((key.theme, key.stage, key.name), []).append(mail)
        return found

    def of(self, wanted: MailWanted) -> list[CompiledMail]:
        """The mail in all its languages."""
        return self._by_name.get((wanted.theme, wanted.stage, wanted.name), [])


def check(
    home: Path,
    statistics: LeadStatistics | None = None,
    cache: MutableMapping[str, CompiledMail] | None = None,
    statistics_of: Callable[[Home], LeadStatistics | None] | None = None,
) -> CheckReport:
    """Find every mistake in a home's config, campaigns and templates, and between them.

    With `statistics`, also the fields that real leads lack; `statistics_of` finds them for the home as it was read.
    `cache` holds mails compiled before, by their `cache_key`;
    without one they are kept in the home's `var/`.
    """
    files = load_home(home)
    asked = bool(files.scenarios) or any("link" in text for text in files.texts.values())
    first = files.read(judged=not asked)
    kept = MailCache(home) if cache is None else None
    compiled = _compile(first, kept if kept is not None else cache)
    if kept is not None:
        kept.save()
    found = files.read(_links(compiled)) if asked else first
    if statistics is None and statistics_of is not None:
        statistics = statistics_of(found)
    problems = [
        *found.problems,
        *compiled.problems,
        *_subject_variants(found, compiled),
        *_unknown_vars(found, compiled),
        *_without_trigger(found, compiled),
        *_unused(found, compiled),
        *(_lacking(compiled, statistics) if statistics is not None else ()),
        *(_lost(found, statistics) if statistics is not None else ()),
    ]
    return CheckReport(
        root=home,
        problems=tuple(sorted(set(heard(problems, found)), key=_order)),
        config=found.config,
        campaigns=found.campaigns,
        mails=compiled.mails,
        texts=found.texts,
        read=len(found.drafts),
        wanted=len({use.wanted for use in compiled.uses}),
        scenarios=found.scenarios,
        places={(name, step.step.id): step.item.place for name, draft in found.drafts.items() for step in draft.steps},
    )


def compile_settings(home: Home) -> CompileSettings:
    """What the templates of a home may use: its lead fields, and the vars of config and of every campaign."""
    fields = {name: declared.type for name, declared in home.config.lead_fields.items()}
    settings = CompileSettings.from_config(home.config, fields)
    of_campaigns = {name: "" for draft in home.drafts.values() for name in draft.outline.vars}
    return replace(settings, vars={**of_campaigns, **settings.vars})


def mail_uses(home: Home) -> Iterator[MailUse]:
    """Every mail that a campaign sends."""
    for name, draft in home.drafts.items():
        for placed in draft.steps:
            if isinstance(placed.step, EmailStep):
                operational = placed.step.mail_kind is MailKind.OPERATIONAL
                for mail in placed.step.variants.get("email", (placed.step.mail,)):
                    yield MailUse(name, placed, MailWanted(draft.campaign.theme, placed.stage, mail, operational))


def _compile(home: Home, cache: MutableMapping[str, CompiledMail] | None) -> _Compiled:
    uses = list(mail_uses(home))
    wanted = sorted({use.wanted for use in uses})
    mails, problems = compile_templates(home.templates, wanted, compile_settings(home), cache)
    compiled = _Compiled(uses, mails)
    compiled.problems.extend(moved for problem in problems for moved in _at_their_steps(problem, home, compiled))
    return compiled


def _at_their_steps(problem: Problem, home: Home, compiled: _Compiled) -> Iterator[Problem]:
    """A template that is missing is told where a campaign asks for it, other problems where they are."""
    if problem.code != _MISSING or problem.place.line or (home.root / problem.place.path).exists():
        yield problem
        return
    expected = problem.place.path.removeprefix(f"{home.templates.name}/").rpartition(".")[0]
    for use in compiled.uses:
        near = "/".join(part for part in (use.wanted.theme, use.wanted.stage, use.wanted.name) if part)
        if expected in (near, f"shared/{use.wanted.name}", f"{use.wanted.theme}/{use.wanted.name}"):
            yield replace(problem, place=_place_of(use))


def _place_of(use: MailUse) -> Place:
    variants = use.placed.item.find("variants", "email")
    item = next((item for item in variants.elements() if item.value == use.wanted.name), None)
    return (item or use.placed.item.find("email")).place


def _links(compiled: _Compiled) -> LinksOf:
    """For each campaign, each mail step's link names that can be clicked; None where the mail could not be compiled."""
    found: dict[str, dict[str, Links]] = {}
    for use in compiled.uses:
        steps = found.setdefault(use.campaign, {})
        step = use.placed.step.id
        mails = compiled.of(use.wanted)
        names = {link.name for mail in mails for link in mail.links if link.kind is LinkKind.TRACK and link.name}
        known = steps.get(step, frozenset())
        steps[step] = known | names if mails and known is not None else None
    return found


def _subject_variants(home: Home, compiled: _Compiled) -> Iterator[Problem]:
    """Mistakes in subjects that stand in campaigns, told at their place there."""
    settings = compile_settings(home)
    for use in compiled.uses:
        for item in use.placed.item.find("variants", "subject").elements():
            if isinstance(item.value, str):
                yield from compile_line(item.value, item.place.inside(1), settings)[1]


def _unknown_vars(home: Home, compiled: _Compiled) -> Iterator[Problem]:
    """`vars.x` in a mail of a campaign that has no such var, and neither has config."""
    for use in compiled.uses:
        known = {*home.config.vars, *home.drafts[use.campaign].outline.vars}
        for mail in compiled.of(use.wanted):
            for variable in mail.variables:
                root, _, name = variable.path.partition(".")
                if root == "vars" and name and name not in known:
                    message = f"campaign '{use.campaign}' sends this mail and has no var '{name}'"
                    hint = did_you_mean(name, known) or f"add it to vars in campaigns/{use.campaign}.toml"
                    yield Problem("E337", message, variable.place, hint)


def _without_trigger(home: Home, compiled: _Compiled) -> Iterator[Problem]:
    """`trigger.x` in a mail of a campaign that no event starts."""
    for use in compiled.uses:
        if home.drafts[use.campaign].outline.has_trigger:
            continue
        for mail in compiled.of(use.wanted):
            for variable in mail.variables:
                if variable.path.startswith("trigger.") and not variable.has_default:
                    message = f"campaign '{use.campaign}' sends this mail, and no event starts it"
                    hint = f'give a default:  {{{{ {variable.path} or "…" }}}}'
                    yield Problem("E338", message, variable.place, hint)


def _unused(home: Home, compiled: _Compiled) -> Iterator[Problem]:
    """Templates that no campaign sends; not told while templates have mistakes, because then nobody knows."""
    if any(problem.is_error for problem in (*home.problems, *compiled.problems)):
        return
    root = home.templates
    used = {source.path for mail in compiled.mails.values() for source in mail.sources}
    used |= {mail.path for mail in compiled.mails.values()}
    for path in _pages(root):
        shown = path.relative_to(root).as_posix()
        if shown not in used:
            message = "no campaign sends this mail"
            hint = "name it in a step, or delete it"
            yield Problem("W409", message, Place(f"{root.name}/{shown}"), hint, Severity.WARNING)


def _pages(root: Path) -> Iterator[Path]:
    if not root.is_dir():
        return
    for path in sorted(root.rglob("*")):
        folders = path.relative_to(root).parts[:-1]
        hidden = any(part.startswith((".", "_")) for part in path.relative_to(root).parts)
        if folders and not hidden and path.suffix in _PAGES and not _NOT_MAILS.intersection(folders):
            yield path


def _lacking(compiled: _Compiled, statistics: LeadStatistics) -> Iterator[Problem]:
    """Fields without a default that real leads have no value in."""
    counts: dict[tuple[str, str], tuple[int, int]] = {}
    totals: dict[tuple[str, Place], tuple[int, int]] = {}
    for campaign, path, place in sorted(set(_bare_fields(compiled))):
        name = path.removeprefix("lead.")
        if (name, campaign) not in counts:
            counts[name, campaign] = statistics.missing(name, campaign)
        lacking, total = counts[name, campaign]
        before = totals.get((path, place), (0, 0))
        totals[path, place] = before[0] + lacking, before[1] + total
    for (path, place), (lacking, total) in totals.items():
        if lacking:
            message = f"'{path}' has no value for {lacking:,} of {total:,} leads who can get this mail"
            yield Problem("E310", message, place, f'give a default:  {{{{ {path} or "…" }}}}')


def _lost(home: Home, statistics: LeadStatistics) -> Iterator[Problem]:
    """Chosen variants whose words were changed, told at the step; not while its campaign has mistakes."""
    for winner in statistics.lost_winners():
        draft = home.drafts.get(winner.campaign)
        if draft is None or winner.campaign not in home.campaigns:
            continue
        step = next((one for one in draft.steps if winner.step in names_of(draft.campaign, one.step.id)), None)
        place = step.item.find("variants", winner.part).place if step is not None else draft.root.place
        hint = f"write its words as they were, or choose again: ripeline winner {winner.campaign}/{winner.step}"
        yield Problem("W228", str(winner), place, hint, Severity.WARNING)


def _bare_fields(compiled: _Compiled) -> Iterator[tuple[str, str, Place]]:
    for use in compiled.uses:
        for mail in compiled.of(use.wanted):
            for variable in mail.variables:
                if variable.path.startswith("lead.") and not variable.has_default:
                    yield use.campaign, variable.path, variable.place


def _order(problem: Problem) -> tuple[bool, bool, Place, str, str]:
    """Config first, then campaigns, then templates."""
    path = problem.place.path
    return "/" in path, not path.startswith("campaigns/"), problem.place, problem.code, problem.message
