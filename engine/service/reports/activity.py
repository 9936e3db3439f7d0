"""What campaigns did in some days, and what came of it: the figures under the reports on campaigns and themes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import ProblemsError
from engine.service.home import Home
from engine.service.reports.window import Window
from engine.service.running import Runner
from engine.store.database import reading
from engine.store.report_figures import campaign_counts, handoffs_between


@dataclass(frozen=True, slots=True)
class Activity:
    """Counts of a campaign or theme: `what` as `engine.store.daily_counts` calls it; hand-offs and their answers."""

    counts: Mapping[str, int]
    handed: int = 0
    accepted: int = 0

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
        handed = handoffs_between(connection, window.begins, window.ends)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for (campaign, what), n in found.items():
        counts[campaign][what] += n
    given, taken = _handed(handed, "campaign")
    return {name: Activity(counts[name], given[name], taken[name]) for name in counts.keys() | given.keys() if name}


def by_theme(home: Home, window: Window) -> dict[str, Activity]:
    """The figures of each theme: the sum of its campaigns; hand-offs by the theme that they have themselves."""
    themes = campaign_themes(home)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for name, one in by_campaign(home, window).items():
        counts[themes.get(name, "")].update(one.counts)
    with reading(home.store) as connection:
        given, taken = _handed(handoffs_between(connection, window.begins, window.ends), "theme")
    return {name: Activity(counts[name], given[name], taken[name]) for name in counts.keys() | given.keys()}


def _handed(rows: Iterable[Any], by: str) -> tuple[Counter[str], Counter[str]]:
    """Hand-offs, and those that sales accepted."""
    given, taken = Counter[str](), Counter[str]()
    for row in rows:
        given[getattr(row, by)] += 1
        taken[getattr(row, by)] += row.answered_at is not None and not row.reason
    return given, taken


def campaign_themes(home: Home) -> dict[str, str]:
    """The theme of each campaign that runs."""
    try:
        return {name: one.theme for name, one in Runner(home).current().programme.campaigns.items()}
    except ProblemsError:
        return {}
