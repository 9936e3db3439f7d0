"""A winner whose words its campaign does not have any more."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LostWinner:
    """A variant that was chosen for every lead to come, by its words, and that its step does not have any more."""

    campaign: str
    step: str
    part: str
    text: str

    def __str__(self) -> str:
        return (
            f"{self.campaign}/{self.step}: its winner ({self.part} {self.text!r}) is no longer among the variants, so "
            "that each lead gets its own again"
        )
