"""A mail that is passed on: who looks, who joins, and what that says of whose mail it was."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from engine.domain.journey.view import LeadView
from engine.domain.rules import evaluate
from engine.domain.tokens import Purpose, read_mail_token
from engine.domain.traffic import HitKind
from engine.service.colleagues import MOST, Colleagues
from engine.store.database import reading
from engine.store.facts import load_facts
from tests.domain.rules.facts import LEAD_SCOPE, rule
from tests.service.conftest import Found
from tests.service.world import MONDAY, World

JANE, BO = "jane@northwind.example", "bo@northwind.example"
SOON = MONDAY + timedelta(minutes=5)


@pytest.fixture
def lived(found: Found) -> World:
    """Jane got her first mail, whose number is 1."""
    world = found()
    world.take_in(f"{JANE},Jane,web")
    world.go()
    return world


def bring(world: World, address: str, name: str = "Bo Bright") -> bool:
    return Colleagues(world.home).bring(1, name, address, SOON, {"visitor": "v2"})


def named(world: World, who: str) -> list[tuple[str, str]]:
    return [(event.name, event.actor) for event in world.events(who)]


def test_colleague_becomes_a_lead_of_the_same_company_without_consent(lived: World) -> None:
    assert bring(lived, " Bo@Northwind.example ")

    bo = lived.lead(BO)
    assert (bo.source, bo.fields["name"], bo.account_id) == ("colleague", "Bo Bright", lived.lead(JANE).account_id)
    assert lived.suppressions(BO) == [("marketing", "gave no consent yet")]
    assert named(lived, BO) == [("colleague_joined", "human")]
    assert named(lived, JANE) == [("shared", "human")]


def test_colleague_with_private_mail_belongs_to_the_company_too(lived: World) -> None:
    bring(lived, "bo@gmail.com")

    assert lived.lead("bo@gmail.com").account_id == lived.lead(JANE).account_id is not None


def test_colleague_gets_no_marketing_mail(lived: World) -> None:
    bring(lived, BO)
    lived.take_in(f"{BO},Bo,web")
    lived.go()

    assert lived.mails(BO) == []


def test_nothing_of_somebody_who_is_known_is_changed(lived: World) -> None:
    lived.take_in("bo@northwind.example,Bo,choice")
    assert bring(lived, BO, "Mallory")

    bo = lived.lead(BO)
    assert (bo.source, bo.fields) == ("choice", {"first_name": "Bo"})
    assert lived.suppressions(BO) == []
    assert named(lived, JANE) == []


@pytest.mark.parametrize("address", ["", "bo", "bo@", "a@b@c", "x" * 300 + "@northwind.example", "a\nb@c.example"])
def test_what_is_no_address_is_refused(lived: World, address: str) -> None:
    assert not bring(lived, address)
    assert named(lived, JANE) == []


def test_one_mail_brings_so_many_at_most(lived: World) -> None:
    for number in range(MOST + 3):
        bring(lived, f"bo{number}@northwind.example")

    assert len(named(lived, JANE)) == MOST


def test_mail_that_is_unknown_brings_nobody(lived: World) -> None:
    assert Colleagues(lived.home).bring(99, "Bo", BO, SOON, {})
    assert lived.lead(BO) is None


def test_look_of_a_colleague_counts_and_is_no_click(lived: World) -> None:
    lived.hit(1, HitKind.SHARE, at=SOON, visitor="v2")
    lived.later(minutes=10)

    assert [(e.kind, e.name, e.actor) for e in lived.events(JANE)] == [("custom", "shared_view", "human")]


def test_look_of_the_lead_itself_says_nothing(lived: World) -> None:
    lived.hit(1, HitKind.CLICK, link=1, at=MONDAY + timedelta(minutes=1), visitor="v1")
    lived.hit(1, HitKind.SHARE, at=SOON, visitor="v1")
    lived.later(minutes=10)

    assert [e.kind for e in lived.events(JANE)] == ["click"]


def test_look_of_a_machine_never_counts_in_rules(lived: World) -> None:
    lived.hit(1, HitKind.SHARE, at=SOON, visitor="v2", user_agent="curl/8.0")
    lived.later(minutes=10)

    assert [(e.name, e.actor) for e in lived.events(JANE)] == [("shared_view", "machine")]
    with reading(lived.home.store) as connection:
        [facts] = load_facts(connection, [lived.lead(JANE).id])
    asked = rule("event('shared_view')", LEAD_SCOPE)
    assert not evaluate(asked, LeadView(facts, None, None, {}), lived.clock.now()).holds


def test_shared_mail_is_shown_without_what_is_the_leads(lived: World) -> None:
    html = Colleagues(lived.home).mail_to_share(1)

    assert html is not None and "Hello Jane" in html
    assert 'href="https://acme.example/go"' in html
    for room in ("/u/", "/c/", "/o/", "/p/"):
        assert f"8026{room}" not in html
    assert Colleagues(lived.home).mail_to_share(99) is None


def test_template_has_an_address_to_pass_the_mail_on_by(found: Found) -> None:
    world = found()
    link = '<p><a href="{{ share_link }}">For a colleague</a></p>'
    world.apply(
        world.rewrite("templates/data/aware/first.html", lambda text: text.replace("</body>", f"{link}</body>"))
    )
    world.take_in(f"{JANE},Jane,web")
    world.go()

    [mail] = world.received(JANE)
    html = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    [token] = re.findall(r'href="http://127\.0\.0\.1:8026/s/([^"/]+)"', html)
    named = read_mail_token(world.home.keys.ring, Purpose.SHARE, token)
    assert named is not None and named.delivery == 1
    shared = Colleagues(world.home).mail_to_share(1)
    assert shared is not None and "For a colleague" in shared and token not in shared
