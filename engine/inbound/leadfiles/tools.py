"""The tools that leads come from, recognised by their headings (letters and digits only, casefolded)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.domain.leadrecord import OptOut


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool's export: the headings that give it away, and what its columns mean (see `columns`).

    `group:name` stands for the declared field that people would call so.
    """

    name: str
    signs: frozenset[str]
    columns: Mapping[str, str] = field(default_factory=dict)


_NOTHING = "nothing"

RIPELINE = Tool(
    "Ripeline",
    frozenset({"ripelineid"}),
    {
        "ripelineid": "public_id",
        "email": "email",
        "userid": "id:userId",
        "identities": "identities",
        "suppressed": "suppressed",
        "score": _NOTHING,
        "fit": _NOTHING,
        "subscribed": _NOTHING,
        "created": _NOTHING,
        "updated": _NOTHING,
    },
)

REJECTS = frozenset({"rejectedrow", "rejectedcolumn", "rejectedbecause"})
"""Columns that our rejects files put before those of the file they come from."""

MAILCHIMP = Tool(
    "Mailchimp",
    frozenset({"emailaddress", "leid", "euid"}),
    {
        "emailaddress": "email",
        "euid": "id:mailchimp",
        "optintime": "consent:optin_time",
        "optinip": "consent:optin_ip",
        "confirmtime": "consent:confirm_time",
        "confirmip": "consent:confirm_ip",
        "unsubtime": "opted_out_at",
        "timezone": "guess:zone",
        "cc": "guess:country",
        "tags": "group:tags",
        "notes": "group:notes",
        "memberrating": _NOTHING,
        "latitude": _NOTHING,
        "longitude": _NOTHING,
        "gmtoff": _NOTHING,
        "dstoff": _NOTHING,
        "lastchanged": _NOTHING,
        "leid": _NOTHING,
    },
)

HUBSPOT = Tool(
    "HubSpot",
    frozenset({"recordid", "email"}),
    {
        "recordid": "id:hubspot",
        "email": "email",
        "contactowner": "builtin:owner",
        "lifecyclestage": "builtin:lifecycle",
        "companyname": "group:company",
        "jobtitle": "group:jobtitle",
        "phonenumber": "group:phone",
        "mobilephonenumber": "group:mobile",
        "leadstatus": "group:leadstatus",
        "unsubscribedfromallemail": "opted_out",
        "emailhardbouncereason": "bounced",
    },
)

_SALESFORCE = {
    "id": "id:salesforce",
    "email": "email",
    "leadsource": "builtin:source",
    "ownerid": "builtin:owner",
    "hasoptedoutofemail": "opted_out",
    "emailoptout": "opted_out",
    "emailbouncedreason": "bounced",
    "emailbounceddate": _NOTHING,
    "isconverted": _NOTHING,
    "title": "group:jobtitle",
    "salutation": "group:salutation",
    "company": "group:company",
    "mobilephone": "group:mobile",
    "numberofemployees": "group:employees",
    "annualrevenue": "group:revenue",
    "status": "group:leadstatus",
    "leadstatus": "group:leadstatus",
    "postalcode": "group:zip",
}
SALESFORCE = Tool("Salesforce", frozenset({"lastname", "hasoptedoutofemail"}), _SALESFORCE)
SALESFORCE_PLAIN = Tool("Salesforce", frozenset({"id", "lastname", "company", "email", "leadsource"}), _SALESFORCE)
SALESFORCE_LABELS = Tool("Salesforce", frozenset({"lastname", "emailoptout"}), _SALESFORCE)
SALESFORCE_REPORT = Tool("Salesforce", frozenset({"lastname", "company", "leadsource", "leadstatus"}), _SALESFORCE)

LISTMONK = Tool(
    "listmonk",
    frozenset({"email", "name", "attributes"}),
    {
        "uuid": "id:listmonk",
        "email": "email",
        "name": "group:name",
        "attributes": "attributes",
        "status": "status",
        "createdat": _NOTHING,
        "updatedat": _NOTHING,
    },
)

_MAUTIC = {
    "id": "id:mautic",
    "email": "email",
    "title": "group:salutation",
    "position": "group:jobtitle",
    "preferredlocale": "builtin:language",
    "timezone": "builtin:zone",
    "ownerusername": "builtin:owner",
    "donotemail": "dnc",
    "dateadded": _NOTHING,
    "dateidentified": _NOTHING,
    "ip": _NOTHING,
    "stage": _NOTHING,
}
MAUTIC = Tool("Mautic", frozenset({"email", "firstname", "lastname", "preferredlocale"}), _MAUTIC)
MAUTIC_EXPORT = Tool("Mautic", frozenset({"email", "donotemail", "dateadded"}), _MAUTIC)

TOOLS = (
    RIPELINE,
    MAILCHIMP,
    HUBSPOT,
    MAUTIC,
    MAUTIC_EXPORT,
    SALESFORCE,
    SALESFORCE_PLAIN,
    SALESFORCE_LABELS,
    SALESFORCE_REPORT,
    LISTMONK,
)

_CLEANED = re.compile(r"(?<![a-z])cleaned(?![a-z])")
_LEFT = re.compile(r"(?<![a-z])(?:un-?subscribe[sd]|non-?subscribed|opt-?outs?|opted-?out)(?![a-z])")
_BLOCKED = re.compile(r"(?<![a-z])(?:block-?list(?:ed)?|black-?list(?:ed)?|suppress(?:ed|ions?))(?![a-z])")
_BOUNCED = re.compile(r"(?<![a-z])(?:hard-?)?bounce[sd]?(?![a-z])")


def recognised(headings: set[str]) -> Tool | None:
    """The tool whose signs are all among the headings."""
    return next((tool for tool in TOOLS if tool.signs <= headings), None)


def opt_out_of_file(name: str, tool: Tool | None) -> OptOut | None:
    """What the file's name says of everybody in it: unsubscribed, bounced, blocked, or nothing.

    "Cleaned" means bounced at Mailchimp only; elsewhere people call a tidied list so.
    """
    words = name.casefold()
    if tool is MAILCHIMP and _CLEANED.search(words):
        return OptOut("bounced", "all")
    if _LEFT.search(words):
        return OptOut("unsubscribed")
    if _BLOCKED.search(words):
        return OptOut("blocklisted", "all")
    return OptOut("bounced", "all") if _BOUNCED.search(words) else None
