"""A new mail's template, and where asked for the step that sends it."""

from __future__ import annotations

from pathlib import Path

from engine.authoring.home import CAMPAIGNS
from engine.authoring.outline import stage_items, step_ids, step_items
from engine.authoring.toml_edit import with_table_below
from engine.authoring.toml_source import Document, Item, read_document, read_text
from engine.config.model import Config
from engine.errors import ProblemsError, RipelineError, did_you_mean
from engine.service.new_campaign import mail_values
from engine.service.new_files import NewFiles, in_words, refuse_wrong_name, sketched
from engine.service.whole_file import with_ends_of

_LIKE = "welcome/hello/reminder"


def new_email(home: Path, config: Config, where: str, campaign: str, after: str) -> NewFiles:
    """The template of `theme/stage/name`; with a campaign, also its step behind `after`, or at the stage's end.

    Raises:
        RipelineError: a name cannot be one, or the campaign has no such stage or step.
        ProblemsError: the campaign's file is not TOML.
    """
    parts = where.removesuffix(".md").split("/")
    if len(parts) != 3:
        raise RipelineError(f"'{where}' does not say where the mail belongs: write theme/stage/name, as in {_LIKE}")
    theme, stage, name = parts
    for what, part in (("a theme", theme), ("a stage", stage), ("the name of a mail", name)):
        refuse_wrong_name(what, part)
    if after and not campaign:
        raise RipelineError("--after names a step of a campaign: say which one with --campaign")
    values = {"name": name, "words": in_words(name), **mail_values(home, config)}
    made = {f"templates/{theme}/{stage}/{name}.md": sketched("email.md", values)}
    if not campaign:
        return NewFiles(made)
    document = campaign_document(home, campaign)
    found = str(document.root.find("theme").value) if "theme" in document.root.items else ""
    if found != theme:
        right = f"{found or 'its theme'}/{stage}/{name}"
        raise RipelineError(f"campaign '{campaign}' has the theme '{found}': write {right}")
    before = (home / document.path).read_bytes()
    return NewFiles(made, {document.path: with_ends_of(_with_step(document, stage, name, after), before)})


def campaign_document(home: Path, campaign: str) -> Document:
    """A campaign's file as values with places.

    Raises:
        RipelineError: there is no such campaign.
        ProblemsError: its file is not TOML.
    """
    path = f"{CAMPAIGNS}/{campaign}.toml"
    if not (home / path).is_file():
        names = sorted(found.stem for found in (home / CAMPAIGNS).glob("*.toml") if "." not in found.stem)
        hint = did_you_mean(campaign, names) or f"there are: {', '.join(names) or 'none'}"
        raise RipelineError(f"there is no campaign '{campaign}'; {hint}")
    text = read_text(path, (home / path).read_bytes())
    document, problems = read_document(path, text) if isinstance(text, str) else (None, [text])
    if document is None or problems:
        raise ProblemsError(problems)
    return document


def _with_step(document: Document, stage: str, mail: str, after: str) -> str:
    stages = dict(stage_items(document.root))
    if stage not in stages:
        hint = did_you_mean(stage, stages) or f"there are: {', '.join(stages)}"
        raise RipelineError(f"the campaign has no stage '{stage}'; {hint}")
    steps = step_items(stages[stage])
    places = dict(zip(step_ids(stage, steps), steps, strict=True))
    if mail in places:
        raise RipelineError(f"stage '{stage}' has a step '{mail}' already, and nothing was written")
    above = _place(places, after, stage) if places or after else stages[stage]
    wait = 'wait = "3 business days"\n' if places and "cadence" not in stages[stage].items else ""
    table = f'[[stage.{stage}.step]]\nemail = "{mail}"\n{wait}'
    return with_table_below(document.text, above.place.line, table.replace("wait =", "wait  ="))


def _place(places: dict[str, Item], after: str, stage: str) -> Item:
    if not after:
        return list(places.values())[-1]
    if after not in places:
        hint = did_you_mean(after, places) or f"there are: {', '.join(places) or 'none'}"
        raise RipelineError(f"stage '{stage}' has no step '{after}'; {hint}")
    return places[after]
