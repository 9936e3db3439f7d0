"""Which column means what: by the tool that wrote the file, by the words people use, or as the importer says.

A target is one of: `email`, `public_id`, `lists`, `id:<kind>`, `builtin:<name>`, `guess:<name>` (kept if understood),
`field:<name>`, `consent:<detail>`, an opt-out (`opted_out`, `opted_out_at`, `subscribed`, `dnc`, `bounced`, `status`,
`suppressed`) or `nothing` (known, and of no use here).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from engine.domain.identity import ANONYMOUS_ID, USER_ID
from engine.domain.leadfields import BUILTINS
from engine.errors import RipelineError, did_you_mean
from engine.inbound.leadfiles.draft import Vocabulary
from engine.inbound.leadfiles.tools import REJECTS, RIPELINE, Tool, recognised

_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "email": (
        "email",
        "emailaddress",
        "mail",
        "mailaddress",
        "workemail",
        "businessemail",
        "primaryemail",
        "emailadresse",
    ),
    f"id:{USER_ID}": ("userid", "externalid", "customerid", "contactid"),
    f"id:{ANONYMOUS_ID}": ("anonymousid",),
    "lists": ("lists", "list", "segments"),
    "builtin:source": ("source", "leadsource", "originalsource", "utmsource", "quelle"),
    "builtin:lifecycle": ("lifecycle", "lifecyclestage"),
    "builtin:country": ("country", "countrycode", "countryregion", "land"),
    "builtin:language": ("language", "lang", "preferredlanguage", "preferredlocale", "locale", "sprache"),
    "builtin:zone": ("zone", "timezone", "tz"),
    "builtin:owner": ("owner", "contactowner", "leadowner", "accountowner", "salesrep"),
    "opted_out": (
        *("optedout", "optout", "emailoptout", "unsubscribed", "unsubscribedfromallemail", "hasoptedoutofemail"),
        *("donotemail", "donotmail", "donotcontact", "abgemeldet"),
    ),
    "opted_out_at": ("unsubscribedat", "optedoutat", "optoutdate", "unsubtime"),
    "subscribed": ("subscribed", "optedin", "optin", "emailoptin", "marketingconsent"),
    "bounced": ("bounced", "hardbounced", "emailhardbouncereason", "emailbouncedreason"),
    "consent:consent_at": ("consentat", "consentdate", "consenttime", "optintime", "optindate"),
    "consent:consent_ip": ("consentip", "optinip"),
    "consent:words": ("consenttext", "consentwording", "consentsource"),
}
_FIELD_GROUPS: tuple[tuple[str, ...], ...] = (
    ("firstname", "fname", "givenname", "forename", "vorname"),
    ("lastname", "lname", "surname", "familyname", "nachname"),
    ("name", "fullname", "contactname"),
    ("company", "companyname", "organization", "organisation", "accountname", "firma", "employer"),
    ("jobtitle", "title", "position", "job", "funktion"),
    ("phone", "phonenumber", "telephone", "telefon", "workphone"),
    ("mobile", "mobilephone", "mobilephonenumber", "cell"),
    ("website", "websiteurl", "url", "homepage", "domain"),
    ("city", "town", "ort", "stadt"),
    ("zip", "zipcode", "postalcode", "postcode", "plz"),
    ("state", "stateregion", "region", "province"),
    ("street", "address", "address1", "streetaddress"),
    ("industry", "branche", "sector"),
    ("employees", "numberofemployees", "companysize", "headcount"),
    ("revenue", "annualrevenue"),
    ("salutation", "anrede"),
    ("description", "notes", "note", "comments"),
    ("points", "score"),
    ("tags", "labels"),
    ("leadstatus", "status"),
)
_NOT_LETTERS = re.compile(r"[\W_]+")


class MappingError(RipelineError):
    """A column cannot be used the way it was asked to."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file and what it means here."""

    name: str
    target: str

    @property
    def meaning(self) -> str:
        """The target in words for the summary."""
        kind, _, name = self.target.partition(":")
        return name if kind in ("field", "builtin", "guess") else self.target.replace(":", " ")


@dataclass(frozen=True, slots=True)
class Columns:
    """How a file is read: its tool and its columns by place (None: not stored). `ours`: formulas are neutralised."""

    tool: Tool | None
    columns: tuple[Column | None, ...]
    unused: tuple[str, ...]
    ours: bool = False

    @property
    def used(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column and column.target != "nothing")


def plain(header: str) -> str:
    """A heading as it is compared: letters and digits only, casefolded."""
    return _NOT_LETTERS.sub("", header.casefold())


def map_columns(header: Sequence[str], vocabulary: Vocabulary, wanted: Mapping[str, str] | None = None) -> Columns:
    """What each column means: as wanted, else as its tool means it, else by name. A target is taken once.

    Raises:
        MappingError: a wanted column or target does not exist.
    """
    headings = [plain(name) for name in header]
    tool = recognised(set(headings))
    targets = _wanted(header, vocabulary, wanted or {})
    targets.update({place: "nothing" for place, name in enumerate(headings) if name in REJECTS})
    if tool:
        _fill_from_tool(targets, headings, tool, vocabulary)
    for meanings in (_own_names(vocabulary), _SYNONYMS.items(), _groups(vocabulary)):
        _fill(targets, headings, meanings)
    columns = tuple(Column(name, targets[place]) if targets.get(place) else None for place, name in enumerate(header))
    unused = tuple(name for place, name in enumerate(header) if name and not targets.get(place))
    return Columns(tool, columns, unused, tool is RIPELINE or not REJECTS.isdisjoint(headings))


def meanings_of(names: Sequence[str], vocabulary: Vocabulary) -> tuple[str, ...]:
    """What names that come one by one mean, as those of traits do: a target each, empty for what means nothing here."""
    targets: dict[int, str] = {}
    for meanings in (_own_names(vocabulary), _SYNONYMS.items(), _groups(vocabulary)):
        _fill(targets, [plain(name) for name in names], meanings)
    return tuple(targets.get(place, "") for place in range(len(names)))


def _own_names(vocabulary: Vocabulary) -> Iterable[tuple[str, tuple[str, ...]]]:
    return ((f"field:{name}", (plain(name),)) for name in vocabulary.fields)


def _groups(vocabulary: Vocabulary) -> Iterable[tuple[str, tuple[str, ...]]]:
    for name in vocabulary.fields:
        group = next((group for group in _FIELD_GROUPS if plain(name) in group), ())
        if group:
            yield f"field:{name}", group


def _fill_from_tool(targets: dict[int, str], headings: Sequence[str], tool: Tool, vocabulary: Vocabulary) -> None:
    """What the tool means by its columns; one that means an undeclared field is settled as not stored (empty)."""
    for place, name in enumerate(headings):
        meaning = tool.columns.get(name)
        if meaning is None or place in targets:
            continue
        target = _field_of(meaning, vocabulary) if meaning.startswith("group:") else meaning
        if target in ("", "nothing") or target not in targets.values():
            targets[place] = target


def _fill(targets: dict[int, str], headings: Sequence[str], meanings: Iterable[tuple[str, tuple[str, ...]]]) -> None:
    """Give each target the first column that bears one of its names, in the order of the names."""
    places: dict[str, int] = {}
    for place, name in enumerate(headings):
        places.setdefault(name, place)
    for target, names in meanings:
        if target not in targets.values():
            free = (places[name] for name in names if name in places and places[name] not in targets)
            targets.update((place, target) for place in islice(free, 1))


def _field_of(target: str, vocabulary: Vocabulary) -> str:
    """The declared field of a tool's column that means, say, `group:jobtitle`; empty if none is declared."""
    name = target.partition(":")[2]
    group = next((group for group in _FIELD_GROUPS if name in group), (name,))
    found = next((field for word in group for field in vocabulary.fields if plain(field) == word), "")
    return f"field:{found}" if found else ""


def _wanted(header: Sequence[str], vocabulary: Vocabulary, wanted: Mapping[str, str]) -> dict[int, str]:
    targets: dict[int, str] = {}
    for name, target in wanted.items():
        place = next((at for at, column in enumerate(header) if plain(column) == plain(name)), None)
        if place is None:
            hint = did_you_mean(name, header) or f"the columns are {', '.join(header)}"
            raise MappingError(f"the file has no column '{name}'; {hint}")
        targets[place] = _target(target, vocabulary)
    return targets


def _target(word: str, vocabulary: Vocabulary) -> str:
    if word in vocabulary.fields:
        return f"field:{word}"
    if word in BUILTINS:
        return f"builtin:{word}"
    if word in ("email", "lists", "opted_out", "subscribed", "bounced"):
        return word
    if word in (USER_ID, ANONYMOUS_ID) or word.startswith("id:"):
        return f"id:{word.removeprefix('id:')}"
    if word in ("", "-"):
        return "nothing"
    known = (*vocabulary.fields, *BUILTINS, "email", "lists", "opted_out", USER_ID)
    hint = did_you_mean(word, known) or "declare it under [fields] in config.toml, or write - to leave the column out"
    raise MappingError(f"a lead has no field '{word}'; {hint}")
