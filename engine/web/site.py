"""The tracker put together: one ASGI app from keys, a spool and the services behind it."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from engine.domain.tokens import KeyRing
from engine.web.assets import AssetShelf
from engine.web.beacons import Beacons
from engine.web.pages import Pages, Services
from engine.web.press import Brand, Press
from engine.web.providers import Assets, SalesDesk
from engine.web.recorder import Recorder
from engine.web.sales_pages import SalesPages
from engine.web.services import Caller
from engine.web.tracker import Tracker


def tracker_site(
    ring: KeyRing,
    recorder: Recorder,
    services: Services,
    assets: Assets,
    brand: Brand,
    beacons: Beacons | None = None,
    desk: SalesDesk | None = None,
) -> Tracker:
    """The whole tracker: hot endpoints, pictures, pages of recipients, views of own pages where `beacons` take them,
    and the pages of salespeople where there is a `desk`."""
    press = Press(brand)
    shelf = AssetShelf(assets, services.writer)
    pages: ASGIApp = Pages(ring, recorder, services, press)
    if desk is not None:
        caller = Caller(services.writer, services.patience)
        pages = _by_reader(pages, SalesPages(ring, desk, caller, press))
    return Tracker(ring, recorder, shelf, pages, press.nothing(), beacons)


def _by_reader(recipients: ASGIApp, sales: ASGIApp) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await (sales if scope["path"][:3] in ("/h/", "/k/") else recipients)(scope, receive, send)

    return app
