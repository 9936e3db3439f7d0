"""The press: prints the pages that recipients read, with a policy that lets nothing run in them."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from engine.web.answers import NO_INDEX, NO_REFERRER, NO_SNIFF, NO_STORE, Answer, answer

_PAGES = Path(__file__).parent / "pages"
_HTML = (b"content-type", b"text/html; charset=utf-8")
_COMMON = (_HTML, NO_STORE, NO_REFERRER, NO_SNIFF, NO_INDEX)
# the mail may show its pictures and styles, but neither scripts nor forms, and not as part of our origin
_MAIL_POLICY = (
    b"content-security-policy",
    b"default-src 'none'; img-src http: https: data:; style-src 'unsafe-inline' http: https:; font-src http: https:; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    b"sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation",
)


# the same within a page of ours, and nowhere else
_FRAMED_POLICY = (_MAIL_POLICY[0], _MAIL_POLICY[1].replace(b"frame-ancestors 'none'", b"frame-ancestors 'self'"))


@dataclass(frozen=True, slots=True)
class Brand:
    """How recipients know the sender: from `[company]` of config.toml."""

    name: str
    website: str = ""
    postal_address: str = ""


class Press:
    """Prints pages for one brand."""

    def __init__(self, brand: Brand) -> None:
        style = (_PAGES / "style.css").read_text("utf-8")
        digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
        policy = (
            f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; "
            "frame-src 'self'; "
            "frame-ancestors 'none'"
        )
        self._headers = (*_COMMON, (b"content-security-policy", policy.encode()))
        self._jinja = Environment(
            loader=FileSystemLoader(_PAGES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            auto_reload=False,
        )
        # our own style sheet, never anything that came from outside
        self._jinja.globals.update(brand=brand, style=Markup(style))  # noqa: S704

    def page(self, name: str, status: int = 200, **values: Any) -> Answer:
        """The page `name`, filled in; every value is escaped."""
        html = self._jinja.get_template(f"{name}.html").render(values)
        return answer(status, self._headers, html.encode())

    def notice(self, status: int, heading: str, text: str) -> Answer:
        """A page that only says something."""
        return self.page("notice", status, heading=heading, text=text)

    def nothing(self) -> Answer:
        """The one 404: the same for whatever was altered, mixed up, expired or made up."""
        return self.notice(
            404,
            "There is nothing here",
            "This address is not one of ours, or no longer. If you copied it from a mail, please use the link in the "
            "mail itself.",
        )

    @staticmethod
    def mail(html: str) -> Answer:
        """A mail as it was sent, locked into a sandbox."""
        return answer(200, (*_COMMON, _MAIL_POLICY), html.encode())

    @staticmethod
    def framed_mail(html: str) -> Answer:
        """A mail locked into a sandbox, for a frame on a page of ours."""
        return answer(200, (*_COMMON, _FRAMED_POLICY), html.encode())
