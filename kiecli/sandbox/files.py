"""A file host's answer: one file, whole or from a byte on, as RFC 9110 has it."""

import hashlib
import re
from email.utils import formatdate

import httpx

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def deliver(
    request: httpx.Request, body: bytes, *, content_type: str, modified: float
) -> httpx.Response:
    """Answer a request for a file.

    Args:
        request: Its `Range` and `If-Range` are honoured.
        body: The whole file.
        content_type: Its type.
        modified: When it came into being, in seconds since 1970.
    """
    headers = {
        "Content-Type": content_type,
        "ETag": etag(body),
        "Last-Modified": formatdate(modified, usegmt=True),
        "Accept-Ranges": "bytes",
    }
    asked = request.headers.get("Range")
    proof = request.headers.get("If-Range")
    if asked is None or proof not in (None, headers["ETag"], headers["Last-Modified"]):
        return httpx.Response(200, headers=headers, content=body)
    return _part(asked, body, headers)


def etag(body: bytes) -> str:
    """Return the strong ETag of a file."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _part(asked: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
    found = _RANGE.fullmatch(asked)
    if found is None or found.groups() == ("", ""):
        # Several ranges, or something else than bytes: a host may send it all (RFC 9110, 14.2).
        return httpx.Response(200, headers=headers, content=body)
    start, end = _bounds(found[1], found[2], len(body))
    if start >= end:
        headers["Content-Range"] = f"bytes */{len(body)}"
        return httpx.Response(416, headers=headers)
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(body)}"
    return httpx.Response(206, headers=headers, content=body[start:end])


def _bounds(first: str, last: str, length: int) -> tuple[int, int]:
    """Return where a range starts and where it has ended; `-N` means the last N bytes."""
    if not first:
        return max(0, length - int(last)), length
    return int(first), min(length, int(last) + 1) if last else length
