"""The picture of the digest: leads ripe for sales by week, as a PNG that mail programs show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from threading import Lock

from engine.service.reports.forecast import Week

_INK, _PAST, _COMING = "#1f2933", "#2b6cb0", "#b7cce3"
_one_at_a_time = Lock()


def weeks_picture(weeks: Sequence[tuple[date, int]], coming: Sequence[Week]) -> bytes:
    """Bars for past weeks and lighter ones, with their range, for those forecast. The same figures, the same bytes.

    The ground is white, also where the mail is shown on a dark one.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with _one_at_a_time, rc_context({"font.family": "DejaVu Sans", "font.size": 10}):
        figure = Figure(figsize=(5.6, 2.4), dpi=200, facecolor="white")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot(111)
        labels = [f"{day.day} {day:%b}" for day in (*(week for week, _ in weeks), *(one.week for one in coming))]
        counts = [float(count) for _, count in weeks]
        axes.bar(range(len(weeks)), counts, color=_PAST)
        ahead = range(len(weeks), len(labels))
        low = [max(0.0, one.expected - one.low) for one in coming]
        high = [max(0.0, one.high - one.expected) for one in coming]
        axes.bar(
            ahead, [one.expected for one in coming], color=_COMING, yerr=[low, high] if coming else None, ecolor=_INK
        )
        told = [*((count, count) for count in counts), *((one.expected, max(one.expected, one.high)) for one in coming)]
        for place, (value, top) in enumerate(told):
            axes.annotate(f"{value:,.0f}", (place, top), (0, 2), textcoords="offset points", ha="center", color=_INK)
        axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right", color=_INK)
        axes.set_yticks([])
        axes.set_ylim(0, max([1.0, *counts, *(one.high for one in coming)]) * 1.25)
        axes.spines[["top", "left", "right"]].set_visible(False)
        figure.tight_layout()
        out = BytesIO()
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
