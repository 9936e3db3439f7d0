"""How Ripeline speaks with other programs: webhooks, a CRM, the API, page views, reports by mail."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.config.section import Section


class Webhook(Section):
    """An address that is posted to, and the secret that signs what is posted (Standard Webhooks)."""

    url: str = Field(description="The HTTPS address.", examples=["https://crm.acme.example/hook"])
    secret_env: str = Field(
        "",
        description="The environment variable that holds the secret (`whsec_…`); two with a blank between them while "
        "it is changed.",
        examples=["CRM_HOOK_SECRET"],
    )
    secret_file: str = Field(
        "", description="A file that holds the secret (mode 0600).", examples=["keys/crm-hook-secret"]
    )
    inner: bool = Field(
        False,
        description="The host stands in your own network: private addresses and this machine (also without HTTPS) are "
        "allowed for it.",
    )


class Crm(Section):
    """The CRM of sales, which leads are handed to and whose answers come back."""

    kind: Literal["", "salesforce"] = Field("", description="Which CRM; empty for none.")
    url: str = Field("", description="Where it is.", examples=["https://acme.my.salesforce.com"])
    client_id: str = Field("", description="The consumer key of the connected app.")
    secret_env: str = Field(
        "", description="The environment variable with the consumer secret.", examples=["SALESFORCE_SECRET"]
    )
    secret_file: str = Field("", description="A file with the consumer secret (mode 0600).")
    inner: bool = Field(
        False,
        description="It stands in your own network: private addresses and this machine (also without HTTPS) are "
        "allowed for it.",
    )
    every: str = Field("2m", description="How often its changes are read.")
    fields: dict[str, str] = Field(
        {
            "first_name": "FirstName",
            "last_name": "LastName",
            "company": "Company",
            "title": "Title",
            "phone": "Phone",
            "industry": "Industry",
            "country": "Country",
        },
        description="Fields of leads and what the CRM calls them.",
    )
    theirs: tuple[str, ...] = Field(
        ("owner", "phone", "title"), description="The fields whose master is the CRM; of all others we are."
    )
    statuses: dict[str, Literal["accepted", "rejected"]] = Field(
        {"Working": "accepted", "Qualified": "accepted", "Unqualified": "rejected"},
        description="What a status of the CRM says about a lead that was handed over.",
    )


class Api(Section):
    """The JSON API, and the endpoints that Segment's client libraries speak to."""

    enabled: bool = Field(False, description="Whether the API is served by `ripeline run`.")
    host: str = Field("127.0.0.1", description="The address it listens on; put HTTPS in front of it.")
    port: int = Field(8028, ge=1, le=65535, description="The port it listens on.")
    consent_trait: str = Field(
        "",
        description="The trait by which an identify call says that the person agreed to marketing mail. It counts only "
        "with its proof beside it: `consent_at`, `consent_ip` or `consent_text`. Empty: no call ever says so.",
        examples=["marketing_consent"],
    )
    events: tuple[str, ...] = Field(
        (),
        description="The events of event clients that are kept, by name; all when empty. Each is looked at whenever "
        "its lead is decided: who tells of every click should name those that matter here.",
        examples=[["trial_started", "trial_converted"]],
    )
    per_minute: int = Field(1200, ge=1, description="Requests a minute that one key may make.")


class PageViews(Section):
    """The snippet for your own pages, which the tracker serves as `/s.js`."""

    sites: tuple[str, ...] = Field(
        (), description="The sites that may report page views; none when empty.", examples=[["www.acme.example"]]
    )
    consent: Literal["asked", "given"] = Field(
        "asked",
        description="`asked`: nothing is recorded or kept in the browser before the page says that the visitor agreed.",
    )
    kept: str = Field("90d", description="How long what unknown visitors did is kept.")


class Reports(Section):
    """Reports, and the weekly digest."""

    currency: str = Field("EUR", description="The currency of amounts (ISO 4217).")
    rates: dict[str, float] = Field(
        {},
        description="Fixed rates of other currencies: what one of it is worth in `currency`. An amount in another "
        "currency is refused without a rate.",
        examples=[{"USD": 0.92}],
    )
    digest_to: tuple[str, ...] = Field((), description="Who gets the weekly digest.", examples=[["boss@acme.example"]])
    digest_at: str = Field("Mon 07:00", description="When it goes, in the company's zone.")
    first_share: float = Field(0.4, ge=0, le=1, description="The first touch's share, attributed by position.")
    last_share: float = Field(0.4, ge=0, le=1, description="The last touch's share, attributed by position.")
    touches_within: str = Field("365d", description="Touches older than this before a deal get no credit.")


class Experiments(Section):
    """Variants of mails, and when one of them has won."""

    confidence: float = Field(0.95, gt=0.5, lt=1, description="How sure one must be before a winner is named.")
    smallest: float = Field(
        0.02, gt=0, lt=1, description="The smallest difference worth knowing (0-1), where a step does not say."
    )
    winner: Literal["person", "test"] = Field(
        "person", description="Who chooses a winner: a person, or the test by itself."
    )
