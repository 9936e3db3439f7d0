"""Importing leads from a file: read as a stream, written chunk by chunk, so that the daemon goes on meanwhile."""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from engine.authoring.sales import may_move
from engine.config.model import Config, Internal
from engine.domain.accounts import company_test
from engine.domain.identity import ENTROPY_BYTES, public_id
from engine.domain.leadfields import BUILTINS
from engine.domain.leadmerge import Values
from engine.domain.leadrecord import LeadRecord, OptOut, Reject
from engine.inbound.leadfiles.reading import Item, LeadFile, ReadSettings
from engine.service.rejects import RejectsFile, rejects_path
from engine.store.bulk import CollisionError
from engine.store.database import Store, reading, writing
from engine.store.lead_decisions import ImportPolicy, Tally
from engine.store.lead_import import import_chunk

ROLE = "role"
"""The field that says what a person has to do with buying."""

CHUNK = 2000
"""Rows of one transaction: some 50 ms of the write lock, which other writers hardly feel."""
_TRIES = 5
_CHUNKS_TO_COLLECT = 20
_SLOWLY = (100_000, 50, 100)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is: rows read, and bytes of the file's size."""

    rows: int
    position: int
    size: int


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the importer asks for. `wanted` maps columns by hand; `opt_out` makes everybody in the file unmailable;
    `trust_name`: a file called "unsubscribed" says so itself."""

    list_name: str = ""
    source: str = ""
    wanted: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""
    empty_erases: bool = False
    dry_run: bool = False
    opt_out: OptOut | None = None
    trust_name: bool = True
    rejects: Path | None = None


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import did. `suppressed` people of the file cannot be mailed, `opted_out` of them newly; `repeated` rows
    were about somebody met before in the file. `mapping` are columns and their meaning, `unused` those not stored;
    `unknown_roles` those that config does not name, and how often."""

    rows: int
    new: int
    updated: int
    unchanged: int
    repeated: int
    suppressed: int
    opted_out: int
    roles: int
    rejected: int
    rejects_path: Path | None
    first_rejects: tuple[Reject, ...]
    tool: str
    encoding: str
    mapping: tuple[tuple[str, str], ...]
    unused: tuple[str, ...]
    file_opt_out: str = ""
    dry_run: bool = False
    unknown_roles: tuple[tuple[str, int], ...] = ()


def import_file(
    store: Store,
    path: Path,
    config: Config,
    key: bytes,
    now: datetime,
    options: ImportOptions | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> ImportSummary:
    """Take a file of leads into the store; doing it again changes nothing.

    `key` hashes addresses (`Keys.addresses`). `now` marks what this import writes. A dry run reads and compares only;
    it writes the rejects file, too, as that is what one wants to see.

    Raises:
        RipelineError: the file cannot be read (on), or the store not be written; chunks before it are imported.
    """
    options = options or ImportOptions()
    settings = ReadSettings(
        config.lead_fields,
        config.lifecycle.stages,
        options.wanted,
        options.encoding,
        options.empty_erases,
        options.opt_out,
        options.trust_name,
    )
    with LeadFile(path, settings) as file, RejectsFile(options.rejects or rejects_path(path), file.header) as rejects:
        policy = _policy(path, file, config, key, now, options)
        run = _Run(store, file, rejects, policy, now, options.dry_run, config.accounts.roles)
        run.all(progress or _silent)
        return run.summary()


def _silent(_progress: Progress) -> None:
    pass


def _policy(
    path: Path, file: LeadFile, config: Config, key: bytes, now: datetime, options: ImportOptions
) -> ImportPolicy:
    builtins = {**dict.fromkeys(BUILTINS, ""), "lifecycle": config.lifecycle.start, "source": options.source}
    return ImportPolicy(
        key=key,
        source=f"import of {path.name}" + (f" ({file.tool})" if file.tool else ""),
        start=Values(builtins, {}),
        internal=internal_test(config.internal),
        company=company_test(config.accounts.personal_domains, internal_test(config.internal)),
        new_id=lambda: public_id(now, os.urandom(ENTROPY_BYTES)),
        list_name=options.list_name,
        may_move=may_move(config),
    )


def internal_test(internal: Internal) -> Callable[[str], bool]:
    """Whether an address is a colleague's."""
    addresses = frozenset(address.casefold() for address in internal.addresses)
    domains = frozenset(domain.casefold() for domain in internal.domains)
    if not addresses and not domains:
        return lambda _email: False
    return lambda email: email.casefold() in addresses or email.rpartition("@")[2].casefold() in domains


class _Run:
    """One import on its way."""

    def __init__(
        self,
        store: Store,
        file: LeadFile,
        rejects: RejectsFile,
        policy: ImportPolicy,
        now: datetime,
        dry_run: bool,
        roles: Sequence[str],
    ) -> None:
        self._store, self._file, self._rejects = store, file, rejects
        self._policy, self._now, self._dry_run = policy, now, dry_run
        self._known_roles = {role.casefold() for role in roles}
        self._unknown_roles: Counter[str] = Counter()
        self._tally = Tally()
        self._first: list[Reject] = []
        self._rows = 0

    def all(self, progress: Callable[[Progress], None]) -> None:
        """Take in every chunk, and tell the progress after each."""
        with rarely_collecting():
            for number, items in enumerate(chunks(self._file, CHUNK), start=1):
                self._rows += len(items)
                self._chunk(items)
                progress(Progress(self._rows, self._file.position, self._file.size))
                if number % _CHUNKS_TO_COLLECT == 0:
                    gc.collect()

    def _chunk(self, items: list[Item]) -> None:
        records = [item for item in items if isinstance(item, LeadRecord)]
        self._look_at_roles(records)
        tally = self._stored(records) if records else Tally()
        rejects = sorted(
            [*(item for item in items if isinstance(item, Reject)), *tally.rejects], key=lambda one: one.row
        )
        self._rejects.add(rejects)
        self._first.extend(rejects[: 10 - len(self._first)])
        self._tally.add(tally)

    def _look_at_roles(self, records: list[LeadRecord]) -> None:
        """Roles are taken as they are; one that config does not name is told, as rules ask for those that it names."""
        for record in records:
            role = record.fields.get(ROLE)
            if isinstance(role, str) and role and role.casefold() not in self._known_roles:
                self._unknown_roles[role] += 1

    def _stored(self, records: list[LeadRecord]) -> Tally:
        """The chunk in one transaction, again where another writer made the same lead at this moment."""
        for _ in range(_TRIES - 1):
            try:
                return self._once(records)
            except CollisionError:
                continue
        return self._once(records)

    def _once(self, records: list[LeadRecord]) -> Tally:
        if self._dry_run:
            with reading(self._store) as connection:
                return import_chunk(connection, records, self._policy, self._now, dry_run=True)
        with writing(self._store) as connection:
            return import_chunk(connection, records, self._policy, self._now)

    def summary(self) -> ImportSummary:
        tally, file = self._tally, self._file
        return ImportSummary(
            rows=self._rows,
            new=tally.new,
            updated=tally.updated,
            unchanged=tally.unchanged,
            repeated=tally.repeated,
            suppressed=tally.suppressed,
            opted_out=tally.opted_out,
            roles=tally.roles,
            rejected=self._rejects.count,
            rejects_path=self._rejects.path if self._rejects.count else None,
            first_rejects=tuple(self._first),
            tool=file.tool,
            encoding=file.encoding,
            mapping=tuple((column.name, column.meaning) for column in file.mapping),
            unused=file.unused,
            file_opt_out=file.opt_out.reason if file.opt_out else "",
            dry_run=self._dry_run,
            unknown_roles=tuple(self._unknown_roles.most_common(10)),
        )


@contextmanager
def rarely_collecting() -> Iterator[None]:
    """The cyclic garbage collector at a slow pace: rows make no cycles, and it would look through them for nothing.

    Queries do make some, so that it must be called now and then.
    """
    before = gc.get_threshold()
    if before == _SLOWLY:  # another import of this process has seen to it, and will set it back
        yield
        return
    gc.set_threshold(*_SLOWLY)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in lists of at most `size`."""
    stream = iter(items)
    while chunk := list(islice(stream, size)):
        yield chunk
