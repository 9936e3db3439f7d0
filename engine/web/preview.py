"""The preview: a site for the author of a home, on their own machine, that only reads.

Nothing of it is for others: it listens on the loopback, answers only under an address that nobody can guess and only to
requests that call it by a name of the loopback (against DNS rebinding), and mails are shown in frames in which nothing
runs. Pages tell of changes as server-sent events.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from engine.content.context import MailError
from engine.rehearsal.findings import Finding, of_mail
from engine.rehearsal.mail_view import Look, looked_at, mail_view
from engine.rehearsal.printing import part, printed
from engine.rehearsal.studio import Scene, Studio
from engine.service.mail_choice import MailChoice, editions

LOOKS_EVERY = 0.5
"""Seconds between two looks at the files, while a page is open."""

_NAMES = ["127.0.0.1", "localhost"]
_COMMON = {"cache-control": "no-store", "referrer-policy": "no-referrer", "x-content-type-options": "nosniff"}
_PAGE = {
    **_COMMON,
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; frame-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}
_STYLES = "style-src 'unsafe-inline'; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
_MAIL = "default-src 'none'; img-src {}; " + _STYLES + "; sandbox allow-popups allow-popups-to-escape-sandbox"
_OURS = {"style.css": "text/css", "page.js": "text/javascript"}

Values = dict[str, Any]


class PreviewSite:
    """Answers with what the studio sees; `root` is the path that all addresses begin with."""

    def __init__(self, studio: Studio, root: str, now: Callable[[], datetime]) -> None:
        self._studio, self._root, self._now = studio, root, now

    def app(self) -> Starlette:
        """The site as an application."""
        routes = [
            Route("/", self.start),
            Route("/findings", self.findings),
            Route("/board/{campaign}", self.board),
            Route("/mail/{campaign}/{step}", self.mail),
            Route("/body/{campaign}/{step}", self.body),
            Route("/changes", self.changes),
            *(Route(f"/{name}", _ours(name)) for name in _OURS),
        ]
        guard = Middleware(TrustedHostMiddleware, allowed_hosts=_NAMES, www_redirect=False)
        return Starlette(routes=[Mount(self._root, routes=routes)], middleware=[guard])

    def start(self, request: Request) -> Response:
        """The first board; the findings where there is none."""
        scene, query = self._studio.scene(), Look.read(request.query_params).carried()
        to = f"board/{scene.boards[0].id}" if scene.boards else "findings"
        return RedirectResponse(f"{self._root}/{to}{query}", 303, headers=_COMMON)

    def findings(self, request: Request) -> Response:
        return self._page("findings", request, self._studio.scene(), "findings")

    def board(self, request: Request) -> Response:
        scene, name = self._studio.scene(), request.path_params["campaign"]
        found = next((one for one in scene.boards if one.id == name), None)
        if found is None:
            return self._nothing(request, scene, f"There is no campaign '{name}', or it cannot be read yet.")
        first = next((one.step.id for one in scene.mails if one.campaign.id == name), "")
        return self._page("board", request, scene, f"board/{name}", board=found, first=first, kept=name in scene.kept)

    def mail(self, request: Request) -> Response:
        scene = self._studio.scene()
        choice = _choice(scene, request.path_params)
        if choice is None:
            return self._no_mail(request, scene, request.path_params["campaign"], request.path_params["step"])
        values = self._values(scene, choice, Look.read(request.query_params))
        return self._page("mail", request, scene, f"mail/{choice.campaign.id}/{choice.step.id}", **values)

    def body(self, request: Request) -> Response:
        """The mail alone, for a frame."""
        scene, look = self._studio.scene(), Look.read(request.query_params)
        choice = _choice(scene, request.path_params)
        values = self._values(scene, choice, look) if choice is not None else {"view": None}
        if values["view"] is None:
            return Response("There is no such mail.", 404, _COMMON, "text/plain")
        policy = _MAIL.format("data: http: https:" if look.pictures else "data:")
        html: str = values["view"].page(dark=look.dark)
        return HTMLResponse(html, headers={**_COMMON, "content-security-policy": policy})

    async def changes(self, request: Request) -> Response:
        """An event as soon as there is another scene than the one that the page has seen."""
        stream = self._changes(request.query_params.get("seen", ""))
        return StreamingResponse(stream, headers=_COMMON, media_type="text/event-stream")

    async def _changes(self, seen: str) -> AsyncIterator[str]:
        yield ": listening\n\n"
        while str((await run_in_threadpool(self._studio.scene)).number) == seen:
            await asyncio.sleep(LOOKS_EVERY)
        yield "event: changed\ndata: files\n\n"

    def _values(self, scene: Scene, choice: MailChoice, look: Look) -> Values:
        persona = scene.persona(look.persona)
        reader = persona.reader(choice.campaign.id)
        chosen = looked_at(scene.shown, choice, look, reader)
        values: Values = {"view": None, "refused": None}
        try:
            values["view"] = mail_view(scene.shown, chosen, reader, self._now())
        except MailError as error:
            values["refused"] = error
        return {
            **values,
            **_beside(scene, choice),
            "choice": chosen,
            "look": look,
            "persona": persona,
            "editions": editions(scene.shown, chosen),
            "kept": scene.is_kept(chosen),
            "beside": of_mail(chosen, scene.findings),
        }

    def _page(self, name: str, request: Request, scene: Scene, at: str, status: int = 200, **values: Any) -> Response:
        query = Look.read(request.query_params).carried()
        html = printed(name, root=self._root, query=query, scene=scene, at=at, **values)
        return HTMLResponse(html, status, headers=_PAGE)

    def _no_mail(self, request: Request, scene: Scene, campaign: str, step: str) -> Response:
        """A mail that could never be read so far, with what is wrong with it; or one that nobody sends."""
        wrong = scene.beside.get((campaign, step), ())
        if wrong:
            return self._nothing(request, scene, f"The mail '{campaign}/{step}' cannot be read yet:", wrong)
        return self._nothing(request, scene, f"No campaign sends a mail '{campaign}/{step}', or it cannot be read yet.")

    def _nothing(self, request: Request, scene: Scene, words: str, wrong: Sequence[Finding] = ()) -> Response:
        at = request.url.path.removeprefix(f"{self._root}/")
        return self._page("nothing", request, scene, at, 404, words=words, wrong=wrong)


def _choice(scene: Scene, path: Mapping[str, str]) -> MailChoice | None:
    wanted = (path["campaign"], path["step"])
    return next((one for one in scene.mails if (one.campaign.id, one.step.id) == wanted), None)


def _beside(scene: Scene, choice: MailChoice) -> Values:
    """The mail's card, and the mails before and after it."""
    names = [(one.campaign.id, one.step.id) for one in scene.mails]
    place = names.index((choice.campaign.id, choice.step.id))
    around = {"previous": names[place - 1] if place else None, "next": (*names, None)[place + 1]}
    columns = next(one.columns for one in scene.boards if one.id == choice.campaign.id)
    card = next(card for column in columns for card in column.cards if card.id == choice.step.id)
    ways = {name: "/".join(way) if way is not None else "" for name, way in around.items()}
    return {**ways, "card": card, "number": place + 1, "count": len(names)}


def _ours(name: str) -> Callable[[Request], Response]:
    def answer(_: Request) -> Response:
        return Response(part(name), headers=_COMMON, media_type=_OURS[name])

    return answer
