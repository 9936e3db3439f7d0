"""The names that a template may use, and what is told about those it may not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.content.settings import CompileSettings
from engine.errors import did_you_mean

ADDRESSES = ("unsubscribe_url", "view_url", "preferences_url", "share_link")
_FIXED: Mapping[str, tuple[str, ...]] = {
    "owner": ("name", "email"),
    "sender": ("name", "email"),
    "campaign": ("id", "title", "theme"),
    "mail": ("subject", "preheader"),
}
_INTERNAL = ("link", "pixel", "base_url")
LOOP_VALUES = ("index", "index0", "first", "last", "length")


@dataclass(frozen=True, slots=True)
class Names:
    """Roots of references: a mapping's keys are checked where they are known; None allows any.

    `folded` are values known when compiling.
    """

    members: Mapping[str, tuple[str, ...] | None]
    plain: tuple[str, ...] = ADDRESSES
    folded: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    @classmethod
    def for_authors(cls, settings: CompileSettings, links: Mapping[str, str]) -> Names:
        """What the authors of templates may use."""
        members: dict[str, tuple[str, ...] | None] = {
            **_FIXED,
            "lead": tuple(settings.fields),
            "vars": tuple(settings.vars),
            "company": tuple(settings.company),
            "links": tuple(links),
            "trigger": None,
        }
        return cls(members, ADDRESSES, {"company": settings.company})

    @classmethod
    def for_flattened(cls, folded: Mapping[str, Mapping[str, object]]) -> Names:
        """What stands in a compiled mail, whose names were checked before."""
        roots = ("lead", "vars", "owner", "sender", "campaign", "mail", "trigger", "link")
        return cls(dict.fromkeys(roots), ADDRESSES + _INTERNAL, folded)

    def unknown_root(self, name: str) -> tuple[str, str]:
        """What to say about a name that nothing defines: the message and a hint."""
        fields = self.members.get("lead") or ()
        if name in fields:
            return f"unknown name '{name}'", f"did you mean 'lead.{name}'?"
        hint = did_you_mean(name, [*self.members, *self.plain])
        return f"unknown name '{name}'", hint or "known are " + ", ".join((*self.members, *self.plain))

    def unknown_member(self, root: str, name: str) -> tuple[str, str] | None:
        """What to say about an unknown member, or None if it is known."""
        members = self.members[root]
        if members is None or name in members:
            return None
        what = {"lead": "leads have no field", "vars": "config has no var", "links": "the head has no link"}.get(
            root, f"{root} has no"
        )
        remedy = {
            "lead": f"declare it in config.toml: [fields.{name}]",
            "vars": f'add {name} = "…" to [vars] in config.toml',
        }
        hint = did_you_mean(name, members) or remedy.get(root) or f"known are {', '.join(members) or 'none'}"
        return f"{what} '{name}'", hint
