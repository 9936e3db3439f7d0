"""Files are laid out as a whole, with the line ends and the rights that they had; mistaken ones are not touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import RipelineError
from engine.service.tidy import files_of, tidied, write_tidied

UNTIDY = 'a=1 # one\nlonger = "ä"\n'
TIDY = f'{"a      = 1":<55}# one\n{"longer = "}"ä"\n'


def test_files_of_a_home_are_config_campaigns_and_scenarios(tmp_path: Path) -> None:
    names = ["config.toml", "campaigns/a.test.toml", "campaigns/a.toml"]
    for name in (*names, "campaigns/.b.toml", "campaigns/notes.md", "templates/c.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [path.relative_to(tmp_path).as_posix() for path in files_of(tmp_path)] == names


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_line_ends_and_rights_stay(tmp_path: Path, ends: str) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(UNTIDY.replace("\n", ends).encode())
    path.chmod(0o640)
    (found,) = tidied([path])
    assert found.changed
    write_tidied(found)
    assert path.read_bytes() == TIDY.replace("\n", ends).encode()
    assert path.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in tmp_path.iterdir()] == ["a.toml"]


def test_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.toml").write_text(UNTIDY, "utf-8")
    (tmp_path / "a.toml").symlink_to("real.toml")
    write_tidied(next(tidied([tmp_path / "a.toml"])))
    assert (tmp_path / "a.toml").is_symlink()
    assert (tmp_path / "real.toml").read_text("utf-8") == TIDY


@pytest.mark.parametrize(
    ("text", "code"), [(b"a = b", "E003"), (b"a = 1\na = 2\n", "E007"), (b'a = "\xff"', "E001"), (b"a = {\n}", "E006")]
)
def test_mistake_of_form_is_told_and_nothing_would_change(tmp_path: Path, text: bytes, code: str) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(text)
    (found,) = tidied([path])
    assert [problem.code for problem in found.problems] == [code]
    assert not found.changed


def test_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(RipelineError, match="cannot be read: no such file"):
        list(tidied([tmp_path / "a.toml"]))
