"""Headers of an answer, read leniently: a value, or None where there is none that makes sense.

For Kie's API and for file hosts alike. Headers are looked up in lower case.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

# 18 digits hold every real size and fit into 64 bits; more are a mistake, or an attack.
_MAX_DIGITS = 18
# Compiled at its first use: most answers have none.
_CONTENT_RANGE = r"(?i:bytes)\s+(\d{1,18})-(\d{1,18})/(\d{1,18})"


class ContentRange(NamedTuple):
    """Which bytes of a file a partial answer holds (RFC 9110, section 14.4)."""

    first: int
    last: int
    """The last byte, which is one of them."""
    total: int
    """Bytes of the whole file."""


def content_length(headers: Mapping[str, str]) -> int | None:
    """Return the bytes of the body; chunked bodies have no length (RFC 9112, section 6.3)."""
    return None if "transfer-encoding" in headers else _count(headers.get("content-length", ""))


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


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of a Retry-After, in either of its forms (RFC 9110, section 10.2.3)."""
    value = headers.get("retry-after", "").strip()
    seconds = _count(value)
    if seconds is not None or not value:
        return seconds
    return _seconds_between(headers.get("date", ""), value)


def _count(text: str) -> int | None:
    digits = text.strip()
    is_count = digits.isascii() and digits.isdecimal() and len(digits) <= _MAX_DIGITS
    return int(digits) if is_count else None


def _seconds_between(sent: str, due: str) -> float | None:
    from email.utils import parsedate_to_datetime

    # A date is measured against the answer's own: the clocks here and there may differ.
    try:
        return max(0.0, (parsedate_to_datetime(due) - parsedate_to_datetime(sent)).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None
