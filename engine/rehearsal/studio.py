"""The studio: a home's files as they are now, looked at again and again while their author writes.

A mistake takes nothing away from the picture: campaigns and mails that cannot be read stay as they were last, and are
named, and the findings say what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from threading import Lock

from engine.content.mails import CompiledMail, MailKey
from engine.domain.journey.facts import Lead
from engine.domain.journey.programme import Winners
from engine.rehearsal.board import Board, Places, board
from engine.rehearsal.findings import Finding, Where, by_step, findings_of
from engine.rehearsal.personas import Persona, personas
from engine.service.check import CheckReport, check
from engine.service.file_stamps import Stamps, stamps
from engine.service.mail_choice import MailChoice, mails_of, subjects_of

Checking = Callable[[Path], CheckReport]


@dataclass(frozen=True)
class Scene:
    """The home at one look. `found` is what the check says, `shown` what there is to see.

    `kept` names the campaigns, and `kept_mails` the mails, that are shown as they were before a mistake.
    """

    number: int
    found: CheckReport
    shown: CheckReport
    kept: frozenset[str] = frozenset()
    kept_mails: frozenset[MailKey] = frozenset()
    own: Lead | None = None
    winners: Winners = field(default_factory=dict)

    @cached_property
    def boards(self) -> tuple[Board, ...]:
        subjects = subjects_of(self.shown)
        return tuple(board(one, self.shown.places, (), subjects, self.winners) for one in self.shown.campaigns.values())

    @cached_property
    def mails(self) -> tuple[MailChoice, ...]:
        """Every mail, in the order of files, stages and steps."""
        return tuple(mails_of(self.shown))

    @cached_property
    def personas(self) -> tuple[Persona, ...]:
        return personas(self.shown, self.own)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        return findings_of(self.found)

    @cached_property
    def beside(self) -> Mapping[Where, tuple[Finding, ...]]:
        """The findings of each step."""
        return by_step(self.shown, self.findings)

    def persona(self, key: str) -> Persona:
        """The persona of this key, or the first one."""
        return next((one for one in self.personas if one.key == key), self.personas[0])

    def is_kept(self, choice: MailChoice) -> bool:
        """Whether this mail is shown as it was before a mistake."""
        return choice.campaign.id in self.kept or choice.mail.key in self.kept_mails


class Studio:
    """Looks at a home's files; may be asked from several threads."""

    def __init__(
        self, root: Path, own: Lead | None = None, checking: Checking = check, winners: Winners | None = None
    ) -> None:
        self._root, self._own, self._check, self._winners = root, own, checking, winners or {}
        self._lock = Lock()
        self._seen: Stamps | None = None
        self._scene: Scene | None = None

    def scene(self) -> Scene:
        """The home as it is now; read again only where a file changed."""
        with self._lock:
            now = stamps(self._root, config=True)
            if self._scene is None or now != self._seen:
                self._scene, self._seen = self._look(now)
            return self._scene

    def _look(self, now: Stamps) -> tuple[Scene, Stamps | None]:
        """The files read again. Where one went away meanwhile, all is as it was, and the next look tries again."""
        try:
            found = _next(self._scene, self._check(self._root), self._own)
            return replace(found, winners=self._winners), now
        except OSError:
            if self._scene is None:
                raise
            return self._scene, None


def _next(before: Scene | None, found: CheckReport, own: Lead | None) -> Scene:
    if before is None:
        return Scene(1, found, found, own=own)
    campaigns = {name: one for name, one in before.shown.campaigns.items() if name in found.broken}
    mails = _missing(before.shown.mails, found)
    shown = replace(
        found,
        campaigns=dict(sorted({**campaigns, **found.campaigns}.items())),
        mails={**mails, **found.mails},
        scenarios=found.scenarios if found.usable else {**before.shown.scenarios, **found.scenarios},
        places={**_places(before.shown, found), **found.places},
        config=found.config if found.usable else before.shown.config,
    )
    return Scene(before.number + 1, found, shown, frozenset(campaigns), frozenset(mails), own)


def _places(before: CheckReport, found: CheckReport) -> Places:
    """Where steps stood in files that are no TOML now."""
    read = {campaign for campaign, _ in found.places}
    return {where: place for where, place in before.places.items() if where[0] not in read}


def _missing(before: Mapping[MailKey, CompiledMail], found: CheckReport) -> dict[MailKey, CompiledMail]:
    """Mails that could be compiled before and cannot be now."""
    return {key: mail for key, mail in before.items() if key not in found.mails} if not found.usable else {}
