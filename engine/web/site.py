"""The tracker put together: one ASGI app from keys, a spool and the services behind it."""

from __future__ import annotations

from engine.domain.tokens import KeyRing
from engine.web.assets import AssetShelf
from engine.web.pages import Pages, Services
from engine.web.press import Brand, Press
from engine.web.providers import Assets
from engine.web.recorder import Recorder
from engine.web.tracker import Tracker


def tracker_site(ring: KeyRing, recorder: Recorder, services: Services, assets: Assets, brand: Brand) -> Tracker:
    """The whole tracker: hot endpoints, pictures and pages."""
    press = Press(brand)
    shelf = AssetShelf(assets, services.writer)
    return Tracker(ring, recorder, shelf, Pages(ring, recorder, services, press), press.nothing())
