"""The note beside a part: by what the host can prove that the rest belongs to the same file."""

import json
from typing import NamedTuple

from kiecli import jsontext
from kiecli.download.answer import Answer


class Note(NamedTuple):
    """What was known of a file when its first byte came; never a link to it."""

    task_id: str
    n: int
    length: int
    """Bytes of the whole file."""
    etag: str | None
    """A strong one, quotes included."""
    modified: str | None
    """Last-Modified, as sent."""
    content_type: str | None

    @classmethod
    def of(cls, task_id: str, n: int, answer: Answer) -> "Note | None":
        """Return by what the rest of a body could be fetched, if it could."""
        if not answer.total or not (answer.etag or answer.modified):
            return None
        return cls(task_id, n, answer.total, answer.etag, answer.modified, answer.content_type)

    @property
    def proof(self) -> str:
        """What `If-Range` asks with (RFC 9110, 13.1.5)."""
        return self.etag or self.modified or ""

    def dump(self) -> bytes:
        """Return it as it stands on the disk."""
        return json.dumps(self._asdict()).encode()

    @classmethod
    def parse(cls, data: bytes) -> "Note | None":
        """Read what `dump` wrote; anything else is no note."""
        try:
            fields = jsontext.parse(data)
        except ValueError:
            return None
        if not isinstance(fields, dict) or fields.keys() != set(cls._fields):
            return None
        note = cls(**fields)
        return note if note._is_sound() else None

    def _is_sound(self) -> bool:
        texts = (self.etag, self.modified, self.content_type)
        return (
            isinstance(self.task_id, str)
            and type(self.n) is int
            and type(self.length) is int
            and self.length > 0
            and all(text is None or isinstance(text, str) for text in texts)
            and self.proof != ""
        )
