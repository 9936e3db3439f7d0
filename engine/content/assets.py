"""Pictures beside the templates: served under an address that names their content, so they can be kept for ever."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from urllib.parse import quote, unquote

from engine.content.expressions import Reference
from engine.content.library import Library, OutsideError, content_hash
from engine.content.links import LinkError
from engine.content.mails import Asset
from engine.content.pieces import Marks
from engine.errors import did_you_mean

CONTENT_TYPES: Mapping[str, str] = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".pdf": "application/pdf",
    ".css": "text/css",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
CSS_URL = re.compile(
    r"""url\(\s*(?P<quote>["']?|&quot;)(?P<path>(?:\.{0,2}/)*(?:[\w-]+/)*assets/[^)"'&]+?)(?P=quote)\s*\)"""
)


@dataclass
class AssetTable:
    """Collects a mail's pictures; `folders` are searched in order."""

    library: Library
    marks: Marks
    folders: tuple[str, ...]
    assets: dict[str, Asset] = field(default_factory=dict)

    def address(self, reference: str) -> str:
        """The address (with a mark for the tracker's own) of a picture.

        Raises:
            LinkError: there is no such picture, or it may not be served.
        """
        path = self._find(unquote(reference))
        if path not in self.assets:
            self.assets[path] = self._asset(path)
        asset = self.assets[path]
        return f"{self.marks.hole(Reference('base_url'))}/a/{asset.hash}/{quote(asset.name)}"

    def _find(self, reference: str) -> str:
        try:
            self.library.resolve(reference)
        except OutsideError as error:
            raise LinkError("E301", str(error), "put the picture into templates/assets/") from None
        path = self.library.find(reference, self.folders)
        if path is None:
            known = [
                f"assets/{name}"
                for folder in self.folders
                for name in self.library.names(f"{folder}/assets".lstrip("/"))
            ]
            hint = did_you_mean(reference, known) or "put it into templates/assets/"
            raise LinkError("E340", f"there is no picture '{reference}'", hint)
        return path

    def _asset(self, path: str) -> Asset:
        kind = CONTENT_TYPES.get(PurePosixPath(path).suffix.lower())
        if kind is None:
            raise LinkError("E341", f"'{path}' is no kind of file that mails can show", "use PNG, JPEG, GIF or WebP")
        try:
            content = self.library.read(path)
        except OutsideError as error:
            raise LinkError("E301", str(error)) from None
        return Asset(content_hash(content), path, kind, *picture_size(content))


def is_asset(reference: str) -> bool:
    """Whether an address means a file beside the templates."""
    return bool(reference) and not re.match(r"[A-Za-z][\w+.-]*:|//|#", reference)


def picture_size(content: bytes) -> tuple[int, int]:
    """Width and height in pixels of a PNG, GIF or JPEG; zeros if unknown."""
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return width, height
    if content.startswith((b"GIF87a", b"GIF89a")) and len(content) >= 10:
        width, height = struct.unpack("<HH", content[6:10])
        return width, height
    return _jpeg_size(content) if content.startswith(b"\xff\xd8") else (0, 0)


def _jpeg_size(content: bytes) -> tuple[int, int]:
    position = 2
    while position + 9 <= len(content) and content[position] == 0xFF:
        marker, length = struct.unpack(">BH", content[position + 1 : position + 4])
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", content[position + 5 : position + 9])
            return width, height
        position += 2 + length
    return 0, 0
