"""The hot path: a compiled mail made ready once per process, then filled in for lead after lead."""

from __future__ import annotations

import quopri
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import zstandard
from msgspec import structs

from engine.content import expressions as ex
from engine.content.context import CampaignInfo, Mailbox, MailError, RenderContext, Rendered, Site
from engine.content.generate import Function, MissingValueError, Target, bytes_function, text_function
from engine.content.mails import CompiledMail, Link, LinkKind
from engine.content.message import assemble, list_fields, split_mailbox
from engine.content.pieces import Pieces
from engine.content.quoted import SOFT, escaped, fragment
from engine.content.source import read_source
from engine.content.values import ValueRefusedError, look_up
from engine.domain.tokens import KeyRing, LinkRef, MailRef, Purpose, bound_link_token, link_token, mail_token
from engine.errors import Place

_FOLLOWED = re.compile(r"https?://[^\s/?#\"<>\\]+[^\s\"<>]*", re.IGNORECASE)
_PIXEL = '.gif" width="1" height="1" alt="" style="display:block;border:0;width:1px;height:1px;">'
MAX_DICTIONARY = 32_768


class Call:
    """One rendering: what the generated functions look up."""

    __slots__ = (
        "campaign",
        "form",
        "lead",
        "mail",
        "owner",
        "preferences_url",
        "preferences_url_bytes",
        "ref",
        "sender",
        "token",
        "track",
        "trigger",
        "unsubscribe_url",
        "unsubscribe_url_bytes",
        "vars",
        "view_url",
        "view_url_bytes",
    )

    def __init__(self, form: Form, context: RenderContext, *, tracked: bool) -> None:
        base, ring = form.base_url, form.ring
        self.form, self.ref = form, MailRef(context.delivery, form.compiled.table)
        self.lead, self.owner, self.trigger = context.lead, context.owner, context.trigger
        self.sender: Mapping[str, object] = context.sender.values()
        self.campaign: Mapping[str, object] = {}
        self.vars: Mapping[str, object] = {}
        self.mail: dict[str, object] = {}
        leave = mail_token(ring, Purpose.UNSUBSCRIBE, self.ref)
        self.unsubscribe_url, self.preferences_url = f"{base}/u/{leave}", f"{base}/p/{leave}"
        self.view_url = f"{base}/v/{mail_token(ring, Purpose.VIEW, self.ref)}"
        self.unsubscribe_url_bytes = fragment(self.unsubscribe_url)
        self.preferences_url_bytes = fragment(self.preferences_url)
        self.view_url_bytes = fragment(self.view_url)
        self.track = mail_token(ring, Purpose.TRACK, self.ref) if tracked else ""
        self.token = self.track.encode("ascii") + SOFT

    @property
    def share_link(self) -> str:
        """Made only where a template has it, which few do."""
        return f"{self.form.base_url}/s/{mail_token(self.form.ring, Purpose.SHARE, self.ref)}"

    @property
    def share_link_bytes(self) -> bytes:
        return fragment(self.share_link)

    def link(self, index: int, target: str, markup: bool) -> bytes:
        """The address of a link whose target waits for the lead."""
        address = self.form.followed(index, target, self)
        return fragment(escaped(address) if markup else address)


@dataclass(frozen=True)
class _Functions:
    """The two parts, tracked or not."""

    text: Function
    html: Function


@dataclass(frozen=True)
class Form:
    """A mail ready to be filled in, for one campaign with its `vars`.

    Raises:
        ValueError: `compiled` is no mail that this version understands.
    """

    compiled: CompiledMail
    ring: KeyRing
    site: Site
    campaign: CampaignInfo
    variables: Mapping[str, object]

    def render(self, context: RenderContext) -> Rendered:
        """The mail's parts for a lead.

        Raises:
            MailError: a value without default is missing, or cannot be used.
        """
        tracked = self.site.tracking and context.tracking
        call = Call(self, context, tracked=tracked)
        functions = self._tracked if tracked else self._untracked
        sender, reply_to = self._sender(call, context)
        subject = answering(context.thread.subject) if context.thread else self._own_subject(call, context)
        call.mail["subject"] = subject
        call.mail["preheader"] = self._run(self._preheader, call)
        text, html = self._run(functions.text, call), self._run(functions.html, call)
        text = text.lstrip(b"\r\n")  # what a branch not taken leaves before the first word
        return Rendered(subject, sender, reply_to, text, html, call.unsubscribe_url)

    def _own_subject(self, call: Call, context: RenderContext) -> str:
        own: str = self._run(self._line(context.subject) if context.subject else self._subject, call)
        return own

    def preheader(self, context: RenderContext) -> str:
        """The line that inboxes show behind the subject.

        Raises:
            MailError: as `render`.
        """
        call = Call(self, context, tracked=False)
        self._sender(call, context)
        call.mail["subject"] = answering(context.thread.subject) if context.thread else self._own_subject(call, context)
        line: str = self._run(self._preheader, call)
        return line

    def targets(self, context: RenderContext) -> tuple[tuple[Link, str], ...]:
        """The links, and where each leads this lead; nowhere known for those to pages of its own.

        Raises:
            MailError: as `render`.
        """
        call = Call(self, context, tracked=False)
        self._sender(call, context)
        own = (LinkKind.UNSUBSCRIBE, LinkKind.PREFERENCES, LinkKind.VIEW, LinkKind.SHARE)
        return tuple(
            (link, "" if link.kind in own else self._run(self._line(link.target), call)) for link in self.compiled.links
        )

    def message(self, context: RenderContext) -> bytes:
        """The finished message for a lead: `render`, then `assembled`.

        Raises:
            MailError: as `render`, or a header's value holds what no header may.
        """
        return self.assembled(self.render(context), context)

    def assembled(self, rendered: Rendered, context: RenderContext) -> bytes:
        """The finished message from its rendered parts.

        Raises:
            MailError: a header's value holds what no header may.
        """
        return assemble(rendered, context, self._fields if context.one_click else b"", self.compiled.path)

    def followed(self, index: int, target: str, call: Call) -> str:
        """The address that leads to a target known only now.

        Raises:
            MailError: the target is no web address.
        """
        if not _FOLLOWED.fullmatch(target):
            raise self._error(None, f"a link would lead to {target[:80]!r}, which is no web address (https://…)")
        if not call.track:
            return target
        return f"{self.base_url}/c/{call.track}/{bound_link_token(self.ring, call.ref, LinkRef(index, target))}"

    @cached_property
    def base_url(self) -> str:
        return self.site.base_url.rstrip("/")

    @cached_property
    def dictionary(self) -> bytes:
        """The mail's fixed parts, at most 32 KB, for `pack_copy`; the same for every form of the compiled mail."""
        return copy_dictionary(self.compiled)

    @cached_property
    def packer(self) -> zstandard.ZstdCompressor:
        """Packs copies; its dictionary is digested once, which makes a copy five times cheaper than by zlib."""
        shared = _shared(self.dictionary)
        shared.precompute_compress(level=1)
        return zstandard.ZstdCompressor(level=1, dict_data=shared, write_checksum=True)

    def _run(self, function: Function, call: Call) -> Any:
        try:
            return function.run(call)
        except MissingValueError as error:
            raise self._missing(function, error, call) from None
        except ValueRefusedError as error:
            expression = _failed(function, error)
            raise self._error(self._place(expression), str(error)) from None

    def _missing(self, function: Function, error: MissingValueError, call: Call) -> MailError:
        expression = _failed(function, error)
        absent = list(ex.references(expression)) if expression else []
        absent = [reference for reference in absent if not _present(reference, call)] or absent
        name = str(absent[-1]) if absent else "a value"
        return self._error(
            self._place(absent[-1] if absent else None), f"'{name}' has no value for this lead, and no default"
        )

    def _place(self, expression: ex.Expression | None) -> Place | None:
        names = {str(reference) for reference in ex.references(expression)} if expression else set()
        uses = [use for use in self.compiled.variables if use.path in names]
        strict = [use for use in uses if not use.has_default] or uses
        return strict[0].place if strict else None

    def _error(self, place: Place | None, message: str) -> MailError:
        return MailError(self.compiled.path, place, message)

    def _sender(self, call: Call, context: RenderContext) -> tuple[Mailbox, str]:
        sender, reply_to = context.sender, context.reply_to
        if self.compiled.sender:
            sender = Mailbox(*split_mailbox(self._run(self._from, call)))
            call.sender = sender.values()
        if self.compiled.reply_to:
            reply_to = self._run(self._reply_to, call)
        return sender, reply_to

    def _read(self, source: str) -> Pieces:
        return read_source(source, {"campaign": self.campaign.values(), "vars": self.variables}, self.base_url)

    def _line(self, source: str) -> Function:
        if source not in self._lines:
            if len(self._lines) >= 64:
                self._lines.clear()
            self._lines[source] = text_function(self._read(source), {})
        return self._lines[source]

    @cached_property
    def _lines(self) -> dict[str, Function]:
        return {}

    @cached_property
    def _subject(self) -> Function:
        return self._line(self.compiled.subject)

    @cached_property
    def _preheader(self) -> Function:
        return self._line(self.compiled.preheader)

    @cached_property
    def _from(self) -> Function:
        return self._line(self.compiled.sender)

    @cached_property
    def _reply_to(self) -> Function:
        return self._line(self.compiled.reply_to)

    @cached_property
    def _fields(self) -> bytes:
        return list_fields(self.site, self.campaign.id, self.campaign.title, str(self.compiled.key))

    @cached_property
    def _tracked(self) -> _Functions:
        pixel = Target(f'<img src="{self.base_url}/o/', _PIXEL, bound=True, raw=True)
        return self._functions(self._tracked_target, pixel)

    @cached_property
    def _untracked(self) -> _Functions:
        return self._functions(lambda _index, target: Target(target), None)

    def _functions(self, target: Callable[[int, str], Target], pixel: Target | None) -> _Functions:
        targets = {
            link.index: target(link.index, self._static(link.target))
            for link in self.compiled.links
            if _is_static(link)
        }
        text, html = self._read(self.compiled.text), self._read(self.compiled.html)
        return _Functions(
            bytes_function(text, targets, None, markup=False), bytes_function(html, targets, pixel, markup=True)
        )

    def _tracked_target(self, index: int, target: str) -> Target:
        token = link_token(self.ring, self.compiled.table, LinkRef(index, target))
        return Target(f"{self.base_url}/c/", f"/{token}", bound=True)

    def _static(self, target: str) -> str:
        """A target that is the same for all leads, with what the campaign knows filled in."""
        if "{" not in target:
            return target
        call: Any = _Nobody()
        try:
            return str(text_function(self._read(target), {}).run(call))
        except MissingValueError:
            raise ValueError(f"the link {target} needs a value that neither config nor campaign has") from None


class _Nobody:
    """Stands where no lead is known: every value is missing."""

    __slots__ = ()

    def __getattr__(self, _name: str) -> Mapping[str, object]:
        return {}


def answering(subject: str) -> str:
    """The subject of an answer: mail programs keep a thread together only while its subject stays the same."""
    return subject if subject.casefold().startswith("re:") else f"Re: {subject}"


def _is_static(link: Any) -> bool:
    return link.kind is LinkKind.TRACK and not link.dynamic


def _failed(function: Function, error: BaseException) -> ex.Expression | None:
    """The hole at whose line the generated code failed."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<mail>" and trace.tb_lineno in function.holes:
            return function.holes[trace.tb_lineno]
        trace = trace.tb_next
    return None


def _present(reference: ex.Reference, call: Call) -> bool:
    value: Any = getattr(call, reference.root, None)
    for step in reference.path:
        value = look_up(value, step)
    return bool(value) or value == 0


def load_form(
    compiled: CompiledMail,
    ring: KeyRing,
    site: Site,
    campaign: CampaignInfo,
    variables: Mapping[str, object] | None = None,
) -> Form:
    """A form for a campaign's mail; keep it, as loading costs milliseconds and rendering microseconds."""
    return Form(compiled, ring, site, campaign, variables or {})


def render_preview(form: Form, context: RenderContext) -> tuple[str, str, str]:
    """Subject, HTML and text as a reader sees them, untracked; for previews and the web view.

    Raises:
        MailError: as `Form.render`.
    """
    rendered = form.render(structs.replace(context, tracking=False))
    html, text = (quopri.decodestring(part).decode("utf-8") for part in (rendered.html, rendered.text))
    return rendered.subject, html.replace("\r\n", "\n"), text.replace("\r\n", "\n")


def copy_dictionary(compiled: CompiledMail) -> bytes:
    """What copies of a mail are packed against: its fixed parts in the mail's own encoding, the last 32 KB of them.

    It depends on the compiled mail alone, so it can be made again when a copy is read.
    """
    empty: Mapping[str, Mapping[str, str]] = {}
    targets = {link.index: Target("") for link in compiled.links}
    parts: list[bytes] = []
    for source, markup in ((compiled.text, False), (compiled.html, True)):
        parts += bytes_function(read_source(source, empty, ""), targets, None, markup=markup).fixed
    return b"".join(parts)[-MAX_DICTIONARY:]


def _shared(dictionary: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(dictionary, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


def pack_copy(form: Form, message: bytes) -> bytes:
    """A message, small: only what differs from the form is stored (Zstandard, RFC 8878, over a dictionary)."""
    packed: bytes = form.packer.compress(message)
    return packed


def unpack_copy(dictionary: bytes, blob: bytes) -> bytes:
    """The exact bytes that `pack_copy` was given.

    Raises:
        ValueError: the copy belongs to another mail or is damaged.
    """
    try:
        message: bytes = zstandard.ZstdDecompressor(dict_data=_shared(dictionary)).decompress(blob)
    except zstandard.ZstdError as error:
        raise ValueError(f"this copy cannot be unpacked: {error}") from None
    return message
