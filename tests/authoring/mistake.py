"""One mistake in a campaign file, as a change to the sound one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """A change to the sound campaign, and the one problem that it makes; long texts are given by their beginning."""

    name: str
    old: str
    new: str
    place: str
    code: str
    message: str
    hint: str = ""
