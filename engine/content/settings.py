"""What the compiler must know of the home: its fields, its company, its own sites."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from engine.config.model import Config

#: Lead fields that every home has; config declares more.
STANDARD_FIELDS: Mapping[str, str] = {
    "email": "text",
    "first_name": "text",
    "last_name": "text",
    "name": "text",
    "title": "text",
    "company": "text",
    "phone": "text",
    "website": "text",
    "city": "text",
    "state": "text",
    "country": "text",
    "language": "text",
    "zone": "text",
    "industry": "text",
    "source": "text",
    "owner": "text",
    "lifecycle": "text",
    "score": "number",
    "fit": "text",
}


@dataclass(frozen=True, slots=True)
class CompileSettings:
    """Settings that a compiled mail depends on; a change compiles it anew.

    `fields` maps each lead field to its type; `vars` has what `vars.` may be followed by, config's and the campaigns',
    with a value to try. In `utm`, {theme}, {stage}, {mail} and {campaign} are filled in. `clients` are the mail
    programs that count when a mail is judged.
    """

    fields: Mapping[str, str] = field(default_factory=lambda: dict(STANDARD_FIELDS))
    company: Mapping[str, str] = field(default_factory=dict)
    vars: Mapping[str, object] = field(default_factory=dict)
    utm: Mapping[str, str] = field(default_factory=dict)
    utm_domains: tuple[str, ...] = ()
    language: str = "en"
    clients: tuple[str, ...] = ()

    @classmethod
    def from_config(cls, config: Config, extra_fields: Mapping[str, str] | None = None) -> CompileSettings:
        """The settings of a home; `extra_fields` are lead fields that no file declares."""
        declared = {name: declaration.type for name, declaration in config.fields.items()}
        return cls(
            fields={**STANDARD_FIELDS, **(extra_fields or {}), **declared},
            company={key: str(value) for key, value in config.company.model_dump().items()},
            vars=dict(config.vars),
            utm=dict(config.tracking.utm),
            utm_domains=config.tracking.utm_domains,
            language=config.company.language,
            clients=config.check.clients,
        )

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False, default=str)

    @classmethod
    def from_json(cls, text: str) -> CompileSettings:
        raw: dict[str, Any] = json.loads(text)
        return cls(**raw | {name: tuple(raw[name]) for name in ("utm_domains", "clients")})
