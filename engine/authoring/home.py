"""A home: the folder with `config.toml`, `campaigns/` and `templates/`, read as a whole.

Parsing the files (`load_home`) and reading them (`HomeFiles.read`) are apart, because what campaigns say of links can
only be judged when the templates are compiled, and those depend on the campaigns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.authoring.campaign_file import (
    CampaignDraft,
    Surroundings,
    campaign_id,
    read_campaign,
    wrong_campaign_id,
)
from engine.authoring.checks import check_campaign, check_campaigns, judge_campaign
from engine.authoring.config_file import read_config
from engine.authoring.config_values import config_silences
from engine.authoring.outline import Outline, outline
from engine.authoring.policy import CONFIG_FILE
from engine.authoring.reader import Notes
from engine.authoring.scenario_file import SCENARIOS, read_scenarios, stands_alone, tested_campaign
from engine.authoring.scenario_steps import Known
from engine.authoring.silence import Silence
from engine.authoring.toml_source import Document, Item, read_document, read_text
from engine.config.model import Config
from engine.domain.campaign import Campaign
from engine.domain.rules.scope import Steps
from engine.domain.scenario import Scenario
from engine.errors import Place, Problem, Severity

CAMPAIGNS = "campaigns"
TEMPLATES = "templates"
LinksOf = Mapping[str, Steps]
"""For each campaign, the steps that send a mail with the named links of their mails."""

_BESIDE_CAMPAIGNS = frozenset({".md", ".txt", ""})


@dataclass(frozen=True)
class Home:
    """Everything that a home's files say. `campaigns` are those without mistakes; `texts` all files by their path.

    `drafts` are all campaigns as far as they could be read, with the places of what they say. `config` holds defaults
    where the file is mistaken; `config_usable` says whether it is without mistakes. `scenarios` are those without
    mistakes, by the campaign that they test; their files are not among `texts`, because they are no part of what runs.
    `silences` are those of config, which reach all files; those of a campaign are in its draft.
    """

    root: Path
    config: Config
    campaigns: dict[str, Campaign]
    texts: dict[str, str]
    problems: list[Problem]
    drafts: dict[str, CampaignDraft] = field(default_factory=dict)
    config_usable: bool = True
    scenarios: dict[str, list[Scenario]] = field(default_factory=dict)
    silences: tuple[Silence, ...] = ()

    @property
    def templates(self) -> Path:
        return self.root / TEMPLATES

    @property
    def has_errors(self) -> bool:
        return any(problem.is_error for problem in self.problems)


@dataclass(frozen=True)
class HomeFiles:
    """The files of a home as values with places, and the problems that reading them as TOML gave."""

    root: Path
    config: Document | None
    config_expected: bool
    campaigns: Mapping[str, Document]
    texts: dict[str, str]
    problems: list[Problem]
    scenarios: Mapping[str, Document] = field(default_factory=dict)

    def read(self, links: LinksOf | None = None, *, judged: bool = True) -> Home:
        """The home; with `links` the link names in rules are checked too, `judged` says also what is better mended."""
        outlines = {name: outline(name, document.root) for name, document in self.campaigns.items()}
        steps = {name: _steps(found, links) for name, found in outlines.items()}
        notes = Notes(list(self.problems))
        config, unknowable = self._config(notes, steps)
        mistaken = any(problem.is_error for problem in _of_file(notes.problems, CONFIG_FILE))
        usable = not mistaken and not (self.config is None and self.config_expected)
        campaigns, drafts = {}, {}
        for name, document in self.campaigns.items():
            draft = read_campaign(document, Surroundings(config, steps, steps[name]))
            check_campaign(draft, config)
            if judged:
                judge_campaign(draft, config)
            found = [problem for problem in draft.notes.problems if problem.code not in unknowable]
            drafts[name] = draft
            notes.extend(found)
            if not any(problem.is_error for problem in (*found, *_of_file(self.problems, document.path))):
                campaigns[name] = draft.campaign
        check_campaigns(drafts.values(), notes, self._wanted_stages())
        of_scenarios = Notes()
        scenarios = self._scenarios(Known(config, drafts, steps, ""), of_scenarios)
        notes.extend(problem for problem in of_scenarios.problems if problem.code not in unknowable)
        problems = sorted(set(notes.problems), key=_order)
        # What is wrong with the silences of config was noted when it was read.
        silences = config_silences(self.config.root, Notes()) if self.config is not None else ()
        return Home(self.root, config, campaigns, dict(self.texts), problems, drafts, usable, scenarios, silences)

    def _wanted_stages(self) -> Item | None:
        """The stages that every theme should serve, as config lists them."""
        check = self.config.root.get("check") if self.config is not None else None
        found = check.get("stages") if check is not None else None
        return found if found is not None and isinstance(found.value, list) else None

    def _scenarios(self, known: Known, notes: Notes) -> dict[str, list[Scenario]]:
        """The scenarios of each campaign that has some; those of one that cannot be read are not judged."""
        found = {}
        for document in self.scenarios.values():
            campaign = tested_campaign(document.path)
            if f"{CAMPAIGNS}/{campaign}.toml" in self.texts and campaign not in known.campaigns:
                continue
            if not stands_alone(document.path, known.campaigns, notes) and known.campaigns[campaign].readable:
                found[campaign] = read_scenarios(document, replace(known, campaign=campaign), notes)
        return found

    def _config(self, notes: Notes, steps: Mapping[str, Steps]) -> tuple[Config, frozenset[str]]:
        """The config, and the codes of problems in campaigns that cannot be told while it has mistakes."""
        if self.config is None:
            return Config(), frozenset(code for codes in _JUDGED_BY.values() for code in codes if self.config_expected)
        config, broken = read_config(self.config, notes, steps)
        return config, frozenset(code for section in broken for code in _JUDGED_BY.get(section, ()))


def read_home(root: Path, links: LinksOf | None = None) -> Home:
    """Read the config and all campaigns of a home, with every problem of every file."""
    return load_home(root).read(links)


def load_home(root: Path) -> HomeFiles:
    """Find and parse the files of a home. A symlink that leads out of it is refused."""
    problems: list[Problem] = []
    texts: dict[str, str] = {}
    config = root / CONFIG_FILE
    documents: dict[str, Document] = {}
    for path in _campaign_paths(root, problems):
        document = _load(root, path, texts, problems)
        wrong = wrong_campaign_id(path.name)
        if wrong is not None:
            problems.append(Problem(wrong.code, wrong.message, Place(_shown(root, path)), wrong.hint))
        if document is not None:
            documents[campaign_id(path.name)] = document
    scenarios: dict[str, Document] = {}
    for path in sorted((root / CAMPAIGNS).glob(f"*{SCENARIOS}")):
        document = _load(root, path, {}, problems)
        if document is not None:
            scenarios[document.path] = document
    found = config.exists() or config.is_symlink()
    return HomeFiles(
        root=root,
        config=_load(root, config, texts, problems) if found else None,
        config_expected=found,
        campaigns=documents,
        texts=texts,
        problems=problems,
        scenarios=scenarios,
    )


def read_campaign_text(
    name: str, text: str, config: Config, campaigns: Mapping[str, Steps] | None = None, links: Steps | None = None
) -> tuple[Campaign | None, list[Problem]]:
    """One campaign from its text, without its home: None if it has mistakes. `name` is its id."""
    document, problems = read_document(f"{CAMPAIGNS}/{name}.toml", text)
    if document is None:
        return None, problems
    draft = read_campaign(document, Surroundings(config, campaigns, links))
    check_campaign(draft, config)
    problems = sorted({*problems, *draft.notes.problems}, key=_order)
    usable = not any(problem.is_error for problem in problems)
    return draft.campaign if usable else None, problems


def read_bundle_texts(
    texts: Mapping[str, str], links: LinksOf | None = None
) -> tuple[Config, dict[str, Campaign], list[Problem]]:
    """Config and campaigns from a stored bundle's texts, by path as in `Home.texts`."""
    problems: list[Problem] = []
    documents: dict[str, Document] = {}
    for path, text in texts.items():
        document, found = read_document(path, text)
        problems += found
        if document is not None:
            documents[path] = document
    config = documents.pop(CONFIG_FILE, None)
    campaigns = {campaign_id(path): document for path, document in documents.items()}
    expected = CONFIG_FILE in texts
    home = HomeFiles(Path(), config, expected, campaigns, dict(texts), problems).read(links, judged=False)
    return home.config, home.campaigns, home.problems


def _steps(found: Outline, links: LinksOf | None) -> Steps:
    known = (links or {}).get(found.id, {})
    return {mail: known.get(mail) for mail in found.mails}


def _campaign_paths(root: Path, problems: list[Problem]) -> Iterator[Path]:
    folder = root / CAMPAIGNS
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name.endswith("~"):
            continue
        if path.suffix == ".toml" and not path.name.endswith(SCENARIOS):
            yield path
        elif path.suffix not in _BESIDE_CAMPAIGNS and not path.name.endswith(SCENARIOS):
            message = "this file is no campaign, because its name does not end in .toml"
            problems.append(Problem("W001", message, Place(_shown(root, path)), severity=Severity.WARNING))


def _load(root: Path, path: Path, texts: dict[str, str], problems: list[Problem]) -> Document | None:
    """The file's values; the text is kept, problems are noted."""
    shown = _shown(root, path)
    if (wrong := _unreadable(root, path)) is not None:
        problems.append(Problem("E001", wrong, Place(shown)))
        return None
    text = read_text(shown, path.read_bytes())
    if isinstance(text, Problem):
        problems.append(text)
        return None
    texts[shown] = text
    document, found = read_document(shown, text)
    problems += found
    return document


def _unreadable(root: Path, path: Path) -> str | None:
    try:
        if not path.resolve(strict=True).is_relative_to(root.resolve()):
            return "this is a link to a file outside of the home, which is not followed"
        if not path.is_file():
            return "this is no file"
        path.open("rb").close()
    except OSError as error:
        return f"this file cannot be read: {(error.strerror or str(error)).lower()}"
    return None


def _shown(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _of_file(problems: list[Problem], path: str) -> list[Problem]:
    return [problem for problem in problems if problem.place.path == path]


_JUDGED_BY: Mapping[str, tuple[str, ...]] = {
    "": ("E104", "E408"),
    "fields": ("E102", "E103", "E241", "E242", "E408"),
    "lifecycle": ("E103",),
    "sender": ("E231", "W231", "E232", "W233", "E234"),
    "webhooks": ("E235",),
}
"""Codes of problems that need a section of the config to be right; the empty one needs the file."""


def _order(problem: Problem) -> tuple[bool, Place, str]:
    return problem.place.path != CONFIG_FILE, problem.place, problem.code
