"""All that is known of one person: handed over on request, and taken away on request (GDPR articles 15, 17 and 20)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from engine.errors import RipelineError
from engine.service.home import Home
from engine.service.private_file import write_private
from engine.service.who import meant_lead
from engine.store.database import reading, writing
from engine.store.erasure import erase_lead, everything_about


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything that the store holds about a lead and those merged into it, by table. `number` is the lead's."""

    number: int
    email: str
    tables: Mapping[str, Any]

    @property
    def counts(self) -> Mapping[str, int]:
        """How many rows there are about the person, in tables that have any."""
        return {name: len(rows) for name, rows in self.tables.items() if rows}


def dossier_of(home: Home, name: str) -> Dossier:
    """What is known of the lead that is called so.

    Raises:
        RipelineError: nobody is called so, or several are.
    """
    with reading(home.store) as connection:
        row = meant_lead(connection, name)
        return Dossier(row.id, row.email, everything_about(connection, row.id))


def write_dossier(found: Dossier, path: Path) -> None:
    """The dossier as one JSON file that its owner alone may read.

    Raises:
        RipelineError: the file cannot be written.
    """
    content = orjson.dumps(dict(found.tables), option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z, default=str)
    write_private(path, content + b"\n")


def erase(home: Home, found: Dossier, reason: str) -> None:
    """Take everything about the person away. What stays is the keyed hash of each address, suppressed for all mail.

    Raises:
        RipelineError: somebody erased it meanwhile.
    """
    with writing(home.store) as connection:
        if not erase_lead(connection, found.number, home.keys.addresses, reason, home.clock.now()):
            raise RipelineError("this lead is gone already: somebody erased it meanwhile")
