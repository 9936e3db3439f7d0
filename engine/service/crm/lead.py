"""What a record said last is kept as an event of the lead, `crm_changed`. Only what differs from it does anything: a
record that is read again, or changed in another field, does not undo what happened here meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from engine.config.model import Config, LeadField
from engine.connect.crm import ChangedLead
from engine.domain.actor import Actor
from engine.domain.identity import EMAIL, PUBLIC_ID, Address, Identity, Rejected, read_address
from engine.domain.journey.decision import Line
from engine.domain.journey.facts import EventKind
from engine.domain.leadfields import BUILTINS, coerce
from engine.domain.timing import is_known_country
from engine.service.leave import UNSUBSCRIBED
from engine.store.events import NewEvent, add_events, events_of
from engine.store.journey import set_fields, story_of, tell, wake
from engine.store.lead_import import known_leads
from engine.store.leads import add_names, leads_for_merging
from engine.store.permission import consents_of, record_consent, suppress_hashes

SOURCE = "salesforce"
"""The kind of the CRM's identities, and the source of what it says."""
CHANGED = "crm_changed"
_NO_FIELDS = frozenset((*BUILTINS, "reason"))
"""Mapped or not, these are no fields to be taken over; why sales gives a lead back is read with its status."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the CRM said last of a lead, as far as it is an order and not a value."""

    status: str = ""
    owner: str = ""
    opted_out: bool = False


def lead_of(connection: Any, changed: ChangedLead) -> int | None:
    """The lead that a record of the CRM is: by our id, by the CRM's, by its address."""
    names = [Identity(PUBLIC_ID, changed.ours)] if changed.ours else []
    names += crm_names(changed)
    address = read_address(changed.email)
    if isinstance(address, Address):
        names.append(Identity(EMAIL, address.identity))
    known = known_leads(connection, names)
    return next((known[name] for name in names if name in known), None)


def crm_names(changed: ChangedLead) -> list[Identity]:
    """The names that the CRM has for it: of the lead, and of the contact that sales made of it."""
    return [Identity(SOURCE, name) for name in (changed.id, changed.contact) if name]


def told_before(connection: Any, lead: int, record: str) -> Told:
    """What this record of the CRM, one of perhaps several of the lead, said last."""
    events = (row.properties for row in events_of(connection, lead) if row.name == CHANGED)
    said = [properties for properties in events if properties.get("record") == record]
    last: Mapping[str, Any] = said[-1] if said else {}
    return Told(str(last.get("status", "")), str(last.get("owner", "")), bool(last.get("opted_out")))


def take_lead(connection: Any, config: Config, number: int, changed: ChangedLead, now: datetime) -> bool:
    """Write down what changed; whether anything did."""
    row = leads_for_merging(connection, [number]).get(number)
    if row is None:
        return False
    before = told_before(connection, number, changed.id)
    said = Told(changed.status, changed.owner, changed.opted_out)
    done = bool(add_names(connection, [(number, name) for name in crm_names(changed)]))
    values = _values(connection, config, row, changed, now)
    owner = _owner(config, changed.owner) if said.owner != before.owner else ""
    if owner and owner != row.owner:
        if "owner" in config.crm.theirs:
            values["owner"] = owner
        else:
            tell_once(connection, number, _differs(now, "owner", row.owner, owner))
    if values:
        set_fields(connection, row, values, now)
    if said.opted_out and not before.opted_out:
        done |= _leave(connection, row, changed, now)
    if said != before:
        add_events(connection, [_event(number, changed, now)])
    done |= bool(values) or said != before
    if done:
        wake(connection, [number], now)
    return done


def _event(number: int, changed: ChangedLead, now: datetime) -> NewEvent:
    said = {"status": changed.status, "owner": changed.owner, "opted_out": changed.opted_out}
    at = min(changed.changed_at, now)
    source = f"{SOURCE}:{changed.id}:{changed.changed_at.isoformat()}"
    words = f"told by {SOURCE}"
    return NewEvent(
        source,
        number,
        EventKind.CUSTOM,
        at,
        now,
        CHANGED,
        Actor.MACHINE,
        words,
        properties={"record": changed.id, **said},
    )


def _leave(connection: Any, row: Any, changed: ChangedLead, now: datetime) -> bool:
    """No marketing mail any more, unless the lead agreed to it after this was said."""
    later = (one.granted and not one.topic and one.at > changed.changed_at for one in consents_of(connection, row.id))
    if any(later) or not row.address_hash:
        return False
    if not suppress_hashes(connection, [row.address_hash], "marketing", UNSUBSCRIBED, SOURCE, now):
        return False
    proof = {"record": changed.id, "changed_at": changed.changed_at.isoformat()}
    record_consent(connection, row.id, topic="", granted=False, at=now, source=SOURCE, proof=proof)
    tell(connection, row.id, Line(now, "unsubscribed", data={"how": SOURCE}))
    return True


def _values(connection: Any, config: Config, row: Any, changed: ChangedLead, now: datetime) -> dict[str, Any]:
    """The fields whose master is the CRM and that differ; of others the difference is told once."""
    found: dict[str, Any] = {}
    for name, theirs in _readable(config, changed.fields):
        ours = row.country if name == "country" else row.fields.get(name)
        if ours == theirs:
            continue
        if name in config.crm.theirs:
            found[name] = theirs
        else:
            tell_once(connection, row.id, _differs(now, name, ours, theirs))
    return found


def _readable(config: Config, fields: Mapping[str, object]) -> Iterator[tuple[str, Any]]:
    """The fields that leads have here, with values as we keep them. What cannot be one is passed over, and so is an
    empty one: of a field that nobody filled there yet, it says nothing."""
    for name, raw in fields.items():
        if raw in (None, ""):
            continue
        if name == "country":
            if is_known_country(str(raw)):
                yield name, str(raw)
        elif name not in _NO_FIELDS:
            value = coerce(name, config.fields.get(name, LeadField()), raw)
            if not isinstance(value, Rejected):
                yield name, value


def _owner(config: Config, called: str) -> str:
    """Our name of the CRM's user; empty if it is nobody's here, such as the user that the connection runs as."""
    ours = {name.casefold(): name for name in config.sender.owners}
    ours |= {parseaddr(sent_by)[0].casefold(): name for name, sent_by in config.sender.owners.items()}
    ours |= {person.name.casefold(): person.name for person in config.sales.person}
    return ours.get(called.casefold(), "") if called else ""


def _differs(now: datetime, name: str, ours: object, theirs: object) -> Line:
    return Line(now, "crm_differs", data={"field": name, "ours": str(ours or ""), "theirs": str(theirs)})


def tell_once(connection: Any, lead: int, line: Line) -> None:
    """A line of the story, unless it has the same one already."""
    if not any(one.code == line.code and one.data == line.data for one in story_of(connection, lead)):
        tell(connection, lead, line)
