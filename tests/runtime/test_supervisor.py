"""Child processes: started again when they die, ended together, and never left behind."""

from __future__ import annotations

import os
import signal
import sys
import time

from engine.runtime.supervisor import FIRST_PAUSE, STEADY_AFTER, Supervisor
from tests.faults.daemons import until

SLEEPER = (sys.executable, "-c", "import time; time.sleep(600)")
STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(600)",
)


class Hours:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_child_that_died_is_told_of_and_started_again_after_growing_pauses() -> None:
    died: list[tuple[str, int]] = []
    hours = Hours()
    supervisor = Supervisor(lambda name, pid: died.append((name, pid)), hours)
    supervisor.add("sender-1", SLEEPER)
    try:
        pause = FIRST_PAUSE
        for _ in range(3):
            pid = supervisor.running()["sender-1"]
            os.kill(pid, signal.SIGKILL)
            until(lambda: not supervisor.running())
            supervisor.look()
            assert died[-1] == ("sender-1", pid)
            hours.now += pause - 0.1
            supervisor.look()
            assert not supervisor.running(), "it waits"
            hours.now += 0.2
            supervisor.look()
            assert supervisor.running()["sender-1"] != pid
            pause *= 2
        assert supervisor.failing() == {"sender-1"}, "it died three times in a row"
        hours.now += STEADY_AFTER
        assert not supervisor.failing(), "and lives steadily now"
    finally:
        supervisor.end(5)
    assert not supervisor.running()


def test_children_end_together_and_stubborn_ones_are_killed() -> None:
    supervisor = Supervisor(lambda name, pid: None)
    supervisor.add("a", SLEEPER)
    supervisor.add("b", STUBBORN)
    begun = time.monotonic()
    supervisor.end(1)
    assert not supervisor.running()
    assert time.monotonic() - begun < 10
    supervisor.look()
    assert not supervisor.running(), "nothing is started again while ending"
