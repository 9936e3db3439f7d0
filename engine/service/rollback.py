"""An earlier bundle as if its files were here: what going back to it would do is planned as any other change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.authoring.home import read_bundle_texts
from engine.content.mails import CompiledMail, MailKey
from engine.errors import RipelineError
from engine.service.check import CheckReport
from engine.service.home import Home
from engine.store.bundles import current_bundle_id, read_blob, read_bundle
from engine.store.database import reading


def report_of_bundle(home: Home, number: int | None = None) -> tuple[int, CheckReport]:
    """What a check of the bundle's files would report; without a number, of the one before that which runs.

    Raises:
        RipelineError: there is no such bundle, it is the one that runs, or its mails are no longer in the store.
    """
    with reading(home.store) as connection:
        running = current_bundle_id(connection) or 0
        wanted = running - 1 if number is None else number
        found = read_bundle(connection, wanted)
        if found is None or wanted == running:
            raise RipelineError(_told(wanted, running))
        mails = dict(_mails(connection, found.mails))
    config, campaigns, problems = read_bundle_texts(found.files)
    errors = tuple(problem for problem in problems if problem.is_error)
    return wanted, CheckReport(home.path, errors, config, campaigns, mails, found.files, len(campaigns), len(mails))


def _told(wanted: int, running: int) -> str:
    if not running:
        return "nothing was applied yet, so there is nothing to go back to"
    if wanted == running:
        return f"bundle {wanted} is what runs already"
    if running == 1 and wanted == 0:
        return "bundle 1 is the first one: there is none before it"
    return f"there is no bundle {wanted}; `ripeline history` lists them"


def _mails(connection: Any, digests: Mapping[str, str]) -> Iterator[tuple[MailKey, CompiledMail]]:
    for digest in digests.values():
        blob = read_blob(connection, digest)
        if blob is None:
            raise RipelineError(f"the compiled mail {digest} is no longer in the store, so that bundle cannot run")
        mail = CompiledMail.from_json(blob.content.decode())
        yield mail.key, mail
