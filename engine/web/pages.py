"""Pages that recipients read: unsubscribe, preferences, a mail in the browser, and one that was passed on.

Looking changes nothing: only a POST does (mail programs and scanners fetch every address). There are no cookies and
no scripts; who holds a mail's token may speak for its recipient. An unsubscribe is durable before its answer: in the
store, or, while that is away, in the spool.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from engine.domain.recipient import Ack, Choices, UnavailableError, Wish
from engine.domain.tokens import KeyRing, Purpose, read_mail_token
from engine.domain.traffic import Hit, HitKind, evidence
from engine.web.answers import Answer
from engine.web.press import Press
from engine.web.providers import Preferences, Sharing, Unsubscriber, WebView
from engine.web.recorder import Recorder
from engine.web.services import STORE_SECONDS, Caller, Result
from engine.web.visit import BadFormError, Form, Visit, read_form

log = logging.getLogger("ripeline.tracker")

NAME_LENGTH, ADDRESS_LENGTH = 100, 254


@dataclass(frozen=True, slots=True)
class Services:
    """What carries out what recipients want; `writer` is the thread that all of them are called in."""

    unsubscriber: Unsubscriber
    preferences: Preferences
    web_view: WebView
    sharing: Sharing
    writer: Executor
    patience: float = STORE_SECONDS

    async def call(self, work: Callable[..., Result], *values: object) -> Result:
        """The result of `work` in the writer's thread.

        Raises:
            UnavailableError: the store is away, or silent for more than `patience` seconds.
        """
        return await Caller(self.writer, self.patience).call(work, *values)


class Pages:
    """The ASGI app of `/u/`, `/p/`, `/v/` and `/s/`."""

    def __init__(self, ring: KeyRing, recorder: Recorder, services: Services, press: Press) -> None:
        self._ring, self._recorder, self._services, self._press = ring, recorder, services, press
        self._nothing = press.nothing()
        self._rooms: dict[tuple[str, str], tuple[Purpose, Callable[[Visit], Awaitable[Answer]]]] = {
            ("u", ""): (Purpose.UNSUBSCRIBE, self._leave),
            ("u", "undo"): (Purpose.UNSUBSCRIBE, self._undo),
            ("p", ""): (Purpose.UNSUBSCRIBE, self._choose),
            ("v", ""): (Purpose.VIEW, self._view),
            ("s", ""): (Purpose.SHARE, self._share),
            ("s", "mail"): (Purpose.SHARE, self._shared_mail),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = await self._reply(scope, receive)
        await send(reply.start)
        await send(reply.end)

    async def _reply(self, scope: Scope, receive: Receive) -> Answer:
        room, _, rest = scope["path"][1:].partition("/")
        token, slash, deed = rest.partition("/")
        purpose, enter = self._rooms.get((room, deed), (None, None))
        mail = read_mail_token(self._ring, purpose, token) if purpose else None
        if enter is None or mail is None or scope["method"] not in ("GET", "HEAD", "POST"):
            return self._nothing
        try:
            return await enter(Visit(scope, receive, token, mail.delivery, "../.." if slash else ".."))
        except BadFormError:
            return self._press.notice(
                400, "That did not arrive", "The form was not complete. Please go back and try again."
            )
        except UnavailableError:
            return self._later()

    async def _leave(self, visit: Visit) -> Answer:
        how = _way_out(await read_form(visit)) if visit.sends else ""
        if how:
            return await self._take_off(visit, how)
        # a POST that does not say what it wants is answered like a look, but not as if it had worked
        return self._press.page("ask", 400 if visit.sends else 200, token=visit.token, up=visit.up)

    async def _take_off(self, visit: Visit, how: str) -> Answer:
        hit = self._hit(HitKind.UNSUBSCRIBE, visit, how)
        try:
            await self._services.call(self._services.unsubscriber.unsubscribe, hit.delivery, how, hit.at, evidence(hit))
        except Exception as error:  # whatever the reason, what a recipient asked for must not be lost
            # the kind of error only: a driver's text may hold personal data
            log.warning("An unsubscribe for delivery %d waits in the spool: %s", hit.delivery, type(error).__name__)
            if not await self._spooled(hit):
                return self._later()
        self._recorder.tally.add(hit.kind)
        return self._press.page("left", token=visit.token, up=visit.up)

    async def _spooled(self, hit: Hit) -> bool:
        try:
            await self._recorder.spool.append(hit)
        except OSError:
            log.exception(
                "An unsubscribe for delivery %d could not be kept; its sender was asked to try again.", hit.delivery
            )
            return False
        return True

    async def _undo(self, visit: Visit) -> Answer:
        if not visit.sends:
            return self._nothing
        hit = self._hit(HitKind.UNSUBSCRIBE, visit, "undo")
        ack = await self._services.call(self._services.unsubscriber.undo, hit.delivery, hit.at, evidence(hit))
        return self._press.page("back", done=ack is not Ack.REFUSED, token=visit.token, up=visit.up)

    async def _choose(self, visit: Visit) -> Answer:
        form = await read_form(visit) if visit.sends else None
        if form and form.says("do", "leave"):
            return await self._take_off(visit, "preferences")
        choices = await self._services.call(self._services.preferences.choices, visit.delivery)
        if choices is None:
            return self._nothing
        if form is None or not form.says("do", "save"):
            return self._preferences(visit, choices, "")
        return await self._save(visit, choices, form)

    async def _save(self, visit: Visit, choices: Choices, form: Form) -> Answer:
        known = frozenset(topic.key for topic in choices.topics)
        wish = Wish(form.all("topic") & known, tracking=not form.says("untracked", "yes"))
        hit = self._hit(HitKind.PREFERENCE, visit, "preferences")
        preferences = self._services.preferences
        await self._services.call(preferences.choose, hit.delivery, wish, hit.at, evidence(hit))
        self._recorder.tally.add(hit.kind)
        chosen = await self._services.call(preferences.choices, visit.delivery)
        return self._preferences(visit, chosen or choices, "Saved. It holds from now on.")

    def _preferences(self, visit: Visit, choices: Choices, notice: str) -> Answer:
        return self._press.page("preferences", choices=choices, notice=notice, token=visit.token, up=visit.up)

    async def _view(self, visit: Visit) -> Answer:
        if visit.sends:
            return self._nothing
        html = await self._services.call(self._services.web_view.mail_as_sent, visit.delivery)
        if html is None:
            return self._gone()
        await self._recorder.traffic(HitKind.VIEW, visit.delivery, visit.scope)
        return self._press.mail(html)

    async def _share(self, visit: Visit) -> Answer:
        """A mail that was passed on, and a form for whoever got it so."""
        if visit.sends:
            return await self._bring(visit, await read_form(visit))
        html = await self._services.call(self._services.sharing.mail_to_share, visit.delivery)
        if html is None:
            return self._gone()
        await self._recorder.traffic(HitKind.SHARE, visit.delivery, visit.scope)
        return self._press.page("share", token=visit.token, up=visit.up, wrong="", called="", address="")

    async def _shared_mail(self, visit: Visit) -> Answer:
        """The mail alone, as the page shows it in a frame."""
        if visit.sends:
            return self._nothing
        html = await self._services.call(self._services.sharing.mail_to_share, visit.delivery)
        return self._press.framed_mail(html) if html is not None else self._gone()

    async def _bring(self, visit: Visit, form: Form) -> Answer:
        name, address = form.text("name", NAME_LENGTH), form.text("address", ADDRESS_LENGTH)
        hit = self._hit(HitKind.SHARE, visit, "page")
        bring = self._services.sharing.bring
        if not await self._services.call(bring, hit.delivery, name, address, hit.at, evidence(hit)):
            wrong = "This is no mail address. Please look at it again."
            return self._press.page(
                "share", 400, token=visit.token, up=visit.up, wrong=wrong, called=name, address=address
            )
        return self._press.notice(200, "Thank you", "We have your address, and will be in touch.")

    def _gone(self) -> Answer:
        return self._press.notice(410, "This mail is gone", "We keep mails for a while only; this one is too old.")

    def _hit(self, kind: HitKind, visit: Visit, how: str) -> Hit:
        return self._recorder.maker.hit(kind, visit.delivery, visit.scope, how=how)

    def _later(self) -> Answer:
        return self._press.notice(
            503,
            "Not just now",
            "We cannot do this at the moment. Nothing was changed; please try again in a few minutes.",
        )


def _way_out(form: Form) -> str:
    """By which way the form unsubscribes: the mail program's button (RFC 8058) or ours; empty if it does not."""
    if form.says("List-Unsubscribe", "One-Click"):
        return "one-click"
    return "page" if form.says("leave", "yes") else ""
