"""Where the body of an answer ends (RFC 9112, 6 and 7).

Stricter than the standard library, which reads the heads of answers here: what can be understood
in two ways is refused, as httpx's own transport does.
"""

import re
from collections.abc import Iterator
from email.errors import MissingHeaderBodySeparatorDefect
from http.client import HTTPException, HTTPResponse
from io import BufferedIOBase

_MAX_COUNT = 18  # digits
_MAX_LINE = 64 * 1024
_MAX_TRAILERS = 100
_PIECE = 64 * 1024
_CHUNK = rb"([0-9A-Fa-f]{1,15})[ \t]*(;.*)?\r?\n"  # compiled at its first use


def check(answer: HTTPResponse) -> None:
    """Refuse an answer that does not tell clearly where its body ends.

    Raises:
        HTTPException: It tells it twice, or in words that are not to be understood.
    """
    headers = answer.headers
    lengths = {told.strip() for told in headers.get_all("Content-Length", ())}
    codings = {told.strip().lower() for told in headers.get_all("Transfer-Encoding", ())}
    # At a line that is no header the standard library stops reading them.
    is_broken = any(isinstance(d, MissingHeaderBodySeparatorDefect) for d in headers.defects)
    if is_broken or len(lengths) > 1 or not all(map(_is_count, lengths)) or codings - {"chunked"}:
        raise HTTPException


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _MAX_COUNT


def chunks(file: BufferedIOBase) -> Iterator[bytes]:
    """Yield a body that comes in chunks (RFC 9112, 7.1).

    The standard library's own reader takes a body for whole that is cut off inside of a size.

    Raises:
        HTTPException: It is cut off, or none.
    """
    while left := _chunk_size(file.readline(_MAX_LINE)):
        while left:
            piece = file.read1(min(left, _PIECE))
            if not piece:
                raise HTTPException
            left -= len(piece)
            yield piece
        if file.readline(2) != b"\r\n":
            raise HTTPException
    trailers = (file.readline(_MAX_LINE) for _ in range(_MAX_TRAILERS))
    if not any(line in {b"\r\n", b"\n"} for line in trailers):
        raise HTTPException


def _chunk_size(line: bytes) -> int:
    found = re.fullmatch(_CHUNK, line)
    if found is None:
        raise HTTPException
    return int(found[1], 16)
