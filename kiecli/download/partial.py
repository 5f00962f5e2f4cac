"""The bytes of one file as they come in."""

import json
from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from kiecli import safe_json
from kiecli.download.response import FileResponse
from kiecli.files.media_types import HEAD_SIZE
from kiecli.system.disk_interface import OpenFile, reader


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

    @classmethod
    def of(cls, task_id: str, n: int, answer: FileResponse) -> "ResumeInfo | None":
        """Return what a later request for the rest needs, None if no request could prove it."""
        if not answer.total or not (answer.etag or answer.last_modified):
            return None
        return cls(task_id, n, answer.total, answer.etag, answer.last_modified, answer.content_type)

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
        if not isinstance(fields, dict) or fields.keys() != set(cls._fields):
            return None
        note = cls(**fields)
        return note if note._is_sound() else None

    def _is_sound(self) -> bool:
        texts = (self.etag, self.last_modified, self.content_type)
        return (
            isinstance(self.task_id, str)
            and type(self.n) is int
            and type(self.length) is int
            and self.length > 0
            and all(text is None or isinstance(text, str) for text in texts)
            and self.validator != ""
        )


class PartialFile:
    """An open file that grows at its end.

    Attributes:
        file: The open file, for reading at any offset too.
        size: Bytes that are there.
        note: What a request for the rest needs, or None when the file must start again.
        check_room: Called with the length of the whole file where one is declared, before its
            first byte is written; raises SaveError where the disk has no room for it.
    """

    check_room: Callable[[int], None] | None = None

    def __init__(self, file: OpenFile, size: int = 0, note: ResumeInfo | None = None) -> None:
        """Take over an open file."""
        self.file = file
        self.size = size
        self.note = note

    def expect(self, length: int | None) -> None:
        """Take the length that the host declares, before the first byte of a body is written.

        Raises:
            SaveError: The disk has no room for so many bytes.
        """
        if length is not None and self.check_room is not None:
            self.check_room(length)

    def reset(self, note: ResumeInfo | None) -> None:
        """Remove all bytes; those that come now belong to this note.

        Raises:
            OSError: The disk refuses.
        """
        self.file.truncate()
        self.size = 0
        self.note = note

    def append(self, data: bytes | memoryview) -> None:
        """Write at the end, all of it.

        Raises:
            OSError: The disk refuses; what was written before counts.
        """
        view = memoryview(data)
        while view:
            written = self.file.write_at(view, self.size)
            self.size += written
            view = view[written:]

    def head(self) -> bytes:
        """Return the first bytes, enough to tell what they are."""
        head = bytearray(HEAD_SIZE)
        return bytes(head[: self.file.read_into(memoryview(head), 0)])

    def reader(self) -> BinaryIO:
        """Return a stream that reads it from its start; the caller closes the stream."""
        return reader(self.file)
