"""The weekly digest: what a boss reads on a phone, in one screen, with one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape

from engine.content.message import split_mailbox
from engine.service.home import Home
from engine.service.reports.activity import by_theme
from engine.service.reports.forecast import Week, weeks_known
from engine.service.reports.funnel import reached
from engine.service.reports.picture import weeks_picture
from engine.service.reports.sales import is_ignored
from engine.service.reports.window import window_from
from engine.store.database import reading
from engine.store.lifecycle_counts import transitions
from engine.store.report_figures import handoff_count, handoffs_between

WEEKS = 8
_CID = "weeks@ripeline"


@dataclass(frozen=True, slots=True)
class Digest:
    """The week that ended on the last Sunday: `weeks` are it and those before it, the oldest first, with their counts;
    `lines` are a name and what is said of it."""

    company: str
    last: date
    weeks: Sequence[tuple[date, int]]
    coming: Sequence[Week]
    lines: Sequence[tuple[str, str]]

    @property
    def headline(self) -> str:
        """`12 leads ripe for sales, 3 more than in an average week before`."""
        now, earlier = self.weeks[-1][1], [count for _, count in self.weeks[:-1]]
        usual = sum(earlier) / len(earlier)
        leads = "1 lead" if now == 1 else f"{now:,} leads"
        if abs(now - usual) < 0.5:
            return f"{leads} ripe for sales, as in an average week before"
        way = "more" if now > usual else "fewer"
        return f"{leads} ripe for sales, {abs(now - usual):.0f} {way} than in an average week before"

    @property
    def picture_words(self) -> str:
        """What the picture shows, for who does not see it."""
        past = ", ".join(f"{week.day} {week:%b} {count:,}" for week, count in self.weeks)
        ahead = ", ".join(f"{one.week.day} {one.week:%b} {one.expected:,.0f}" for one in self.coming)
        return f"Leads ripe for sales by week: {past}." + (f" Forecast: {ahead}." if ahead else "")


def digest_of(home: Home) -> Digest:
    """The digest of the last whole week, Monday to Sunday in the company's zone."""
    today = home.clock.now().astimezone(home.zone).date()
    monday = today - timedelta(days=today.weekday() + 7)
    starts = [monday - timedelta(weeks=back) for back in reversed(range(WEEKS))]
    with reading(home.store) as connection:
        spans = [window_from(home, start, start + timedelta(days=6)) for start in starts]
        weeks = [(one.first, handoff_count(connection, one.begins, one.ends)) for one in spans]
    coming, _ = weeks_known(home, today)
    lines = [_waterfall(home, today), *_themes(home, monday), *_sales(home, monday, today), _forecast(coming)]
    return Digest(home.config.company.name, monday + timedelta(days=6), weeks, coming, lines)


def _waterfall(home: Home, today: date) -> tuple[str, str]:
    stages = home.config.lifecycle.stages
    with reading(home.store) as connection:
        counts = reached(transitions(connection, today - timedelta(days=365), today), stages)
    told = " → ".join(f"{count:,} {stage}" for stage, count in counts.items() if count)
    return "Waterfall, a year", told or "no lead has changed its stage yet"


def _themes(home: Home, monday: date) -> list[tuple[str, str]]:
    found = by_theme(home, window_from(home, monday, monday + timedelta(days=6)))
    named = {name: one for name, one in found.items() if name}
    if not named:
        return []
    best = max(sorted(named), key=lambda name: (named[name].handed, named[name]["click:human"]))
    one = named[best]
    return [("Best theme", f"{best}: {one.handed:,} handed over, {one['click:human']:,} clicks")]


def _sales(home: Home, monday: date, today: date) -> list[tuple[str, str]]:
    """What sales answered of the last four weeks, and what waits."""
    span = window_from(home, monday - timedelta(weeks=3), today)
    with reading(home.store) as connection:
        rows = handoffs_between(connection, span.begins, span.ends)
    taken = sum(row.answered_at is not None and not row.reason for row in rows)
    back = sum(row.answered_at is not None and bool(row.reason) for row in rows)
    late = sum(row.ended_at is None and row.answered_at is None and row.escalated_at is not None for row in rows)
    waiting = sum(row.ended_at is None and row.answered_at is None for row in rows)
    told = (
        f"{taken:,} accepted, {back:,} given back, {sum(map(is_ignored, rows)):,} ignored of {len(rows):,} in 4 weeks"
    )
    return [("Sales", told), ("Waiting", f"{waiting:,} not answered yet, {late:,} of them too long")]


def _forecast(coming: Sequence[Week]) -> tuple[str, str]:
    if not coming:
        return "Forecast", "none is kept: ripeline report forecast --keep"
    one = coming[0]
    return "Forecast", f"{one.expected:,.0f} next week ({one.low:,.0f} to {one.high:,.0f})"


def digest_message(home: Home, found: Digest, to: str) -> EmailMessage:
    """The mail: text, HTML, and the picture inline. Its Message-ID is the same for a week and a recipient."""
    sender = home.config.sender.default
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = f"{found.company}: {found.headline}"[:150]
    message["Date"] = format_datetime(home.clock.now())
    who = to.partition("@")[0] if to.isascii() else "someone"
    domain = split_mailbox(sender)[1].rpartition("@")[2]
    message["Message-ID"] = f"<digest-{found.last:%Y%m%d}-{who}.{home.identity}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text_of(found))
    message.add_alternative(html_of(found, f"cid:{_CID}"), subtype="html")
    part = message.get_payload()[1]  # type: ignore[index]
    picture = weeks_picture(found.weeks, found.coming)
    part.add_related(picture, "image", "png", cid=f"<{_CID}>", filename="weeks.png", disposition="inline")  # type: ignore[union-attr]
    return message


def text_of(found: Digest) -> str:
    """The digest for who reads no HTML."""
    lines = "\n".join(f"{name}: {told}" for name, told in found.lines)
    return (
        f"{found.headline}\nWeek until {found.last.day} {found.last:%b %Y}\n\n{found.picture_words}\n\n{lines}\n\n"
        "More: ripeline report\n"
    )


def html_of(found: Digest, picture: str) -> str:
    """The digest as a narrow page; it says that it reads on light and dark, and the picture brings its own ground."""
    rows = "".join(
        f'<tr><td style="padding:6px 12px 6px 0;vertical-align:top;white-space:nowrap"><b>{escape(name)}</b></td>'
        f'<td style="padding:6px 0">{escape(told)}</td></tr>'
        for name, told in found.lines
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>{escape(found.headline)}</title></head>
<body style="margin:0;padding:16px;font:16px/1.4 Helvetica,Arial,sans-serif">
<div style="max-width:560px;margin:0 auto">
<h1 style="font-size:20px;margin:0 0 4px">{escape(found.headline)}</h1>
<p style="margin:0 0 12px">Week until {found.last.day} {found.last:%b %Y}, {escape(found.company)}</p>
<img src="{escape(picture)}" width="560" alt="{escape(found.picture_words)}"
 style="width:100%;max-width:560px;height:auto;border-radius:6px">
<table role="presentation" style="border-collapse:collapse;margin-top:12px">{rows}</table>
<p style="margin:12px 0 0">More: <code>ripeline report</code></p>
</div></body></html>
"""
