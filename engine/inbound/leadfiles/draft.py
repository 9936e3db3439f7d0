"""One row on its way to a record: each column puts what it says into the draft, or tells why it cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

import orjson

from engine.config.model import LeadField
from engine.domain import leadplaces
from engine.domain.identity import EMAIL, PUBLIC_ID, Address, Identity, Rejected, read_address
from engine.domain.leadfields import LONGEST_TEXT, Value, coercer, moment, one_line, tags
from engine.domain.leadrecord import Consent, LeadRecord, OptOut
from engine.errors import did_you_mean

Put: TypeAlias = "Callable[[Draft, object], str]"
"""Puts a column's raw value into the draft; answers why it cannot, or nothing."""

_NOT = frozenset(("false", "no", "n", "0", "off", "f", "nein", "non", "falsch", "none", "null"))
_STATUSES = {
    "blocklisted": OptOut("blocklisted", "all"),
    "blacklisted": OptOut("blocklisted", "all"),
    "unsubscribed": OptOut("unsubscribed"),
    "disabled": OptOut("unsubscribed"),
    "opted out": OptOut("unsubscribed"),
    "bounced": OptOut("bounced", "all"),
    "cleaned": OptOut("bounced", "all"),
    "complained": OptOut("complained", "all"),
}
_HUBSPOT_LIFECYCLE = {
    "lead": "inquiry",
    "marketingqualifiedlead": "mql",
    "salesqualifiedlead": "sql",
    "opportunity": "sql",
    "evangelist": "customer",
}
_REMEMBERED = 5_000
BESIDE_LIFECYCLE = ("recycled", "disqualified")


@dataclass(slots=True)
class Draft:
    """What the columns of one row have said so far."""

    address: Address | None = None
    public_id: str = ""
    identities: list[Identity] = field(default_factory=list)
    builtins: dict[str, str] = field(default_factory=dict)
    fields: dict[str, Value | None] = field(default_factory=dict)
    lists: tuple[str, ...] = ()
    consent: dict[str, str] | None = None
    consent_at: datetime | None = None
    opt_outs: tuple[OptOut, ...] = ()
    opted_out_at: datetime | None = None

    def opt_out(self, found: OptOut) -> None:
        if all(known.scope != found.scope for known in self.opt_outs):
            self.opt_outs = (*self.opt_outs, found)

    def record(self, row: int) -> LeadRecord:
        """The finished record of a draft that has an identity."""
        address = self.address
        return LeadRecord(
            row,
            tuple(self.identities),
            address.written if address else "",
            address.domain if address else "",
            self.public_id,
            self.builtins,
            self.fields,
            self.lists,
            Consent(self.consent_at, self.consent) if self.consent else None,
            tuple(map(self._dated, self.opt_outs)) if self.opt_outs else (),
            address.role if address else False,
        )

    def _dated(self, found: OptOut) -> OptOut:
        return found if found.at else OptOut(found.reason, found.scope, self.opted_out_at)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What this home knows: declared fields and the stages of a lead's life."""

    fields: Mapping[str, LeadField]
    stages: tuple[str, ...]


def put_for(target: str, vocabulary: Vocabulary) -> Put:
    """The way a column of that target goes into the draft. Targets are those of `columns.Target`."""
    kind, _, name = target.partition(":")
    if kind == "field":
        return _put_field(name, vocabulary.fields[name])
    if kind == "id":
        return _put_identity(name)
    if kind == "builtin":
        return _put_builtin(name, vocabulary)
    if kind == "guess":
        return _put_guess(name)
    if kind == "consent":
        return _put_consent(name)
    return _PUTS[target]


def _put_email(draft: Draft, raw: object) -> str:
    found = read_address(raw) if isinstance(raw, str) else Rejected("is no text")
    if isinstance(found, Rejected):
        return found.reason
    draft.address = found
    draft.identities.insert(0, Identity(EMAIL, found.identity))
    return ""


def _put_field(name: str, declared: LeadField) -> Put:
    read = coercer(name, declared)
    is_text = declared.type == "text"

    def put(draft: Draft, raw: object) -> str:
        if is_text and isinstance(raw, str) and raw.isascii() and raw.isprintable() and len(raw) <= LONGEST_TEXT:
            draft.fields[name] = raw.strip()  # nearly all cells: nothing in them needs a closer look
            return ""
        value = read(raw)
        if isinstance(value, Rejected):
            return value.reason
        if value != "":
            draft.fields[name] = value
        return ""

    return put


def _put_identity(kind: str) -> Put:
    def put(draft: Draft, raw: object) -> str:
        value = one_line(raw)
        if isinstance(value, Rejected):
            return value.reason
        if value:
            draft.identities.append(Identity(kind, value))
        return ""

    return put


def _put_public_id(draft: Draft, raw: object) -> str:
    value = one_line(raw)
    if isinstance(value, Rejected):
        return value.reason
    draft.public_id = value
    draft.identities.append(Identity(PUBLIC_ID, value))
    return ""


def _put_builtin(name: str, vocabulary: Vocabulary) -> Put:
    known: dict[object, str] = {}

    def put(draft: Draft, raw: object) -> str:
        if isinstance(raw, str) and raw in known:
            draft.builtins[name] = known[raw]
            return ""
        text = one_line(raw)
        value = _builtin(name, text, vocabulary) if text and isinstance(text, str) else text
        if isinstance(value, Rejected):
            return value.reason
        if value:
            draft.builtins[name] = value
            if len(known) < _REMEMBERED:
                known[raw] = value
        return ""

    return put


def _builtin(name: str, text: str, vocabulary: Vocabulary) -> str | Rejected:
    match name:
        case "country":
            return leadplaces.country(text)
        case "language":
            return leadplaces.language(text)
        case "zone":
            return leadplaces.zone(text)
        case "lifecycle":
            return _stage(text, vocabulary.stages)
        case _:
            return text


def _stage(text: str, stages: tuple[str, ...]) -> str | Rejected:
    known = {stage.casefold(): stage for stage in (*stages, *BESIDE_LIFECYCLE)}
    word = text.casefold()
    alias = _HUBSPOT_LIFECYCLE.get("".join(word.split()), word)
    if word in known or alias in known:
        return known.get(word) or known[alias]
    if word == "other":
        return ""
    return Rejected(f"'{text[:40]}' is no stage of a lead's life; {did_you_mean(text, stages) or ', '.join(stages)}")


def _put_guess(name: str) -> Put:
    """A place that the other tool guessed from an IP address: kept where we understand it, and no reason to reject."""

    def put(draft: Draft, raw: object) -> str:
        text = one_line(raw)
        if text and isinstance(text, str) and name not in draft.builtins:
            value = leadplaces.zone(text) if name == "zone" else leadplaces.country(text)
            if isinstance(value, str):
                draft.builtins[name] = value
        return ""

    return put


def _put_lists(draft: Draft, raw: object) -> str:
    names = tags(raw)
    if isinstance(names, Rejected):
        return names.reason
    draft.lists = (*draft.lists, *names)
    return ""


def _put_identities(draft: Draft, raw: object) -> str:
    """Our own export: `kind:value` of each identity that has no column of its own."""
    names = tags(raw)
    if isinstance(names, Rejected):
        return names.reason
    for name in names:
        kind, _, value = name.partition(":")
        if not value:
            return f"'{name[:40]}' is no identity, such as salesforce:00Q5e"
        draft.identities.append(Identity(kind, value))
    return ""


def _put_consent(name: str) -> Put:
    """Consent's times and places; a confirmation (double opt-in) counts more than the first wish."""

    def put(draft: Draft, raw: object) -> str:
        text = one_line(raw)
        if isinstance(text, Rejected):
            return text.reason
        if text:
            draft.consent = {**(draft.consent or {}), name: text}
            at = moment(text) if name.endswith(("time", "_at")) else None
            if isinstance(at, datetime) and (draft.consent_at is None or name.startswith("confirm")):
                draft.consent_at = at
        return ""

    return put


def _put_opted_out(draft: Draft, raw: object) -> str:
    """Anything but a clear no is a yes: a person who wants no mail is worth more than a doubtful cell."""
    word = str(raw).strip().casefold()
    if word and word not in _NOT and raw is not False:
        at = moment(raw)
        draft.opt_out(OptOut("unsubscribed", at=at if isinstance(at, datetime) else None))
    return ""


def _put_subscribed(draft: Draft, raw: object) -> str:
    if raw is False or str(raw).strip().casefold() in _NOT:
        draft.opt_out(OptOut("unsubscribed"))
    return ""


def _put_dnc(draft: Draft, raw: object) -> str:
    """Mautic's do-not-contact: 0 none, 1 unsubscribed, 2 bounced, 3 set by a person."""
    if str(raw).strip() == "2":
        draft.opt_out(OptOut("bounced", "all"))
        return ""
    return _put_opted_out(draft, raw)


def _put_bounced(draft: Draft, raw: object) -> str:
    word = str(raw).strip().casefold()
    if word and word not in _NOT:
        at = moment(raw)
        draft.opt_out(OptOut("bounced", "all", at if isinstance(at, datetime) else None))
    return ""


def _put_status(draft: Draft, raw: object) -> str:
    found = _STATUSES.get(str(raw).strip().casefold())
    if found:
        draft.opt_out(found)
    return ""


def _put_opted_out_at(draft: Draft, raw: object) -> str:
    at = moment(raw)
    draft.opt_out(OptOut("unsubscribed"))
    if isinstance(at, datetime):
        draft.opted_out_at = at
    return ""


def _put_suppressed(draft: Draft, raw: object) -> str:
    """Our own export: `scope: reason` for each suppression, as JSON."""
    try:
        found = orjson.loads(raw) if isinstance(raw, str) else raw
    except orjson.JSONDecodeError:
        found = {"all": "suppressed"}
    for scope, reason in (found if isinstance(found, dict) else {"all": "suppressed"}).items():
        draft.opt_out(OptOut(str(reason), str(scope)))
    return ""


def _put_nothing(_draft: Draft, _raw: object) -> str:
    return ""


_PUTS: Mapping[str, Put] = {
    "email": _put_email,
    "public_id": _put_public_id,
    "lists": _put_lists,
    "identities": _put_identities,
    "opted_out": _put_opted_out,
    "opted_out_at": _put_opted_out_at,
    "subscribed": _put_subscribed,
    "dnc": _put_dnc,
    "bounced": _put_bounced,
    "status": _put_status,
    "suppressed": _put_suppressed,
    "nothing": _put_nothing,
}
