"""The page about revenue shows files that are taken as they are shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.life import ripeline, write_home
from tests.docs.pages import DOCS, blocks, commands

PAGE = DOCS / "how-to/measure-revenue.md"


def test_commands_and_files_of_the_page_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = write_home(tmp_path / "home")
    files = {block.names: block.text for block in blocks(PAGE) if block.language == "csv"}
    assert files.keys() == {"deals.csv", "costs.csv"}
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    spoken = [one.words.split() for block in blocks(PAGE) if block.language == "console" for one in commands(block)]
    assert [words[1] for words in spoken] == ["import-deals", "import-costs"]
    for _, command, file in spoken:
        assert ripeline(command, str(tmp_path / file), home=home) == 0
    shown = capsys.readouterr().out
    assert "deals.csv  3 deals of csv\n  3  new\n" in shown
    assert "costs.csv  2 costs, 4,510.50 EUR together\n  2  new\n" in shown
