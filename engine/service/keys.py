"""The home's secrets: signing keys of links and mails, and the keys under which addresses are hashed.

They live in `var/keys.json` (mode 0600), outside the database and the repository. Losing them breaks the links of mails
already sent; a copied database without them forges nothing.
"""

from __future__ import annotations

import json
import os
import secrets
from base64 import b64decode, b64encode
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from engine.domain.tokens import KeyRing
from engine.errors import RipelineError

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Keys:
    """`ring` signs tokens; `addresses` hashes suppressed addresses; `visitors` hashes the tracker's visitors."""

    ring: KeyRing
    addresses: bytes
    visitors: bytes


def load_keys(path: Path) -> Keys:
    """The keys of this home; made at the first call.

    Raises:
        RipelineError: the file is there but is not what we wrote; nothing is overwritten.
    """
    if not path.exists():
        _create(path)
    try:
        found = json.loads(path.read_text())
        ring = KeyRing({int(number): b64decode(key) for number, key in found["ring"].items()}, int(found["current"]))
        return Keys(ring, b64decode(found["addresses"]), b64decode(found["visitors"]))
    except (ValueError, KeyError, TypeError) as error:
        raise RipelineError(
            f"{path} is damaged: it holds the keys of all links already mailed. Restore it from a backup; "
            "only for a home that never sent a mail may you delete it."
        ) from error


def rotate_keys(path: Path) -> int:
    """Sign with a new key from now on; the old ones go on verifying. The number of the new key."""
    load_keys(path)
    found = json.loads(path.read_text())
    number = max(int(known) for known in found["ring"]) + 1
    found["ring"][str(number)] = _fresh()
    found["current"] = number
    _draft(path, found).replace(path)
    return number


def _create(path: Path) -> None:
    """Of several processes that start in a new home at once one makes the keys, and all use those."""
    draft = _draft(path, {"current": 1, "ring": {"1": _fresh()}, "addresses": _fresh(), "visitors": _fresh()})
    with suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()


def _draft(path: Path, content: object) -> Path:
    """The content in a file beside `path`, on disk, readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}-{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _fresh() -> str:
    return b64encode(secrets.token_bytes(KEY_BYTES)).decode()
