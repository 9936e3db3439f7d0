"""Traits of event clients as lead fields: by the words that files of leads are read by, too.

A trait whose meaning nobody declared is not stored, and one whose value does not fit its field neither; both are told,
as somebody may want to declare or to mend them. Neither keeps the rest from being stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from engine.domain.identity import EMAIL, USER_ID, Identity
from engine.domain.leadfields import boolean
from engine.domain.leadrecord import LeadRecord
from engine.domain.segment import Said
from engine.inbound.leadfiles.columns import meanings_of, plain
from engine.inbound.leadfiles.draft import Draft, Put, Vocabulary, put_for

_NESTED: Mapping[str, Mapping[str, str]] = {"company": {"name": "company"}, "address": {}}
"""Traits that are objects in the clients' own words; what stands in them, where that is called otherwise here."""

_KNOWN = frozenset(plain(name) for name in ("email", "id", "userId", "anonymousId", "createdAt", "created"))
"""Traits that say nothing that is not known otherwise."""

_SAID_ELSEWHERE = ("email", "public_id", "id:")
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class TraitsRead:
    """The person as a record; `unknown` are traits that mean nothing here, `unfit` those whose value does not fit."""

    record: LeadRecord
    unknown: tuple[str, ...]
    unfit: tuple[tuple[str, str], ...]


class TraitReader:
    """Reads traits for one home. `consent_trait` says that the person agreed to marketing mail; empty for none."""

    def __init__(self, vocabulary: Vocabulary, consent_trait: str) -> None:
        self._vocabulary, self._consent_trait = vocabulary, plain(consent_trait)
        self._meanings = lru_cache(maxsize=256)(lambda names: meanings_of(names, vocabulary))
        self._put = lru_cache(maxsize=1024)(lambda target: put_for(target, vocabulary))

    def read(self, said: Said, place: int) -> TraitsRead:
        """The person whom a message names; `place` is the record's row."""
        draft = _named(said)
        traits = dict(_flat(said.traits))
        agreed = self._take_consent(traits)
        unknown: list[str] = []
        unfit: list[tuple[str, str]] = []
        names = tuple(traits)
        for name, target in zip(names, self._meanings(names), strict=True):
            if target.startswith(_SAID_ELSEWHERE) or plain(name) in _KNOWN:
                continue
            if not target:
                unknown.append(name[:_LONGEST])
            elif why := self._putting(target)(draft, traits[name]):
                unfit.append((name[:_LONGEST], why))
        record = draft.record(place)
        return TraitsRead(record if agreed else record._replace(consent=None), tuple(unknown), tuple(unfit))

    def _putting(self, target: str) -> Put:
        found: Put = self._put(target)
        return found

    def _take_consent(self, traits: dict[str, Any]) -> bool:
        """Whether the configured trait says yes; it is no field."""
        for name in [name for name in traits if self._consent_trait and plain(name) == self._consent_trait]:
            if boolean(traits.pop(name)) is True:
                return True
        return False


def _named(said: Said) -> Draft:
    """A draft with the names that the message gives: the address first, by which a lead is mailed."""
    draft = Draft()
    if said.address is not None:
        draft.address = said.address
        draft.identities.append(Identity(EMAIL, said.address.identity))
    if said.user:
        draft.identities.append(Identity(USER_ID, said.user))
    return draft


def _flat(traits: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Traits one by one, those of the nested objects among them."""
    for name, value in traits.items():
        inner = _NESTED.get(name)
        if inner is not None and isinstance(value, dict):
            yield from ((inner.get(key, key), one) for key, one in value.items() if one not in (None, ""))
        elif value not in (None, ""):
            yield name, value
