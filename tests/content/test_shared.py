"""A mail that is passed on holds nothing by which its new reader could speak for the lead."""

from __future__ import annotations

from engine.content.shared import for_others
from engine.domain.tokens import KeyRing, LinkRef, MailRef, Purpose, bound_link_token, link_token, mail_token

RING = KeyRing({1: b"the key that signs"}, 1)
MAIL = MailRef(4711, b"table1")
BASE = "https://t.acme.example/x"


def address(room: str, purpose: Purpose, end: str = "") -> str:
    return f"{BASE}/{room}/{mail_token(RING, purpose, MAIL)}{end}"


def click(token: str) -> str:
    return address("c", Purpose.TRACK, f"/{token}")


def test_addresses_that_speak_for_the_lead_are_taken_out() -> None:
    leave, choose = address("u", Purpose.UNSUBSCRIBE), address("p", Purpose.UNSUBSCRIBE)
    view, share = address("v", Purpose.VIEW), address("s", Purpose.SHARE)
    pixel = f'<img src="{address("o", Purpose.TRACK, ".gif")}" width="1" height="1" alt="">'
    html = (
        f'<p><a style="x" href="{leave}">Leave</a> <a href=\'{choose}\'>Choose</a> <a href="{view}">See</a> '
        f'<a href="{share}">Share</a> or {leave}.</p>{pixel}<img src="https://t.acme.example/a/0a1b/logo.png">'
    )

    assert for_others(html, RING) == (
        '<p><a style="x">Leave</a> <a>Choose</a> <a>See</a> <a>Share</a> or .</p>'
        '<img src="https://t.acme.example/a/0a1b/logo.png">'
    )


def test_link_that_is_the_same_for_everybody_leads_straight_there() -> None:
    token = link_token(RING, MAIL.table, LinkRef(1, 'https://acme.example/?a=1&b="2"'))

    assert for_others(f'<a href="{click(token)}">Go</a>', RING) == (
        '<a href="https://acme.example/?a=1&amp;b=&quot;2&quot;">Go</a>'
    )


def test_link_that_depends_on_the_lead_leads_nowhere() -> None:
    token = bound_link_token(RING, MAIL, LinkRef(1, "https://acme.example/?for=jane"))

    assert for_others(f'<a href="{click(token)}">Go</a>', RING) == "<a>Go</a>"


def test_forged_link_leads_nowhere() -> None:
    token = link_token(KeyRing({1: b"another"}, 1), MAIL.table, LinkRef(1, "https://evil.example/"))

    assert for_others(f'<a href="{click(token)}">Go</a>', RING) == "<a>Go</a>"


def test_links_open_outside_of_the_frame() -> None:
    assert for_others('<html><head lang="en"><title>', RING) == '<html><head lang="en"><base target="_blank"><title>'
