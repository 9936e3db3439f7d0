"""Who gets the credit for a deal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.attribution import UNKNOWN_SOURCE, Model, Sharing, Touch, shared, touches_of

OPENED = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SHARING = Sharing()


def touch(days_before: float, source: str = "email", who: int = 1) -> Touch:
    return Touch(OPENED - timedelta(days=days_before), who, source=source)


def amounts(model: Model, *days: float, amount: int = 1000, sharing: Sharing = SHARING) -> list[int]:
    found = shared(amount, [touch(one) for one in days], OPENED, model, sharing)
    return [one.amount for one in found]


@pytest.mark.parametrize(
    ("model", "days", "expected"),
    [
        (Model.FIRST, (30, 7, 0), [1000, 0, 0]),
        (Model.LAST, (30, 7, 0), [0, 0, 1000]),
        (Model.LINEAR, (30, 7, 0), [334, 333, 333]),
        (Model.TIME_DECAY, (14, 7, 0), [143, 286, 571]),  # 1 : 2 : 4
        (Model.TIME_DECAY, (28, 14, 7, 0), [34, 138, 276, 552]),  # 1 : 4 : 8 : 16
        (Model.POSITION, (30, 20, 10, 0), [400, 100, 100, 400]),
        (Model.POSITION, (30, 7, 0), [400, 200, 400]),
        (Model.POSITION, (30, 0), [500, 500]),
        (Model.POSITION, (30,), [1000]),
    ],
)
def test_each_model_shares_as_its_name_says(model: Model, days: tuple[float, ...], expected: list[int]) -> None:
    assert amounts(model, *days) == expected


def test_the_shares_by_position_are_those_of_config() -> None:
    sharing = Sharing(Fraction("0.5"), Fraction("0.25"))
    assert amounts(Model.POSITION, 3, 2, 1, sharing=sharing) == [500, 250, 250]
    assert amounts(Model.POSITION, 3, 1, sharing=sharing) == [667, 333]
    assert amounts(Model.POSITION, 3, 1, sharing=Sharing(Fraction(0), Fraction(0))) == [500, 500]


@pytest.mark.parametrize("model", Model)
def test_a_deal_without_touches_is_credited_to_nobody_known(model: Model) -> None:
    (only,) = shared(1000, (), OPENED, model, SHARING)
    assert (only.touch.source, only.amount, only.place) == (UNKNOWN_SOURCE, 1000, 1)


def test_only_what_came_before_the_deal_and_within_the_time_counts() -> None:
    touches = [touch(-1, "after"), touch(366, "old"), touch(365, "oldest"), touch(1, "before"), touch(0, "at once")]
    assert [one.source for one in touches_of(touches, OPENED, SHARING.within)] == ["oldest", "before"]


def test_a_deal_known_by_its_day_came_of_what_happened_that_day() -> None:
    midnight = datetime(2026, 11, 20, tzinfo=UTC)
    found = touches_of([touch(0), touch(-1)], midnight, SHARING.within)
    assert [one.at for one in found] == [OPENED]
    assert [one.amount for one in shared(10, found, midnight, Model.TIME_DECAY, SHARING)] == [10]


def test_ten_pages_of_one_visit_are_one_touch() -> None:
    visit = [touch(3 + n / 100, "www") for n in range(10)]
    others = [touch(3, "www", who=2), touch(3, "email"), touch(4.5, "www")]
    assert len(touches_of([*visit, *others], OPENED, SHARING.within)) == 4


_DAYS = st.lists(st.floats(0, 400), max_size=60)
_SHARES = st.floats(0, 1).map(lambda share: Fraction(str(round(share, 4))))


@given(st.integers(0, 10**15), _DAYS, _SHARES, _SHARES)
def test_shares_always_add_up_to_the_deal(amount: int, days: list[float], first: Fraction, last: Fraction) -> None:
    touches = [touch(one) for one in sorted(days, reverse=True)]
    for model in Model:
        found = shared(amount, touches, OPENED, model, Sharing(first, last))
        assert sum(one.amount for one in found) == amount
        assert [one.place for one in found] == list(range(1, max(1, len(touches)) + 1))
        assert min(one.amount for one in found) >= 0


def test_how_the_deals_own_lead_became_known_comes_first_though_the_lead_is_here_later() -> None:
    late = [Touch(OPENED + timedelta(days=90), who, source=f"source {who}", known=True) for who in (1, 2)]
    clicked = touches_of([*late, touch(5)], OPENED, SHARING.within, own=1)
    assert [one.source for one in clicked] == ["source 1", "email"]
    found = touches_of(late, OPENED, SHARING.within, own=1)
    assert [(one.source, one.at) for one in found] == [("source 1", OPENED - timedelta.resolution)]
