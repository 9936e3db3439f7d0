"""The themes that a recipient may choose among: those of the campaigns that run."""

from __future__ import annotations

import json
import tomllib
from pathlib import PurePosixPath
from typing import Any

from engine.authoring.home import CAMPAIGNS
from engine.store.bundles import current_bundle_id, home_value, read_bundle, set_home_value

_NAME = "themes"


def themes_of(connection: Any) -> dict[str, str]:
    """Themes of the applied bundle: their key and the title that recipients read."""
    found: dict[str, str] = json.loads(home_value(connection, _NAME) or "{}")
    return found


def keep_themes(connection: Any, themes: dict[str, str]) -> None:
    """Remember the themes of the bundle that is applied in this transaction."""
    set_home_value(connection, _NAME, json.dumps(themes, sort_keys=True))


def campaign_themes(connection: Any) -> dict[str, str]:
    """The campaigns of the bundle that runs, each with its theme; read without checking them, as reports ask often."""
    number = current_bundle_id(connection)
    bundle = read_bundle(connection, number) if number is not None else None
    files = {PurePosixPath(name): text for name, text in (bundle.files if bundle else {}).items()}
    return {
        path.stem: str(tomllib.loads(text).get("theme", ""))
        for path, text in files.items()
        if path.parent.name == CAMPAIGNS and path.suffix == ".toml"
    }
