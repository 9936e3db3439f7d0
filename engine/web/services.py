"""Calling services from pages: in the one thread that writes, and no longer than somebody waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar

from engine.domain.recipient import UnavailableError

STORE_SECONDS = 5.0
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Caller:
    """`writer` is the thread in which all services are called, `patience` how many seconds an answer may take."""

    writer: Executor
    patience: float = STORE_SECONDS

    async def call(self, work: Callable[..., Result], *values: object) -> Result:
        """The result of `work` in the writer's thread.

        Raises:
            UnavailableError: the store is away, or silent for more than `patience` seconds.
        """
        try:
            running = asyncio.get_running_loop().run_in_executor(self.writer, lambda: work(*values))
            return await asyncio.wait_for(running, self.patience)
        except TimeoutError as error:
            raise UnavailableError(f"The store did not answer within {self.patience:g} s.") from error
