"""Opening a file that somebody else made: which encoding, which packing, and nothing that grows without bounds."""

from __future__ import annotations

import codecs
import gzip
import io
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from engine.errors import RipelineError

SAMPLE_BYTES = 256 * 1024
LONGEST_LINE = 1_000_000
EXPANSION = 250
"""A packed file may grow so many times (the format's own limit is about 1,030) beyond the first `FREE_BYTES`."""
FREE_BYTES = 64 * 1024 * 1024

_ARCHIVES = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook; save it as CSV (UTF-8)"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook; save it as CSV (UTF-8)"),
    (b"\x1f\x8b", "packed twice; unpack it once"),
    (b"BZh", "a bzip2 archive; unpack it first"),
    (b"\xfd7zXZ", "an xz archive; unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive; unpack it first"),
    (b"%PDF", "a PDF; export the table as CSV"),
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN = "ripeline-western"


class LeadFileError(RipelineError):
    """The file cannot be read; the text says what it is and what to do."""


@dataclass(slots=True)
class OpenedFile:
    """A file's text, line by line; `position` of `size` bytes tells the progress (packed bytes, if it is packed)."""

    path: Path
    text: IO[str]
    raw: IO[bytes]
    encoding: str
    size: int
    sample: str

    def position(self) -> int:
        return self.raw.tell()

    def lines(self) -> Iterator[str]:
        """Lines with their ends as they are.

        Raises:
            LeadFileError: a line of more than `LONGEST_LINE` characters, another encoding, a bad packing.
        """
        try:
            while line := self.text.readline(LONGEST_LINE):
                if len(line) == LONGEST_LINE:
                    raise LeadFileError(f"{self.path.name}: a line is longer than {LONGEST_LINE:,} characters")
                yield line
        except UnicodeDecodeError as fault:
            raise LeadFileError(f"{self.path.name} is not in {self.encoding}: {fault.reason}") from fault
        except (EOFError, OSError) as fault:
            raise LeadFileError(f"{self.path.name} cannot be read to its end: {fault}") from fault

    def close(self) -> None:
        self.text.close()
        self.raw.close()


def open_lead_file(path: Path, encoding: str = "") -> OpenedFile:
    """Open a file, packed with gzip or not.

    Bytes that are not UTF-8 are read as cp1252, which Western spreadsheets write; another encoding has to be named.

    Raises:
        LeadFileError: not a plain file, a symbolic link, an archive, empty.
    """
    raw = _open_plain(path)
    try:
        size = path.stat().st_size
        binary = _unpacked(raw, path, size)
        sample = binary.read(SAMPLE_BYTES)
        _refuse_archives(sample, path)
        encoding = _known(encoding) if encoding else _encoding_of(sample)
        stream = io.BufferedReader(_Rejoined(sample, binary), 256 * 1024)
        text = io.TextIOWrapper(
            stream, encoding, errors=_WESTERN if encoding.startswith("utf-8") else "strict", newline=""
        )
        words = codecs.getincrementaldecoder(encoding)(errors="replace").decode(sample)
        return OpenedFile(path, text, raw, _shown(encoding, sample), size, words)
    except (EOFError, OSError) as fault:
        raw.close()
        raise LeadFileError(f"{path.name} cannot be read: {fault}") from fault
    except BaseException:
        raw.close()
        raise


def _open_plain(path: Path) -> IO[bytes]:
    try:
        found = path.lstat()
    except OSError as fault:
        raise LeadFileError(f"{path} cannot be opened: {fault.strerror or fault}") from fault
    if stat.S_ISLNK(found.st_mode):
        raise LeadFileError(f"{path} is a symbolic link to {path.readlink()}; name the file itself")
    if not stat.S_ISREG(found.st_mode):
        raise LeadFileError(
            f"{path} is no file but {'a folder' if stat.S_ISDIR(found.st_mode) else 'a device or a pipe'}"
        )
    if not found.st_size:
        raise LeadFileError(f"{path.name} is empty")
    try:
        return path.open("rb")
    except OSError as fault:
        raise LeadFileError(f"{path} cannot be opened: {fault.strerror or fault}") from fault


def _unpacked(raw: IO[bytes], path: Path, size: int) -> IO[bytes]:
    packed = raw.read(2) == b"\x1f\x8b"
    raw.seek(0)
    if not packed:
        return raw
    return cast("IO[bytes]", _Bounded(gzip.GzipFile(fileobj=raw), path, FREE_BYTES + EXPANSION * size))


class _Bounded:
    """Reads a packed file and stops where it grows beyond all measure, as a bomb does."""

    def __init__(self, inner: gzip.GzipFile, path: Path, limit: int) -> None:
        self._inner, self._path, self._left = inner, path, limit

    def read(self, size: int) -> bytes:
        block = self._inner.read(size)
        self._left -= len(block)
        if self._left < 0:
            raise LeadFileError(f"{self._path.name} grows more than {EXPANSION} times when unpacked, and is refused")
        return block


class _Rejoined(io.RawIOBase):
    """The sample that was read ahead, and then the rest of the file."""

    def __init__(self, sample: bytes, rest: IO[bytes]) -> None:
        self._sample, self._rest = memoryview(sample), rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        block: bytes | memoryview
        if self._sample:
            block, self._sample = self._sample[: len(buffer)], self._sample[len(buffer) :]
        else:
            block = self._rest.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)


def _refuse_archives(sample: bytes, path: Path) -> None:
    kind = next((words for magic, words in _ARCHIVES if sample.startswith(magic)), "")
    if sample[257:262] == b"ustar":
        kind = "a tar archive; unpack it first"
    if kind:
        raise LeadFileError(f"{path.name} is {kind}")
    if not sample.strip():
        raise LeadFileError(f"{path.name} is empty")


def _known(encoding: str) -> str:
    try:
        io.TextIOWrapper(io.BytesIO(), encoding)  # refuses what is no encoding of text, such as "hex"
        return codecs.lookup(encoding).name
    except LookupError:
        raise LeadFileError(
            f"'{encoding}' is no encoding; known are utf-8, utf-16, cp1252, cp1250, shift_jis …"
        ) from None


def _encoding_of(sample: bytes) -> str:
    marked = next((name for mark, name in _MARKS if sample.startswith(mark)), "")
    if marked:
        return marked
    zeros_even, zeros_odd = sample[::2].count(0), sample[1::2].count(0)
    if zeros_odd > len(sample) // 8 and zeros_odd > 4 * zeros_even:
        return "utf-16-le"
    if zeros_even > len(sample) // 8 and zeros_even > 4 * zeros_odd:
        return "utf-16-be"
    return "utf-8"


def _shown(encoding: str, sample: bytes) -> str:
    """The encoding's name for the summary: what the bytes beyond ASCII turned out to be."""
    if encoding != "utf-8":
        return encoding
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return "cp1252"
    return encoding


def _read_western(fault: UnicodeError) -> tuple[str, int]:
    """What is not UTF-8 is cp1252; its five empty places become control characters, which no value may hold."""
    if not isinstance(fault, UnicodeDecodeError):
        raise fault
    wrong = fault.object[fault.start : fault.end]
    text = "".join(bytes([byte]).decode("cp1252", errors="ignore") or chr(byte) for byte in wrong)
    return text, fault.end


codecs.register_error(_WESTERN, _read_western)
