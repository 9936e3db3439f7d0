"""Makes `support.json`: which mail programs do not know which HTML, CSS and pictures.

    python -m engine.content.lint.support_table caniemail.json VERSION

The facts are those of caniemail.com, as the npm package `caniemail` (MIT) carries them in `data/caniemail.json`; no
package for Python does. Kept is what `clients` asks for: features whose absence breaks a mail, by program. A new table
wants a new `VERSION` in `engine.content.compilation`, so that mails are judged anew.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.content.lint.clients import FEATURES, TABLE

PLATFORMS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "gmail": (("gmail", "desktop-webmail"), ("gmail", "ios"), ("gmail", "android")),
    "outlook-windows": (("outlook", "windows"),),
    "outlook": (("outlook", "outlook-com"), ("outlook", "ios"), ("outlook", "android")),
    "outlook-mac": (("outlook", "macos"),),
    "apple-mail": (("apple-mail", "macos"), ("apple-mail", "ios")),
    "yahoo": (("yahoo", "desktop-webmail"), ("yahoo", "ios"), ("yahoo", "android")),
    "samsung": (("samsung-email", "android"),),
    "thunderbird": (("thunderbird", "macos"),),
    "gmx": (("gmx", "desktop-webmail"), ("web-de", "desktop-webmail")),
}
"""Where caniemail keeps what was tested of each mail program: family and platform."""


def support_table(data: Mapping[str, Any], version: str, slugs: frozenset[str]) -> dict[str, Any]:
    """The table for these features; a program counts as without one where any of its platforms is."""
    missing = {entry["slug"]: _missing(entry["stats"]) for entry in data["data"] if entry["slug"] in slugs}
    return {
        "source": f"caniemail.com, data of {data['last_update_date'][:10]}, from the npm package caniemail {version}",
        "licence": "MIT: data © 2019 HTeuMeuLeu; package © Avi Goldman, Andrew Powell",
        "missing": {slug: missing[slug] for slug in sorted(missing) if missing[slug]},
    }


def written(table: Mapping[str, Any]) -> str:
    """The table as JSON, a feature a line."""
    lines = [f"  {json.dumps(slug)}: {json.dumps(clients)}" for slug, clients in table["missing"].items()]
    head = [f' "{key}": {json.dumps(table[key], ensure_ascii=False)},' for key in ("source", "licence")]
    return "\n".join(["{", *head, ' "missing": {', ",\n".join(lines), " }", "}"]) + "\n"


def _missing(stats: Mapping[str, Any]) -> list[str]:
    return [client for client, platforms in PLATFORMS.items() if any(_lacks(stats, *one) for one in platforms)]


def _lacks(stats: Mapping[str, Any], family: str, platform: str) -> bool:
    """Whether the newest version that was tested does not support it; they are listed oldest first."""
    versions = list(stats.get(family, {}).get(platform, {}).values())
    return bool(versions) and str(versions[-1]).startswith("n")


def main(arguments: list[str]) -> None:
    """Write the table from a file of the package."""
    file, version = arguments
    table = support_table(json.loads(Path(file).read_text("utf-8")), version, FEATURES)
    TABLE.write_text(written(table), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
