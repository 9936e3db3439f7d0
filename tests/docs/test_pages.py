"""What pages say of each other, of files and of commands exists."""

from __future__ import annotations

import importlib
import inspect
import re
import shlex
from itertools import takewhile
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from engine.cli.main import COMMANDS
from tests.docs.pages import DOCS, PAGES, ROOT, all_blocks, anchors, code_spans, commands, links, shown


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_links_lead_somewhere(page: Path) -> None:
    for target in links(page):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{shown(page)} links to {target}"
        if anchor:
            assert anchor in anchors(file), f"{shown(page)} links to {target}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        targets = [link.partition("#")[0] for link in links(page) if not link.startswith("https://")]
        waiting += [(page.parent / target).resolve() for target in targets if target]
    assert {shown(page) for page in DOCS.rglob("*.md")} <= {shown(page) for page in seen}


def test_readme_is_read_in_one_go() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 120


def test_pictures_are_small() -> None:
    for picture in (DOCS / "pictures").iterdir():
        assert picture.stat().st_size <= 150_000, picture.name


def test_both_commands_of_the_readme_are_targets() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    wanted = re.findall(r"^\$ make (\w+)$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert wanted == ["demo", "test"]
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in wanted)


def _spoken(page: Path) -> list[str]:
    """Every command line of `ripeline` that a page names."""
    lines = [
        command.words for block in all_blocks("console", "text") if block.page == page for command in commands(block)
    ]
    return [line for line in (*lines, *code_spans(page)) if re.match(r"(\S*/)?ripeline [a-z]", line)]


def _options(name: str) -> set[str]:
    command = importlib.import_module(f"engine.cli.commands.{COMMANDS[name].module}").command
    hints = get_type_hints(command, include_extras=True)
    found = {"--help"}
    for parameter in inspect.signature(command).parameters:
        info = get_args(hints[parameter])[1]
        found |= {str(one) for one in (info.default, *(info.param_decls or ())) if str(one).startswith("-")}
        found.add(f"--{parameter.replace('_', '-')}")
    return found


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_commands_and_options_that_are_named_exist(page: Path) -> None:
    for line in _spoken(page):
        words = list(takewhile(lambda word: word not in ("|", ">", "&&", "="), shlex.split(line)))
        name = words[1]
        assert name in COMMANDS, f"{shown(page)}: {line}"
        unknown = {word.partition("=")[0] for word in words[2:] if word.startswith("--")} - _options(name)
        assert not unknown, f"{shown(page)}: {line}"


def test_pages_that_the_product_names_exist() -> None:
    for path in [*(ROOT / "engine").rglob("*.py"), ROOT / "config.toml"]:
        for named in re.findall(r"docs/[\w/-]+\.md", path.read_text("utf-8")):
            assert (ROOT / named).is_file(), f"{path.name} names {named}"
