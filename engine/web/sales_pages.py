"""The pages behind the buttons of an alert: a salesperson reads a lead's story, and accepts, gives back or snoozes.

Looking changes nothing, whichever button led here: only the form on the page does. There are no cookies and no scripts;
who holds the token, which names one hand-off and one person, may answer it.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send

from engine.domain.recipient import UnavailableError
from engine.domain.sales.sheet import ANSWERS, Question, Said, Sheet
from engine.domain.tokens import KeyRing, MailRef, Purpose, read_mail_token
from engine.web.answers import Answer
from engine.web.press import Press
from engine.web.providers import SalesDesk
from engine.web.services import Caller
from engine.web.visit import BadFormError, Form, Visit, read_form

SNOOZES = {1: "until tomorrow", 3: "for three days", 7: "for a week", 14: "for two weeks"}
LONGEST_NOTE = 2000
_KINDS = {"h": (Purpose.HANDOFF, "handoff"), "k": (Purpose.TASK, "task")}


class SalesPages:
    """The ASGI app of `/h/` (hand-offs) and `/k/` (tasks)."""

    def __init__(self, ring: KeyRing, desk: SalesDesk, caller: Caller, press: Press) -> None:
        self._ring, self._desk, self._caller, self._press = ring, desk, caller, press

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = await self._reply(scope, receive)
        await send(reply.start)
        await send(reply.end)

    async def _reply(self, scope: Scope, receive: Receive) -> Answer:
        room, _, token = scope["path"][1:].partition("/")
        purpose, kind = _KINDS.get(room, (None, ""))
        found = read_mail_token(self._ring, purpose, token) if purpose else None
        if found is None or scope["method"] not in ("GET", "HEAD", "POST"):
            return self._press.nothing()
        try:
            return await self._desk_for(Visit(scope, receive, token, found.delivery, ".."), kind, found)
        except BadFormError:
            return self._press.notice(400, "That did not arrive", "The form was not complete. Please go back.")
        except UnavailableError:
            return self._press.notice(503, "Not just now", "Nothing was changed; please try again in a few minutes.")

    async def _desk_for(self, visit: Visit, kind: str, found: MailRef) -> Answer:
        if not visit.sends:
            return await self._show(visit, kind, found)
        said = _said(kind, await read_form(visit))
        if said is None:
            return await self._show(visit, kind, found, status=400, notice="Please choose one of the answers.")
        words = await self._caller.call(self._desk.answer, kind, found.delivery, found.table, said)
        return await self._show(visit, kind, found, notice=words)

    async def _show(self, visit: Visit, kind: str, found: MailRef, status: int = 200, notice: str = "") -> Answer:
        shown = await self._caller.call(self._desk.sheet, kind, found.delivery, found.table)
        if shown is None:
            return self._press.nothing()
        sheet, question = shown
        return self._press.page("sheet", status, **_values(visit, sheet, question, notice))


def _values(visit: Visit, sheet: Sheet, question: Question, notice: str) -> Mapping[str, object]:
    asked = parse_qs(visit.scope.get("query_string", b"").decode("latin-1")).get("do", [""])[0]
    return {
        "sheet": sheet,
        "question": question,
        "notice": notice,
        "do": asked if asked in ANSWERS[question.kind] else "",
        "snoozes": SNOOZES,
        "address": f"{visit.up}/{'k' if question.kind == 'task' else 'h'}/{visit.token}",
    }


def _said(kind: str, form: Form) -> Said | None:
    """The answer of a form; None if it is none."""
    do, reason, note = form.text("do"), form.text("reason"), form.text("note")[:LONGEST_NOTE]
    days = form.text("days")
    if do not in ANSWERS[kind] or (do == "reject" and not reason):
        return None
    if do == "snooze" and (not days.isdigit() or int(days) not in SNOOZES):
        return None
    return Said(do, reason, note, int(days) if do == "snooze" else 0)
