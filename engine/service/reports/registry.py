"""All reports by name: what each tells, which options it has, and where its function lives.

To add a report: a file in this folder with a function `(home, asked) -> Report`, and a line in `REPORTS`. The function
is imported when its report is asked for. A report whose module does not exist is not offered.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from engine.domain.timing.spans import parse_span
from engine.errors import RipelineError, did_you_mean
from engine.service.home import Home
from engine.service.reports.report import Asked, Report

Make = Callable[[Home, Asked], Report]


class ReportError(RipelineError):
    """A report cannot be made as it was asked for; the text says what to ask instead. Shown as wrong usage."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Option:
    """What may be chosen beside the days: `values` are all that it may be, none if that is free."""

    name: str
    help: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A report: title, what it tells in one line, `module:function`, its options, and whether days can be chosen."""

    title: str
    help: str
    place: str
    options: tuple[Option, ...] = ()
    days: bool = True

    @property
    def exists(self) -> bool:
        """Whether its module is there."""
        return importlib.util.find_spec(self.place.partition(":")[0]) is not None

    def load(self) -> Make:
        """The function that makes it."""
        module, _, name = self.place.partition(":")
        make: Make = getattr(importlib.import_module(module), name)
        return make


_HERE = "engine.service.reports"
_MODELS = ("first", "last", "linear", "decay", "position")

REPORTS: Mapping[str, Entry] = {
    "funnel": Entry(
        "From inquiry to customer",
        "How many leads go from each stage of the lifecycle to the next, how long they take, where they are lost.",
        f"{_HERE}.funnel:funnel",
        (Option("by", "A line for each cohort (month), theme or source.", ("cohort", "theme", "source")),),
    ),
    "themes": Entry(
        "Themes",
        "Mails, opens, clicks, and what came of them, for each problem that you solve.",
        f"{_HERE}.themes:themes",
    ),
    "campaigns": Entry(
        "Campaigns",
        "The same for each campaign, with goals, who left and what bounced, against the time before.",
        f"{_HERE}.campaigns:campaigns",
    ),
    "sales": Entry(
        "What sales made of its leads",
        "Hand-offs, how fast they were told, touched and answered, and what was accepted, given back or ignored.",
        f"{_HERE}.sales:sales",
        (Option("by", "A line for each salesperson, theme or campaign.", ("owner", "theme", "campaign")),),
    ),
    "forecast": Entry(
        "Sales-ready leads in the next weeks",
        "How many leads will be ripe for sales, week by week, and how well earlier forecasts did.",
        f"{_HERE}.forecast:forecast",
        days=False,
    ),
    "lifecycle": Entry(
        "Where leads are",
        "How many leads are in each stage of the lifecycle, who answers for them, and who stays too long.",
        f"{_HERE}.lifecycle:lifecycle",
        days=False,
    ),
    "unowned": Entry(
        "Leads that nobody answers for",
        "Leads without an owner or a next action, which should be none.",
        f"{_HERE}.unowned:unowned",
        days=False,
    ),
    "attribution": Entry(
        "What deals came of",
        "Credit for deals and revenue by theme, campaign, mail or source.",
        f"{_HERE}.attribution:attribution",
        (
            Option("by", "A line for each theme, campaign, mail or source.", ("theme", "campaign", "mail", "source")),
            Option("model", "How a deal is divided among its touches.", _MODELS),
        ),
    ),
    "revenue": Entry(
        "Revenue and cost",
        "Pipeline, revenue, cost and return; deals of nurtured leads against the others.",
        f"{_HERE}.revenue:revenue",
        (Option("by", "A line for each theme, campaign or source.", ("theme", "campaign", "source")),),
    ),
    "lift": Entry(
        "What nurturing adds",
        "Leads who were mailed against those held out, campaign by campaign.",
        f"{_HERE}.lift:lift",
        (Option("campaign", "One campaign only."),),
    ),
    "experiments": Entry(
        "Experiments",
        "Variants of mails, how sure their difference is, and what was learnt.",
        f"{_HERE}.experiments:experiments",
        (Option("campaign", "One campaign only."),),
    ),
    "accounts": Entry(
        "Companies",
        "The companies with the highest scores, their people and their roles.",
        f"{_HERE}.accounts:accounts",
        days=False,
    ),
}


def offered() -> dict[str, Entry]:
    """The reports that can be asked for, in the order in which they are listed."""
    return {name: entry for name, entry in REPORTS.items() if entry.exists}


def entry_of(name: str) -> Entry:
    """The report of this name.

    Raises:
        ReportError: there is none.
    """
    found = offered()
    if name not in found:
        hint = did_you_mean(name, found) or f"there are: {', '.join(found)}"
        raise ReportError(f"there is no report '{name}'; {hint}")
    return found[name]


def make_report(home: Home, name: str, asked: Asked) -> Report:
    """Make a report as it is asked for, after checking that it can be.

    Raises:
        ReportError: there is no such report, it has no such option, or no such value of one.
    """
    entry = entry_of(name)
    check_asked(name, entry, asked)
    return entry.load()(home, asked)


def check_asked(name: str, entry: Entry, asked: Asked) -> None:
    """Whether the report has the options that were given, with these values.

    Raises:
        ReportError: it has not.
    """
    if asked.first is not None and asked.last is not None and asked.first > asked.last:
        raise ReportError(f"the first day, {asked.first}, is after the last one, {asked.last}")
    if not entry.days and (asked.first is not None or asked.last is not None):
        raise ReportError(f"the report '{name}' tells how it stands now; leave --first, --last and --since out")
    known = {option.name: option for option in entry.options}
    for option, value in asked.options.items():
        if option not in known:
            has = f"its own: {', '.join(f'--{one}' for one in known)}" if known else "it has no options of its own"
            raise ReportError(f"the report '{name}' has no --{option}; {has}")
        _check_value(name, known[option], value)


def _check_value(name: str, option: Option, value: str) -> None:
    if option.values and value not in option.values:
        hint = did_you_mean(value, option.values) or f"there are: {', '.join(option.values)}"
        raise ReportError(f"the report '{name}' knows no --{option.name} {value}; {hint}")


def days_since(text: str, today: date) -> date:
    """The first day of the last `4w`, `90d` …: so many days with today among them.

    Raises:
        ReportError: the text is no length of time.
    """
    found = parse_span(text)
    if isinstance(found, str):
        raise ReportError(f"--since {text}: {found}")
    days = found.elapsed.days
    if days < 1:
        raise ReportError(f"--since {text} is less than a day; write 7d or 4w")
    return today - timedelta(days=days - 1)
