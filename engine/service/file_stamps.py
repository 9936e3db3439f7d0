"""When the files of a home were written: whoever keeps looking at them knows by this whether to read them again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from engine.authoring.home import CAMPAIGNS, TEMPLATES
from engine.authoring.policy import CONFIG_FILE

Stamps = Mapping[Path, tuple[int, int]]
"""Time of change (ns) and size (bytes) by file."""


def stamps(root: Path, *, config: bool = False) -> Stamps:
    """Campaigns, templates and what lies beside them; with `config` also `config.toml`."""
    return dict(_stamps(root, config))


def _stamps(root: Path, config: bool) -> Iterator[tuple[Path, tuple[int, int]]]:
    files = [path for folder in (CAMPAIGNS, TEMPLATES) for path in sorted((root / folder).rglob("*"))]
    for path in [*files, root / CONFIG_FILE] if config else files:
        try:
            stat = path.stat()
        except OSError:  # an editor took it away meanwhile
            continue
        if path.is_file():
            yield path, (stat.st_mtime_ns, stat.st_size)
