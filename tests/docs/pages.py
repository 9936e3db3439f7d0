"""The documentation as its tests see it: pages with their blocks, links and headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md")))

_FENCE = re.compile(r"^```(?P<language>\w*)[^\n]*\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[(?:[^\]`]|`[^`]*`)+\]\((?P<target>[^)\s]+)\)")
_PICTURE = re.compile(r"""!\[[^\]]*\]\((?P<a>[^)]+)\)|<img src="(?P<b>[^"]+)\"""")
_CODE = re.compile(r"`(?P<code>[^`\n]+)`")
_NAME = re.compile(r"`(?P<name>[\w./-]+\.[a-z]+)`[^`]*\Z")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, its text, its line, and the file that the words before it name last."""

    page: Path
    line: int
    language: str
    text: str
    names: str = ""

    def __str__(self) -> str:
        return f"{shown(self.page)}:{self.line}"


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a console block, and the lines that it is shown to answer with."""

    words: str
    answer: tuple[str, ...]


def shown(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@cache
def blocks(page: Path) -> tuple[Block, ...]:
    """The fenced blocks of a page, in order."""
    text = page.read_text("utf-8")
    found = []
    end = 0
    for match in _FENCE.finditer(text):
        before = text[end : match.start()]
        named = _NAME.search(before.rsplit("\n\n", 2)[-2] if "\n\n" in before else before)
        line = text.count("\n", 0, match.start()) + 1
        found.append(Block(page, line, match["language"], match["text"], named["name"] if named else ""))
        end = match.end()
    return tuple(found)


def all_blocks(*languages: str) -> list[Block]:
    """The blocks of all pages in these languages."""
    return [block for page in PAGES for block in blocks(page) if block.language in languages]


def without_blocks(page: Path) -> str:
    return _FENCE.sub("", page.read_text("utf-8"))


def links(page: Path) -> Iterator[str]:
    """Where a page's links and pictures lead."""
    text = _CODE.sub("code", without_blocks(page))
    yield from (match["target"] for match in _LINK.finditer(text))
    yield from (match["a"] or match["b"] for match in _PICTURE.finditer(text))


def anchors(page: Path) -> set[str]:
    """The names by which a page's headings can be linked to, as forges make them."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def code_spans(page: Path) -> Iterator[str]:
    """Everything that stands in backquotes within sentences."""
    yield from (match["code"] for match in _CODE.finditer(without_blocks(page)))


def commands(block: Block) -> list[Command]:
    """The commands of a console block; a command goes on where its line ends in a backslash."""
    found: list[Command] = []
    words, answer = "", []
    for line in block.text.replace("\\\n", " ").splitlines():
        if line.startswith("$ "):
            if words:
                found.append(Command(words, tuple(answer)))
            words, answer = " ".join(line[2:].split()), []
        else:
            answer.append(line)
    return [*found, Command(words, tuple(answer))] if words else found
