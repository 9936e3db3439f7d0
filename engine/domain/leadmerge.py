"""How what a file says joins what is known already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from engine.domain.leadfields import Value
from engine.domain.leadrecord import LeadRecord

SAID_BY_THE_PERSON = frozenset(("unsubscribed", "complained", "erased", "topic declined"))
"""Reasons of suppressions that stay with a person who changes the address; a bounce stays with the address."""


@dataclass(frozen=True, slots=True)
class Values:
    """A lead's values: built-in texts and typed fields."""

    builtins: Mapping[str, str]
    fields: Mapping[str, Value]


def joined(known: Values, record: LeadRecord) -> Values:
    """What is given overwrites, what is not given stays; a field given as None and an empty built-in are taken away."""
    builtins, fields = known.builtins, known.fields
    if record.builtins:
        builtins = {**builtins, **record.builtins}
    if record.fields:
        given = {**fields, **record.fields}
        erased = [name for name, value in given.items() if value is None]
        for name in erased:
            del given[name]
        fields = cast("Mapping[str, Value]", given)
    return Values(builtins, fields)


def combined(records: Sequence[LeadRecord]) -> LeadRecord:
    """Several rows about one person as one: the last one wins, opt-outs and lists add up."""
    if len(records) == 1:
        return records[0]
    last = records[-1]
    address = next((record for record in reversed(records) if record.email), last)
    return LeadRecord(
        row=last.row,
        identities=tuple(dict.fromkeys(identity for record in records for identity in record.identities)),
        email=address.email,
        email_domain=address.email_domain,
        public_id=next((record.public_id for record in reversed(records) if record.public_id), ""),
        builtins={name: text for record in records for name, text in record.builtins.items()},
        fields={name: value for record in records for name, value in record.fields.items()},
        lists=tuple(dict.fromkeys(name for record in records for name in record.lists)),
        consent=next((record.consent for record in reversed(records) if record.consent), None),
        opt_outs=tuple({found.scope: found for record in reversed(records) for found in record.opt_outs}.values()),
        role=address.role,
    )
