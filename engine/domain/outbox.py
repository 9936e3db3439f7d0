"""When a letter to another program is tried again, and what an HTTP answer means for it.

The times between tries are those that the Standard Webhooks specification suggests ("Retry schedule": 5 s, 5 min,
30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h); 24 h comes once more, so that a receiver who is away for a long weekend
misses nothing. The time varies by up to a tenth, by the letter's own name, so that many letters that failed together
do not come back together, and a letter's times are the same whoever works them out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

SCHEDULE = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400, 86_400)
)
"""How long a letter waits after its first, second … failure; after one more it is given up, about four days on."""

JITTER = 0.1
LONGEST_WISH = timedelta(hours=24)
"""How far off a receiver may put the next try by `Retry-After`."""


class Fate(StrEnum):
    """What becomes of a letter after a try.

    done: the receiver has it · again: to be tried again · never: the receiver refuses this very letter for good ·
    gone: the receiver wants no letter any more
    """

    DONE = "done"
    AGAIN = "again"
    NEVER = "never"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one try. `words` says it to a person; `wish` is how long the receiver asks to be left alone.

    `alone`: what went wrong lies in this letter alone, and says nothing of others for the same target.
    """

    fate: Fate
    words: str = ""
    wish: timedelta | None = None
    alone: bool = False


def read_status(status: int, who: str, wish: timedelta | None = None) -> Answer:
    """What an HTTP status means for a letter.

    2xx is taken (RFC 9110 section 15.3) and 410 Gone asks to stop for good (Standard Webhooks, "Disabling endpoints");
    all others are tried again, also 4xx: a receiver that is set up wrongly is mended within days, and what it was to
    hear then still comes. Redirects are not followed, so that nobody can lead a letter elsewhere.
    """
    if 200 <= status < 300:
        return Answer(Fate.DONE, f"{who} answered {status}")
    if status == 410:
        return Answer(Fate.GONE, f"{who} answered 410 Gone: it wants no more of this")
    told = " (redirects are not followed)" if 300 <= status < 400 else ""
    return Answer(Fate.AGAIN, f"{who} answered {status}{told}", wish)


def next_try(message_id: str, attempts: int, now: datetime, wish: timedelta | None = None) -> datetime | None:
    """When a letter is due again that failed `attempts` times; None when it is given up.

    A receiver's wish makes it later, by a day at most, and never earlier.
    """
    if attempts > len(SCHEDULE):
        return None
    rest = SCHEDULE[attempts - 1] * (1 + JITTER * _part(message_id, attempts))
    return now + max(rest, min(wish or timedelta(), LONGEST_WISH))


def _part(message_id: str, attempts: int) -> float:
    """Between 0 and 1, by the letter's name and the number of the try."""
    digest = blake2b(f"{message_id}:{attempts}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 2**32
