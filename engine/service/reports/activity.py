"""What campaigns did in some days, and what came of it: the figures under the reports on campaigns and themes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.service.home import Home
from engine.service.reports.window import Window
from engine.service.themes import campaign_themes
from engine.store.database import reading
from engine.store.interest import interested
from engine.store.report_figures import campaign_counts, handoffs_by


@dataclass(frozen=True, slots=True)
class Activity:
    """Counts of a campaign or theme: `what` as `engine.store.daily_counts` calls it; hand-offs and their answers, and
    how many leads showed interest."""

    counts: Mapping[str, int]
    handed: int = 0
    accepted: int = 0
    interested: int = 0

    def __getitem__(self, what: str) -> int:
        return self.counts.get(what, 0)

    @property
    def moved(self) -> int:
        return self["lead:advanced"] + self["lead:branched"]

    def share(self, what: str, of: str) -> float | None:
        """A count as a share of another one; None where that is nothing."""
        return self[what] / self[of] if self[of] else None


NOTHING = Activity({})


def by_campaign(home: Home, window: Window) -> dict[str, Activity]:
    """The figures of each campaign in which anything happened."""
    with reading(home.store) as connection:
        found = campaign_counts(connection, window.first, window.last)
        handed = handoffs_by(connection, window.begins, window.ends, "campaign")
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for (campaign, what), n in found.items():
        counts[campaign][what] += n
    return {name: one for name, one in _with_handoffs(counts, handed).items() if name}


def by_theme(home: Home, window: Window) -> dict[str, Activity]:
    """The figures of each theme: the sum of its campaigns; hand-offs by the theme that they have themselves."""
    with reading(home.store) as connection:
        themes = campaign_themes(connection)
        found = campaign_counts(connection, window.first, window.last)
        handed = handoffs_by(connection, window.begins, window.ends, "theme")
        leads = interested(connection, window.first, window.last, themes)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for (campaign, what), n in found.items():
        if campaign:
            counts[themes.get(campaign, "")][what] += n
    return {name: replace(one, interested=leads.get(name, 0)) for name, one in _with_handoffs(counts, handed).items()}


def _with_handoffs(
    counts: Mapping[str, Mapping[str, int]], handed: Mapping[str, tuple[int, int]]
) -> dict[str, Activity]:
    names = counts.keys() | handed.keys()
    return {name: Activity(counts.get(name, {}), *handed.get(name, (0, 0))) for name in names}
