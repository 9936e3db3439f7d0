"""The links of a mail: which there are, where exactly they lead, and which of them are counted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from engine.content.expressions import Filtered, Reference, references
from engine.content.mails import Link, LinkKind, MailKey
from engine.content.pieces import Address, Branch, Hole, Loop, Marks
from engine.content.settings import CompileSettings

#: What is the same for every lead of one campaign.
CAMPAIGN_ROOTS = frozenset(("campaign", "vars", "base_url"))
_KINDS = {
    "unsubscribe_url": LinkKind.UNSUBSCRIBE,
    "preferences_url": LinkKind.PREFERENCES,
    "view_url": LinkKind.VIEW,
    "share_link": LinkKind.SHARE,
}
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PLAIN_SCHEMES = frozenset(("mailto", "tel", "sms", "xmpp", "whatsapp", "skype", "callto", "geo", "webcal"))


class LinkError(Exception):
    """A link that cannot stand in a mail: its code, what is wrong, and how to mend it."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint


@dataclass
class LinkTable:
    """Collects a mail's links. `names` maps targets (as Jinja source) to the names that the head gives them."""

    marks: Marks
    settings: CompileSettings
    key: MailKey
    names: Mapping[str, str] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    uncounted: set[str] = field(default_factory=set)
    """What was written in place of the links that do not count."""
    _known: dict[tuple[str, str], str] = field(default_factory=dict)
    _named: dict[str, str] = field(default_factory=dict)

    def add(self, target: str, name: str = "", *, counts: bool = True) -> str:
        """What to write in place of a target (decoded, with marks). One that does not count leads straight there.

        Raises:
            LinkError: nobody could follow this link, its name is taken, or it has to lead through the tracker.
        """
        target = target.strip()
        kind = self._kind(target)
        if kind is not LinkKind.TRACK:
            self._other(target, name, kind)
            return target
        plain_source = self.marks.restore(target)
        name = name or self.names.get(plain_source, "")
        self._check_name(name, plain_source)
        if not counts:
            return self._straight(target, name)
        if (name, plain_source) not in self._known:
            self._known[name, plain_source] = self._tracked(encode_holes(self.marks, self._with_utm(target)), name)
        return self._known[name, plain_source]

    def _check_name(self, name: str, target: str) -> None:
        if name and self._named.setdefault(name, target) != target:
            raise LinkError(
                "E333", f"two links are named '{name}' and lead to different places", "give each its own name"
            )

    def _tracked(self, target: str, name: str) -> str:
        index, source = len(self.links), self.marks.restore(target)
        dynamic = depends_on_lead(self.marks, target)
        self.links.append(Link(index, name, source if self.marks.has_holes(target) else target, dynamic))
        return self.marks.address(Address(index, target if dynamic else ""))

    def _straight(self, target: str, name: str) -> str:
        """A link of the layout, say: nobody sees who follows it."""
        if depends_on_lead(self.marks, target):
            hint = 'leave out count="no": the tracker checks where such a link leads'
            raise LinkError("E339", "a link whose address depends on the lead always counts", hint)
        written = encode_holes(self.marks, self._with_utm(target))
        self._other(written, name, LinkKind.PLAIN)
        self.uncounted.add(written)
        return written

    def _other(self, target: str, name: str, kind: LinkKind) -> None:
        source = self.marks.restore(target)
        if (name, source) not in self._known:
            self._known[name, source] = target
            self.links.append(Link(len(self.links), name, source, depends_on_lead(self.marks, target), False, kind))

    def _kind(self, target: str) -> LinkKind:
        for mark in self.marks.pattern.finditer(target):
            expression = self.marks.expression(mark)
            if isinstance(expression, Reference) and expression.root in _KINDS:
                return _KINDS[expression.root]
        if not target or target.startswith("#"):
            return LinkKind.PLAIN
        if self.marks.pattern.match(target):
            return LinkKind.TRACK
        scheme = _SCHEME.match(target)
        if scheme and scheme[1].lower() in {"http", "https"}:
            return _checked_http(target)
        if scheme and scheme[1].lower() in _PLAIN_SCHEMES:
            return LinkKind.PLAIN
        raise _unusable(target, scheme[1] if scheme else "")

    def _with_utm(self, target: str) -> str:
        host = re.match(r"https?://(?:[^/@?#]*@)?([^/:?#]+)", target, re.IGNORECASE)
        if not host or not _is_own(host[1].lower(), self.settings.utm_domains):
            return target
        address, mark, fragment = target.partition("#")
        present = {pair.partition("=")[0] for pair in address.partition("?")[2].split("&")}
        added = [
            f"{quote(name)}={self._utm(value)}" for name, value in self.settings.utm.items() if name not in present
        ]
        if not added:
            return target
        glue = "" if address.endswith(("?", "&")) else "&" if "?" in address else "?"
        return address + glue + "&".join(added) + mark + fragment

    def _utm(self, value: str) -> str:
        filled = value
        for name, known in (("theme", self.key.theme), ("stage", self.key.stage), ("mail", self.key.name)):
            filled = filled.replace("{" + name + "}", known)
        parts = [quote(part, safe="") for part in filled.split("{campaign}")]
        return (
            self.marks.hole(Filtered(Reference("campaign", ("id",)), "urlencode")).join(parts)
            if len(parts) > 1
            else parts[0]
        )


def _checked_http(target: str) -> LinkKind:
    if not re.match(r"https?://[^/\s?#]", target, re.IGNORECASE):
        raise LinkError("E331", f"'{target[:60]}' is no complete address", "write https://example.com/page")
    if wrong := re.search(r"[\s\x00-\x1f\"<>]", target):
        shown = " ".join(target[:60].split())
        what = _NAMED.get(wrong[0], "a character")
        raise LinkError("E331", f"'{shown}' contains {what} that no address may have", _coded(wrong[0]))
    return LinkKind.TRACK


_NAMED = {" ": "a space", "\t": "a tab", "\n": "a line break", '"': "a quote", "<": "a <", ">": "a >"}


def _coded(char: str) -> str:
    return "write the address in one line" if char in "\r\n" else f"write %{ord(char):02X} instead"


def _unusable(target: str, scheme: str) -> LinkError:
    if scheme and not re.match(r"[\w.-]+:\d", target):
        return LinkError("E330", f"a link cannot lead to '{scheme}:'", "use https:, mailto: or tel:")
    hint = f"write https://{target.lstrip('/')}" if "." in target else "write the whole address: https://…"
    return LinkError("E331", f"'{target[:60]}' leads nowhere from a mail", hint)


def _is_own(host: str, domains: tuple[str, ...]) -> bool:
    return any(host == domain.lower() or host.endswith("." + domain.lower()) for domain in domains)


def depends_on_lead(marks: Marks, text: str) -> bool:
    """Whether any mark in the text waits for more than the campaign."""
    return any(_waits(marks, mark) for mark in marks.pattern.finditer(text))


def _waits(marks: Marks, mark: re.Match[str]) -> bool:
    piece = marks.pieces[int(mark[2])]
    match piece:
        case Hole(expression):
            return any(reference.root not in CAMPAIGN_ROOTS for reference in references(expression))
        case Branch() | Loop() | Address():
            return True
    return False


def encode_holes(marks: Marks, target: str) -> str:
    """An address whose holes are percent-encoded as their place in it asks: whole, path, or query."""

    def encode(mark: re.Match[str]) -> str:
        expression = marks.expression(mark)
        if expression is None or (isinstance(expression, Filtered) and expression.name == "urlencode"):
            return mark[0]
        before = target[: mark.start()]
        plain_before = marks.pattern.sub("", before)
        name = "urlencode" if "?" in before or "#" in before or (":" in before and "/" not in before) else "url_path"
        return marks.hole(Filtered(expression, name if plain_before else "url_whole"))

    return marks.pattern.sub(encode, target)
