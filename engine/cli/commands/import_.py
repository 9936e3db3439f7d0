"""Import leads (CSV, JSONL) or their events.

Headers of other tools are recognised, opt-outs among them become suppressions, and leads known already are updated:
importing a file again changes nothing. Rows that cannot be used are written to a file beside it, with the reason. Ends
with 1 if no row of a file could be used.

Examples:

  ripeline import leads.csv --list newsletter
  ripeline import fair.csv --map "Firma=company" --map "Notiz=-" --dry-run
  ripeline import attended.csv --events --event webinar_attended
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import Line, columns, console, counted, show
from engine.domain.leadfields import moment
from engine.domain.leadrecord import Reject
from engine.errors import RipelineError
from engine.inbound.leadfiles.events import EventSettings
from engine.service.home import Home
from engine.service.import_events import EventImportSummary, import_events
from engine.service.import_leads import ImportOptions, ImportSummary, Progress, import_file

_SHOWN_REJECTS = 5


def command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="CSV or JSON lines; also gzipped.")],
    home: HomeOption = HERE,
    list_name: Annotated[str, typer.Option("--list", metavar="NAME", help="Put everybody on this list.")] = "",
    source: Annotated[str, typer.Option(help="The source of new leads whose row names none.")] = "",
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="COLUMN=FIELD", help="What a column means; may be repeated.")
    ] = None,
    events: Annotated[bool, typer.Option("--events", help="The rows are events of leads, not leads.")] = False,
    event: Annotated[str, typer.Option("--event", metavar="NAME", help="The event, where no column names it.")] = "",
    at: Annotated[str, typer.Option("--at", metavar="WHEN", help="When it happened, where no column says it.")] = "",
    create: Annotated[
        bool, typer.Option("--create", help="With --events: people not known here become leads.")
    ] = False,
    empty_erases: Annotated[bool, typer.Option("--empty-erases", help="Empty cells erase what was known.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and compare, change nothing.")] = False,
) -> None:
    """Import one file after another, each with its summary."""
    place = opened(home)
    wanted = wanted_columns(mapping or [])
    if events or event:
        settings = EventSettings(event, _moment(at), wanted)
        for file in files:
            _events(place, file, settings, create=create, dry_run=dry_run)
        return
    options = ImportOptions(
        list_name=list_name, source=source, wanted=wanted, empty_erases=empty_erases, dry_run=dry_run
    )
    useless = False
    for file in files:
        with progress_bar(file.name) as progress:
            summary = import_file(
                place.store, file, place.config, place.keys.addresses, place.clock.now(), options, progress
            )
        show(told(file, summary))
        useless |= summary.rows > 0 and summary.rejected == summary.rows
    if useless:
        raise typer.Exit(1)


def wanted_columns(pairs: list[str]) -> dict[str, str]:
    """Columns and their meaning, from `--map Column=field`."""
    wanted: dict[str, str] = {}
    for pair in pairs:
        column, equals, meaning = pair.rpartition("=")
        if not equals or not column.strip() or not meaning.strip():
            raise RipelineError(f'--map "{pair}" is not understood; write "Column=field", such as "Firma=company"')
        wanted[column.strip()] = meaning.strip()
    return wanted


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    found = moment(text)
    if not isinstance(found, datetime):
        raise RipelineError(f"--at {text!r} is no date; write 2026-11-03 or 2026-11-03T10:00+01:00")
    return found


def _events(place: Home, file: Path, settings: EventSettings, *, create: bool, dry_run: bool) -> None:
    if dry_run:
        raise RipelineError("--dry-run works for leads only; importing events again changes nothing, so just import")
    with progress_bar(file.name) as progress:
        now, key = place.clock.now(), place.keys.addresses
        summary = import_events(place.store, file, place.config, key, now, settings, create=create, progress=progress)
    show(told_events(file, summary))


@contextmanager
def progress_bar(name: str) -> Iterator[Callable[[Progress], None] | None]:
    """A bar with rows and speed while the block runs; none where no terminal reads."""
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    screen = console(errors=True)
    if not screen.is_terminal:
        yield None
        return
    columns_ = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[rows]}"))
    with Bar(*columns_, TimeRemainingColumn(), console=screen, transient=True) as shown:
        task = shown.add_task(name, total=None, rows="")

        def progress(found: Progress) -> None:
            shown.update(task, total=found.size or None, completed=found.position, rows=f"{found.rows:,} rows")

        yield progress


def told(file: Path, found: ImportSummary) -> Iterator[Line]:
    """What an import did."""
    mode = " (dry run: nothing was written)" if found.dry_run else ""
    tool = f", as {found.tool} writes it" if found.tool else ""
    yield [(f"{file.name}", "bold"), (f"  {counted(found.rows, 'row')}{tool}, {found.encoding}{mode}", "")]
    yield from columns([[(f"{count:,}", "bold"), (words, style)] for count, words, style in _counts(found)], indent=2)
    if found.file_opt_out:
        yield [(f"  The whole file is taken as people who are not mailed: {found.file_opt_out}.", "yellow")]
    if found.unknown_roles:
        roles = ", ".join(f"{role} ({count:,})" for role, count in found.unknown_roles)
        yield [(f"  Roles that config does not know: {roles}.  ([accounts] roles names them)", "yellow")]
    yield from _mapping(found)
    yield from _rejects(found.rejected, found.rejects_path, found.first_rejects)


def _counts(found: ImportSummary) -> Iterator[tuple[int, str, str]]:
    yield found.new, "new", "green"
    yield found.updated, "updated", ""
    yield found.unchanged, "unchanged", ""
    optional = (
        (found.repeated, "about somebody met before in this file", ""),
        (found.suppressed, f"suppressed, so not mailed ({found.opted_out:,} of them newly)", "yellow"),
        (found.roles, "addresses of a function, not a person (info@, sales@)", "yellow"),
        (found.rejected, "rejected", "red"),
    )
    yield from (entry for entry in optional if entry[0])


def _mapping(found: ImportSummary) -> Iterator[Line]:
    used = [(column, meaning) for column, meaning in found.mapping if column not in found.unused]
    yield [("  columns", "bold")]
    yield from columns([[(column, ""), ("→", "dim"), (meaning, "cyan")] for column, meaning in used], indent=4)
    if found.unused:
        names = ", ".join(found.unused)
        yield [(f"    not stored: {names}  (declare a field in config.toml, or --map “{found.unused[0]}=…”)", "yellow")]


def told_events(file: Path, found: EventImportSummary) -> Iterator[Line]:
    """What an import of events did."""
    yield [(f"{file.name}", "bold"), (f"  {counted(found.rows, 'row')} of events", "")]
    rows = [(found.new, "new", "green"), (found.known, "on record before", "")]
    rows += [(found.created, "new leads", "green")] if found.created else []
    rows += [(found.rejected, "rejected", "red")] if found.rejected else []
    yield from columns([[(f"{count:,}", "bold"), (words, style)] for count, words, style in rows], indent=2)
    yield from _rejects(found.rejected, found.rejects_path, found.first_rejects)


def _why(reject: Reject) -> str:
    """The reason with its column: `email is no mail address …`, `born: '30/02' is no day …`."""
    if not reject.column:
        return reject.reason
    return f"{reject.column}{':' if reject.reason.startswith(chr(39)) else ''} {reject.reason}"


def _rejects(count: int, path: Path | None, first: tuple[Reject, ...]) -> Iterator[Line]:
    if not count:
        return
    yield [(f"  rejected rows, with the reason before each: {path}", "red")]
    shown = first[:_SHOWN_REJECTS]
    yield from columns([[(f"row {one.row}", "bold"), (_why(one), "")] for one in shown], indent=4)
    if count > len(shown):
        yield [(f"    … and {count - len(shown):,} more", "")]
