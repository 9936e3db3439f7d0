"""The API as a process: the site over the home's services."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

from starlette.types import ASGIApp

from engine.garbage import settle
from engine.processes.opening import open_for_work, share_metrics
from engine.runtime.instruments import ApiInstruments
from engine.service.api.answers import AnswerDesk
from engine.service.api.deals import DealDesk
from engine.service.api.happenings import HappeningDesk
from engine.service.api.leads import LeadDesk
from engine.service.api.overview import OverviewDesk
from engine.service.api.pages import Lists
from engine.service.api.permissions import PermissionDesk
from engine.service.api_keys import ApiKeys
from engine.service.home import Home
from engine.service.repeats import Repeats
from engine.service.take_in import take_in
from engine.store.database import StoreError
from engine.web.api.desks import Desks
from engine.web.api.endpoints import endpoints
from engine.web.api.guard import Gate
from engine.web.api.limits import Buckets
from engine.web.api.site import BODY_BYTES, Count, api_app, api_site
from engine.web.event_clients import EventClients, EventGate
from engine.web.server import Conditions, Role, serve

API = Role.configured("API", "api")
HEAD_BYTES = 32 * 1024


def run_api(path: Path) -> None:
    """Serve until SIGTERM; `ripeline run` starts one where config enables it."""
    home = open_for_work(path)
    share_metrics(home)
    app = api_site_of(home, ApiInstruments().answered)
    conditions = Conditions(
        connections=200, trusted_proxies=home.config.tracking.trusted_proxies, request_bytes=BODY_BYTES + HEAD_BYTES
    )
    settle()
    serve(app, home.config.api.host, home.config.api.port, conditions, role=API)


def api_site_of(home: Home, count: Count | None = None) -> ASGIApp:
    """The API of a home; `count` hears of each request."""
    buckets = Buckets(home.config.api.per_minute, time.monotonic)
    keys = ApiKeys(home)
    gate = Gate(keys, Repeats(home), buckets, StoreError)
    events = EventGate(keys.caller, buckets.draw, partial(take_in, home), StoreError, gate.writer)
    return api_site(gate, endpoints(), count, EventClients(events), desks_of(home))


def api_schema() -> dict[str, object]:
    """The API's description (OpenAPI 3.1), which is the same in every home."""
    return api_app(None, endpoints()).openapi()


def desks_of(home: Home) -> Desks:
    """The services behind the endpoints."""
    return Desks(
        leads=LeadDesk(home),
        permissions=PermissionDesk(home),
        happenings=HappeningDesk(home),
        rows=Lists(home),
        overview=OverviewDesk(home),
        deals=DealDesk(home),
        answers=AnswerDesk(home),
    )
