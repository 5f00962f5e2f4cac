"""What the head of a file host's answer says, read leniently."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from kiecli.network.decoding import content_encoding

_MAX_COUNT = 18  # digits
# Compiled at its first use: most answers have none.
_CONTENT_RANGE = r"(?i:bytes)\s+(\d{1,18})-(\d{1,18})/(\d{1,18})"
_STRONG_ETAG = re.compile(r'"[\x21\x23-\x7e\x80-\xff]*"')


class FileResponse(NamedTuple):
    """Status and the headers that matter for a file (RFC 9110)."""

    status: int
    length: int | None = None
    """Bytes of the body, as told."""
    content_range: tuple[int, int, int] | None = None
    """First byte, last byte and length of the whole file, from Content-Range."""
    has_range: bool = False
    """Whether there is a Content-Range at all."""
    etag: str | None = None
    """Only a strong one."""
    last_modified: str | None = None
    content_type: str | None = None
    """Without parameters."""
    encoding: str | None = None
    """The compression of the body, though none was asked for."""
    retry_after: float | None = None
    """Seconds."""

    @classmethod
    def read(cls, status: int, headers: Mapping[str, str]) -> "FileResponse":
        """Read the head of an answer; `headers` finds names in any case."""
        chunked = "transfer-encoding" in headers
        etag = headers.get("etag", "").strip()
        return cls(
            status=status,
            length=None if chunked else _count(headers.get("content-length")),
            content_range=_span(headers.get("content-range")),
            has_range="content-range" in headers,
            etag=etag if _STRONG_ETAG.fullmatch(etag) else None,
            last_modified=headers.get("last-modified") or None,
            content_type=headers.get("content-type", "").partition(";")[0].strip().lower() or None,
            encoding=content_encoding(headers.get("content-encoding", "")),
            retry_after=_count(headers.get("retry-after")),
        )

    @property
    def total(self) -> int | None:
        """Bytes of the whole file, where the answer tells that."""
        if self.encoding is not None:
            return None
        return self.content_range[2] if self.content_range else self.length


def _count(text: str | None) -> int | None:
    digits = (text or "").strip()
    is_count = digits.isascii() and digits.isdecimal() and len(digits) <= _MAX_COUNT
    return int(digits) if is_count else None


def _span(text: str | None) -> tuple[int, int, int] | None:
    found = None if text is None else re.fullmatch(_CONTENT_RANGE, text.strip())
    if found is None:
        return None
    first, last, total = map(int, found.groups())
    return (first, last, total) if first <= last < total else None
