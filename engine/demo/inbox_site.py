"""A page where every mail of the demo can be looked at: a list, and each mail at desktop and phone width."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from engine.demo.inbox import Inbox, Received
from engine.service.keepsakes import part_of

_JINJA = Environment(loader=FileSystemLoader(Path(__file__).parent / "pages"), autoescape=True, trim_blocks=True)
_MAIL_POLICY = {"content-security-policy": "script-src 'none'; frame-ancestors 'self'; sandbox allow-popups"}


def inbox_site(inbox: Inbox) -> Starlette:
    """The site over an inbox."""

    def listing(request: Request) -> Response:
        wanted = request.query_params.get("to", "")
        mails = [_line(mail) for mail in reversed(inbox.all()) if wanted in ("", mail.recipient)]
        return HTMLResponse(_JINJA.get_template("list.html").render(mails=mails, wanted=wanted))

    def mail(request: Request) -> Response:
        found = _find(inbox, request)
        if found is None:
            return HTMLResponse("There is no such mail.", 404)
        text = part_of(found.message, "plain")
        source = found.message.decode("utf-8", "replace")
        return HTMLResponse(_JINJA.get_template("mail.html").render(mail=_line(found), text=text, source=source))

    def body(request: Request) -> Response:
        found = _find(inbox, request)
        html = part_of(found.message, "html") if found is not None else ""
        return HTMLResponse(html, headers=_MAIL_POLICY)

    return Starlette(
        routes=[Route("/", listing), Route("/mail/{number:int}", mail), Route("/mail/{number:int}/body", body)]
    )


def _find(inbox: Inbox, request: Request) -> Received | None:
    number = int(request.path_params["number"])
    found = inbox.since(number)[:1]
    return found[0] if found else None


def _line(mail: Received) -> dict[str, object]:
    parsed = mail.parsed
    return {
        "number": mail.number,
        "to": mail.recipient,
        "sender": str(parsed["From"]).partition(" <")[0],
        "subject": str(parsed["Subject"]),
        "date": f"{parsedate_to_datetime(str(parsed['Date'])):%a %e %b %H:%M}",
        "campaign": str(parsed["Feedback-ID"] or "").partition(":")[0],
    }
