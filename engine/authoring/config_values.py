"""The values of a config that types alone cannot check: lengths of time, caps, zones, addresses, names and rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.authoring.crm_values import check_crm
from engine.authoring.policy import OF_THE_LEAD, scope_for
from engine.authoring.reader import Converter, Notes
from engine.authoring.report_values import check_reports
from engine.authoring.sales import check_sales
from engine.authoring.scoring import check_scoring
from engine.authoring.silence import Silence
from engine.authoring.toml_source import Item
from engine.authoring.values import address, domain_of, mailbox, rule, said, silences, span, zone_name
from engine.authoring.web_address import https, is_this_machine, web
from engine.config.model import Config
from engine.config.rotation import parse_rotation
from engine.domain.rules import RESERVED_NAMES
from engine.domain.rules.scope import Steps
from engine.domain.timing import is_known_country, parse_cap
from engine.domain.timing.weekly import parse_weekly
from engine.errors import did_you_mean


def check_values(config: Config, root: Item, notes: Notes, campaigns: Mapping[str, Steps] | None = None) -> None:
    """Note every value that has the right type and still cannot be used."""
    for path, convert in _CONVERTERS.items():
        for item in _items(root, path):
            if item.value != "":
                convert(item, notes)
    _rule(config, root, notes, campaigns)
    check_scoring(config, scope_for(config, campaigns=campaigns), root, notes)
    check_sales(config, scope_for(config, campaigns=campaigns), root, notes, campaigns)
    _fields(config, root, notes)
    _lifecycle(config, root, notes)
    _sender(config, root, notes)
    _relays(config, root, notes)
    _store(config, root, notes)
    _webhooks(root, notes)
    check_crm(config.crm, root, notes)
    _utm(config, root, notes)
    check_reports(config.reports, root, notes)
    config_silences(root, notes)


def config_silences(root: Item, notes: Notes) -> tuple[Silence, ...]:
    """The findings that config says are meant, in all files."""
    check = root.get("check")
    found = check.get("silence") if check is not None else None
    return (silences(found, notes) if found is not None and found.is_table else None) or ()


def _items(root: Item, path: tuple[str, ...]) -> Iterator[Item]:
    """The items at a path; `*` stands for every key or number."""
    found = [root]
    for key in path:
        if key == "*":
            found = [inside for item in found for inside in item.items.values()]
        else:
            found = [inside for item in found if (inside := item.get(key)) is not None]
    return (item for item in found if isinstance(item.value, str))


def _country(item: Item, notes: Notes) -> str | None:
    value = str(item.value)
    if is_known_country(value):
        return value
    message = f"no country has the code '{value}'"
    notes.error("E015", item.place, message, "write two letters such as 'DE', with a region 'DE-BY', or \"lead\"")
    return None


def _country_or_lead(item: Item, notes: Notes) -> str | None:
    return str(item.value) if item.value == OF_THE_LEAD else _country(item, notes)


def _domain(item: Item, notes: Notes) -> str | None:
    value = str(item.value)
    if "@" in value:
        notes.error("E014", item.place, f"'{value}' is an address, not a domain", f'write "{domain_of(value)}"')
        return None
    if "." not in value.strip(".") or "/" in value or " " in value:
        notes.error("E014", item.place, f"'{value}' is no domain", 'write "acme.example"')
        return None
    return value


def _site(item: Item, notes: Notes) -> str | None:
    return _named("site", "www.acme.example", item, notes)


def _host(item: Item, notes: Notes) -> str | None:
    return _named("host", "sandbox.acme.example", item, notes)


def _named(what: str, such_as: str, item: Item, notes: Notes) -> str | None:
    value = str(item.value)
    host = value.partition("://")[2].partition("/")[0] or value.partition("/")[0]
    if host == value and value and " " not in value and "@" not in value and ":" not in value:
        return value
    name = host.partition(":")[0] or such_as
    notes.error("E014", item.place, f"'{value}' is no name of a {what}", f'write "{name}"')
    return None


_CONVERTERS: Mapping[tuple[str, ...], Converter[object]] = {
    ("company", "zone"): zone_name,
    ("company", "website"): web,
    ("sender", "default"): mailbox,
    ("sender", "verified_domains", "*"): _domain,
    ("sender", "bounce_domain"): _domain,
    ("sender", "owners", "*"): mailbox,
    ("safety", "deliver_to"): address,
    ("safety", "hosts", "*"): _host,
    ("caps", "marketing", "*"): said(parse_cap, "2 per week"),
    ("never_mail", "domains", "*"): _domain,
    ("holidays", "country"): _country_or_lead,
    ("holidays", "fallback"): _country,
    ("tracking", "base_url"): web,
    ("tracking", "quarantine"): span,
    ("tracking", "utm_domains", "*"): _domain,
    ("tracking", "pages", "sites", "*"): _site,
    ("tracking", "pages", "kept"): span,
    ("delivery", "unknown_after"): span,
    **{
        ("retention", name): span
        for name in ("mail_copies", "attempts", "machine_events", "events", "story", "letters")
    },
    ("delivery", "give_up_after"): span,
    ("crm", "every"): span,
    ("delivery", "tick"): span,
    ("reports", "touches_within"): span,
    ("alerts", "mail_to"): address,
    ("alerts", "webhook"): https,
    ("reports", "digest_to", "*"): address,
    ("reports", "digest_at"): said(parse_weekly, "Mon 07:00"),
    ("logs", "rotate"): said(parse_rotation, "50 MB"),
    ("internal", "addresses", "*"): address,
    ("internal", "domains", "*"): _domain,
    ("test_recipients", "*"): address,
    ("webhooks", "*"): https,
}


def _rule(config: Config, root: Item, notes: Notes, campaigns: Mapping[str, Steps] | None) -> None:
    found = root.find("never_mail").get("rule")
    if found is not None and found.value != "":
        rule(scope_for(config, campaigns=campaigns))(found, notes)


def _fields(config: Config, root: Item, notes: Notes) -> None:
    for name, declared in config.fields.items():
        item = root.find("fields", name)
        if name in RESERVED_NAMES:
            message = f"'{name}' is a name that every lead has already, or a word of the rule language"
            notes.error("E016", item.key, message, "choose another name, or take it out")
        elif not name.isidentifier() or not name.isascii():
            notes.error("E016", item.key, f"'{name}' cannot be the name of a field", "use letters, digits and _ only")
        if declared.type == "choice" and not declared.choices:
            message = f"the field '{name}' is a choice, and nothing says of what"
            notes.error("E011", item.place, message, 'add  choices = ["…", "…"]')
        elif declared.choices and declared.type != "choice":
            hint = f'write type = "choice", or take the choices out of "{declared.type}"'
            notes.error("E014", item.find("choices").key, f"only a choice has choices, and '{name}' is none", hint)


def _lifecycle(config: Config, root: Item, notes: Notes) -> None:
    found = config.lifecycle
    if found.start not in found.stages:
        item = root.find("lifecycle", "start")
        hint = did_you_mean(found.start, found.stages) or f"there are: {', '.join(found.stages)}"
        notes.error(
            "E014", item.place, f"a new lead starts as '{found.start}', which is no stage of the lifecycle", hint
        )


def _sender(config: Config, root: Item, notes: Notes) -> None:
    verified = {domain.casefold() for domain in config.sender.verified_domains}
    if not verified:
        return
    for owner, sent_by in config.sender.owners.items():
        if (domain := domain_of(sent_by)) not in verified:
            message = f"mail of {owner} cannot go from {domain}, which is not among verified_domains"
            hint = "their mail will come from the campaign's other sender"
            notes.warning("W232", root.find("sender", "owners", owner).place, message, hint)
    default = root.find("sender").get("default")
    if default is not None and (domain := domain_of(config.sender.default)) not in verified:
        hint = did_you_mean(domain, verified) or "add the domain to verified_domains, or write from another one"
        notes.error("E232", default.place, f"the domain {domain} is not among verified_domains", hint)


def _relays(config: Config, root: Item, notes: Notes) -> None:
    names: set[str] = set()
    if len(config.relay) != len(root.find("relay").items):
        return  # one of them is mistaken, so the numbers do not fit
    for number, relay in enumerate(config.relay):
        item = root.find("relay", number)
        if relay.name in names:
            notes.error(
                "E014", item.find("name").place, f"a second relay is called '{relay.name}'", "rename one of them"
            )
        names.add(relay.name)
        if relay.tls == "none" and not relay.insecure and not is_this_machine(relay.host):
            message = f"mail would go to {relay.host} in clear"
            notes.error("E014", item.find("tls").place, message, 'write tls = "starttls", or insecure = true')
        if relay.tls == "none" and relay.username:
            message = "a login is never sent in clear"
            notes.error(
                "E014", item.find("username").place, message, 'write tls = "starttls" or "tls", or log in nowhere'
            )
        if relay.password_env and relay.password_file:
            message = "the password is said to stand in two places"
            notes.error("E014", item.find("password_file").key, message, "keep password_env or password_file")
        if relay.username and not (relay.password_env or relay.password_file):
            hint = 'add  password_env = "RELAY_PASSWORD"'
            notes.error("E011", item.find("username").place, f"relay '{relay.name}' logs in without a password", hint)


def _store(config: Config, root: Item, notes: Notes) -> None:
    kind = config.store.partition(":")[0].partition("+")[0]
    if kind not in ("sqlite", "postgresql", "postgres"):
        hint = 'write "sqlite:///var/ripeline.db" or "postgresql://user@host/name"'
        notes.error("E014", root.find("store").place, f"'{kind}' is not a database Ripeline knows", hint)


def _webhooks(root: Item, notes: Notes) -> None:
    for name, item in root.find("webhooks").entries() if root.get("webhooks") else ():
        url = item.find("url") if item.is_table else item
        if not isinstance(url.value, str):
            continue  # told already
        if item.is_table:
            _signed_webhook(name, item, url, notes)
        if "@" in url.value.partition("//")[2].partition("/")[0]:
            notes.error("E017", url.place, f"the address of '{name}' holds a password", "take it out of the address")
        elif not item.is_table and url.value.startswith("https://"):
            hint = f'ripeline keys --webhook {name}  makes a secret; write {name} = {{ url = "…", secret_file = "…" }}'
            notes.warning("W010", url.place, f"what is posted to '{name}' is not signed", hint)


def _signed_webhook(name: str, item: Item, url: Item, notes: Notes) -> None:
    inner = item.get("inner")
    convert = web if inner is not None and inner.value is True else https
    convert(url, notes)
    places = [key for key in ("secret_env", "secret_file") if (found := item.get(key)) is not None and found.value]
    if len(places) > 1:
        message = f"the secret of '{name}' is said to stand in two places"
        notes.error("E014", item.find("secret_file").key, message, "keep secret_env or secret_file")
    if not places:
        hint = f"ripeline keys --webhook {name}  makes one; name its file with secret_file"
        notes.error("E011", item.place, f"nothing says where the secret of '{name}' is", hint)


_UTM_HOLES = ("{campaign}", "{theme}", "{stage}", "{mail}")


def _utm(config: Config, root: Item, notes: Notes) -> None:
    for name, value in config.tracking.utm.items():
        rest = value
        for hole in _UTM_HOLES:
            rest = rest.replace(hole, "")
        if "{" in rest or "}" in rest:
            hint = f"there are {', '.join(_UTM_HOLES)}"
            notes.error("E014", root.find("tracking", "utm", name).place, f"'{value}' has an unknown {{…}}", hint)
