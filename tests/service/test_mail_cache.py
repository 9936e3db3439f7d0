"""Compiled mails kept between checks."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.content.mails import CompiledMail, MailKey
from engine.service.mail_cache import FILE, MailCache


def mail(name: str) -> CompiledMail:
    return CompiledMail(
        key=MailKey("t", "s", name),
        path=f"t/s/{name}.md",
        subject="Clean\tdata",
        preheader="",
        sender="",
        reply_to="",
        html="<p>\n</p>",
        text="ä",
        links=(),
        variables=(),
        assets=(),
        layout="default",
    )


def test_mail_is_there_in_the_next_run(tmp_path: Path) -> None:
    cache = MailCache(tmp_path)
    cache["k"] = mail("a")
    cache.save()

    assert MailCache(tmp_path)["k"] == mail("a")


def test_mail_that_nobody_asked_for_is_forgotten(tmp_path: Path) -> None:
    first = MailCache(tmp_path)
    first.update(old=mail("a"), kept=mail("b"))
    first.save()
    second = MailCache(tmp_path)
    assert second.get("kept") == mail("b")
    second["new"] = mail("c")
    second.save()

    assert sorted(MailCache(tmp_path)) == ["kept", "new"]


@pytest.mark.parametrize("content", [b"k\t{}\n", b"k\tnot json\n", b"\xff\xfe", b"no tab\n"])
def test_damaged_cache_is_empty(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / FILE
    path.parent.mkdir(parents=True)
    path.write_bytes(content)

    assert MailCache(tmp_path).get("k") is None


def test_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file where a folder should be", "utf-8")
    cache = MailCache(tmp_path)
    cache["k"] = mail("a")

    cache.save()

    assert cache["k"] == mail("a")
