"""Ripeline's own events: who may tell them."""

from __future__ import annotations

import pytest

from engine.domain.api_keys import Scope
from engine.domain.own_events import BOOKKEEPING, SCOPES, lacking


def test_every_event_that_means_something_by_itself_takes_a_scope() -> None:
    assert set(SCOPES) == BOOKKEEPING
    assert Scope.EVENTS_WRITE not in SCOPES.values()


@pytest.mark.parametrize("spelled", ["recycled", "RECYCLED", " Recycled "])
def test_no_spelling_gets_around_it(spelled: str) -> None:
    assert lacking(spelled, lambda _: False) is Scope.HANDOFFS_WRITE
    assert lacking(spelled, lambda scope: scope is Scope.HANDOFFS_WRITE) is None


def test_what_leads_do_takes_no_more() -> None:
    assert lacking("trial_started", lambda _: False) is None
