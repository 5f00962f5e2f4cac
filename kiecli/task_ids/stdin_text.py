"""The bytes that arrive on stdin as text: unpacked, decoded, without colours and comments. Pure."""

import re
from collections.abc import Callable
from typing import NamedTuple

MAX_DECOMPRESSED = 64 * 1024 * 1024
"""Bytes that gzip may unpack to: room for a million ids, and no bomb."""

_GZIP = b"\x1f\x8b\x08"  # magic number and the one method there is (RFC 1952, 2.3.1)
_GZIP_STREAM = 31  # wbits of zlib for "with a gzip header and trailer"
_PIECE_SIZE = 64 * 1024  # bytes handed to zlib at once

_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SAMPLE_SIZE = 4096  # bytes that tell the encoding
# The share of zeros among every second byte: ids and JSON are ASCII, half of which is zeros in
# UTF-16. Labels and log lines in other scripts may stand between.
_MIN_ZEROS = 0.4

# What a terminal would obey (ECMA-48, 5.4 and 5.6): control sequences, operating system commands,
# character sets. None of them may swallow a bracket that JSON begins or ends with.
_TERMINAL_CODES = re.compile(
    r"\x1b(?:\[[0-?]*+[ -/]*+[@-Z\\^-z|~]?|\][^\x07\x1b\n]*+(?:\x07|\x1b\\)"
    r"|[()*+][0-9A-Z]|[=>@-Z\\^-z|~])?"
)
_COMMENT = re.compile(r"^[ \t]*+#[^\r\n]*+", re.MULTILINE)


class Decompressed(NamedTuple):
    """Bytes without gzip around them."""

    data: bytes
    too_large: bool = False
    """Whether there was more than `MAX_DECOMPRESSED`; what was read is the beginning."""


def decompress(data: bytes) -> Decompressed:
    """Return the bytes without gzip around them, damaged or cut off though it may be."""
    # In the output of `curl -i` the head comes before it.
    start = 0 if data.startswith(_GZIP) else data.find(b"\n" + _GZIP) + 1
    if not data.startswith(_GZIP, start):
        return Decompressed(data)
    decompressed = _gunzip(data[start:])
    return Decompressed(
        data[:start] + decompressed[:MAX_DECOMPRESSED], len(decompressed) > MAX_DECOMPRESSED
    )


def _gunzip(data: bytes) -> bytes:
    """Return what gzip streams, one after the other, hold; at most a byte more than allowed."""
    import zlib

    decompressed = bytearray()
    stream = zlib.decompressobj(_GZIP_STREAM)
    at = 0
    while at < len(data) and (room := MAX_DECOMPRESSED + 1 - len(decompressed)) > 0:
        piece = data[at : at + _PIECE_SIZE]
        before = stream.copy()
        try:
            decompressed += stream.decompress(piece, room)
        except zlib.error:
            return bytes(decompressed) + _until_damage(before.decompress, piece)
        at += len(piece) - len(stream.unconsumed_tail) - len(stream.unused_data)
        if stream.eof:
            stream = zlib.decompressobj(_GZIP_STREAM)
    return bytes(decompressed)


def _until_damage(inflate: Callable[[bytes], bytes], piece: bytes) -> bytes:
    """Return what stands before the damage; zlib drops all of a piece that has some."""
    import zlib

    saved = bytearray()
    try:
        for at in range(len(piece)):  # pragma: no branch  the damage ends it
            saved += inflate(piece[at : at + 1])
    except zlib.error:
        pass
    return bytes(saved)


def decode(data: bytes) -> str:
    """Return the text that unpacked bytes hold; what cannot be read becomes U+FFFD.

    Colour codes and lines that begin with `#` are left out.
    """
    text = data.decode(encoding_of(data), errors="replace").replace("\ufeff", " ")
    if "\0" in text:  # half of it: UTF-16 behind something else; few: `find -print0`
        text = text.replace("\0", "" if text.count("\0") > len(text) * _MIN_ZEROS else " ")
    if "\x1b" in text:
        text = _TERMINAL_CODES.sub("", text)
    return _COMMENT.sub("", text) if "#" in text else text


def encoding_of(data: bytes) -> str:
    """Return the codec that reads a text: UTF-16, with its mark or without, or UTF-8."""
    if data.startswith(_UTF_16_MARKS):
        return "utf-16"
    sample = data[:_SAMPLE_SIZE]
    # UTF-16 has single bytes between zeros; `find -print0` and its like have words.
    if all(len(word) > 1 for word in sample.rstrip(b"\0").split(b"\0")):
        return "utf-8"
    # The zeros are the second byte of each pair in the little-endian form, else the first.
    first, second = (sample[at::2].count(0) for at in (0, 1))
    if max(first, second) <= len(sample) / 2 * _MIN_ZEROS:
        return "utf-8"
    return "utf-16-le" if second > first else "utf-16-be"
