"""The people of the demo: two hundred leads of different tempers, who answer mail as people and their machines do."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from engine.demo.inbox import Received

FIRST = (
    *("Jane", "Omar", "Lena", "Priya", "Tomas", "Ines", "Kofi", "Marta", "Yuki", "Paul", "Aisha", "Erik", "Noor"),
    *("Hugo", "Zofia", "Liam", "Chloé", "Jonas", "Farah", "Bruno", "Maya", "Sven", "Ada", "Luca", "Edith", "Björn"),
)
LAST = (
    *("Park", "Haddad", "Vogel", "Iyer", "Novák", "Duarte", "Mensah", "Kowalska", "Tanaka", "Moreau", "Rahman"),
    *("Lindqvist", "Aziz", "Blanc", "Nowak", "Byrne", "Girard", "Keller", "Saleh", "Costa", "Levin", "Holm"),
)
COMPANIES = (
    *("Northwind", "Contoso", "Fabrikam", "Tailspin", "Adatum", "Litware", "Proseware", "Wingtip", "Trey", "Lucerne"),
    *(
        "Blue Yonder",
        "Alpine",
        "Coho",
        "Margie",
        "Relecloud",
        "VanArsdel",
        "Woodgrove",
        "Humongous",
        "Nod",
        "Southridge",
    ),
)
PLACES = (
    ("DE", "Europe/Berlin", "de"),
    ("GB", "Europe/London", "en"),
    ("US", "America/New_York", "en"),
    ("US", "America/Los_Angeles", "en"),
    ("FR", "Europe/Paris", "en"),
    ("SE", "Europe/Stockholm", "en"),
)


class Temper(StrEnum):
    """How somebody treats mail."""

    KEEN = "keen"
    CURIOUS = "curious"
    SLOW = "slow"
    SILENT = "silent"
    LEAVER = "leaver"
    APPLE = "apple"
    SCANNED = "scanned"


CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
APPLE_PROXY = "Mozilla/5.0"
SCANNER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"


@dataclass(frozen=True, slots=True)
class Habits:
    """How likely somebody opens, clicks and leaves, and after how long (hours, median).

    `pictures` fetches the pictures when the mail is opened; links are followed by the browser.
    """

    opens: float
    clicks: float
    leaves: float
    hours: float
    browser: str = CHROME
    pictures: str = ""


HABITS = {
    Temper.KEEN: Habits(0.95, 0.75, 0.0, 2.0, CHROME, GMAIL),
    Temper.CURIOUS: Habits(0.75, 0.35, 0.01, 6.0, CHROME),
    Temper.SLOW: Habits(0.6, 0.2, 0.01, 40.0, PHONE),
    Temper.SILENT: Habits(0.06, 0.0, 0.0, 30.0, CHROME),
    Temper.LEAVER: Habits(0.8, 0.05, 0.5, 3.0, PHONE),
    Temper.APPLE: Habits(0.5, 0.3, 0.01, 8.0, PHONE),
    Temper.SCANNED: Habits(0.3, 0.05, 0.0, 12.0, CHROME),
}
SHARES = (
    (Temper.KEEN, 22),
    (Temper.CURIOUS, 46),
    (Temper.SLOW, 34),
    (Temper.SILENT, 52),
    (Temper.LEAVER, 8),
    (Temper.APPLE, 26),
    (Temper.SCANNED, 12),
)


@dataclass(frozen=True, slots=True)
class Person:
    """A lead of the demo and its temper."""

    email: str
    first_name: str
    last_name: str
    company: str
    country: str
    zone: str
    language: str
    source: str
    owner: str
    temper: Temper

    def row(self) -> dict[str, str]:
        """As a line of the file that is imported."""
        return {
            "email": self.email,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "company": self.company,
            "country": self.country,
            "zone": self.zone,
            "language": self.language,
            "source": self.source,
            "owner": self.owner,
        }


class Deed(StrEnum):
    """What a person or a machine does with a mail, over HTTP."""

    FETCH = "fetch"
    POST = "post"


@dataclass(frozen=True, slots=True, order=True)
class Act:
    """One request that will be made at that time."""

    at: datetime
    address: str
    agent: str = field(compare=False)
    deed: Deed = field(compare=False, default=Deed.FETCH)
    who: str = field(compare=False, default="")
    human: bool = field(compare=False, default=False)


def make_people(count: int, seed: int) -> list[Person]:
    """People with every temper in fixed shares; the same for the same seed."""
    dice = random.Random(seed)  # noqa: S311
    tempers = [temper for temper, share in SHARES for _ in range(round(count * share / 200))]
    tempers = (tempers + [Temper.CURIOUS] * count)[:count]
    dice.shuffle(tempers)
    return [_person(number, temper, dice) for number, temper in enumerate(tempers)]


def _person(number: int, temper: Temper, dice: random.Random) -> Person:
    first, last, company = dice.choice(FIRST), dice.choice(LAST), dice.choice(COMPANIES)
    country, zone, language = dice.choice(PLACES)
    domain = f"{company.casefold().replace(' ', '')}.example"
    return Person(
        email=f"{_plain(first)}.{_plain(last)}{number}@{domain}",
        first_name=first,
        last_name=last,
        company=company,
        country=country,
        zone=zone,
        language=language,
        source=dice.choice(("webinar", "whitepaper", "whitepaper", "trial", "fair")),
        owner=dice.choice(("ann", "tom")),
        temper=temper,
    )


def _plain(name: str) -> str:
    table = str.maketrans("éáöůí", "eaoui")
    return name.casefold().translate(table)


_PIXEL = re.compile(r'src="([^"]+/o/[^"]+)"')
_LINK = re.compile(r'href="([^"]+/c/[^"]+)"')


class Reader:
    """Decides how people treat the mails they get; every decision comes from the seed and the mail's number."""

    def __init__(self, people: Sequence[Person], seed: int) -> None:
        self._people = {person.email.casefold(): person for person in people}
        self._seed = seed

    def person(self, email: str) -> Person:
        return self._people[email.casefold()]

    def read(self, mail: Received, now: datetime) -> Iterator[Act]:
        """What will happen with this mail, and when."""
        person = self._people.get(mail.recipient.casefold())
        if person is None:
            return
        body = mail.parsed.get_body(("html",))
        html = str(body.get_content()) if body is not None else ""
        dice = random.Random(f"{self._seed}:{mail.number}")  # noqa: S311
        yield from self._machines(person, html, now)
        yield from self._human(person, mail, html, now, dice)

    def _machines(self, person: Person, html: str, now: datetime) -> Iterator[Act]:
        """Apple's proxy opens everything; a company's scanner follows every link within seconds."""
        if person.temper is Temper.APPLE:
            for address in _PIXEL.findall(html):
                yield Act(now + timedelta(seconds=40), address, APPLE_PROXY, who=person.email)
        if person.temper is Temper.SCANNED:
            for number, address in enumerate(_LINK.findall(html)):
                yield Act(now + timedelta(seconds=1, milliseconds=100 * number), address, SCANNER, who=person.email)

    def _human(self, person: Person, mail: Received, html: str, now: datetime, dice: random.Random) -> Iterator[Act]:
        habits = HABITS[person.temper]
        if dice.random() >= habits.opens:
            return
        opened = now + timedelta(hours=habits.hours * dice.lognormvariate(0, 0.7))
        for address in _PIXEL.findall(html)[:1]:
            yield Act(opened, address, habits.pictures or habits.browser, who=person.email)
        yield from self._clicks(person, html, opened, dice)
        if dice.random() < habits.leaves:
            yield from _leave(mail, opened + timedelta(minutes=1), person)

    def _clicks(self, person: Person, html: str, opened: datetime, dice: random.Random) -> Iterator[Act]:
        """Mostly what the mail is about, some minutes after it was opened, and sometimes one more thing."""
        habits = HABITS[person.temper]
        links = list(dict.fromkeys(_LINK.findall(html)))
        wanted = links[1:] or links  # the first one is the company's name at the top
        if not wanted or dice.random() >= habits.clicks:
            return
        yield Act(opened + timedelta(minutes=2), wanted[0], habits.browser, who=person.email, human=True)
        if len(wanted) > 1 and dice.random() < habits.clicks * 0.6:
            at = opened + timedelta(minutes=2 + dice.uniform(2, 30))
            yield Act(at, dice.choice(wanted[1:]), habits.browser, who=person.email, human=True)


def _leave(mail: Received, at: datetime, person: Person) -> Iterator[Act]:
    """By the mail program's own button (RFC 8058)."""
    header = str(mail.parsed.get("List-Unsubscribe", "")).strip("<> ")
    if header:
        yield Act(at, header, "", Deed.POST, person.email)
