"""`make bench`: every figure of the design's table that exists so far, each as a ratio within this one run.

A limit is measured beside each figure on the same machine. Homes, forms and caches are warm, as after the first minutes
of a running daemon; starts of programs are cold each time. `python -m bench NAME` prints one row.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial

from bench import (
    all_reports,
    command_start,
    decide,
    import_leads,
    memory,
    profile_send,
    render,
    reports,
    score_all,
    send_path,
    simulate,
    smtp_transport,
    tick_scale,
    tracker,
    whole_daemon,
)

ROWS: dict[str, Callable[[], None]] = {
    "send": send_path.main,
    "send-postgresql": send_path.on_postgresql,
    "dkim": partial(send_path.main, dkim=True),
    "daemon": whole_daemon.main,
    "daemon-postgresql": whole_daemon.on_postgresql,
    "profile": profile_send.main,
    "transport": smtp_transport.main,
    "render": render.main,
    "decide": decide.main,
    "score": score_all.main,
    "tracker": tracker.main,
    "import": import_leads.main,
    "memory": memory.main,
    "tick": tick_scale.main,
    "reports": reports.main,
    "simulate": simulate.main,
    "all-reports": all_reports.main,
    "all-reports-postgresql": all_reports.on_postgresql,
    "start": command_start.main,
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in ROWS]
    if unknown:
        print(f"no row is called {', '.join(unknown)}; there are {', '.join(ROWS)}")
        return 2
    for name in names or ROWS:
        began = time.monotonic()
        sys.argv[1:] = []
        ROWS[name]()
        print(f"    ({name}: {time.monotonic() - began:.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
