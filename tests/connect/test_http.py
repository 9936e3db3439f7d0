"""Requests go where they may, to the address that was checked, and read no more of an answer than is wanted."""

from __future__ import annotations

import gc
import socket
import time
from datetime import UTC, datetime, timedelta

import pytest

from engine.connect.http import Ask, NoAnswerError, RefusedAddressError, Reply, ask, checked_address, within
from tests.connect.dripping import DrippingServer
from tests.connect.hookserver import HookServer

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
INSIDE = [
    *("127.0.0.1", "localhost", "0.0.0.0", "10.0.0.7", "172.16.0.9", "192.168.1.1", "100.64.0.1", "169.254.169.254"),
    *("224.0.0.1", "255.255.255.255", "2130706433", "0x7f000001", "017700000001", "0x7f.1", "127.1"),
    *("::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8"),
    *("64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::1"),
]


@pytest.mark.acceptance(row=29)
@pytest.mark.parametrize("host", INSIDE)
def test_every_spelling_of_an_inner_address_is_refused(host: str) -> None:
    shown = f"[{host}]" if ":" in host else host
    with pytest.raises(RefusedAddressError):
        ask(Ask("POST", f"https://{shown}/hook"))


@pytest.mark.acceptance(row=29)
@pytest.mark.parametrize("host", ["169.254.169.254", "fe80::1", "fd00:ec2::254", "::ffff:169.254.169.254", "0.0.0.0"])
def test_places_where_clouds_keep_secrets_are_refused_also_inside(host: str) -> None:
    with pytest.raises(RefusedAddressError, match="public"):
        checked_address(host, 443, inner=True)


@pytest.mark.acceptance(row=29)
def test_name_with_one_inner_address_among_public_ones_is_refused(monkeypatch) -> None:
    addresses = ["8.8.8.8", "127.0.0.1"]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", (one, 443)) for one in addresses])
    with pytest.raises(RefusedAddressError, match=r"leads to 127\.0\.0\.1"):
        checked_address("mixed.example", 443)


@pytest.mark.acceptance(row=29)
def test_name_that_leads_elsewhere_when_asked_again_is_asked_once(monkeypatch) -> None:
    """DNS rebinding: the connection goes to the address that was checked, so that a second answer changes nothing."""
    with HookServer() as checked, HookServer() as second:
        answers = iter(["127.0.0.1", "127.0.0.2"])
        real, asked = socket.getaddrinfo, []

        def rebinding(host, *more, **named):
            if host != "rebinding.example":
                return real(host, *more, **named)
            asked.append(host)
            return real(next(answers), *more, **named)

        monkeypatch.setattr(socket, "getaddrinfo", rebinding)
        reply = ask(Ask("POST", f"http://rebinding.example:{checked.port}/x", b"{}", inner=True))
        assert (reply.status, asked, len(second.posted)) == (204, ["rebinding.example"], 0)
        assert checked.posted[0].headers["host"] == f"rebinding.example:{checked.port}"


@pytest.mark.acceptance(row=29)
def test_redirect_is_told_and_not_followed() -> None:
    with HookServer() as inside, HookServer((302, {"Location": inside.url}, b"")) as server:
        assert ask(Ask("POST", server.url, b"{}", inner=True)).status == 302
        assert len(server.posted) == 1
        assert inside.posted == []


@pytest.mark.acceptance(row=29)
def test_environment_sends_no_request_through_a_proxy(monkeypatch) -> None:
    with HookServer() as proxy, HookServer() as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        ask(Ask("POST", server.url, b"{}", inner=True))
        assert (len(proxy.posted), len(server.posted)) == (0, 1)


@pytest.mark.acceptance(row=29)
@pytest.mark.parametrize(
    "url", ["http://8.8.8.8/", "ftp://8.8.8.8/", "file:///etc/passwd", "//8.8.8.8", "https://[1", ""]
)
def test_only_https_leaves_the_house(url: str) -> None:
    with pytest.raises(RefusedAddressError):
        ask(Ask("POST", url))


def test_answer_is_read_up_to_its_limit() -> None:
    with HookServer((200, {}, b"x" * 1001)) as server:
        assert len(ask(Ask("GET", server.url, inner=True, most=1001)).content) == 1001
        with pytest.raises(NoAnswerError, match="longer than 1,000 bytes"):
            ask(Ask("GET", server.url, inner=True, most=1000))


DRIPS = {
    "status line": (b"", b"H"),
    "header lines": (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    "one header": (b"HTTP/1.1 200 OK\r\nX-Long: ", b"y"),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x"),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "nothing yet": (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 102 Processing\r\n\r\n"),
}


@pytest.mark.parametrize("drip", DRIPS)
def test_answer_that_drips_is_waited_for_no_longer_than_the_deadline(drip: str) -> None:
    with DrippingServer(*DRIPS[drip]) as server:
        begun = time.monotonic()
        with within(0.4), pytest.raises(NoAnswerError):
            ask(Ask("POST", server.url, b"{}", inner=True))
        assert time.monotonic() - begun < 3
        assert server.visits == 1


def test_requests_of_one_deadline_share_it() -> None:
    with DrippingServer(*DRIPS["body"]) as server, HookServer() as quick, within(0.4):
        assert ask(Ask("POST", quick.url, b"{}", inner=True)).status == 204
        with pytest.raises(NoAnswerError, match="completely"):
            ask(Ask("POST", server.url, b"{}", inner=True))
        with pytest.raises(NoAnswerError, match="completely"):
            ask(Ask("POST", quick.url, b"{}", inner=True))
        assert len(quick.posted) == 1


def test_a_deadline_ends_with_its_block() -> None:
    with HookServer() as quick:
        with within(0):
            pass
        assert ask(Ask("POST", quick.url, b"{}", inner=True)).status == 204


@pytest.mark.filterwarnings("error::ResourceWarning", "error::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("said", [b"", b"\x16"])
def test_tls_that_is_never_agreed_on_is_waited_for_no_longer_and_leaves_no_socket(said: bytes) -> None:
    with DrippingServer(b"", said) as server:
        begun = time.monotonic()
        with within(0.6), pytest.raises(NoAnswerError):
            ask(Ask("POST", server.url.replace("http:", "https:"), b"{}", inner=True))
        assert time.monotonic() - begun < 3
    gc.collect()


def test_nobody_there_is_told_by_name() -> None:
    with HookServer() as gone:
        url = gone.url
    with pytest.raises(NoAnswerError, match=r"127\.0\.0\.1"):
        ask(Ask("POST", url, inner=True))


@pytest.mark.parametrize(
    ("value", "wish"),
    [
        ("120", timedelta(minutes=2)),
        ("Mon, 02 Nov 2026 10:00:00 GMT", timedelta(hours=1)),
        ("Mon, 02 Nov 2026 08:00:00 GMT", timedelta()),
        ("soon", None),
        ("-5", None),
        ("9" * 40, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str, wish: timedelta | None) -> None:
    assert Reply(503, {"retry-after": value}, b"").retry_after(NOW) == wish
