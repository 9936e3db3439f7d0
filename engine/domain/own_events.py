"""Named events by which Ripeline itself knows what sales, deals and tasks came to: who writes them, moves leads.

They end hand-offs, move the lifecycle and start campaigns. So a program that only tells what leads did may not tell
these; it does what is behind them, under the scope of that.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.domain.api_keys import May, Scope

RECYCLED = "recycled"
"""Sales gives a lead back to marketing."""

ACCEPTED, SNOOZED = "handoff_accepted", "handoff_snoozed"
TASK_DONE = "task_done"
OPENED, WON, LOST = "opportunity_opened", "opportunity_won", "opportunity_lost"

SHARED_VIEW = "shared_view"
"""The event of a lead whose mail somebody else looked at, by the address that it passed on."""

BOOKKEEPING = frozenset({RECYCLED, ACCEPTED, SNOOZED, TASK_DONE, OPENED, WON, LOST, SHARED_VIEW})
"""Events that others wrote about a lead; it did nothing itself."""

SCOPES: Mapping[str, Scope] = {
    RECYCLED: Scope.HANDOFFS_WRITE,
    ACCEPTED: Scope.HANDOFFS_WRITE,
    SNOOZED: Scope.HANDOFFS_WRITE,
    TASK_DONE: Scope.HANDOFFS_WRITE,
    OPENED: Scope.OPPORTUNITIES_WRITE,
    WON: Scope.OPPORTUNITIES_WRITE,
    LOST: Scope.OPPORTUNITIES_WRITE,
    SHARED_VIEW: Scope.ADMIN,  # by what the tracker saw, and nobody's word
}
"""What a key needs, beside what its endpoint asks for, to tell them."""


def lacking(name: str, may: May) -> Scope | None:
    """The scope that whoever tells of an event of this name lacks; None if they may."""
    needed = SCOPES.get(name.strip().casefold())
    return needed if needed is not None and not may(needed) else None


def told_lack(name: str, scope: Scope) -> str:
    """Why such an event is refused, in words for whoever wrote the program."""
    return f"'{name.strip()[:60]}' is an event of Ripeline's own: it takes a key with the scope {scope.value}"
