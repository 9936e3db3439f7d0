"""The sending process: relays, journal and connections put together."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path

import uvloop

from engine.garbage import settle
from engine.processes.opening import open_for_work, share_metrics
from engine.runtime.daemon import node_name
from engine.runtime.instruments import SenderInstruments
from engine.runtime.sender import SendingLine
from engine.service.alerts import end_trouble, raise_alert
from engine.service.deliver import Dispatch
from engine.service.home import Home
from engine.service.relays import relay_settings, routes
from engine.smtp.mailer import Mailer, RelaySet
from engine.smtp.pool import Listener

log = logging.getLogger("ripeline.sender")


def run_sender(path: Path, name: str) -> None:
    """Send until SIGTERM; mails under way are finished, those not begun are given back."""
    home = open_for_work(path)
    share_metrics(home)
    counts = SenderInstruments(relay.name for relay in home.config.relay)
    uvloop.run(_send(home, node_name(name, os.getpid()), counts))


async def _send(home: Home, node: str, counts: SenderInstruments) -> None:
    with ThreadPoolExecutor(1, thread_name_prefix="writer") as writer:
        mailer = mailer_for(home, writer, counts.talked)
        dispatch = Dispatch(home, node, account=counts.recorded)
        settle()
        line = SendingLine(dispatch, mailer, connections_for(home), writer, counts.passed)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, line.stop)
        await line.run()


def mailer_for(home: Home, writer: Executor, listener: Listener | None = None) -> Mailer:
    """A mailer over the home's relays; its alerts are written by `writer`, `listener` hears of each conversation.

    Raises:
        RipelineError: a relay's settings or secrets are unusable.
    """
    settings, alarm = relay_settings(home.config, home.path), OperatorAlarm(home, writer)
    relays = RelaySet(settings, routes(home.config), home.clock, alarm, listener=listener)
    return Mailer(relays, home.clock)


def connections_for(home: Home) -> int:
    """How many connections the relays allow together."""
    return sum(relay.connections for relay in home.config.relay)


class OperatorAlarm:
    """Turns a relay's rests into one alert, and ends it when the relay works again.

    The connections that notice it do not wait for the database: alerts are written by the process's one writer.
    """

    def __init__(self, home: Home, writer: Executor) -> None:
        self._home = home
        self._writer = writer

    def relay_paused(self, relay: str, reason: str, retry_at: datetime) -> None:
        told = self._home.told(retry_at)
        text = f"relay '{relay}' {reason}. Nothing was lost: its mails wait; trying again {told}."
        self._write(partial(raise_alert, self._home, f"relay:{relay}", text, self._home.clock.now()))

    def relay_resumed(self, relay: str) -> None:
        self._write(partial(end_trouble, self._home, f"relay:{relay}", self._home.clock.now()))

    def _write(self, work: Callable[[], None]) -> None:
        self._writer.submit(work).add_done_callback(_told_if_failed)


def _told_if_failed(done: Future[None]) -> None:
    fault = done.exception()
    if fault is not None:
        log.error("an alert could not be written: %s", fault)
