from __future__ import annotations

import csv
import gzip
import stat
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from engine.domain.leadrecord import OptOut
from engine.errors import RipelineError
from engine.service import import_leads
from engine.service.import_leads import ImportOptions, Progress, import_file, rarely_collecting
from engine.store.bulk import CollisionError
from engine.store.database import reading, writing
from engine.store.leads import count_leads, list_sizes
from engine.store.permission import set_tracking
from tests.service.leadstores import CONFIG, KEY, T0, fresh_sqlite, lead_called, take_in

HEADER = "email,first_name,employees\n"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    with fresh_sqlite(tmp_path) as opened:
        yield opened


def rejects(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_a_summary_tells_what_became_of_every_row(store: Engine, tmp_path: Path) -> None:
    take_in(store, tmp_path / "old.csv", HEADER + "old@acme.example,Old,1\nsame@acme.example,Same,1\n")
    text = (
        "email,first_name,employees,unsubscribed,shoe\n"
        "new@acme.example,New,2,,44\nold@acme.example,Older,1,,\nsame@acme.example,Same,1,,\n"
        "out@acme.example,Out,1,yes,\nbad@,Bad,1,,\nnew@acme.example,Newer,2,,\ninfo@acme.example,Info,x,,\n"
        "info@acme.example,,3,,\n"
    )
    summary = take_in(store, tmp_path / "leads.csv", text, T0 + timedelta(days=1), list_name="fair")
    assert (summary.rows, summary.new, summary.updated, summary.unchanged) == (8, 3, 2, 0)
    assert (summary.repeated, summary.suppressed, summary.opted_out, summary.roles) == (1, 1, 1, 1)
    assert (summary.rejected, [reject.row for reject in summary.first_rejects]) == (2, [6, 8])
    assert summary.mapping[:2] == (("email", "email"), ("first_name", "first_name"))
    assert summary.unused == ("shoe",)
    with reading(store) as connection:
        assert list_sizes(connection) == {"fair": 5}


@pytest.mark.acceptance(row=30)
def test_rejects_say_why_are_private_and_neutralised_and_can_be_imported_again(store: Engine, tmp_path: Path) -> None:
    summary = take_in(store, tmp_path / "leads.csv", HEADER + "jane@acme.example,=cmd(),many\n")
    path = tmp_path / "leads.rejects.csv"
    assert summary.rejects_path == path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    header, row = rejects(path)
    assert header[:3] == ["rejected_row", "rejected_column", "rejected_because"]
    assert row == ["2", "employees", "'many' is no number, such as 1234.5", "jane@acme.example", "'=cmd()", "many"]
    path.write_text(path.read_text(encoding="utf-8-sig").replace(",many\n", ",7\n").replace(",many\r\n", ",7\r\n"))
    mended = import_file(store, path, CONFIG, KEY, T0)
    assert (mended.new, mended.rejected) == (1, 0)
    assert lead_called(store, "jane@acme.example").fields == {"first_name": "=cmd()", "employees": 7.0}


def test_no_rejects_file_is_left_where_nothing_was_rejected(store: Engine, tmp_path: Path) -> None:
    assert take_in(store, tmp_path / "leads.csv", HEADER + "jane@acme.example,Jane,1\n").rejects_path is None
    assert not (tmp_path / "leads.rejects.csv").exists()


@pytest.mark.acceptance(row=31)
def test_rejects_are_not_written_through_a_link(store: Engine, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("keep")
    (tmp_path / "leads.rejects.csv").symlink_to(precious)
    with pytest.raises(RipelineError, match="name another file"):
        take_in(store, tmp_path / "leads.csv", HEADER + "bad@,Jane,1\n")
    assert precious.read_text() == "keep"


def test_a_dry_run_tells_the_same_and_writes_no_lead(store: Engine, tmp_path: Path) -> None:
    text = HEADER + "jane@acme.example,Jane,1\nbad@,x,1\n"
    planned = take_in(store, tmp_path / "leads.csv", text, dry_run=True)
    assert (planned.new, planned.rejected, planned.dry_run) == (1, 1, True)
    with reading(store) as connection:
        assert count_leads(connection) == 0
    done = take_in(store, tmp_path / "leads.csv", text)
    assert (done.new, done.rejected) == (planned.new, planned.rejected)


def test_progress_reaches_the_end_of_a_packed_file(store: Engine, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv.gz"
    path.write_bytes(gzip.compress((HEADER + "".join(f"p{n}@acme.example,P,1\n" for n in range(4500))).encode()))
    seen: list[Progress] = []
    summary = import_file(store, path, CONFIG, KEY, T0, progress=seen.append)
    assert summary.new == 4500
    assert [step.rows for step in seen] == [2000, 4000, 4500]
    assert seen[-1].position == seen[-1].size == path.stat().st_size


def test_other_writers_get_their_turn_between_chunks(store: Engine, tmp_path: Path) -> None:
    """While a file is imported, another writer commits after every chunk, and so would the daemon."""
    path = tmp_path / "leads.csv"
    path.write_text(HEADER + "".join(f"p{n}@acme.example,P,1\n" for n in range(6000)))
    done = []

    def write_meanwhile(_progress: Progress) -> None:
        def write() -> None:
            with writing(store) as connection:
                set_tracking(connection, 1, len(done) % 2 == 0)
            done.append(True)

        other = threading.Thread(target=write)
        other.start()
        other.join(timeout=20)

    import_file(store, path, CONFIG, KEY, T0, progress=write_meanwhile)
    assert len(done) == 3


def test_a_chunk_that_collides_with_another_writer_is_tried_again(
    store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = import_leads.import_chunk, [CollisionError("identity"), CollisionError("identity")]

    def colliding(*args: object, **kwargs: object) -> object:
        if failures:
            raise failures.pop()
        return real(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(import_leads, "import_chunk", colliding)
    assert take_in(store, tmp_path / "leads.csv", HEADER + "jane@acme.example,Jane,1\n").new == 1


def test_everybody_in_a_file_of_unsubscribed_people_is_unmailable(store: Engine, tmp_path: Path) -> None:
    take_in(store, tmp_path / "leads.csv", HEADER + "jane@acme.example,Jane,1\n")
    summary = take_in(store, tmp_path / "unsubscribed.csv", "email\njane@acme.example\n", T0 + timedelta(days=1))
    assert (summary.file_opt_out, summary.opted_out) == ("unsubscribed", 1)
    assert not lead_called(store, "jane@acme.example").subscribed
    said = take_in(store, tmp_path / "x.csv", "email\nann@acme.example\n", opt_out=OptOut("blocklisted", "all"))
    assert said.opted_out == 1


def test_an_interrupted_import_is_finished_by_doing_it_again(store: Engine, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text(HEADER + "".join(f"p{n}@acme.example,P,1\n" for n in range(5000)))

    def interrupt(progress: Progress) -> None:
        if progress.rows >= 4000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_file(store, path, CONFIG, KEY, T0, progress=interrupt)
    again = import_file(store, path, CONFIG, KEY, T0 + timedelta(minutes=1), ImportOptions())
    assert (again.new, again.unchanged) == (1000, 4000)


def test_the_collector_goes_back_to_its_pace() -> None:
    import gc

    before = gc.get_threshold()
    with rarely_collecting():
        assert gc.get_threshold() != before
    assert gc.get_threshold() == before


def test_roles_that_config_does_not_know_are_taken_and_told(store: Engine, tmp_path: Path) -> None:
    text = "email,role\na@acme.example,Decides\nb@acme.example,boss\nc@acme.example,boss\nd@acme.example,\n"
    summary = take_in(store, tmp_path / "leads.csv", text)

    assert summary.unknown_roles == (("boss", 2),)
    assert lead_called(store, "b@acme.example").fields["role"] == "boss"
