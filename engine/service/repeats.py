"""The same request again gets the same answer: what was answered is kept by the key that the request came with.

A request is claimed before its work begins and answered after it has ended, in transactions of their own. If the
process dies in between, whoever sends the request again gets the work done again; what requests do is the same however
often it is done, so that nothing is doubled.
"""

from __future__ import annotations

from engine.domain.repeats import KEPT, LEASE, Answer, OtherRequestError, UnderWayError
from engine.service.home import Home
from engine.store.database import writing
from engine.store.repeatable import (
    UNDER_WAY,
    answer_request,
    claim_request,
    drop_request,
    forget_requests,
    request_known,
    take_over_request,
)

_FORGOTTEN_AT_ONCE = 20


class Repeats:
    """The answers of a home's API."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def begin(self, caller: int, key: str, request: str) -> Answer | None:
        """Claim a request for work; the answer it got before if it is a repeated one, None if there is work to do.

        Raises:
            OtherRequestError: the key came with another request before.
            UnderWayError: the first request has no answer yet.
            StoreError: the store is away.
        """
        now = self._home.clock.now()
        with writing(self._home.store) as connection:
            forget_requests(connection, now - KEPT, _FORGOTTEN_AT_ONCE)
            if claim_request(connection, caller, key, request, now):
                return None
            known = request_known(connection, caller, key)
            if known is None or known.request != request:
                raise OtherRequestError("this Idempotency-Key came with another request before")
            if known.status != UNDER_WAY:
                return Answer(known.status, known.content)
            if now - known.at < LEASE or not take_over_request(connection, caller, key, known.at, now):
                raise UnderWayError("the first request with this Idempotency-Key has no answer yet")
        return None

    def finish(self, caller: int, key: str, answer: Answer) -> None:
        """Keep the answer.

        Raises:
            StoreError: the store is away.
        """
        with writing(self._home.store) as connection:
            answer_request(connection, caller, key, answer.status, answer.content)

    def give_up(self, caller: int, key: str) -> None:
        """The work failed by our fault; the request may be sent again.

        Raises:
            StoreError: the store is away.
        """
        with writing(self._home.store) as connection:
            drop_request(connection, caller, key)
