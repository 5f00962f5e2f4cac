"""Whether a PNG, JPEG, RIFF or MP4 file is plainly cut off; a valid but odd file never is.

The function of each format takes a seekable binary file and its length in bytes, and returns where
the file breaks off, or None. It moves the file's position, keeps no more than a block in memory,
and takes any bytes whatever: a file that it cannot parse passes.
"""

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from kiecli.files.media_types import HEAD_SIZE, sniff

_BLOCK = 16 * 1024
_HEADER = 8  # a length and a name of four bytes each, in all formats but JPEG
# No real file has more parts; one that was made to have them must not take long.
_MAX_PARTS = 300_000


def png(file: BinaryIO, size: int) -> str | None:
    """Walk the chunks to IEND; what follows that does not matter (https://www.w3.org/TR/png)."""
    at = 8
    for _ in range(_MAX_PARTS):
        header = _read(file, at, _HEADER)
        name = header[4:]
        if len(header) < _HEADER:
            return "the PNG ends before its IEND chunk"
        if not name.isalpha():
            return None
        at += 12 + int.from_bytes(header[:4])
        if at > size:
            return f"the PNG ends inside its {name.decode()} chunk"
        if name == b"IEND":
            return None
    return None


# Entropy-coded data has FF only before 00 and restart markers (D0 to D7), and FF may be repeated
# before any marker; JPEG-LS also stuffs bytes below 80.
_JPEG_MARKER = re.compile(rb"\xff([\xc0-\xcf\xd8-\xfe])")
_SOI, _EOI = 0xD8, 0xD9


def jpeg(file: BinaryIO, size: int) -> str | None:
    """Walk segments and scans to the first image's EOI (ITU-T T.81, annex B).

    A segment is stepped over by its length, so a thumbnail's EOI inside of one is never met.
    """
    at = 2
    for _ in range(_MAX_PARTS):
        found = _next_marker(file, at, size)
        if found is None:
            return "the JPEG ends before its EOI marker"
        marker, at = found
        if marker == _EOI:
            return None
        if marker != _SOI:
            at += int.from_bytes(_read(file, at, 2))
    return None


def _next_marker(file: BinaryIO, at: int, size: int) -> tuple[int, int] | None:
    """Return the next marker's code and where it ends."""
    while at < size - 1 and (block := _read(file, at, _BLOCK)):
        if match := _JPEG_MARKER.search(block):
            return match[1][0], at + match.end()
        # One byte again: a marker may lie across two blocks.
        at += max(1, len(block) - 1)
    return None


# Writers that cannot seek back to fill the length in leave this or more: ffmpeg FFFFFFFF, sox
# 7FFFF000 and a bit. RF64 keeps it elsewhere and has FFFFFFFF here.
_UNKNOWN_RIFF_LENGTH = 0x7FFF_F000


def riff(file: BinaryIO, size: int) -> str | None:
    """Compare the length in the header of a WAV or WebP with the file's."""
    declared = int.from_bytes(_read(file, 4, 4), "little")
    missing = _HEADER + declared - size
    if declared >= _UNKNOWN_RIFF_LENGTH or missing <= 0:
        return None
    # Some writers count the eight bytes of the header too, or a final pad byte that they omit.
    if missing <= _HEADER and not _chunk_is_cut(file, size):
        return None
    return f"the RIFF file lacks {missing} of the bytes that it declares"


def _chunk_is_cut(file: BinaryIO, size: int) -> bool:
    at = 12
    for _ in range(_MAX_PARTS):
        header = _read(file, at, _HEADER)
        if len(header) < _HEADER:
            return bool(header)
        length = int.from_bytes(header[4:], "little")
        if at + _HEADER + length > size:
            return True
        at += _HEADER + length + length % 2
    return False


_TOP_LEVEL_BOXES = frozenset(
    b"ftyp moov mdat moof mfra free skip wide uuid meta udta sidx ssix styp emsg pdin prft".split()
)


def mp4(file: BinaryIO, size: int) -> str | None:
    """Walk the boxes of an MP4, M4A or MOV file (ISO/IEC 14496-12, 4.2).

    All of each has to be there, and among them media data and the index to it: `moov`, or `moof`
    in fragmented files. Images in such boxes have a `meta` instead.
    """
    seen = set()
    for name, end in _boxes(file, size):
        # Whatever was appended to a file looks like a box that is too long, of an unknown name.
        if end > size and name in _TOP_LEVEL_BOXES:
            return f"the MP4 ends inside its {name.decode()} box"
        seen.add(name)
    if not seen & {b"moov", b"moof", b"meta"}:
        return "the MP4 ends before its moov box"
    if not seen & {b"mdat", b"meta"}:
        return "the MP4 ends before its mdat box"
    return None


def _boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int]]:
    """Yield each box's name and where it ends, as far as there are any."""
    at = 0
    for _ in range(_MAX_PARTS):
        header = _read(file, at, 16)
        length, name = int.from_bytes(header[:4]), header[4:8]
        if length == 1:
            length = int.from_bytes(header[8:])
        elif length == 0:
            length = size - at
        if min(len(header), length) < _HEADER:
            return
        yield name, at + length
        at += length
        if at >= size:
            return


def _read(file: BinaryIO, at: int, count: int) -> bytes:
    file.seek(at)
    return file.read(count)


_WALKS: dict[str, Callable[[BinaryIO, int], str | None]] = {
    "png": png,
    "jpg": jpeg,
    "jpeg": jpeg,
    "wav": riff,
    "webp": riff,
    "mp4": mp4,
    "mov": mp4,
    "m4a": mp4,
    "m4v": mp4,
    "3gp": mp4,
}
_MIN_RECOGNIZABLE = 12  # bytes: the longest of the signatures that these formats are known by


def is_self_delimiting(head: bytes) -> bool:
    """Return True if the bytes of a file that begins so tell whether it is complete."""
    kind = sniff(head)
    return kind in _WALKS or kind == "json"


def truncation_of(file: BinaryIO, size: int, expected_extension: str | None = None) -> str | None:
    """Return where a file plainly breaks off, or None; formats that are not known here pass.

    The file is read in small pieces, whatever its size, and no bytes in it raise an exception.

    Args:
        file: Seekable; its position is moved.
        size: Its length in bytes.
        expected_extension: The extension that it should have; only files too short to tell are
            judged by it.
    """
    if expected_extension in _WALKS and size < _MIN_RECOGNIZABLE:
        return f"it ends after {size} bytes"
    file.seek(0)
    walk = _WALKS.get(sniff(file.read(HEAD_SIZE)) or "")
    return walk(file, size) if walk else None
