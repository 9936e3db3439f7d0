"""The line between a supervisor and its children: a child whose supervisor was killed ends, too.

Otherwise it would go on beside the processes of the next daemon, and nobody would ever stop it.
"""

from __future__ import annotations

import logging
import os
import signal
import threading

log = logging.getLogger("ripeline.daemon")

SUPERVISOR = "RIPELINE_SUPERVISOR"
"""The environment variable by which a supervisor tells its children its process number."""

CHILD = "RIPELINE_CHILD"
"""The environment variable by which a supervisor tells a child its name: `sender-1`, `tracker-1`."""

LOOK_SECONDS = 0.5


def child_name() -> str:
    """The name that the supervisor gave to this process; empty where a person started it."""
    return os.environ.get(CHILD, "")


def end_with_supervisor() -> None:
    """Watch, in the background, that the supervisor lives; without one there is nothing to watch."""
    supervisor = int(os.environ.pop(SUPERVISOR, "0"))
    if supervisor:
        threading.Thread(target=_watch, args=(supervisor,), name="lifeline", daemon=True).start()


def _watch(supervisor: int) -> None:
    never = threading.Event()
    while os.getppid() == supervisor:
        never.wait(LOOK_SECONDS)
    log.warning("the daemon is gone; ending")
    os.kill(os.getpid(), signal.SIGTERM)
