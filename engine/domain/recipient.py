"""What a recipient may say to us without logging in, and what we answer.

Shared by the pages that ask and by the services that carry it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from engine.errors import RipelineError


class UnavailableError(RipelineError):
    """The store cannot be reached now; what was asked is neither done nor refused."""


class Ack(Enum):
    """What became of a recipient's word."""

    DONE = "done"
    ALREADY = "it was so before"
    REFUSED = "not possible: undoing an unsubscribe that others stand behind, such as a complaint or a bounce"


@dataclass(frozen=True, slots=True)
class Topic:
    """A theme that a recipient may want or not."""

    key: str
    title: str
    description: str = ""
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class Choices:
    """What a recipient chose so far; `subscribed` is False once everything was declined."""

    topics: tuple[Topic, ...] = ()
    tracking: bool = True
    subscribed: bool = True


@dataclass(frozen=True, slots=True)
class Wish:
    """What a recipient wants from now on: the keys of the wanted topics, and whether opens and clicks may count."""

    topics: frozenset[str]
    tracking: bool


@dataclass(frozen=True, slots=True)
class Asset:
    """A picture or file of a template, named by the hash of its content."""

    name: str
    media_type: str
    body: bytes
