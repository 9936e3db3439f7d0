"""What another tool's file says about one person, in our words, and what could not be understood of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from engine.domain.identity import Identity
from engine.domain.leadfields import Value


@dataclass(frozen=True, slots=True)
class Consent:
    """Permission as the file proves it: when, from where, in which words."""

    at: datetime | None = None
    proof: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OptOut:
    """Why this address must not be mailed: `marketing` (the person said so) or `all` (it bounced, it complained)."""

    reason: str
    scope: str = "marketing"
    at: datetime | None = None


_NOTHING: Mapping[str, Any] = MappingProxyType({})


class LeadRecord(NamedTuple):
    """One person of a file. `row` counts from 1, the header included; `email` is the address as mailed to.

    `builtins` has only the names that the file gives a value for, `fields` likewise; an empty text and None erase.
    A tuple, as a frozen dataclass takes four times as long to make, a million times.
    """

    row: int
    identities: tuple[Identity, ...]
    email: str = ""
    email_domain: str = ""
    public_id: str = ""
    builtins: Mapping[str, str] = _NOTHING
    fields: Mapping[str, Value | None] = _NOTHING
    lists: tuple[str, ...] = ()
    consent: Consent | None = None
    opt_outs: tuple[OptOut, ...] = ()
    role: bool = False


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that is not imported: where, why, and the row itself as it stood there."""

    row: int
    column: str
    reason: str
    raw: tuple[str, ...] = ()


class EventRecord(NamedTuple):
    """Something that a person did, as a file says it. `source_id` is the same whenever the same thing is said again."""

    row: int
    identities: tuple[Identity, ...]
    email: str
    email_domain: str
    name: str
    at: datetime
    source_id: str
    properties: Mapping[str, Any]
    raw: tuple[str, ...] = ()
