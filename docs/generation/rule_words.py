"""What each name and function of the rule language means. A test holds the lists to the language."""

from __future__ import annotations

from collections.abc import Mapping

NAMES: Mapping[str, str] = {
    "lifecycle": "Where in its life the lead is: one of `[lifecycle] stages`, `recycled` or `disqualified`.",
    "source": "Where the lead came from.",
    "country": "Its country (ISO 3166 code).",
    "language": "Its language.",
    "zone": "Its time zone (IANA name).",
    "email_domain": "The domain of its address.",
    "owner": "The colleague who owns it, as your CRM writes it.",
    "created": "When it became known here.",
    "score": "What it did, as a number from 0, by [scoring].",
    "account_score": "The scores of all people of its company together.",
    "fit": "Who it is, as a grade A–D, by [scoring].",
    "subscribed": "Whether it takes marketing mail.",
    "replied": "Whether it answered: in this run, or ever where no campaign is around. *Answers are not read from a "
    "mailbox in this release.*",
}

CAMPAIGN: Mapping[str, str] = {
    "clicks": "Human clicks in this stage.",
    "opens": "Human opens in this stage.",
    "days_in_stage": "Days since the lead entered its stage.",
    "days_in_campaign": "Days since it entered the campaign.",
    "stage": "The stage in which it is.",
}

FUNCTIONS: Mapping[str, tuple[str, str]] = {
    "event": (
        "event('demo_booked', within='30d', plan='pro')",
        "Whether this event happened, with these properties: in this run, or ever where no campaign is around.",
    ),
    "count": ("count('page_view', within='7d') >= 3", "How often it happened."),
    "in_list": ("in_list('newsletter')", "Whether the lead is on the list."),
    "known": ("known(industry)", "Whether there is a value."),
    "contains": ("contains(company, 'GmbH')", "Whether a text holds this part, regardless of case."),
    "startswith": ("startswith(title, 'Head')", "Whether a text begins so."),
    "endswith": ("endswith(email_domain, '.de')", "Whether a text ends so."),
    "days_since": ("days_since(created) > 30", "Days since a date."),
    "days_until": ("days_until(vars.starts) > 0", "Days until a date."),
    "opened": ("opened('decay')", "Whether a person opened this step's mail in this run."),
    "clicked": (
        "clicked('decay', link='checklist', within='7d')",
        "Whether a person clicked in this step's mail in this run; `clicked(link='demo')` asks of any of its mails.",
    ),
    "sent": ("sent('decay')", "Whether this step's mail was sent in this run."),
}

EVER: Mapping[str, tuple[str, str]] = {
    "ever.opened": ("ever.opened('clean-data/decay')", "As `opened`, of any run: campaign/step."),
    "ever.clicked": ("ever.clicked('clean-data/decay', link='checklist')", "As `clicked`, of any run."),
    "ever.sent": ("ever.sent('clean-data/decay')", "As `sent`, of any run."),
    "ever.event": ("ever.event('webinar_attended')", "As `event`, over the lead's whole history."),
    "ever.count": ("ever.count('page_view') > 10", "As `count`, over the lead's whole history."),
    "ever.entered": ("ever.entered('trial')", "Whether the lead ever entered this campaign."),
    "ever.finished": ("ever.finished('trial')", "Whether a run of this campaign ever came to its end."),
    "ever.clicks": ("ever.clicks > 5", "Human clicks in all mails."),
    "ever.opens": ("ever.opens > 5", "Human opens of all mails."),
}
