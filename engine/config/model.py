"""What `config.toml` may say: what spans campaigns, and how this home is run.

Documentation lives on the fields; the reference page and the JSON Schema are generated from it. Rules and durations are
kept here as the text that the person wrote; `engine.authoring` reads them and points at mistakes.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from engine.config.outside import Api, Crm, Experiments, PageViews, Reports, Webhook
from engine.config.sales import Accounts, Lifecycle, Sales, Scoring
from engine.config.section import Section

FieldType = Literal["text", "number", "boolean", "date", "datetime", "choice", "tags"]


class Company(Section):
    """Who you are; it stands in every mail."""

    name: str = Field("Your company", description="The sender's name as recipients know it.")
    postal_address: str = Field(
        "",
        description="Stands in every mail, as the law asks (CAN-SPAM § 7704(a)(5)); a mail without it is an error.",
        examples=["1 Main St, Springfield"],
    )
    website: str = Field(
        "", description="Where the company's name in a mail leads.", examples=["https://www.acme.example"]
    )
    zone: str = Field(
        "UTC", description="The home's time zone, used where a lead's own is not known.", examples=["Europe/Berlin"]
    )
    language: str = Field("en", description="The language of templates without a language in their name.")


class Sender(Section):
    """Who mails are from."""

    default: str = Field(
        "Your company <hello@example.com>",
        description="Sender of campaigns that name none: a name and an address.",
    )
    verified_domains: tuple[str, ...] = Field(
        (),
        description="Domains that may stand in From; an owner's address elsewhere falls back to `else`.",
        examples=[["acme.example"]],
    )
    bounce_domain: str = Field(
        "",
        description="Domain of the envelope sender (VERP), to which bounces return; the sender's own when empty.",
        examples=["bounces.acme.example"],
    )
    owners: dict[str, str] = Field(
        {},
        description="Who an owner is: the `owner` value of a lead to a name and an address.",
        examples=[{"ann": "Ann Lee <ann@acme.example>"}],
    )


class Dkim(Section):
    """A key that signs mail of one sender domain."""

    domain: str = Field(description="The signing domain (d=), aligned with From.", examples=["acme.example"])
    selector: str = Field(
        description="The selector (s=) under which the public key is published.", examples=["ripeline"]
    )
    key_file: str = Field(
        description="A PEM file with the private key, relative to the home.", examples=["keys/dkim.pem"]
    )


class Relay(Section):
    """An SMTP server that takes mail."""

    name: str = Field(description="How pages, logs and alerts call it.", examples=["main"])
    host: str = Field("127.0.0.1", description="Host name of the SMTP server.", examples=["smtp.acme.example"])
    port: int = Field(587, ge=1, le=65535, description="Port: 587 with STARTTLS, 465 with TLS.")
    tls: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="`none` is accepted for this machine only, unless `insecure` is true."
    )
    insecure: bool = Field(False, description="Allow plain SMTP to another machine. A login is never sent in clear.")
    username: str = Field("", description="Login; empty for none.", examples=["ripeline"])
    password_env: str = Field(
        "", description="The environment variable that holds the password.", examples=["RELAY_PASSWORD"]
    )
    password_file: str = Field(
        "", description="A file that holds the password (mode 0600).", examples=["keys/relay-password"]
    )
    connections: int = Field(4, ge=1, le=100, description="Connections kept open at most.")
    per_second: float = Field(0, ge=0, description="Mails a second at most; 0 sets no limit.", examples=[10])
    mails_per_connection: int = Field(500, ge=1, description="A connection is closed after so many mails.")
    helo: str = Field(
        "", description="The name said in EHLO; this machine's when empty.", examples=["mail.acme.example"]
    )
    sender_domains: tuple[str, ...] = Field(
        (), description="Senders of these domains use this relay; all when empty.", examples=[["acme.example"]]
    )


class Safety(Section):
    """Safe mode: mail goes to you, and to no lead; webhooks and the CRM hear of no lead."""

    deliver_to: str = Field(
        "",
        description="Every mail goes to this address instead of its lead; set in a fresh home, empty when live.",
        examples=["you@acme.example"],
    )
    hosts: tuple[str, ...] = Field(
        (), description="Hosts that webhooks and CRM tell of leads in safe mode too.", examples=[["test.acme.example"]]
    )


class LeadField(Section):
    """A field that leads may have."""

    type: FieldType = Field("text", description="What values this field holds; checked whenever one is written.")
    choices: tuple[str, ...] = Field(
        (), description="The values allowed, for the type `choice`.", examples=[["free", "pro"]]
    )
    description: str = Field(
        "",
        description="What the field means, for the people who write rules.",
        examples=["How many contacts are in it, roughly."],
    )


STANDARD_FIELDS: dict[str, LeadField] = {
    "first_name": LeadField(description="Given name."),
    "last_name": LeadField(description="Family name."),
    "name": LeadField(description="The whole name, where only that is known."),
    "salutation": LeadField(description="Mr, Ms, Dr …"),
    "title": LeadField(description="Job title."),
    "role": LeadField(description="The person's role in buying; which there are says [accounts] roles."),
    "company": LeadField(description="The company the lead works for."),
    "industry": LeadField(description="The company's industry."),
    "phone": LeadField(description="Telephone number."),
    "website": LeadField(description="The company's website."),
    "city": LeadField(),
    "state": LeadField(),
}
"""Lead fields that every home has; `[fields]` may declare more, or these anew with another type."""


class Caps(Section):
    """How much mail a lead gets at most."""

    marketing: tuple[str, ...] = Field(
        ("1 per day", "3 per week"),
        description='Marketing mails a lead gets at most, over all campaigns: "2 per week".',
    )


class NeverMail(Section):
    """Leads who never get marketing mail."""

    domains: tuple[str, ...] = Field(
        (), description="Domains that never get marketing mail: competitors, own staff.", examples=[["rival.example"]]
    )
    rule: str = Field(
        "",
        description="Leads for whom this rule holds never get marketing mail.",
        examples=["lifecycle in ['customer', 'disqualified']"],
    )


class Holidays(Section):
    """Days on which no marketing mail goes."""

    country: str = Field(
        "",
        description='Holidays of this country; "lead" takes the lead\'s own; empty for none.',
        examples=["lead", "DE", "DE-BY"],
    )
    fallback: str = Field("", description="The country for leads whose own is not known.", examples=["DE"])
    blackout: tuple[date, ...] = Field((), description="Dates without any marketing mail.", examples=[["2026-12-24"]])


class Tracking(Section):
    """Opens, clicks and the links in mails."""

    base_url: str = Field(
        "http://127.0.0.1:8026",
        description="The public address of the tracker, as it stands in mails; HTTPS when live.",
    )
    host: str = Field("127.0.0.1", description="The address the tracker listens on.")
    port: int = Field(8026, ge=1, le=65535, description="The port the tracker listens on.")
    enabled: bool = Field(True, description="Whether opens and clicks are tracked; a lead can refuse for itself.")
    quarantine: str = Field(
        "60s", description="How long an open or click waits before it counts, to recognise scanners."
    )
    workers: int = Field(1, ge=1, le=16, description="Tracker processes that share the port.")
    trusted_proxies: str = Field(
        "",
        description="Addresses of the balancers whose X-Forwarded-For is believed, separated by commas.",
        examples=["10.0.0.1, 10.0.0.2"],
    )
    utm: dict[str, str] = Field(
        {},
        description="Parameters added to links to your own sites; {campaign}, {theme}, {stage}, {mail} are filled in.",
        examples=[{"utm_source": "ripeline", "utm_campaign": "{campaign}"}],
    )
    utm_domains: tuple[str, ...] = Field(
        (), description="The sites whose links get UTM parameters.", examples=[["acme.example"]]
    )
    pages: PageViews = PageViews()


class Delivery(Section):
    """How mail is sent, and what happens when that fails."""

    unknown: Literal["hold", "resend_once"] = Field(
        "hold", description="What happens to a mail of which nobody knows whether the relay took it."
    )
    unknown_after: str = Field("3d", description="After this time an uncertain mail is settled by `unknown`.")
    give_up_after: str = Field("4d", description="A mail that relays keep deferring is given up after this time.")
    senders: int = Field(1, ge=1, le=16, description="Sending processes.")
    tick: str = Field("5s", description="How often the daemon looks for due leads when nothing wakes it.")


class Retention(Section):
    """How long rows are kept; empty for ever. Counts by day stay, whatever is forgotten."""

    mail_copies: str = Field("365d", description="Copies of mails as they were sent; `show` needs them.")
    attempts: str = Field("365d", description="Single attempts to send; the mail itself keeps how it ended.")
    machine_events: str = Field("90d", description="Opens and clicks of machines and unknown programs.")
    events: str = Field(
        "", description="All opens and clicks; rules do not know those forgotten any more.", examples=["730d"]
    )
    story: str = Field("", description="Lines of leads' stories, as `why` tells them.", examples=["730d"])
    letters: str = Field("90d", description="What was told to other programs, once it arrived.")


class Alerts(Section):
    """Where the operator hears that something needs a person."""

    mail_to: str = Field(
        "", description="The operator's address; alerts go by a relay that works.", examples=["ops@acme.example"]
    )
    webhook: str = Field(
        "",
        description="An HTTPS address that alerts are posted to as JSON.",
        examples=["https://alerts.acme.example/ripeline"],
    )


class Internal(Section):
    """Colleagues, who stay outside the statistics."""

    addresses: tuple[str, ...] = Field(
        (), description="Colleagues: mailed, but outside all statistics.", examples=[["tom@acme.example"]]
    )
    domains: tuple[str, ...] = Field((), description="Domains of colleagues.", examples=[["acme.example"]])


MAIL_PROGRAMS: dict[str, str] = {
    "gmail": "Gmail",
    "outlook-windows": "Outlook for Windows",
    "outlook": "Outlook on the web or a phone",
    "outlook-mac": "Outlook for Mac",
    "apple-mail": "Apple Mail",
    "yahoo": "Yahoo Mail",
    "samsung": "Samsung Email",
    "thunderbird": "Thunderbird",
    "gmx": "GMX and WEB.DE",
}
"""The mail programs whose support `check` knows, and what people call them."""

MailProgram = Literal[
    "gmail", "outlook-windows", "outlook", "outlook-mac", "apple-mail", "yahoo", "samsung", "thunderbird", "gmx"
]


class Check(Section):
    """What `ripeline check` looks for in this home."""

    clients: tuple[MailProgram, ...] = Field(
        ("gmail", "outlook-windows", "outlook", "apple-mail", "yahoo"),
        description="The mail programs that count: what one of them does not show is told (W501, W502, W503).",
    )
    stages: tuple[str, ...] = Field(
        (),
        description="Stages in which every theme should have a mail; a theme without one is told (W225).",
        examples=[["aware", "compare"]],
    )
    silence: dict[str, object] = Field(
        {}, description='Warnings that are meant, in all files: the code, and why. `{ W533 = "…" }`'
    )


class Apply(Section):
    """How changed files become what runs."""

    safe: bool = Field(
        False,
        description="Changes that strand, skip or repeat nobody and let nobody new in apply by themselves.",
    )


class Logs(Section):
    """The daemon's log."""

    format: Literal["text", "json"] = Field("text", description="Lines for people, or JSON for collectors.")
    personal_data: bool = Field(False, description="Whether addresses may stand in logs; otherwise only lead ids.")
    file: str = Field(
        "",
        description="A file for the daemon's log instead of standard error, relative to the home, such as "
        "`var/log/ripeline.log`; each of its child processes has a file of its own beside it.",
        examples=["var/log/ripeline.log"],
    )
    rotate: str = Field(
        "daily",
        description='When a new log file begins: `daily` at midnight UTC, or at a size such as "50 MB".',
        examples=["50 MB"],
    )
    keep: int = Field(14, ge=1, le=3650, description="How many older log files of each process are kept.")


class Metrics(Section):
    """Figures for monitoring."""

    enabled: bool = Field(
        True, description="Whether the daemon answers `/metrics` (for Prometheus), `/health` and `/ready`."
    )
    host: str = Field(
        "127.0.0.1",
        description="The address it answers on. Whoever reaches it learns how much is sent, and nobody's name.",
    )
    port: int = Field(
        8027, ge=1, le=65535, description="The port it answers on; each daemon of a machine needs its own."
    )


class Config(Section):
    """The whole of `config.toml`."""

    store: str = Field(
        "sqlite:///var/ripeline.db",
        description="Where the data lives: SQLite in the home, or PostgreSQL.",
        examples=["postgresql://ripeline@db.acme.example/ripeline"],
    )
    company: Company = Company()
    sender: Sender = Sender()
    dkim: Annotated[tuple[Dkim, ...], Field(description="Signing keys by sender domain.")] = ()
    relay: Annotated[tuple[Relay, ...], Field(description="SMTP servers, the first usable one is taken.")] = ()
    safety: Safety = Safety()
    fields: dict[str, LeadField] = Field({}, description="The lead fields that rules and templates may use.")
    caps: Caps = Caps()
    never_mail: NeverMail = NeverMail()
    holidays: Holidays = Holidays()
    tracking: Tracking = Tracking()
    delivery: Delivery = Delivery()
    retention: Retention = Retention()
    alerts: Alerts = Alerts()
    sales_ready: str = Field(
        "",
        description="When a lead is ripe for sales: the one rule that marketing and sales agreed on.",
        examples=["score >= 60 and fit in ['A', 'B']"],
    )
    lifecycle: Lifecycle = Lifecycle()
    scoring: Scoring = Scoring()
    accounts: Accounts = Accounts()
    sales: Sales = Sales()
    crm: Crm = Crm()
    api: Api = Api()
    reports: Reports = Reports()
    experiments: Experiments = Experiments()
    internal: Internal = Internal()
    check: Check = Check()
    apply: Apply = Apply()
    logs: Logs = Logs()
    metrics: Metrics = Metrics()
    webhooks: dict[str, str | Webhook] = Field(
        {},
        description="Where `webhook` steps and hand-offs are posted, by name: an address, or one with its secret.",
        examples=[{"crm": "https://crm.acme.example/hook"}],
    )
    test_recipients: Annotated[
        tuple[str, ...], Field(description="Whom `send-test` and `test-run` mail.", examples=[["ann@acme.example"]])
    ] = ()
    vars: dict[str, str] = Field(
        {},
        description="Values that every template may use as vars.name.",
        examples=[{"phone": "+49 30 1234567"}],
    )

    @property
    def lead_fields(self) -> dict[str, LeadField]:
        """Every field that a lead can have: the standard ones and those declared here."""
        return {**STANDARD_FIELDS, **self.fields}


class Secrets(Section):
    """What must never stand in a file of the repository."""

    relay_passwords: dict[str, SecretStr] = Field({})
