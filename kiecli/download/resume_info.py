"""What is stored beside a part (`NAME.part.json`), to request the rest of the file later."""

import json
from typing import NamedTuple

from kiecli import safe_json


class ResumeInfo(NamedTuple):
    """Resume metadata beside a `.part` file: the validator sent in `If-Range`; never a link."""

    task_id: str
    n: int
    length: int
    """Bytes of the whole file."""
    etag: str | None
    """A strong one, quotes included."""
    last_modified: str | None
    """Last-Modified, as sent."""
    content_type: str | None
    head_size: int = 0
    """Bytes at the start of the part that `head_crc32` is computed of."""
    head_crc32: int = 0

    def is_about(self, size: int, head: bytes) -> bool:
        """Whether a part is the one that this was written for, as far as size and start tell.

        Args:
            size: Bytes of the part.
            head: The first of them, as many as there were when this was written.
        """
        from zlib import crc32

        # Whoever replaces a part leaves this file, which must not vouch for the part there is now.
        is_whole = self.head_size <= size <= self.length
        return is_whole and crc32(head[: self.head_size]) == self.head_crc32

    @property
    def validator(self) -> str:
        """The value of `If-Range` (RFC 9110, section 13.1.5)."""
        return self.etag or self.last_modified or ""

    def dump(self) -> bytes:
        """Return it as JSON for the disk."""
        return json.dumps(self._asdict()).encode()

    @classmethod
    def parse(cls, data: bytes) -> "ResumeInfo | None":
        """Read what `dump` wrote; None for anything else."""
        try:
            fields = safe_json.parse(data)
        except ValueError:
            return None
        # Another build may have meant something else by it: to start again is always right.
        if not isinstance(fields, dict) or fields.keys() != set(cls._fields):
            return None
        info = cls(**fields)
        return info if info._is_sound() else None

    def _is_sound(self) -> bool:
        texts = (self.etag, self.last_modified, self.content_type)
        return (
            isinstance(self.task_id, str)
            # Not isinstance: `true` is a number in Python.
            and type(self.n) is int
            and type(self.length) is int
            and self.length > 0
            and type(self.head_size) is int
            and type(self.head_crc32) is int
            and all(text is None or isinstance(text, str) for text in texts)
            # Without one a host would send any file's bytes as the rest.
            and self.validator != ""
        )
