"""Who a mail is from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sender:
    """The lead's owner if asked for and possible, otherwise a fixed "Name <address>"."""

    address: str
    owner: bool = False
