"""A tracker on a real port with a real spool, and services that remember what they were asked to do."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx

from engine.clock import SteppedClock
from engine.domain.recipient import Ack, Asset, Choices, Topic, UnavailableError, Wish
from engine.domain.sales.sheet import Deed, Question, Said, Sheet
from engine.domain.tokens import KeyRing, LinkRef, MailRef, Purpose, fingerprint_of, link_token, mail_token
from engine.domain.traffic import Hit
from engine.web.beacons import Beacons
from engine.web.pages import Services
from engine.web.press import Brand
from engine.web.recorder import HitMaker, Recorder
from engine.web.server import Conditions, ServerThread
from engine.web.site import tracker_site
from engine.web.spool import Spool, drain

NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
RING = KeyRing({1: b"the key before this one", 2: b"the key that signs now"}, current=2)
MAIL = MailRef(4711, b"table1")
TARGET = "https://acme.example/check?list=a%20b&c=d#top"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
CHOICES = Choices(
    (
        Topic("data", "Clean data", "How lists stay true, about every two weeks"),
        Topic("sales", "Sales <craft>", wanted=False),
    )
)


SHEET = Sheet(
    "Jane <Park>",
    "Northwind",
    "Head of Operations",
    email="jane@northwind.example",
    phone="+49 30 1234-567",
    because="she asked for a demo",
    deeds=(Deed("3 Nov", "clicked “checklist”"),),
)


def token(purpose: Purpose, mail: MailRef = MAIL, ring: KeyRing = RING) -> str:
    return mail_token(ring, purpose, mail)


def open_path() -> str:
    return f"/o/{token(Purpose.TRACK)}.gif"


def click_path(target: str = TARGET, index: int = 3) -> str:
    return f"/c/{token(Purpose.TRACK)}/{link_token(RING, MAIL.table, LinkRef(index, target))}"


@dataclass
class Office:
    """All services in one; `away` makes the store unreachable, `stuck` makes it hang until the event is set."""

    away: bool = False
    stuck: threading.Event | None = None
    undo_ack: Ack = Ack.DONE
    choices_now: Choices | None = CHOICES
    mail: str | None = "<p>Dear <b>Jane</b></p>"
    unsubscribed: list[tuple[int, str, datetime, Mapping[str, str]]] = field(default_factory=list)
    undone: list[int] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)
    brought: list[tuple[int, str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    question: Question | None = None
    said: list[tuple[str, int, bytes, Said]] = field(default_factory=list)

    def sheet(self, kind: str, number: int, person: bytes) -> tuple[Sheet, Question] | None:
        self._store()
        known = number == 7 and person == fingerprint_of("ann") and self.question is not None
        return (SHEET, self.question) if known and self.question is not None else None

    def answer(self, kind: str, number: int, person: bytes, said: Said) -> str:
        self._store()
        self.said.append((kind, number, person, said))
        return "Yours. Jane hears nothing from us by mail while you talk."

    def _store(self) -> None:
        if self.stuck:
            self.stuck.wait(30)
        if self.away:
            raise UnavailableError("The store is away.")

    def unsubscribe(self, delivery: int, how: str, at: datetime, evidence: Mapping[str, str]) -> Ack:
        self._store()
        self.unsubscribed.append((delivery, how, at, evidence))
        return Ack.DONE

    def undo(self, delivery: int, at: datetime, evidence: Mapping[str, str]) -> Ack:
        self._store()
        self.undone.append(delivery)
        return self.undo_ack

    def choices(self, delivery: int) -> Choices | None:
        self._store()
        return self.choices_now

    def choose(self, delivery: int, wish: Wish, at: datetime, evidence: Mapping[str, str]) -> Ack:
        self._store()
        self.wishes.append(wish)
        assert self.choices_now
        topics = tuple(replace(topic, wanted=topic.key in wish.topics) for topic in self.choices_now.topics)
        self.choices_now = Choices(topics, wish.tracking)
        return Ack.DONE

    def mail_as_sent(self, delivery: int) -> str | None:
        self._store()
        return self.mail

    def mail_to_share(self, delivery: int) -> str | None:
        self._store()
        return self.mail

    def bring(self, delivery: int, name: str, address: str, at: datetime, evidence: Mapping[str, str]) -> bool:
        self._store()
        if "@" not in address:
            return False
        self.brought.append((delivery, name, address))
        return True

    def asset(self, digest: str) -> Asset | None:
        self._store()
        self.asked.append(digest)
        return Asset("logo.png", "image/png", b"\x89PNG") if digest == "a1b2c3d4" else None


@dataclass
class World:
    http: httpx.Client
    office: Office
    spool: Path
    server: ServerThread

    def hits(self) -> list[Hit]:
        """Stops the server and reads everything that it spooled."""
        self.http.close()
        self.server.stop()
        return [hit for batch in drain(self.spool) for hit in batch.hits]


@contextmanager
def tracker(
    spool: Path,
    office: Office | None = None,
    patience: float = 5,
    conditions: Conditions = Conditions(),
    sites: tuple[str, ...] = (),
    consent: str = "asked",
) -> Iterator[World]:
    office = office or Office()
    with ThreadPoolExecutor(1) as writer:
        recorder = Recorder(Spool(spool, "w1"), HitMaker(SteppedClock(NOON), "run", b"visitor key"))
        services = Services(office, office, office, office, writer, patience)
        brand = Brand("Acme & Söhne", "https://acme.example", "1 Main Street, 10115 Berlin")
        beacons = Beacons(RING, recorder, sites, consent) if sites else None
        site = tracker_site(RING, recorder, services, office, brand, beacons, office)
        server = ServerThread(site, conditions=conditions)
        with server, httpx.Client(base_url=server.url, headers={"user-agent": FIREFOX}) as http:
            yield World(http, office, spool, server)
