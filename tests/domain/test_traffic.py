"""Who sent a hit, a person or a machine, and why we think so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from engine.domain.actor import Actor
from engine.domain.traffic import (
    USER_AGENT_MAX,
    Hit,
    HitKind,
    TrafficContext,
    Verdict,
    classify,
    clean_header,
    evidence,
)

SENT = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
GMAIL_AHEAD = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0"
)
LONELY = TrafficContext(sent_at=SENT, links=5)


def hit(kind: HitKind = HitKind.CLICK, after: float = 3600, link: int | None = None, **details: Any) -> Hit:
    if kind is HitKind.CLICK and link is None:
        link = 1
    given: dict[str, Any] = {"user_agent": FIREFOX, "network": "203.0.113.0/24", "visitor": "aa", **details}
    return Hit(f"{kind}-{link}-{after}", kind, 7, SENT + timedelta(seconds=after), link=link, **given)


def opened(after: float = 3600, **details: Any) -> Hit:
    return hit(HitKind.OPEN, after, **details)


ALONE = [
    ("a browser at its own pace", hit(), Actor.HUMAN, "a person's browser or mail program, at a person's pace"),
    ("HEAD", hit(method="HEAD"), Actor.MACHINE, "only asked for the headers (HEAD), as link checkers do"),
    (
        "prefetch",
        hit(purpose="prefetch;prerender"),
        Actor.MACHINE,
        "fetched ahead by a browser or mail program (prefetch)",
    ),
    ("Apple's pixel", opened(user_agent="Mozilla/5.0"), Actor.MACHINE, "Apple privacy proxy opens everything"),
    ("Apple's agent on a click", hit(user_agent="Mozilla/5.0"), Actor.UNKNOWN, "uses a program that we do not know"),
    (
        "Gmail's pixel",
        opened(user_agent=GMAIL),
        Actor.HUMAN,
        "opened; Gmail's image proxy fetches the pictures when a person opens",
    ),
    (
        "Yahoo's pixel",
        opened(user_agent=YAHOO),
        Actor.HUMAN,
        "opened; Yahoo's image proxy fetches the pictures when a person opens",
    ),
    (
        "an image proxy clicks",
        hit(user_agent=GMAIL),
        Actor.MACHINE,
        "Gmail's image proxy fetches pictures, it clicks no links",
    ),
    (
        "Gmail's prefetch",
        opened(user_agent=GMAIL_AHEAD),
        Actor.MACHINE,
        "Gmail fetches pictures ahead, opened or not",
    ),
    ("a script", hit(user_agent="curl/8.5.0"), Actor.MACHINE, "calls itself a program ('curl')"),
    ("no agent", hit(user_agent=""), Actor.UNKNOWN, "did not say what program it is"),
    ("a stranger", hit(user_agent="Xyzzy/1.0"), Actor.UNKNOWN, "uses a program that we do not know"),
    ("the page's form", hit(HitKind.UNSUBSCRIBE, method="POST", how="page"), Actor.HUMAN, "sent the form"),
    (
        "one-click",
        hit(HitKind.UNSUBSCRIBE, method="POST", how="one-click", user_agent="Google-Mail-Unsubscribe-bot"),
        Actor.HUMAN,
        "used the mail program's unsubscribe button",
    ),
    ("preferences", hit(HitKind.PREFERENCE, method="POST"), Actor.HUMAN, "sent the form"),
    ("the web view", hit(HitKind.VIEW), Actor.HUMAN, "a person's browser or mail program, at a person's pace"),
]


@pytest.mark.acceptance(row=37)
@pytest.mark.parametrize(("sent", "kind", "reason"), [case[1:] for case in ALONE], ids=[case[0] for case in ALONE])
def test_hit_alone_is_judged_by_what_it_says(sent: Hit, kind: Actor, reason: str) -> None:
    assert classify(sent, LONELY) == Verdict(kind, reason)


def clicks(*moments: float, **details: Any) -> list[Hit]:
    return [hit(after=after, link=number, **details) for number, after in enumerate(moments)]


def judged(hits: list[Hit], context: TrafficContext = LONELY) -> list[Actor]:
    """The verdict on each of the hits in the company of the others."""
    return [classify(one, replace(context, others=tuple(set(hits) - {one}))).kind for one in hits]


@pytest.mark.acceptance(row=36)
def test_scanner_that_fetches_all_links_in_2_s_is_a_machine() -> None:
    burst = clicks(30, 30.4, 31, 31.5, 32)
    verdicts = [classify(one, replace(LONELY, others=tuple(set(burst) - {one}))) for one in burst]

    assert set(verdicts) == {Verdict(Actor.MACHINE, "a scanner fetched 5 links in 2 s")}


SCANS = [
    ("three links within 10 s", clicks(60, 64, 70), True),
    ("three links within 30 s", clicks(60, 75, 90), False),
    ("two of five links within 2 s", clicks(60, 61), False),
    ("one link five times", [hit(after=60 + number, link=1) for number in range(5)], False),
]


@pytest.mark.acceptance(row=36)
@pytest.mark.parametrize(("hits", "scanned"), [case[1:] for case in SCANS], ids=[case[0] for case in SCANS])
def test_scan_needs_many_links_in_little_time(hits: list[Hit], scanned: bool) -> None:
    assert set(judged(hits)) == {Actor.MACHINE if scanned else Actor.HUMAN}


@pytest.mark.parametrize(("gap", "kind"), [(1.5, Actor.MACHINE), (5, Actor.HUMAN)])
def test_mail_of_two_links_is_swept_only_within_2_s(gap: float, kind: Actor) -> None:
    assert set(judged(clicks(60, 60 + gap), replace(LONELY, links=2))) == {kind}


def test_single_link_of_a_mail_is_no_sweep() -> None:
    assert judged(clicks(60), replace(LONELY, links=1)) == [Actor.HUMAN]


@pytest.mark.acceptance(row=36)
def test_scan_from_several_addresses_is_one_scan() -> None:
    spread = [structs.replace(one, visitor=str(number), network="") for number, one in enumerate(clicks(60, 61, 62))]

    assert set(judged(spread)) == {Actor.MACHINE}


def test_open_by_the_scanner_is_a_machine_too() -> None:
    burst = clicks(60, 61, 62)
    theirs = classify(opened(59), replace(LONELY, others=tuple(burst)))
    other = classify(opened(300, visitor="bb"), replace(LONELY, others=tuple(burst)))

    assert theirs == Verdict(Actor.MACHINE, "came from where a scanner fetched 3 links in 2 s")
    assert other.kind is Actor.HUMAN


def test_click_of_a_person_after_the_scanner_counts() -> None:
    later = hit(after=600, visitor="bb", network="198.51.100.0/24")

    assert classify(later, replace(LONELY, others=tuple(clicks(60, 61, 62)))).kind is Actor.HUMAN


HASTE = [
    ("1 s after delivery", hit(after=1), (), Actor.MACHINE),
    ("before the relay's answer was noted", hit(after=-1), (), Actor.MACHINE),
    ("2 s after delivery", hit(after=2), (), Actor.HUMAN),
    ("after an open by Gmail's reader", hit(after=1.5), (opened(0.8, user_agent=GMAIL),), Actor.HUMAN),
    ("after Apple's proxy opened", hit(after=1.5), (opened(0.8, user_agent="Mozilla/5.0"),), Actor.MACHINE),
    ("after a HEAD", hit(after=1.5), (opened(0.8, method="HEAD"),), Actor.MACHINE),
    ("before the open", hit(after=1), (opened(1.5),), Actor.MACHINE),
]


@pytest.mark.parametrize(("sent", "others", "kind"), [case[1:] for case in HASTE], ids=[case[0] for case in HASTE])
def test_click_right_after_delivery_needs_a_human_sign(sent: Hit, others: tuple[Hit, ...], kind: Actor) -> None:
    assert classify(sent, replace(LONELY, others=others)).kind is kind


def test_click_is_not_hasty_if_delivery_is_unknown() -> None:
    assert classify(hit(after=0), TrafficContext(links=5)).kind is Actor.HUMAN


@pytest.mark.acceptance(row=36)
def test_hidden_link_gives_its_whole_network_away() -> None:
    context = TrafficContext(SENT, links=5, hidden_link=9)
    trapped = hit(after=60, link=9)
    near, far = hit(after=300), hit(after=300, network="198.51.100.0/24")

    assert classify(trapped, context).reason == "followed a hidden link that no person can see"
    assert classify(near, replace(context, others=(trapped,))) == Verdict(
        Actor.MACHINE, "came from a network that followed a hidden link of this mail"
    )
    assert classify(far, replace(context, others=(trapped,))).kind is Actor.HUMAN


@pytest.mark.parametrize(
    ("sent", "neighbours", "kind"),
    [
        (hit(), 19, Actor.HUMAN),
        (hit(), 20, Actor.MACHINE),
        (opened(), 20, Actor.UNKNOWN),
        (opened(user_agent=GMAIL), 500, Actor.HUMAN),
    ],
)
def test_network_that_clicks_in_many_mails_is_a_machine(sent: Hit, neighbours: int, kind: Actor) -> None:
    assert classify(sent, replace(LONELY, neighbours=neighbours)).kind is kind


hits = st.builds(
    Hit,
    st.uuids().map(str),
    st.sampled_from(HitKind),
    st.just(7),
    st.integers(-10, 90).map(lambda seconds: SENT + timedelta(seconds=seconds)),
    link=st.none() | st.integers(0, 9),
    method=st.sampled_from(["GET", "HEAD", "POST"]),
    user_agent=st.sampled_from(["", FIREFOX, GMAIL, YAHOO, GMAIL_AHEAD, "Mozilla/5.0", "curl/8"]) | st.text(),
    visitor=st.sampled_from(["", "aa", "bb"]),
)


@given(hits, st.lists(hits, max_size=6), st.permutations(range(6)))
def test_every_hit_gets_a_reason_whatever_the_order_of_the_others(
    one: Hit, others: list[Hit], order: list[int]
) -> None:
    context = TrafficContext(SENT, tuple(others), links=5, hidden_link=9)
    shuffled = replace(context, others=tuple(others[place] for place in order if place < len(others)))

    assert classify(one, context).reason
    assert classify(one, context).kind is classify(one, shuffled).kind


@pytest.mark.acceptance(row=23)
def test_header_is_kept_short_and_printable() -> None:
    assert clean_header(b"Mozilla/5.0\x00\r\n\x1b[31m\x85(X11)") == "Mozilla/5.0[31m(X11)"
    assert len(clean_header(b"x" * 10_000)) == USER_AGENT_MAX


def test_evidence_of_an_unsubscribe_says_when_and_how() -> None:
    sent = hit(HitKind.UNSUBSCRIBE, how="one-click", method="POST")

    assert evidence(sent).items() >= {"how": "one-click", "at": "2026-11-03T10:00:00+00:00", "method": "POST"}.items()
