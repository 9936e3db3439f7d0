"""Two leads that are one person: which stays, what of both, and which runs end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.domain.leadfields import BUILTINS
from engine.domain.leadmerge import Values
from engine.domain.merging import Course, Side, settle_courses, survivor, together

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
STAGES = ("subscriber", "engaged", "customer")


def side(number: int = 1, email: str = "a@x.example", lifecycle: str = "subscriber", **changes: object) -> Side:
    values = Values({**dict.fromkeys(BUILTINS, ""), "lifecycle": lifecycle}, {})
    made = Side(number, email, NOON, values, subscribed=True, tracking=True, internal=False, refused=False)
    return replace(made, **changes)


def course(number: int, campaign: str = "drip", mails: int = 0, **changes: object) -> Course:
    made = Course(number, campaign, "", 1, open=True, mails=mails, progress=(1, 0), entered_at=NOON)
    return replace(made, **changes)


@pytest.mark.parametrize(
    ("one", "two", "kept"),
    [
        (side(1, ""), side(2), 2),
        (side(1), side(2), 1),
        (side(1), side(2, created_at=NOON - timedelta(days=1)), 2),
        (side(1, ""), side(2, ""), 1),
    ],
)
def test_who_can_be_mailed_stays_else_the_older_one(one: Side, two: Side, kept: int) -> None:
    assert survivor(one, two)[0].number == survivor(two, one)[0].number == kept


@pytest.mark.parametrize(
    ("kept", "other", "now"),
    [
        ("subscriber", "customer", "customer"),
        ("customer", "subscriber", "customer"),
        ("", "engaged", "engaged"),
        ("engaged", "", "engaged"),
        ("engaged", "disqualified", "disqualified"),
        ("recycled", "customer", "recycled"),
    ],
)
def test_of_two_stages_of_life_the_later_one_counts(kept: str, other: str, now: str) -> None:
    found = together(side(lifecycle=kept), side(2, lifecycle=other), STAGES)
    assert found.values.builtins["lifecycle"] == now


def test_what_the_kept_lead_has_stays_and_what_it_lacks_is_the_others() -> None:
    kept = side(values=Values({**dict.fromkeys(BUILTINS, ""), "country": "DE"}, {"name": "Jane"}))
    other = side(
        2, values=Values({**dict.fromkeys(BUILTINS, ""), "country": "FR", "zone": "Z"}, {"name": "J", "a": 1.0})
    )
    found = together(kept, other, STAGES)
    assert (found.values.builtins["country"], found.values.builtins["zone"]) == ("DE", "Z")
    assert found.values.fields == {"name": "Jane", "a": 1.0}


@pytest.mark.parametrize(
    ("kept", "other", "subscribed"),
    [
        (side(), side(2), True),
        (side(), side(2, refused=True), False),
        (side(subscribed=False), side(2), False),
        (side(), side(2, subscribed=False), True),
    ],
)
def test_a_no_of_either_holds_for_both(kept: Side, other: Side, subscribed: bool) -> None:
    """A lead that nobody asked yet has not said no."""
    assert together(kept, other, STAGES).subscribed is subscribed


def test_the_stricter_choice_of_tracking_and_the_later_hand_off_count() -> None:
    handed = NOON + timedelta(days=1)
    found = together(side(handed_off_at=NOON), side(2, tracking=False, internal=True, handed_off_at=handed), STAGES)
    assert (found.tracking, found.internal, found.handed_off_at) == (False, True, handed)


@pytest.mark.parametrize(
    ("kept", "other", "ends"),
    [
        ([course(1, mails=1)], [course(2, mails=2)], {1}),
        ([course(1, mails=2)], [course(2, mails=2, progress=(2, 0))], {1}),
        ([course(1)], [course(2, entered_at=NOON - timedelta(hours=1))], {1}),
        ([course(1, mails=3, open=False)], [course(2, mails=1)], {2}),
        ([course(1, open=False)], [course(2)], set()),
        ([course(1)], [course(2, campaign="other")], set()),
        ([course(1, key="a")], [course(2, key="b")], set()),
        ([course(1, open=False, mails=1), course(2, run=2, mails=4)], [course(3, mails=2)], {3}),
        ([course(1, mails=1), course(2, run=2, mails=1)], [], set()),
    ],
)
def test_of_runs_on_both_sides_only_the_furthest_goes_on(
    kept: list[Course], other: list[Course], ends: set[int]
) -> None:
    assert settle_courses(kept, other).ends == ends


def test_the_others_runs_are_counted_on() -> None:
    kept = [course(1), course(2, run=2, open=False)]
    other = [course(3, run=1), course(4, run=3), course(5, campaign="other", run=1)]
    assert settle_courses(kept, other).numbers == {3: 3, 4: 4, 5: 1}


@pytest.mark.parametrize(("kept", "other", "now"), [(7, 8, 7), (None, 8, 8), (7, None, 7), (None, None, None)])
def test_the_kept_leads_company_stays_and_else_the_others_counts(
    kept: int | None, other: int | None, now: int | None
) -> None:
    assert together(side(account=kept), side(2, account=other), STAGES).account == now
