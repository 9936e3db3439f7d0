from __future__ import annotations

import gzip
import os
import zipfile
from pathlib import Path

import pytest

from engine.inbound.leadfiles import opening
from engine.inbound.leadfiles.opening import LeadFileError, open_lead_file

TEXT = "email,name\njane@acme.example,Zoë Müller – “Zoë”\n"


def all_text(path: Path, encoding: str = "") -> tuple[str, str]:
    file = open_lead_file(path, encoding)
    try:
        return "".join(file.lines()), file.encoding
    finally:
        file.close()


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("cp1252", "cp1252"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_encodings_are_recognised_packed_or_not(tmp_path: Path, encoding: str, shown: str, packed: bool) -> None:
    raw = TEXT.encode(encoding)
    path = tmp_path / "leads.csv"
    path.write_bytes(gzip.compress(raw) if packed else raw)
    assert all_text(path) == (TEXT, shown)


def test_a_cp1252_byte_far_behind_the_sample_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    lines = b"jane@acme.example,Jane\n" * 20_000
    path.write_bytes(b"email,name\n" + lines + "zoe@acme.example,Zoë\n".encode("cp1252"))
    assert all_text(path)[0].endswith("zoe@acme.example,Zoë\n")


def test_another_encoding_can_be_named_and_a_wrong_name_is_told(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes("email,name\na@b.example,Łukasz\n".encode("cp1250"))
    assert "Łukasz" in all_text(path, "cp1250")[0]
    for wrong in ("klingon", "hex"):
        with pytest.raises(LeadFileError, match=f"'{wrong}' is no encoding"):
            open_lead_file(path, wrong)


def test_text_that_is_not_in_the_named_encoding_is_told(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes("email,name\na@b.example,Zoë\n".encode())
    with pytest.raises(LeadFileError, match="not in ascii"):
        all_text(path, "ascii")


@pytest.mark.acceptance(row=31)
def test_archives_and_workbooks_are_refused_with_advice(tmp_path: Path) -> None:
    book = tmp_path / "leads.xlsx"
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(LeadFileError, match="Excel workbook; save it as CSV"):
        open_lead_file(book)
    twice = tmp_path / "leads.csv.gz"
    twice.write_bytes(gzip.compress(gzip.compress(TEXT.encode())))
    with pytest.raises(LeadFileError, match="packed twice"):
        open_lead_file(twice)


@pytest.mark.acceptance(row=31)
def test_a_bomb_is_stopped_while_it_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "FREE_BYTES", 1_000_000)
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"email,name\n" + b"a@b.example,x\n" * 1_000_000))
    assert path.stat().st_size * opening.EXPANSION < 14_000_000, "the bomb must grow beyond the bound"
    with pytest.raises(LeadFileError, match="grows more than 250 times"):
        all_text(path)


@pytest.mark.acceptance(row=31)
def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(b"email\n" + b"x" * 2_000_000)
    with pytest.raises(LeadFileError, match="longer than 1,000,000 characters"):
        all_text(path)


@pytest.mark.acceptance(row=31)
def test_links_folders_and_pipes_are_refused(tmp_path: Path) -> None:
    target = tmp_path / "real.csv"
    target.write_text(TEXT)
    link = tmp_path / "link.csv"
    link.symlink_to(target)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, words in ((link, "symbolic link to"), (tmp_path, "a folder"), (pipe, "a device or")):
        with pytest.raises(LeadFileError, match=words):
            open_lead_file(path)


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "is empty"), (b" \n\n", "is empty"), (b"\x1f\x8bxx", "cannot be read")]
)
def test_unusable_files_say_why(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(content)
    with pytest.raises(LeadFileError, match=words):
        open_lead_file(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(LeadFileError, match="No such file"):
        open_lead_file(tmp_path / "none.csv")


def test_a_packed_file_cut_short_is_told(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv.gz"
    lines = "".join(f"a{number}@b.example,{number * 7919}\n" for number in range(200_000))
    path.write_bytes(gzip.compress(lines.encode())[:-100_000])
    with pytest.raises(LeadFileError, match="cannot be read to its end"):
        all_text(path)
