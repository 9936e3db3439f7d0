"""`config.toml`: every mistake at its place, and what is sound is used all the same."""

from __future__ import annotations

import pytest

from engine.authoring.config_file import read_config
from engine.authoring.reader import Notes
from engine.authoring.toml_source import read_document
from engine.config.model import Config
from tests.authoring.homes import CONFIG


def read(text: str) -> tuple[Config, list[str]]:
    """The config, and its problems as place, code, message and hint."""
    document, problems = read_document("config.toml", text)
    assert document is not None and not problems
    notes = Notes()
    config, _ = read_config(document, notes)
    return config, [f"{p.place.line}:{p.place.column} {p.code} {p.message} | {p.hint}" for p in notes.problems]


def test_sound_config_is_read_as_written() -> None:
    config, problems = read(CONFIG)

    assert problems == []
    assert config.company.name == "Acme"
    assert config.sender.owners == {"ben": "Ben Roe <ben@acme.example>"}
    assert config.fields["plan"].choices == ("free", "pro")


RELAY = '[[relay]]\nname = "main"\nhost = "mail.acme.example"\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("store = 5", "1:9 E012 expected a text in quotes, found the number 5 | "),
        ("[company]\nnaem = 'x'", "2:1 E010 [company] knows no 'naem' | did you mean 'name'?"),
        ("[compny]\nname = 'x'", "1:2 E010 the config knows no 'compny' | did you mean 'company'?"),
        ("postal_address = 'x'", "1:1 E010 the config knows no 'postal_address' | it belongs into [company]"),
        (
            "[company]\nstore = 'x'",
            "2:1 E010 [company] knows no 'store' | 'store' belongs to the top of the file: "
            "move it above the first header",
        ),
        ("[[relay]]\nhost = 'x'", "1:1 E011 [relay] has no 'name' | add  name = \"…\""),
        (RELAY + "port = '587'", "4:8 E012 expected a whole number, found the text '587' | "),
        ("[tracking]\nenabled = 'yes'", "2:11 E012 expected true or false, found the text 'yes' | "),
        (RELAY + "port = 'abc'", "4:8 E012 expected a whole number, found the text 'abc' | "),
        (RELAY + "port = 70000", "4:8 E014 70000 does not fit: port is less than or equal to 65535 | "),
        (
            RELAY + "tls = 'starttsl'",
            '4:7 E014 \'starttsl\' is not one of "starttls", "tls", "none" | did you mean \'starttls\'?',
        ),
        (
            RELAY + "tls = 'none'",
            '4:7 E014 mail would go to mail.acme.example in clear | write tls = "starttls", or insecure = true',
        ),
        (
            RELAY.replace("mail.acme.example", "127.0.0.1") + "tls = 'none'\nusername = 'u'\npassword_env = 'P'",
            '5:12 E014 a login is never sent in clear | write tls = "starttls" or "tls", or log in nowhere',
        ),
        (
            "store = 'mysql://x/y'",
            "1:9 E014 'mysql' is not a database Ripeline knows | "
            'write "sqlite:///var/ripeline.db" or "postgresql://user@host/name"',
        ),
        (
            RELAY + "password = 'geheim'",
            "4:1 E017 'password' does not belong into a file that is shared | "
            'name where it is kept: password_env = "RELAY_PASSWORD", or password_file = "…"',
        ),
        (
            RELAY + "username = 'u'",
            "4:12 E011 relay 'main' logs in without a password | add  password_env = \"RELAY_PASSWORD\"",
        ),
        (RELAY + RELAY, "5:8 E014 a second relay is called 'main' | rename one of them"),
        (
            "[company]\nzone = 'Europe/Berln'",
            "2:8 E015 no time zone is called 'Europe/Berln' | did you mean 'Europe/Berlin'?",
        ),
        (
            "[sender]\ndefault = 'Ann <ann.acme.example>'",
            "2:17 E230 'ann.acme.example' is no mail address: it has no @ | write \"Ann Lee <ann@acme.example>\"",
        ),
        (
            "[sender]\ndefault = 'a@b.example'\nverified_domains = ['c.example']",
            "2:11 E232 the domain b.example is not among verified_domains | did you mean 'c.example'?",
        ),
        (
            "[sender]\nverified_domains = ['ann@acme.example']",
            "2:21 E014 'ann@acme.example' is an address, not a domain | write \"acme.example\"",
        ),
        (
            "[tracking.pages]\nsites = ['www.acme.example', 'https://acme.example/shop']",
            "2:30 E014 'https://acme.example/shop' is no name of a site | write \"acme.example\"",
        ),
        (
            "[safety]\nhosts = ['test.acme.example', 'https://test.acme.example/hook']",
            "2:31 E014 'https://test.acme.example/hook' is no name of a host | write \"test.acme.example\"",
        ),
        (
            "[tracking.pages]\nkept = '90 dys'",
            "2:8 E015 '90 dys' is not understood | did you mean '90 days'?",
        ),
        (
            "[caps]\nmarketing = ['1 per day', '2 per wek']",
            "2:27 E015 '2 per wek' is no cap | '1 wek' is not understood: did you mean '1 week'?",
        ),
        (
            "[never_mail]\nrule = \"sorce == 'x'\"",
            "2:9 E104 unknown name 'sorce' in this rule | did you mean 'source'?",
        ),
        (
            "[holidays]\ncountry = 'XX'",
            "2:11 E015 no country has the code 'XX' | write two letters such as 'DE', with a region "
            "'DE-BY', or \"lead\"",
        ),
        (
            "[holidays]\nblackout = ['24.12.2026']",
            "2:13 E012 expected a date such as 2026-12-24, found the text '24.12.2026' | ",
        ),
        (
            "[delivery]\ntick = '5 sx'",
            "2:8 E015 '5 sx' is not understood | 'sx' is no unit of time; write m, h, d or w, as in '10m', "
            "'3h', '2d', '4w'",
        ),
        (
            "[logs]\nrotate = 'weekly'",
            '2:10 E015 \'weekly\' does not say when a log file is full | write "daily", or a size such as "50 MB"',
        ),
        (
            "[fields.score]\ntype = 'number'",
            "1:9 E016 'score' is a name that every lead has already, or a word of the rule language | "
            "choose another name, or take it out",
        ),
        (
            "[fields.plan]\ntype = 'choice'",
            '1:1 E011 the field \'plan\' is a choice, and nothing says of what | add  choices = ["…", "…"]',
        ),
        (
            "[fields.plan]\ntype = 'numbr'",
            '2:8 E014 \'numbr\' is not one of "text", "number", "boolean", "date", "datetime", "choice", '
            "\"tags\" | did you mean 'number'?",
        ),
        (
            "[lifecycle]\nstart = 'subscribr'",
            "2:9 E014 a new lead starts as 'subscribr', which is no stage of the lifecycle | did you mean "
            "'subscriber'?",
        ),
        (
            "[webhooks]\ncrm = 'http://crm.example/x'",
            "2:7 E014 'http://crm.example/x' is no HTTPS address | write \"https://…\"",
        ),
        (
            "[webhooks]\ncrm = 'https://u:geheim@crm.example/x'",
            "2:7 E017 the address of 'crm' holds a password | take it out of the address",
        ),
        (
            "[webhooks]\ncrm = 'https://crm.example/x'",
            "2:7 W010 what is posted to 'crm' is not signed | ripeline keys --webhook crm  makes a secret; "
            'write crm = { url = "…", secret_file = "…" }',
        ),
        (
            "[webhooks.crm]\nurl = 'https://u:geheim@crm.example/x'\nsecret_env = 'X'",
            "2:7 E017 the address of 'crm' holds a password | take it out of the address",
        ),
        (
            "[webhooks.crm]\nurl = 'http://crm.example/x'\nsecret_env = 'X'",
            "2:7 E014 'http://crm.example/x' is no HTTPS address | write \"https://…\"",
        ),
        (
            "[webhooks.crm]\nurl = 'https://crm.example/x'",
            "1:1 E011 nothing says where the secret of 'crm' is | ripeline keys --webhook crm  makes one; "
            "name its file with secret_file",
        ),
        (
            "[webhooks.crm]\nurl = 'https://crm.example/x'\nsecret_env = 'X'\nsecret_file = 'y'",
            "4:1 E014 the secret of 'crm' is said to stand in two places | keep secret_env or secret_file",
        ),
        (
            "[webhooks.crm]\nurl = 'https://crm.example/x'\nsecret = 'whsec_x'\nsecret_env = 'X'",
            "3:1 E017 'secret' does not belong into a file that is shared | name where it is kept: password_env = "
            '"RELAY_PASSWORD", or password_file = "…"',
        ),
        ("[webhooks.crm]\nsecret_env = 'X'", "1:1 E011 [webhooks.crm] has no 'url' | add  url = \"…\""),
        ("[webhooks]\ncrm = 5", "2:7 E012 expected a text in quotes, found the number 5 | "),
        (
            "[crm]\nkind = 'salesforce'\nclient_id = 'k'\nsecret_env = 'X'",
            '2:8 E011 [crm] has a kind and no url | add  url = "https://…"',
        ),
        (
            "[crm]\nkind = 'salesforce'\nurl = 'https://acme.example'\nclient_id = ''\nsecret_env = 'X'",
            "2:8 E011 [crm] has a kind and no client_id | add the consumer key of the connected app",
        ),
        (
            "[crm]\nkind = 'salesforce'\nurl = 'https://acme.example'\nclient_id = 'k'",
            '2:8 E011 nothing says where the secret of the CRM is | add  secret_env = "SALESFORCE_SECRET"',
        ),
        (
            "[crm]\nsecret_env = 'X'\nsecret_file = 'y'",
            "3:1 E014 the secret of the CRM is said to stand in two places | keep secret_env or secret_file",
        ),
        ("[crm]\nurl = 'http://a.example'", "2:7 E014 'http://a.example' is no HTTPS address | write \"https://…\""),
        (
            "[crm]\nurl = 'https://10.0.0.5'",
            "2:7 E014 10.0.0.5 stands in your own network, which [crm] may not speak with | add  inner = true  if it "
            "is meant",
        ),
        (
            "[crm]\nurl = 'https://u:geheim@a.example'",
            "2:7 E017 the address of the CRM holds a password | take it out of the address",
        ),
        (
            "[crm]\nstatuses = { Working = 'acepted' }",
            "2:24 E014 'acepted' is not one of \"accepted\", \"rejected\" | did you mean 'accepted'?",
        ),
        (
            "[crm]\nevery = '5 sx'",
            "2:9 E015 '5 sx' is not understood | 'sx' is no unit of time; write m, h, d or w, as in "
            "'10m', '3h', '2d', '4w'",
        ),
        (
            "[tracking.utm]\nutm_campaign = '{campain}'",
            "2:16 E014 '{campain}' has an unknown {…} | there are {campaign}, {theme}, {stage}, {mail}",
        ),
        ("[safety]\ndeliver_to = 'me'", "2:14 E230 'me' is no mail address: it has no @ | "),
    ],
)
def test_mistake_in_the_config_is_told_at_its_place(text: str, expected: str) -> None:
    _, problems = read(text)

    assert problems == [expected]


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://crm.acme.example", "https://10.0.0.5"])
def test_crm_in_the_own_network_may_be_meant(url: str) -> None:
    _, problems = read(f"[crm]\nkind = 'salesforce'\nurl = '{url}'\nclient_id = 'k'\nsecret_env = 'X'\ninner = true")

    assert problems == []


def test_mistake_in_one_webhook_leaves_the_rest_of_the_config_as_it_is() -> None:
    config, problems = read("[company]\nname = 'Acme'\n[webhooks]\nbi = 'https://a.example'\ncrm = { url = 5 }\n")

    assert next(line.split(" ")[1] for line in problems if " E" in line) == "E012"
    assert (config.company.name, set(config.webhooks)) == ("Acme", {"bi"})


def test_what_is_mistaken_has_its_default_and_the_rest_is_kept() -> None:
    config, problems = read(
        "[company]\nname = 'Acme'\nzone = 5\n" + RELAY + "port = 'x'\n" + "[fields]\nplan = 'text'\n"
    )

    assert len(problems) == 3
    assert (config.company.name, config.company.zone) == ("Acme", "UTC")
    assert config.relay[0].port == 587
    assert "plan" in config.fields


def test_all_mistakes_of_a_config_are_told_at_once() -> None:
    _, problems = read("[company]\nzone = 'x'\nnam = 'y'\n[delivery]\ntick = 'z'\n" + RELAY + "port = 0\n" + RELAY)

    assert sorted(line.split(" ")[1] for line in problems) == ["E010", "E014", "E014", "E015", "E015"]
