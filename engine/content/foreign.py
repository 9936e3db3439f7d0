"""Placeholders of other tools that were left in a mail: no tool fills them here, so every reader would see them.

The forms are those that Mailchimp (`*|FNAME|*`), Salesforce's Marketing Cloud and Pardot (`%%first_name%%`), Mautic
(`{contactfield=firstname}`, `{unsubscribe_url}`) and ActiveCampaign (`%FIRSTNAME%`) document.
"""

from __future__ import annotations

import re

from engine.content.frontmatter import Head
from engine.content.origin import Origin
from engine.errors import Place, Problem, Severity

_FOREIGN = re.compile(
    r"\*\|[A-Z][A-Z0-9_:]*\|\*"
    r"|%%[A-Za-z][\w. -]*%%"
    r"|(?<!\{)\{(?:(?:contact|owner)field=\w+|(?:unsubscribe|webview|resubscribe|dnc)_(?:url|text)|signature)\}"
    r"|(?<![%\w])%(?:FIRSTNAME|LASTNAME|FULLNAME|EMAIL|UNSUBSCRIBELINK|SENDER-INFO-SINGLELINE)%"
)


def foreign_placeholders(head: Head, origin: Origin, place: Place) -> list[Problem]:
    """Each placeholder once, at its first place: in the front matter, then in the body."""
    found: dict[str, Place] = {}
    for name, value in head.values.items():
        for text in _FOREIGN.findall(str(value)):
            found.setdefault(text, head.places.get(name, place))
    for number, line in enumerate(head.body.split("\n"), start=1):
        for match in _FOREIGN.finditer(line):
            where = origin.place(number)
            found.setdefault(match[0], Place(where.path, where.line, match.start() + 1, len(match[0])))
    return [_problem(text, where) for text, where in found.items()]


def _problem(text: str, where: Place) -> Problem:
    message = f"'{text}' is a placeholder of another tool; readers would see it as it stands"
    return Problem("W410", message, where, _ours(text.casefold()), Severity.WARNING)


def _ours(text: str) -> str:
    """What stands for it here."""
    wanted = {
        "first": '{{ lead.first_name or "there" }}',
        "fname": '{{ lead.first_name or "there" }}',
        "last": "{{ lead.last_name }}",
        "lname": "{{ lead.last_name }}",
        "unsub": "{{ unsubscribe_url }}",
        "email": "{{ lead.email }}",
        "webview": "{{ view_url }}",
        "archive": "{{ view_url }}",
        "company": "{{ lead.company }}",
    }
    ours = next((word for part, word in wanted.items() if part in text), "{{ lead.… }}")
    return f"write {ours}"
