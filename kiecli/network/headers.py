"""Reads the headers of responses leniently: a value, or None where there is none that makes sense.

For Kie's API and for file hosts. The names in all mappings are in lower case.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

# 18 digits hold every real size and fit into 64 bits; more are a mistake, or an attack.
_MAX_DIGITS = 18
# Compiled at its first use: most answers have none.
_CONTENT_RANGE = r"(?i:bytes)\s+(\d{1,18})-(\d{1,18})/(\d{1,18})"

SUPPORTED_ENCODINGS = frozenset({"gzip", "x-gzip", "deflate"})
"""What `decoding.decompress` understands; x-gzip is the old name of gzip (RFC 9110, 8.4.1)."""

UNSUPPORTED_ENCODINGS = frozenset({"br", "zstd", "compress", "x-compress"})
"""Known compressions that are refused by their names."""

_KNOWN_ENCODINGS = SUPPORTED_ENCODINGS | UNSUPPORTED_ENCODINGS


class ContentRange(NamedTuple):
    """Which bytes of a file a partial answer holds (RFC 9110, section 14.4)."""

    first: int
    last: int
    """The last byte, which is one of them."""
    total: int
    """Bytes of the whole file."""


def content_encoding(headers: Mapping[str, str]) -> str | None:
    """Return the compression of the body by its Content-Encoding, or None for plain bytes.

    Servers write all sorts of things there (`UTF-8`, `none`, `aws-chunked`): a name of no known
    compression stands for none. Several compressions around each other are one name, of no
    supported one.
    """
    value = headers.get("content-encoding", "")
    names = (name.strip() for name in value.lower().split(","))
    return ", ".join(name for name in names if name in _KNOWN_ENCODINGS) or None if value else None


def content_length(headers: Mapping[str, str]) -> int | None:
    """Return the bytes of the body; chunked bodies have no length (RFC 9112, section 6.3)."""
    return None if "transfer-encoding" in headers else _count(headers.get("content-length", ""))


def media_type(headers: Mapping[str, str]) -> str | None:
    """Return the Content-Type without its parameters, in lower case (RFC 9110, section 8.3.1)."""
    return headers.get("content-type", "").partition(";")[0].strip().lower() or None


def content_range(headers: Mapping[str, str]) -> ContentRange | None:
    """Return the Content-Range, if it is one that a file of known length can have."""
    found = re.fullmatch(_CONTENT_RANGE, headers.get("content-range", "").strip(), re.ASCII)
    if found is None:
        return None
    content = ContentRange(*map(int, found.groups()))
    return content if content.first <= content.last < content.total else None


def complete_length(headers: Mapping[str, str]) -> int | None:
    """Return the bytes of the file of which no range was satisfied (RFC 9110, section 15.5.17)."""
    unit, _, length = headers.get("content-range", "").partition("*/")
    return _count(length) if unit.strip().lower() == "bytes" else None


def retry_after(headers: Mapping[str, str], wall: float | None = None) -> float | None:
    """Return the seconds of a Retry-After, in either of its forms (RFC 9110, section 10.2.3).

    Args:
        headers: Those of the answer.
        wall: Seconds since 1970, for a date in an answer that does not tell its own.
    """
    value = headers.get("retry-after", "").strip()
    seconds = _count(value)
    if seconds is not None or not value:
        return seconds
    end = _timestamp(value)
    # The clocks here and there may differ.
    sent = _timestamp(headers.get("date", ""))
    now = wall if sent is None else sent
    return None if end is None or now is None else max(0.0, end - now)


def _count(text: str) -> int | None:
    digits = text.strip()
    is_count = digits.isascii() and digits.isdecimal() and len(digits) <= _MAX_DIGITS
    return int(digits) if is_count else None


def _timestamp(date: str) -> float | None:
    """Return an HTTP date as seconds since 1970, or None when it is none."""
    from calendar import timegm
    from email.utils import parsedate_tz

    parsed = parsedate_tz(date)
    try:
        # HTTP dates are in GMT, also where they do not say so.
        return None if parsed is None else float(timegm(parsed[:6]) - (parsed[9] or 0))
    except (ValueError, OverflowError):
        return None
