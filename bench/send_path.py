"""The send path – decide, render, MIME, SMTP, accounted – as a share of what smtp-source reaches in the same run."""

from __future__ import annotations

import asyncio
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import uvloop
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bench.postfix import ensure_postfix, running_sink, source_seconds
from bench.postgresql import Fresh, running_postgresql
from engine.authoring.home import read_home
from engine.clock import Clock, SteppedClock
from engine.garbage import settle
from engine.processes.sender import mailer_for
from engine.runtime.instruments import SenderInstruments
from engine.runtime.sender import SendingLine
from engine.service.advance import advance_all
from engine.service.apply import apply
from engine.service.check import check
from engine.service.deliver import Dispatch
from engine.service.home import Home, open_home
from engine.service.import_leads import import_file
from engine.service.prospect import prospect
from engine.service.running import Runner
from engine.service.starter import starter_folder
from engine.store.database import reading
from engine.store.deliveries import state_counts

OCTETS = 9_500
CONNECTIONS = 20
NOW = datetime.now(UTC)
"""Not just any: sending is held where the clock of a database on a server tells another time."""

CAMPAIGN = """
title = "Bench"
theme = "bench"
state = "live"
enter = "source == 'bench'"

[stage.only]
exhausted = "hold"

[[stage.only.step]]
email = "mail"
"""

CONFIG = """
[company]
name = "Acme"
postal_address = "1 Main Street, Springfield"

[sender]
default = "Ann Lee <ann@acme.example>"
verified_domains = ["acme.example"]

[tracking]
base_url = "https://track.acme.example"

[[relay]]
name = "sink"
host = "127.0.0.1"
port = 2525
tls = "none"
connections = 20
mails_per_connection = 1000000
"""


@dataclass(frozen=True, slots=True)
class SendFigure:
    """Seconds of the path's parts, and mails per second of the limit.

    `decide` and `after` are the daemon's two looks at each lead, `send` is the sending process: claim, render, MIME,
    SMTP, gate, accounting.
    """

    mails: int
    decide: float
    send: float
    after: float
    limit: float

    @property
    def whole(self) -> float:
        """Mails per second when everything happens in one process, one after the other."""
        return self.mails / (self.decide + self.send + self.after)

    @property
    def sending(self) -> float:
        """Mails per second of the sending process, beside which the daemon decides."""
        return self.mails / self.send


def measure(mails: int = 5_000, rounds: int = 3, *, dkim: bool = False, fresh: Fresh | None = None) -> SendFigure:
    """Send a first mail to `mails` leads, from their being due to their being accounted for; `dkim`: each one signed.
    `fresh` makes the store of each round, SQLite without it.

    The limit is measured before each round; the best round of both counts, as the machine's other work slows both.
    """
    postfix = ensure_postfix()
    figures, limit = [], 0.0
    with running_sink(postfix) as port:
        for _ in range(rounds):
            seconds = source_seconds(postfix, port, mails=mails, connections=CONNECTIONS, octets=OCTETS)
            limit = max(limit, mails / seconds)
            figures.append(one_round(port, mails, dkim=dkim, store=fresh() if fresh else ""))
    return replace(max(figures, key=lambda figure: figure.whole), limit=limit)


def one_round(port: int, mails: int, *, dkim: bool = False, store: str = "") -> SendFigure:
    """One home, made, decided, sent and looked at again; the limit is not measured."""
    with tempfile.TemporaryDirectory() as folder:
        home, runner = a_home(Path(folder), port, mails, dkim=dkim, store=store)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop, ThreadPoolExecutor(1) as writer:
            return _measured(home, runner, mails, loop, writer)


def _measured(home: Home, runner: Runner, mails: int, loop: asyncio.Runner, writer: ThreadPoolExecutor) -> SendFigure:
    programme = runner.current().programme
    settle()  # as each process does when it has loaded all
    begun = time.perf_counter()
    advance_all(home.store, programme, NOW)
    decided = time.perf_counter()
    loop.run(_send(home, runner, writer))
    sent = time.perf_counter()
    advance_all(home.store, programme, NOW)
    ended = time.perf_counter()
    with reading(home.store) as connection:
        counts = state_counts(connection)
    assert counts == {"sent": mails}, counts
    return SendFigure(mails, decided - begun, sent - decided, ended - sent, 0.0)


async def _send(home: Home, runner: Runner, writer: ThreadPoolExecutor) -> None:
    counts = SenderInstruments(relay.name for relay in home.config.relay)
    mailer = mailer_for(home, writer, counts.talked)
    dispatch = Dispatch(home, "bench", runner, counts.recorded)
    await SendingLine(dispatch, mailer, CONNECTIONS, writer, counts.passed).run_dry()
    await mailer.close(drain=True)


def a_home(
    folder: Path, port: int, leads: int, *, dkim: bool = False, clock: Clock | None = None, store: str = ""
) -> tuple[Home, Runner]:
    """A home whose relay is at this port, with so many leads who are due for one mail of about 9.5 KB."""
    for name in ("layouts", "partials"):
        source = starter_folder() / "templates" / name
        (folder / "templates" / name).mkdir(parents=True)
        for path in source.glob("*.html"):
            (folder / "templates" / name / path.name).write_bytes(path.read_bytes())
    own = f'store = "{store}"\n' if store else ""
    (folder / "config.toml").write_text(own + CONFIG.replace("2525", str(port)) + (_signed(folder) if dkim else ""))
    (folder / "campaigns").mkdir()
    (folder / "campaigns" / "bench.toml").write_text(CAMPAIGN)
    (folder / "templates" / "bench" / "only").mkdir(parents=True)
    (folder / "templates" / "bench" / "only" / "mail.html").write_text(_mail())
    config = read_home(folder).config
    home = open_home(folder, config, clock or SteppedClock(NOW))
    runner = Runner(home)
    apply(home, prospect(home, check(folder), runner), "bench")
    rows = "".join(f"lead{n}@x{n % 97}.example,Jane{n},Northwind {n % 50},bench\n" for n in range(leads))
    (folder / "leads.csv").write_text("email,first_name,company,source\n" + rows)
    import_file(home.store, folder / "leads.csv", config, home.keys.addresses, home.clock.now())
    return home, runner


def _signed(folder: Path) -> str:
    """Config that signs with an RSA key of 2048 bits, made here."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    parts = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "dkim.pem").write_bytes(key.private_bytes(*parts))
    (folder / "dkim.pem").chmod(0o600)
    return '\n[[dkim]]\ndomain = "acme.example"\nselector = "bench"\nkey_file = "dkim.pem"\n'


def _mail() -> str:
    """A personalised mail of about 9.5 KB, text and HTML, with 25 tracked links."""
    items = "".join(
        f'<p>{{{{ lead.first_name or "there" }}}}, item {n} for {{{{ lead.company or "you" }}}}: '
        f'<a href="https://acme.example/item/{n}" data-link="item-{n}">look at item {n}</a></p>\n'
        for n in range(24)
    )
    head = '+++\nsubject = "For {{ lead.company or \'you\' }}"\npreheader = "Twenty-five things"\n+++\n'
    footer = '<p>{{ company.postal_address }} <a href="{{ unsubscribe_url }}">Unsubscribe</a></p>'
    start = (
        '<!doctype html><html><head><title>Mail</title></head><body>\n<p><a href="https://acme.example/">Acme</a></p>'
    )
    return f"{head}{start}\n{items}{footer}\n</body></html>\n"


def main(*, dkim: bool = False) -> None:
    _print(measure(dkim=dkim), "signed by DKIM (RSA-2048): " if dkim else "")


def on_postgresql() -> None:
    with running_postgresql() as fresh:
        _print(measure(fresh=fresh), "on PostgreSQL: ")


def _print(figure: SendFigure, how: str) -> None:
    each = 1e6 / figure.mails
    print(
        f"{how}"
        f"sending process  {figure.sending / figure.limit:.3f} of smtp-source -d  "
        f"({figure.sending:,.0f} of {figure.limit:,.0f} mails/s)\n"
        f"whole send path  {figure.whole / figure.limit:.3f}, all in one process "
        f"(a mail: decide {figure.decide * each:,.0f} µs, send {figure.send * each:,.0f} µs, "
        f"look again {figure.after * each:,.0f} µs); to reach 0.25"
    )


if __name__ == "__main__":
    main()
