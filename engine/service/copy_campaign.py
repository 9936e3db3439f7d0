"""A campaign made from another: the same stages and mails, other values of `vars`, and if wanted another theme."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path

from engine.authoring.outline import stage_items, step_items
from engine.authoring.toml_edit import Keys, with_values
from engine.authoring.toml_layout import laid_out
from engine.authoring.toml_source import Document, Item
from engine.content.library import Library, find_pages
from engine.content.mails import MailWanted
from engine.domain.campaign import CampaignState
from engine.errors import RipelineError
from engine.service.new_email import campaign_document
from engine.service.new_files import NewFiles, campaign_path, refuse_wrong_name, scenarios_path

_TEMPLATES = "templates"


def vars_of(home: Path, campaign: str) -> dict[str, object]:
    """The vars of a campaign, as its file gives them.

    Raises:
        RipelineError: there is no such campaign.
        ProblemsError: its file is not TOML.
    """
    found = campaign_document(home, campaign).root.get("vars")
    return {name: item.value for name, item in found.entries()} if found is not None else {}


def copied(home: Path, source: str, name: str, title: str, theme: str, values: Mapping[str, str]) -> NewFiles:
    """The campaign `source` as a draft called `name`; `values` are vars as people type them.

    With a theme of its own it gets copies of the mails that stand in the folder of the old one.

    Raises:
        RipelineError: a name or a value cannot be used, or there is no such campaign.
        ProblemsError: its file is not TOML.
    """
    path = campaign_path(name)
    document = campaign_document(home, source)
    old = document.root.get("theme")
    changes: dict[Keys, str] = {
        ("title",): _quoted(title),
        ("state",): _quoted(CampaignState.DRAFT.value),
    }
    for var, typed in values.items():
        changes["vars", var] = as_toml(var, typed, document.root.find("vars", var).value)
    templates: dict[str, bytes] = {}
    if theme and old is not None and theme != old.value:
        refuse_wrong_name("a theme", theme)
        changes["theme",] = _quoted(theme)
        templates = dict(_templates(home, document, str(old.value), theme))
    made = {path: _changed(document.text, changes).encode(), **templates}
    scenarios = home / scenarios_path(source)
    if scenarios.is_file():
        made[scenarios_path(name)] = scenarios.read_bytes()
    return NewFiles(made)


def _changed(text: str, changes: Mapping[Keys, str]) -> str:
    """The text with these values, laid out if it was."""
    made = with_values(text, changes)
    return laid_out(made) if laid_out(text) == text else made


def as_toml(name: str, typed: str, before: object) -> str:
    """What a person typed for a var, written as TOML of the kind that stood there before.

    Raises:
        RipelineError: it is none of that kind.
    """
    if isinstance(before, str):
        return _quoted(typed)
    if isinstance(before, list) and not typed.lstrip().startswith("["):
        return f"[{', '.join(_quoted(part.strip()) for part in typed.split(','))}]"
    if not _same_kind(_value(typed), before):
        example = shown(before)
        raise RipelineError(f"{name}: '{typed}' is not {_kind(before)}; write it like {example}")
    return typed.strip()


def _quoted(text: str) -> str:
    """A text as TOML has it, which escapes as JSON does, and DEL too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(typed: str) -> object:
    """The one TOML value that a person typed; None if it is none, or more than one."""
    try:
        found = tomllib.loads(f"value = {typed}")
    except tomllib.TOMLDecodeError:
        return None
    return found["value"] if len(found) == 1 else None


def shown(value: object) -> str:
    """A var's value as people type it."""
    match value:
        case bool():
            return str(value).lower()
        case date() | datetime():
            return value.isoformat()
        case list():
            return ", ".join(str(one) for one in value)
        case _:
            return str(value)


def _same_kind(value: object, before: object) -> bool:
    if isinstance(before, bool) or isinstance(value, bool):
        return isinstance(before, bool) and isinstance(value, bool)
    kinds = next((kinds for kinds in ((int, float), (datetime,), (date,), (list,)) if isinstance(before, kinds)), ())
    return isinstance(value, kinds) and isinstance(value, datetime) == isinstance(before, datetime)


def _kind(value: object) -> str:
    match value:
        case bool():
            return "true or false"
        case datetime():
            return "a date with a time"
        case date():
            return "a date"
        case int() | float():
            return "a number"
        case _:
            return "a list"


def _templates(home: Path, document: Document, old: str, new: str) -> Iterator[tuple[str, bytes]]:
    """Copies of the campaign's mails that stand in the theme's folder, and of the pictures beside them."""
    library = Library(home / _TEMPLATES)
    for stage, step in _mail_steps(document):
        for mail in _mails(step):
            pages, _ = find_pages(library, MailWanted(old, stage, mail))
            for path in (path for page in pages for path in (page.path, page.text_path)):
                if path.startswith(f"{old}/"):
                    yield f"{_TEMPLATES}/{new}/{path.removeprefix(f'{old}/')}", library.read(path)
    folder = home / _TEMPLATES / old
    for picture in sorted(folder.rglob("assets/**/*")):
        if picture.is_file():
            yield f"{_TEMPLATES}/{new}/{picture.relative_to(folder).as_posix()}", picture.read_bytes()


def _mail_steps(document: Document) -> Iterator[tuple[str, Item]]:
    return (
        (stage, step)
        for stage, item in stage_items(document.root)
        for step in step_items(item)
        if "email" in step.items
    )


def _mails(step: Item) -> Iterator[str]:
    yield str(step.find("email").value)
    yield from (str(item.value) for item in step.find("variants", "email").elements() if isinstance(item.value, str))
