"""Keys of the API: how one is written, what is kept of it, and what its scopes allow."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

ENTROPY_BYTES = 32
PREFIX = "ripe_"
"""By it a key that leaked into a repository or a log is found."""
START = len(PREFIX) + 4
"""How many letters of a key are kept for people to tell keys by."""


class Scope(StrEnum):
    """What a key may do; each endpoint asks for one of them."""

    LEADS_READ = "leads:read"
    LEADS_WRITE = "leads:write"
    LEADS_ERASE = "leads:erase"
    EVENTS_WRITE = "events:write"
    ENROLLMENTS_WRITE = "enrollments:write"
    OPPORTUNITIES_WRITE = "opportunities:write"
    SUPPRESSIONS_WRITE = "suppressions:write"
    HANDOFFS_WRITE = "handoffs:write"
    REPORTS_READ = "reports:read"
    ADMIN = "admin"


May = Callable[[Scope], bool]
"""Whether whoever asks has a scope."""

SCOPE_WORDS: Mapping[Scope, str] = {
    Scope.LEADS_READ: "read leads and all that belongs to them: events, mails, hand-offs, deals, their story",
    Scope.LEADS_WRITE: "create and change leads, put them on lists, record consent",
    Scope.LEADS_ERASE: "erase a person",
    Scope.EVENTS_WRITE: "tell what leads did; not what sales or deals came to, nor that two leads are one",
    Scope.ENROLLMENTS_WRITE: "let leads into campaigns, and take them out",
    Scope.OPPORTUNITIES_WRITE: "record deals",
    Scope.SUPPRESSIONS_WRITE: "suppress addresses, and lift what a person may lift",
    Scope.HANDOFFS_WRITE: "answer hand-offs, and finish tasks",
    Scope.REPORTS_READ: "read campaigns and reports",
    Scope.ADMIN: "everything",
}


def written_key(entropy: bytes) -> str:
    """A key as its user gets it, from `ENTROPY_BYTES` random bytes."""
    return PREFIX + urlsafe_b64encode(entropy).rstrip(b"=").decode()


def key_digest(key: str) -> str:
    """What is kept of a key, in hex. A key is 256 random bits, so that a fast digest cannot be guessed back; and as it
    is looked up by its digest, how long a comparison takes tells nothing of the key."""
    return sha256(key.encode(errors="surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks: the number and the name of the key, and what it may do."""

    id: int
    name: str
    scopes: frozenset[str]

    def may(self, scope: Scope) -> bool:
        """Whether the key has this scope."""
        return scope in self.scopes or Scope.ADMIN in self.scopes
