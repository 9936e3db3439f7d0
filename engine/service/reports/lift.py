"""The report `lift`: campaigns with a holdout, and what became of those who were nurtured and those held out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.domain.intervals import Interval, Sample, difference_of_means, difference_of_shares, still_needed
from engine.domain.money import EXPONENTS
from engine.errors import RipelineError, did_you_mean
from engine.service.home import Home
from engine.service.reports.attribution import waiting
from engine.service.reports.report import Asked, Cell, Column, Kind, Report, Table
from engine.store.database import reading
from engine.store.revenue_figures import Days, cohort_totals

_MEASURES = (
    ("goal", "reached the goal"),
    ("handed_off", "given to sales"),
    ("opportunity", "opened a deal"),
    ("won", "bought"),
)
_FEWEST_SALES = 10
"""On each side before means of revenue are compared: most leads bring nothing, and a mean of few sales is chance."""

Side = Mapping[str, int]


def lift(home: Home, asked: Asked) -> Report:
    """Option: `campaign`, one only. Days are those on which leads entered.

    Raises:
        RipelineError: that campaign holds nobody out.
    """
    with reading(home.store) as connection:
        totals = cohort_totals(connection, Days(asked.first, asked.last))
        notes = tuple(waiting(connection))
    names = sorted({name for name, holdout in totals if holdout and totals[name, holdout].get("entered")})
    wanted = asked.options.get("campaign", "")
    if wanted and wanted not in names:
        hint = did_you_mean(wanted, names) or f"those that do: {', '.join(names) or 'none'}"
        raise RipelineError(f"the campaign '{wanted}' holds nobody out; {hint}")
    sides = {name: (totals.get((name, False), {}), totals[name, True]) for name in names if wanted in ("", name)}
    return Report("lift", "What nurturing adds", tuple(_tables(home, sides)), (*_notes(home, bool(sides)), *notes))


def _tables(home: Home, sides: Mapping[str, tuple[Side, Side]]) -> Iterator[Table]:
    rows = [_rate(name, measure, *both) for name, both in sides.items() for measure in _MEASURES]
    columns = (Column("campaign", "campaign"), Column("what", "leads who"), *_columns(Kind.SHARE))
    yield Table(columns, tuple(rows), "Shares of leads")
    scale = 10 ** EXPONENTS[home.config.reports.currency]
    money = [_revenue(name, *both, scale) for name, both in sides.items()]
    yield Table((Column("campaign", "campaign"), *_columns(Kind.MONEY)), tuple(money), "Revenue of a lead")


def _columns(kind: Kind) -> tuple[Column, ...]:
    return (
        Column("nurtured_leads", "nurtured", Kind.COUNT),
        Column("nurtured", "of them", kind),
        Column("held_out_leads", "held out", Kind.COUNT),
        Column("held_out", "of them", kind),
        Column("difference", "difference", kind),
        Column("low", "from", kind),
        Column("high", "to", kind),
        Column("verdict", "verdict"),
    )


def _rate(name: str, measure: tuple[str, str], ours: Side, others: Side) -> tuple[Cell, ...]:
    what, told = measure
    n, m = ours.get("entered", 0), others.get("entered", 0)
    hits, other = ours.get(what, 0), others.get(what, 0)
    interval = difference_of_shares(hits, n, other, m)
    first, second = (hits / n if n else None), (other / m if m else None)
    middle = first - second if first is not None and second is not None else None
    return name, told, n, first, m, second, middle, *_ends(interval), _verdict(interval, hits, n, other, m)


def _verdict(interval: Interval | None, hits: int, n: int, others: int, m: int) -> str:
    if interval is not None and interval.beside_zero:
        return "more" if interval.low > 0 else "fewer"
    if not hits and not others:
        return "too few to say: nobody yet"
    needed = still_needed(hits, n, others, m)
    if needed is None:
        return "too few to say: no difference seen"
    return f"too few to say: needs about {_round(needed):,} more leads" if needed else "too close to say"


def _round(number: int) -> int:
    """To two digits: it is an estimate."""
    step: int = 10 ** max(0, len(str(number)) - 2)
    return -(-number // step) * step


def _revenue(name: str, ours: Side, others: Side, scale: int) -> tuple[Cell, ...]:
    first, second = _sample(ours, scale), _sample(others, scale)
    interval = difference_of_means(first, second)
    middle = first.mean - second.mean if first.mean is not None and second.mean is not None else None
    ends = [_money(one, scale) for one in (middle, *_ends(interval))]
    means = (_money(first.mean, scale), _money(second.mean, scale))
    return name, first.n, means[0], second.n, means[1], *ends, _verdict_on_money(interval, ours, others)


def _sample(side: Side, scale: int) -> Sample:
    """Revenue in whole units over all leads who entered, most of whom bring nothing."""
    return Sample(side.get("entered", 0), side.get("revenue", 0) / scale, side.get("revenue_squares", 0))


def _verdict_on_money(interval: Interval | None, ours: Side, others: Side) -> str:
    fewest = min(ours.get("won", 0), others.get("won", 0))
    if fewest < _FEWEST_SALES:
        return f"too few to say: needs {_FEWEST_SALES - fewest} more sales on the smaller side"
    if interval is not None and interval.beside_zero:
        return "more" if interval.low > 0 else "less"
    return "too close to say"


def _money(value: float | None, scale: int) -> int | None:
    return round(value * scale) if value is not None else None


def _ends(interval: Interval | None) -> tuple[float | None, float | None]:
    return (interval.low, interval.high) if interval is not None else (None, None)


def _notes(home: Home, found: bool) -> Iterator[str]:
    if not found:
        yield 'No campaign has held anybody out yet. With `holdout = "10%"` in a campaign, this report measures it.'
        return
    currency = home.config.reports.currency
    yield f"Leads count in their first run, by the day they entered; colleagues are left out. Amounts in {currency}."
    yield (
        "From and to hold the true difference with 95%: Newcombe's interval for shares (1998, method 10), Welch's for "
        "revenue. Of twenty lines without any effect, one shows one by chance."
    )
    yield (
        "How many more leads are needed: until a difference as large as the one seen shows with a probability of 80%, "
        "divided as now. Whoever looks every day and stops at the first verdict is wrong more often."
    )
