"""What the head of a file host's answer says, read leniently."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from kiecli.network.headers import (
    ContentRange,
    complete_length,
    content_encoding,
    content_length,
    content_range,
    retry_after,
)

_STRONG_ETAG = re.compile(r'"[\x21\x23-\x7e\x80-\xff]*"')


class FileResponse(NamedTuple):
    """Status and the headers that matter for a file (RFC 9110)."""

    status: int
    length: int | None = None
    """Bytes of the body, as declared."""
    content_range: ContentRange | None = None
    has_range: bool = False
    """Whether there is a Content-Range at all."""
    complete_length: int | None = None
    """Bytes of the whole file, where the host says that it has no such range of it."""
    etag: str | None = None
    """Only a strong one."""
    last_modified: str | None = None
    content_type: str | None = None
    """Without parameters."""
    encoding: str | None = None
    """The compression of the body, though none was requested."""
    retry_after: float | None = None
    """Seconds."""

    @classmethod
    def read(
        cls, status: int, headers: Mapping[str, str], wall: float | None = None
    ) -> "FileResponse":
        """Read the head of an answer.

        Args:
            status: Its HTTP status.
            headers: Its headers, found in any case.
            wall: Seconds since 1970, for a date in Retry-After.
        """
        has_range = "content-range" in headers
        etag = headers.get("etag", "").strip()
        return cls(
            status=status,
            length=content_length(headers),
            content_range=content_range(headers) if has_range else None,
            has_range=has_range,
            complete_length=complete_length(headers) if has_range else None,
            etag=etag if _STRONG_ETAG.fullmatch(etag) else None,
            last_modified=headers.get("last-modified") or None,
            content_type=headers.get("content-type", "").partition(";")[0].strip().lower() or None,
            encoding=content_encoding(headers),
            retry_after=retry_after(headers, wall) if "retry-after" in headers else None,
        )

    @property
    def total(self) -> int | None:
        """Bytes of the whole file, where the answer declares them."""
        if self.encoding is not None:
            return None
        return self.content_range.total if self.content_range else self.length
