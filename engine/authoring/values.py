"""Converters for the values that a campaign and a config share: rules, lengths of time, windows, addresses, names."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import TypeVar

from engine.authoring.reader import Converter, Notes, Table, line, text
from engine.authoring.silence import EXAMPLE, Silence, read_silence
from engine.authoring.toml_source import Item
from engine.domain.rules import Rule, Scope, parse_rule, values_asked
from engine.domain.rules import warnings as oddities
from engine.domain.rules.nodes import Truth
from engine.domain.timing import (
    At,
    BusinessDays,
    Cadence,
    Delay,
    Span,
    UntilClock,
    Window,
    explain_zone,
    parse_at,
    parse_cadence,
    parse_delay,
    parse_span,
    parse_window_days,
    parse_window_hours,
    zone_named,
)
from engine.domain.timing.windows import LEAD_ZONE
from engine.errors import Place, Problem, did_you_mean

T = TypeVar("T")

UNREADABLE = Truth(False, "")
"""The meaning of a rule that could not be read, so that the checks still know that there is one."""

NAME = re.compile(r"[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*")
"""The form of a name that people give; JSON Schema takes it over, so it means the same in other dialects."""

LONGEST_NAME = 60


def said(parse: Callable[[str], T | str], example: str) -> Converter[T]:
    """A text that a parser of `engine.domain.timing` reads; its complaint becomes the problem."""

    def convert(item: Item, notes: Notes) -> T | None:
        if not isinstance(item.value, str):
            notes.wrong_type(item, "a text in quotes", f'for example "{example}"')
            return None
        value = text(item, notes)
        if value is None:
            return None
        found = parse(value)
        if isinstance(found, str):
            message, _, hint = found.partition(": ")
            notes.error("E015", item.place, message, hint)
            return None
        return found

    return convert


delay: Converter[Delay] = said(parse_delay, "3d")
span: Converter[Span] = said(parse_span, "3d")
cadence: Converter[Cadence] = said(parse_cadence, "every 4 weeks Tue 10:00")
at: Converter[At] = said(parse_at, "3 days before vars.webinar 10:00")


def _limit(item: Item, notes: Notes) -> Span | BusinessDays | None:
    """How long at most: a length of time or business days, but no clock time."""
    found = delay(item, notes)
    if isinstance(found, UntilClock):
        notes.error("E015", item.place, f"'{item.value}' is no length of time", "write '2d' or '2 business days'")
        return None
    return found


limit: Converter[Span | BusinessDays] = _limit


def rule(scope: Scope) -> Converter[Rule]:
    """A rule in this scope. One that cannot be read is noted and stands as `UNREADABLE`."""

    def convert(item: Item, notes: Notes) -> Rule | None:
        if not isinstance(item.value, str):
            notes.wrong_type(item, "a rule in quotes", 'for example "clicks >= 2"')
            return None
        found = parse_rule(item.value, scope, Place(item.place.path, 1, 1))
        if isinstance(found, list):
            notes.extend(item.moved(problem) for problem in found)
            return Rule(item.value, UNREADABLE)
        for odd in oddities(found, Place(item.place.path, 1, 1)):
            moved = item.moved(odd)
            switched_off = found.source.strip().casefold() == "false"
            if odd.code == "E110" and not switched_off:
                notes.error("E110", moved.place, moved.message, moved.hint)
            else:
                code = "W110" if switched_off else "W111"
                notes.warning(code, moved.place, moved.message, moved.hint)
        _warn_of_roles(found, scope, item, notes)
        return found

    return convert


def _warn_of_roles(found: Rule, scope: Scope, item: Item, notes: Notes) -> None:
    """A role that config does not name is probably misspelled."""
    known = {role.casefold() for role in scope.roles}
    for role in sorted(values_asked(found, "role") - known) if known else ():
        hint = did_you_mean(role, scope.roles) or f"there are: {', '.join(scope.roles)}; [accounts] roles names them"
        notes.warning("W263", item.place, f"config knows no role '{role}'", hint)


def window(item: Item, notes: Notes) -> Window | None:
    """`{ days = "Mon-Thu", hours = "09:00-17:00", zone = "lead", else = "Europe/Berlin" }`."""
    if not item.is_table:
        notes.wrong_type(item, "a table", 'write { days = "Mon-Thu", hours = "09:00-17:00", zone = "lead" }')
        return None
    read = Table(item, notes, "a window")
    days = read.get("days", said(parse_window_days, "Mon-Thu"), Window().days)
    hours = read.get("hours", said(parse_window_hours, "09:00-17:00"), (Window().start, Window().end))
    zone = read.get("zone", _zone(or_lead=True), LEAD_ZONE)
    fallback = read.get("else", _zone(or_lead=False), "")
    read.finish()
    return Window(days, *hours, zone, fallback)


def zone_name(item: Item, notes: Notes) -> str | None:
    """An IANA zone name."""
    return _zone(or_lead=False)(item, notes)


def _zone(*, or_lead: bool) -> Converter[str]:
    def convert(item: Item, notes: Notes) -> str | None:
        value = text(item, notes)
        if value is None or (or_lead and value == LEAD_ZONE) or zone_named(value) is not None:
            return value
        message, _, hint = explain_zone(value).partition("; ")
        hint = did_you_mean(value, (LEAD_ZONE,)) or hint if or_lead else hint
        notes.error("E015", item.place, message, hint)
        return None

    return convert


def name(what: str) -> Converter[str]:
    """A name that people give: letters, digits, dashes and underscores."""

    def convert(item: Item, notes: Notes) -> str | None:
        value = text(item, notes)
        if value is None or (NAME.fullmatch(value) and len(value) <= LONGEST_NAME):
            return value
        notes.error("E016", item.place, f"'{value}' cannot be {what}", name_hint(value))
        return None

    return convert


def is_name(value: str) -> bool:
    return bool(NAME.fullmatch(value)) and len(value) <= LONGEST_NAME


def name_hint(value: str) -> str:
    """What to write for a name that cannot be one."""
    if value.endswith((".md", ".html", ".mjml")) and is_name(value.rsplit(".", 1)[0]):
        return f"write '{value.rsplit('.', 1)[0]}', without the file's ending"
    plain = re.sub(r"[^A-Za-z0-9_]+", "-", value).strip("-_").lower()[:LONGEST_NAME]
    return f"use letters, digits, - and _ only: '{plain}'" if plain else "use letters, digits, - and _ only"


def mailbox(item: Item, notes: Notes) -> str | None:
    """An address, with a name before it or without: "Ann Lee <ann@acme.example>"."""
    value = line(item, notes)
    if value is None:
        return None
    wrong = wrong_mailbox(value)
    if wrong is None:
        return value
    start, width, message = wrong
    *words, last = value.split()
    meant = (
        f"{' '.join(words)} <{last}>" if words and "<" not in value and "@" in last else "Ann Lee <ann@acme.example>"
    )
    notes.error("E230", item.letters(start, width), message, f'write "{meant}"')
    return None


def wrong_mailbox(value: str) -> tuple[int, int, str] | None:
    """Where (first character, how many) and why a text is no mailbox; None if it is one."""
    opened = value.rfind("<")
    if opened >= 0 and not value.rstrip().endswith(">"):
        return opened, len(value) - opened, f"the address in '{value}' has no > at its end"
    start = opened + 1 if opened >= 0 else len(value) - len(value.lstrip())
    address = value[start:].strip().removesuffix(">") if opened >= 0 else value.strip()
    if opened < 0 and " " in address and "@" in address:
        return start, len(address), f"'{address}' has a name, and so its address needs < and >"
    why = wrong_address(address)
    return (start, max(1, len(address)), why) if why else None


def wrong_address(address: str) -> str:
    """Why a text is no mail address, or an empty text; by its form only, nothing is looked up."""
    if "@" not in address:
        return f"'{address}' is no mail address: it has no @"
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        said_so = str(error).rstrip(".")
        return f"'{address}' is no mail address: {said_so[:1].lower()}{said_so[1:]}"
    return ""


def address_of(mailbox_text: str) -> str:
    """The bare address of "Ann Lee <ann@acme.example>"."""
    opened = mailbox_text.rfind("<")
    return (mailbox_text[opened + 1 :].rstrip().removesuffix(">") if opened >= 0 else mailbox_text).strip()


def domain_of(mailbox_text: str) -> str:
    return address_of(mailbox_text).rpartition("@")[2].casefold()


def address(item: Item, notes: Notes) -> str | None:
    """A bare address."""
    value = line(item, notes)
    if value is None:
        return None
    if why := wrong_address(value):
        notes.error("E230", item.place, why)
        return None
    return value


def constant(item: Item, notes: Notes) -> object | None:
    """A value of `vars`: text, number, true or false, a date, or a list of texts."""
    value = item.value
    if isinstance(value, (str, bool, int, float, date, datetime)):
        return value
    if isinstance(value, list) and all(isinstance(element, str) for element in value):
        return tuple(value)
    notes.wrong_type(item, "a text, a number, true or false, a date or a list of texts")
    return None


def silences(item: Item, notes: Notes) -> tuple[Silence, ...] | None:
    """The findings that the file says are meant, by their codes with a reason each."""
    if not item.is_table:
        notes.wrong_type(item, "codes with a reason each", EXAMPLE)
        return None
    found = [read_silence(code, inside.value, inside.key, inside.place) for code, inside in item.entries()]
    notes.extend(one for one in found if isinstance(one, Problem))
    return tuple(one for one in found if isinstance(one, Silence))


_SHARE = re.compile(r"(?P<number>\d{1,2}(?:\.\d+)?)\s*%")


def share(item: Item, notes: Notes) -> float | None:
    """`"2%"` as 0.02: more than nothing, less than everything."""
    found = _SHARE.fullmatch(item.value.strip()) if isinstance(item.value, str) else None
    if found is None or not float(found["number"]):
        number = item.value if isinstance(item.value, (int, float)) and not isinstance(item.value, bool) else 0
        hint = f'write "{number if number >= 1 else number * 100:g}%"' if 0 < number < 100 else ""
        notes.wrong_type(item, 'a share such as "2%"', hint)
        return None
    return float(found["number"]) / 100
