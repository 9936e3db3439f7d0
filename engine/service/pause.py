"""Pausing a campaign, and going on. Nobody is mailed twice by it: every mail keeps its one delivery."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import RipelineError, did_you_mean
from engine.service.home import Home
from engine.service.running import Runner
from engine.store.audience import wake_campaign
from engine.store.bundles import campaign_rows, set_campaign
from engine.store.database import reading, writing
from engine.store.put_aside import bring_back


@dataclass(frozen=True, slots=True)
class Resumed:
    """Who goes on: leads looked at again, mails tried now."""

    leads: int
    mails: int


def pause_campaign(home: Home, name: str) -> bool:
    """Leads of this campaign stand still from now on; whether it ran before.

    Raises:
        RipelineError: no campaign of that name runs.
    """
    _known(home, name)
    with writing(home.store) as connection:
        row = campaign_rows(connection).get(name)
        if row is not None and row.paused_at is not None:
            return False
        now = home.clock.now()
        set_campaign(connection, name, paused_at=now)
        wake_campaign(connection, name, now)
    return True


def resume_campaign(home: Home, name: str) -> Resumed | None:
    """Leads of this campaign go on; None if it was not paused.

    Raises:
        RipelineError: no campaign of that name runs.
    """
    _known(home, name)
    with writing(home.store) as connection:
        row = campaign_rows(connection).get(name)
        if row is None or row.paused_at is None:
            return None
        now = home.clock.now()
        set_campaign(connection, name, paused_at=None)
        return Resumed(wake_campaign(connection, name, now), bring_back(connection, name, now))


def paused_campaigns(home: Home) -> list[str]:
    """The campaigns that an operator paused."""
    with reading(home.store) as connection:
        return sorted(name for name, row in campaign_rows(connection).items() if row.paused_at is not None)


def _known(home: Home, name: str) -> None:
    campaigns = Runner(home).current().programme.campaigns
    if name not in campaigns:
        hint = did_you_mean(name, campaigns) or f"there are: {', '.join(sorted(campaigns)) or 'none; `ripeline apply`'}"
        raise RipelineError(f"no campaign that was applied is called '{name}'; {hint}")
