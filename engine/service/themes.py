"""The themes that a recipient may choose among: those of the campaigns that run."""

from __future__ import annotations

import json
from typing import Any

from engine.store.bundles import home_value, set_home_value

_NAME = "themes"


def themes_of(connection: Any) -> dict[str, str]:
    """Themes of the applied bundle: their key and the title that recipients read."""
    found: dict[str, str] = json.loads(home_value(connection, _NAME) or "{}")
    return found


def keep_themes(connection: Any, themes: dict[str, str]) -> None:
    """Remember the themes of the bundle that is applied in this transaction."""
    set_home_value(connection, _NAME, json.dumps(themes, sort_keys=True))
