"""`email = "decay"`: one mail to the lead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from engine.domain.delivery import MailKind
from engine.domain.sender import Sender
from engine.domain.steps.base import Done, Outcome, Run, Step, Waiting


@dataclass(frozen=True, kw_only=True)
class EmailStep(Step):
    """Send the mail `mail` of this campaign's theme and stage.

    `variants` maps a part of the mail ("subject", or "email" for whole templates) to its alternatives; a lead keeps its
    own. `measure` is what they are compared by (clicked, opened, replied or goal), `smallest` the smallest difference
    worth knowing (0-1; None: config's). `thread` names an earlier mail of the campaign that this one answers. `repeat`
    sends again when the lead comes back to this stage; otherwise nobody gets one step's mail twice.
    """

    kind: ClassVar[str] = "email"
    skipped_late: ClassVar[bool] = True

    mail: str
    mail_kind: MailKind = MailKind.MARKETING
    thread: str = ""
    sender: Sender | None = None
    variants: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    measure: str = "clicked"
    smallest: float | None = None
    repeat: bool = False

    def perform(self, run: Run) -> Outcome:
        delivery = run.delivery(self)
        if delivery is not None and run.is_of_earlier_visit(delivery.created_at):
            run.tell("had_already", step=self.id, mail=self.mail)
            return Done(run.now)
        if delivery is None and not self.repeat and run.had_elsewhere(self):
            run.tell("had_elsewhere", step=self.id, mail=self.mail)
            return Done(run.now)
        if delivery is not None:
            return Waiting(None) if delivery.in_flight else Done(delivery.finished_at or run.now)
        deadline = run.expires_at(self)
        if deadline is not None and run.now > deadline:
            return self._drop(run, "expired", deadline=deadline)
        held = run.may_mail(self)
        if held is None:
            run.send(self)
            return Waiting(None)
        if held.until is None or (deadline is not None and held.until > deadline):
            return self._drop(run, held.reason, **held.data)
        run.hold(self, held)
        return Waiting(held.until)

    def _drop(self, run: Run, why: str, **data: object) -> Done:
        run.tell("dropped", step=self.id, mail=self.mail, why=why, **data)
        return Done(run.now)
