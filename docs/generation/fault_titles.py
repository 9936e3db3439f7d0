"""The forty faults and hostile inputs, each with the outcome that is required, and those that nothing can prove yet."""

from __future__ import annotations

TITLES = dict(
    enumerate(
        (
            "killed after the claim, before connecting → sent once",
            "killed between RCPT and the final dot → sent once",
            "killed after the dot, before the 250 → `unknown`; at most one copy more, counted",
            "killed after the 250, before the commit → as row 3",
            "killed after the commit → not sent again",
            "500 random kills over 10,000 leads → nothing lost, nothing unexpected",
            "two daemons on one SQLite file → the second refuses",
            "eight nodes on PostgreSQL, one paused past its lease → fenced before the dot",
            "the database drops after the 250 → outcome kept or `unknown`",
            "disk full, database busy, I/O error at any write → no send without a durable claim",
            "the clock jumps a day, daylight saving → no early and no repeated step",
            "backup restored or database cloned → sending is held until confirmed",
            "pause, resume, new files in mid-batch → nobody mailed twice",
            "one 554 in a hundred → the others are sent",
            "421, greylisting → tried again on schedule, delivered once",
            "5.1.1 → suppressed; 5.7.x → domain paused, lead kept",
            "login refused, relay down for a day → nobody bounced, one alert, drains afterwards",
            "250 after nine minutes → waited for",
            "STARTTLS stripped, certificate expired → nothing in clear",
            "garbage, endless or unknown replies → deferred, bounded memory",
            "hostile templates → an error; time and memory bounded",
            "SQL in filters, exports, imports → parameters, or refused",
            "markup in fields, agents, bounce texts → escaped; no script runs",
            "cross-site POST, old cookie → refused",
            "tokens altered, recombined, of an expired key → the same 404, nothing changed",
            "click address edited → no redirect",
            "CR, LF, NUL, VT in names, subjects, addresses → refused",
            "smuggling by bare line ends → one message",
            "webhooks turned inward → blocked",
            "formulas in a CSV export → neutralised",
            "`../`, links, bombs in files → refused",
            "a role-scoped user on every endpoint → 403",
            "the rendered mail: line length, unsubscribe headers, DKIM → valid",
            "GET, HEAD, prefetch of unsubscribe → page only; one-click POST → effective before its 200",
            "unsubscribed at any moment before the gate → not sent",
            "a scanner follows all links → a machine; nobody advances",
            "Apple's privacy proxy → a machine; tracking off → no pixel",
            "corpus of bounces, complaints, auto-replies → right class",
            "the same idempotency key replayed → same result",
            "exported, erased, imported again → complete; gone; stays suppressed",
        ),
        start=1,
    )
)

NOT_YET = {
    8: "several nodes are a later release; the fence is tested with one",
    32: "people have no roles yet; the scopes of the API's keys are tried",
    38: "nothing reads a mailbox",
}
"""Rows that are not proven whatever tests there are of their parts, and why."""
