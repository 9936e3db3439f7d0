"""The tracker as a process: the site over the home's keys, spool and services."""

from __future__ import annotations

import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from starlette.types import ASGIApp

from engine.garbage import settle
from engine.processes.opening import open_for_work, share_metrics
from engine.runtime.instruments import TrackerInstruments
from engine.service.colleagues import Colleagues
from engine.service.home import Home
from engine.service.keepsakes import Keepsakes
from engine.service.leave import Leave
from engine.service.sales.desk import SalesDesk
from engine.web.beacons import Beacons
from engine.web.pages import Services
from engine.web.press import Brand
from engine.web.recorder import HitMaker, Recorder
from engine.web.server import Conditions, serve
from engine.web.site import tracker_site
from engine.web.spool import Spool
from engine.web.tally import HitTally, Report


def run_tracker(path: Path) -> None:
    """Serve until SIGTERM. Several trackers may share the port, and any number may stand behind a balancer."""
    home = open_for_work(path)
    share_metrics(home)
    tracking = home.config.tracking
    app, _ = tracker_site_of(home, f"tracker-{os.getpid()}", TrackerInstruments().hit)
    conditions = Conditions(trusted_proxies=tracking.trusted_proxies)
    settle()
    serve(app, tracking.host, tracking.port, conditions, shared=tracking.workers > 1)


def tracker_site_of(home: Home, worker: str, report: Report | None = None) -> tuple[ASGIApp, Spool]:
    """The tracker of a home, and its spool; `worker` names its part of it, `report` hears how many hits there were."""
    company, leave, kept = home.config.company, Leave(home), Keepsakes(home)
    writer = ThreadPoolExecutor(1, thread_name_prefix="writer")
    spool = Spool(home.spool, worker)
    recorder = Recorder(spool, HitMaker(home.clock, secrets.token_hex(12), home.keys.visitors), HitTally(report))
    services = Services(leave, leave, kept, Colleagues(home), writer)
    brand = Brand(company.name, company.website, company.postal_address)
    views = home.config.tracking.pages
    beacons = Beacons(home.keys.ring, recorder, views.sites, views.consent) if views.sites else None
    return tracker_site(home.keys.ring, recorder, services, kept, brand, beacons, SalesDesk(home)), spool
