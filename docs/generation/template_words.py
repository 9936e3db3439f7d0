"""What each name and filter of templates means. A test holds the lists to the code."""

from __future__ import annotations

from collections.abc import Mapping

ROOTS: Mapping[str, str] = {
    "lead": "A field of the lead. Without a default, a lead that has no value in it keeps its mail waiting.",
    "vars": "A value of `[vars]` in config, or of the campaign's `vars`.",
    "company": "The company of config: `company.name`, `company.postal_address`, `company.website` …",
    "owner": "The lead's owner: `owner.name`, `owner.email`.",
    "sender": "Who the mail is from: `sender.name`, `sender.email`.",
    "campaign": "`campaign.id`, `campaign.title`, `campaign.theme`.",
    "mail": "`mail.subject`, `mail.preheader`; for layouts.",
    "links": "The addresses that the head names under `[links]`.",
    "trigger": "A property of the event that let the lead in.",
}

ADDRESSES: Mapping[str, str] = {
    "unsubscribe_url": "Where the reader leaves. Every marketing mail needs it; the layouts have it.",
    "view_url": "The mail in the browser.",
    "share_link": "The mail to pass on: without the reader's own addresses, and with a form. Never a click.",
    "preferences_url": "The page of choices: topics, tracking.",
}

FILTERS: Mapping[str, str] = {
    "upper": "CAPITALS.",
    "lower": "small letters.",
    "title": "Each Word Capitalised.",
    "capitalize": "First letter a capital.",
    "trim": "Without blanks around it; nothing left counts as missing.",
    "default": 'Another value where there is none: `lead.city | default("your city")`; the same as `or`.',
    "date": 'A date by a pattern: `trigger.trial_ends | date("%-d %B")`.',
    "number": "A number with separators of thousands.",
    "round": "A number rounded.",
    "first": "The first of several values.",
    "last": "The last of several values.",
    "length": "How many.",
    "join": 'Several values as one text: `lead.interests | join(", ")`.',
    "urlencode": "Fit to stand within an address.",
    "e": "Escapes; everything is escaped anyway.",
}
