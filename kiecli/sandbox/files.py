"""A file host's answer: one file, whole or from a byte on, as RFC 9110 has it."""

import hashlib
import re
from collections.abc import Mapping

import httpx

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def deliver(request: httpx.Request, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
    """Answer a request for a file.

    Args:
        request: Its `Range` and `If-Range` are honoured.
        body: The whole file.
        headers: Of the answer; `If-Range` is compared with its ETag and Last-Modified.
    """
    validator = request.headers.get("If-Range")
    same = validator in (None, headers.get("ETag"), headers.get("Last-Modified"))
    wanted = _RANGE.fullmatch(request.headers.get("Range", "")) if same else None
    if wanted is None or wanted.groups() == ("", ""):
        # Several ranges, or something else than bytes: a host may send it all (RFC 9110, 14.2).
        return _raw(200, headers, body)
    return _part(headers, body, *_bounds(wanted[1], wanted[2], len(body)))


def etag(body: bytes) -> str:
    """Return the strong ETag of a file."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _part(headers: Mapping[str, str], body: bytes, start: int, end: int) -> httpx.Response:
    if start >= end:  # also the range of a client that has the whole file already
        return _raw(416, {**headers, "Content-Range": f"bytes */{len(body)}"}, b"")
    content_range = f"bytes {start}-{end - 1}/{len(body)}"
    return _raw(206, {**headers, "Content-Range": content_range}, body[start:end])


def _bounds(first: str, last: str, length: int) -> tuple[int, int]:
    """Return where a range starts and where it has ended; `-N` means the last N bytes."""
    if not first:
        return max(0, length - int(last)), length
    return int(first), min(length, int(last) + 1) if last else length


def _raw(status: int, headers: Mapping[str, str], body: bytes) -> httpx.Response:
    # As a stream: with `content=` httpx would decode a body whose headers declare an encoding.
    length = {"Content-Length": str(len(body))}
    return httpx.Response(status, headers={**headers, **length}, stream=httpx.ByteStream(body))
