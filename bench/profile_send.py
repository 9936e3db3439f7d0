"""Where the send path's time goes: what its threads are seen doing, once in so much processor time.

`python -m bench profile` prints shares of the daemon's decisions and of a sending process's two threads. A timer of the
system asks for each look (SIGPROF), which is taken at the main thread's next line of Python; so C code counts for the
line behind it, and what waits without using the processor is not seen.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import uvloop

from bench.postfix import ensure_postfix, running_sink
from bench.send_path import NOW, _send, a_home
from engine.service.advance import advance_all

MAILS = 10_000
SECONDS = 0.002

DOING: Mapping[str, str] = {
    "store/turn.py": "waiting for its turn to write",
    "do_commit": "commits: log, fsync, writing back",
    "sqlalchemy/engine/default.py": "SQLite's statements",
    "content/form.py:pack_copy": "packing copies of what was sent",
    "store/": "preparing statements and rows",
    "sqlalchemy/": "preparing statements and rows",
    "domain/tokens.py": "writing the mail: holes, tokens, headers",
    "domain/rules/": "rules and their explanations",
    "domain/timing/": "windows, caps, time zones",
    "domain/": "the journey",
    "content/": "writing the mail: holes, tokens, headers",
    "service/letters.py": "writing the mail: holes, tokens, headers",
    "smtp/wire.py": "sockets and replies",
    "smtp/gate.py": "the gate's groups",
    "smtp/": "the SMTP transaction and its pool",
    "runtime/": "queues and tasks of the sending line",
    "service/": "drawing the outcome",
    "prometheus_client/": "metrics",
    "uvloop": "the event loop, system calls, waiting",
    "asyncio/": "the event loop, system calls, waiting",
    "concurrent/futures/": "waiting for work",
}
"""What a frame means, by the end of its file's path, its function, or both; the innermost known frame of a stack
decides, in this order for one frame."""


def _doing(frame: FrameType | None) -> str:
    while frame is not None:
        path, name = frame.f_code.co_filename, frame.f_code.co_name
        for mark, told in DOING.items():
            file, _, function = mark.partition(":")
            if (file in path and (not function or name == function)) or mark == name:
                return told
        frame = frame.f_back
    return "something else"


@contextmanager
def watched(threads: Mapping[str, int]) -> Iterator[dict[str, Counter[str]]]:
    """Looks at the named threads (by their identity) while the block lasts."""
    seen = {name: Counter[str]() for name in threads}
    main = threading.get_ident()

    def look(_number: int, frame: FrameType | None) -> None:
        frames = {**sys._current_frames(), main: frame}
        for name, number in threads.items():
            seen[name][_doing(frames.get(number))] += 1

    before = signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, SECONDS, SECONDS)
    try:
        yield seen
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def main() -> None:
    main_thread = threading.get_ident()
    with running_sink(ensure_postfix()) as port, tempfile.TemporaryDirectory() as folder:
        home, runner = a_home(Path(folder), port, MAILS)
        programme = runner.current().programme
        with watched({"decide": main_thread}) as deciding:
            advance_all(home.store, programme, NOW)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop, ThreadPoolExecutor(1) as writer:
            number = writer.submit(threading.get_ident).result()
            with watched({"sending process, main thread": main_thread, "its writer": number}) as sending:
                loop.run(_send(home, runner, writer))
        with watched({"look again": main_thread}) as after:
            advance_all(home.store, programme, NOW)
    for name, counts in {**deciding, **sending, **after}.items():
        total = counts.total()
        print(f"{name} ({total:,} looks)")
        for told, count in counts.most_common():
            if count / total >= 0.01:
                print(f"  {count / total:5.1%}  {told}")


if __name__ == "__main__":
    main()
