"""The bytes of one file as they come in."""

import os
from typing import BinaryIO

from kiecli.download.note import Note
from kiecli.media import HEAD_SIZE


class Spool:
    """An open file that grows at its end.

    Attributes:
        fd: The open file, for reading at any place too.
        size: Bytes that are there.
        note: By what the rest can be fetched, or None when it must start again.
    """

    def __init__(self, fd: int, size: int = 0, note: Note | None = None) -> None:
        """Take over an open file."""
        self.fd = fd
        self.size = size
        self.note = note

    def start(self, note: Note | None) -> None:
        """Forget all bytes; those that come now belong to this note.

        Raises:
            OSError: The disk refuses.
        """
        os.ftruncate(self.fd, 0)
        self.size = 0
        self.note = note

    def append(self, data: bytes | memoryview) -> None:
        """Write at the end, all of it.

        Raises:
            OSError: The disk refuses; what was written before counts.
        """
        view = memoryview(data)
        while view:
            written = os.pwrite(self.fd, view, self.size)
            self.size += written
            view = view[written:]

    def head(self) -> bytes:
        """Return the first bytes, enough to tell what they are."""
        return os.pread(self.fd, HEAD_SIZE, 0)

    def reader(self) -> BinaryIO:
        """Return a file that reads it from its start; the caller closes it."""
        file = os.fdopen(os.dup(self.fd), "rb")
        file.seek(0)
        return file
