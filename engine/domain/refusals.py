"""Why a request of another program is refused: words for whoever wrote the program, by place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.errors import RipelineError


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake in a request: where (`fields.employees`, `events[3].at`), what is wrong, and what to do."""

    where: str
    what: str
    do: str = ""


class InvalidError(RipelineError):
    """The request cannot be carried out as it is written; `faults` says where."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        first = self.faults[0]
        super().__init__(f"{first.where}: {first.what}")


class NotAllowedError(InvalidError):
    """The request asks for more than its key may do; `faults` says where, and for which scope."""


class MissingError(RipelineError):
    """What the request is about does not exist."""


class ConflictError(RipelineError):
    """It cannot be done as things stand."""
