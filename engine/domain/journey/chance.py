"""Chance without dice: who is held out, and which variant a lead gets, follow from the lead's number alone.

So the same lead always gets the same answer, on every node, in a simulation and after a restart.
"""

from __future__ import annotations

from hashlib import blake2b


def held_out(campaign: str, lead: int, share: float) -> bool:
    """Whether this lead belongs to the `share` (0–1) of the campaign's leads that are kept out to measure lift."""
    return share > 0 and _fraction(f"holdout:{campaign}", lead) < share


def variant(campaign: str, step: str, lead: int, count: int) -> int:
    """The number of the lead's variant, 0 ≤ n < count.

    Permuted-block randomisation (Zelen 1974): in every block of `count` consecutive leads each variant occurs exactly
    once, in an order that differs from block to block, so that the groups are balanced and nobody can guess.
    """
    if count < 2:
        return 0
    block, place = divmod(lead, count)
    order = sorted(range(count), key=lambda choice: _fraction(f"variant:{campaign}/{step}:{choice}", block))
    return order[place]


def _fraction(salt: str, number: int) -> float:
    digest = blake2b(f"{salt}:{number}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
