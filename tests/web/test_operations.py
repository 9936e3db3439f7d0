"""What monitoring asks is answered with a status that machines read and words that people read."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import httpx
import pytest
from starlette.types import ASGIApp

from engine.errors import RipelineError
from engine.web.operations import Operations, operations_site
from engine.web.server import Role, ServerThread


class Said(NamedTuple):
    name: str
    ok: bool
    words: str


def asked(path: str, *, well: bool = True, accept: str = "", metrics: Callable[[str], tuple[bytes, str]] | None = None):
    site = operations_site(
        Operations(
            metrics or (lambda accept: (b"a_total 1\n", f"text/plain; asked={accept}")),
            lambda: Said("daemon", well, "working" if well else "it stands"),
            lambda: [Said("store", True, "it answers"), Said("lag", well, "700 s")],
        )
    )
    with ServerThread(site) as server, httpx.Client(base_url=server.url, trust_env=False) as client:
        return client.get(path, headers={"accept": accept})


def test_metrics_are_given_in_the_form_that_is_asked_for() -> None:
    found = asked("/metrics", accept="text/plain")
    assert (found.status_code, found.text) == (200, "a_total 1\n")
    assert found.headers["content-type"] == "text/plain; asked=text/plain"
    assert found.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("well", "status", "words"), [(True, 200, "working\n"), (False, 503, "it stands\n")])
def test_health_says_whether_the_daemon_works(well: bool, status: int, words: str) -> None:
    found = asked("/health", well=well)
    assert (found.status_code, found.text) == (status, words)


@pytest.mark.parametrize(("well", "status"), [(True, 200), (False, 503)])
def test_readiness_lists_each_check_with_its_words(well: bool, status: int) -> None:
    found = asked("/ready", well=well)
    assert found.status_code == status
    checks = {"store": {"ok": True, "words": "it answers"}, "lag": {"ok": well, "words": "700 s"}}
    assert found.json() == {"ready": well, "checks": checks}


def test_there_is_nothing_else() -> None:
    assert asked("/").status_code == 404
    assert asked("/metrics/x").status_code == 404


async def _no_app(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
    raise AssertionError


def test_taken_port_names_the_section_to_change() -> None:
    app: ASGIApp = _no_app
    with ServerThread(operations_site(Operations(lambda _: (b"", ""), lambda: Said("", True, ""), list))) as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(RipelineError, match=rf"^The metrics page cannot listen on 127.0.0.1:{port}: .*\[metrics\]"):
            ServerThread(app, port=port, role=Role.configured("metrics page", "metrics"))
