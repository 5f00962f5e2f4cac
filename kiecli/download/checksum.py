"""The SHA-256 of a file, computed while it is still being written."""

from collections.abc import Callable
from functools import partial
from queue import SimpleQueue

from kiecli.system.disk_interface import ReadableFile
from kiecli.workers import start_daemon

# A smaller file is hashed at its end, in a few milliseconds.
_MIN_SIZE_FOR_THREAD = 4 * 1024 * 1024  # bytes
_BLOCK = 1024 * 1024  # bytes read at a time


class BackgroundSHA256:
    """Reads a growing file on a thread of its own; a small one only at its end.

    The bytes are read back from the disk's cache, so that hashing and receiving overlap.
    """

    def __init__(
        self, file: ReadableFile, start: Callable[[Callable[[], None]], None] = start_daemon
    ) -> None:
        """Start no thread yet.

        Args:
            file: An open file; it is duplicated, so the caller may close it.
            start: Starts a thread.
        """
        self._file = file
        self._start_thread = start
        # Sizes to go on to; 0 starts again, None is the end.
        self._sizes: SimpleQueue[int | None] = SimpleQueue()
        self._sums: SimpleQueue[str | OSError] = SimpleQueue()
        self._runs = False

    def reached(self, size: int) -> None:
        """Let the thread hash the file up to this size."""
        if self._runs or (size >= _MIN_SIZE_FOR_THREAD and self._start()):
            self._sizes.put(size)

    def restart(self) -> None:
        """Start again: other bytes are coming."""
        if self._runs:
            self._sizes.put(0)

    def result(self, size: int) -> str:
        """Return the SHA-256 in hexadecimal of the whole file, of that size.

        Raises:
            OSError: It cannot be read.
        """
        if not self._runs:
            whole = IncrementalSHA256(self._file)
            whole.update_to(size)
            return whole.hexdigest()
        self._sizes.put(size)
        self._sizes.put(None)
        found = self._sums.get()
        if isinstance(found, OSError):
            raise found
        return found

    def stop(self) -> None:
        """End the thread without a result."""
        if self._runs:
            self._sizes.put(None)

    def _start(self) -> bool:
        """Start the thread; where the system has no more of them, the sum is taken at the end."""
        try:
            file = self._file.duplicate()
        except OSError:
            return False
        try:
            self._start_thread(partial(self._sum, file))
        except RuntimeError:
            file.close()
            return False
        self._runs = True
        return True

    def _sum(self, file: ReadableFile) -> None:
        growing = IncrementalSHA256(file)
        try:
            while (size := self._sizes.get()) is not None:
                growing.update_to(size)
            self._sums.put(growing.hexdigest())
        except OSError as error:
            self._sums.put(error)
        finally:
            file.close()


class IncrementalSHA256:
    """The SHA-256 of the first bytes of a file that is still being written."""

    def __init__(self, file: ReadableFile) -> None:
        """Start at the first byte of an open file."""
        self._file = file
        self._block = memoryview(bytearray(_BLOCK))
        self.update_to(0)

    def update_to(self, size: int) -> None:
        """Hash the bytes up to an offset, as far as they are there; 0 starts again.

        Raises:
            OSError: It cannot be read.
        """
        if size == 0:
            import hashlib

            self._running, self._at = hashlib.sha256(), 0
        # Nothing is read where the file was emptied: a restart is on its way.
        while self._at < size and (got := self._read(size - self._at)):
            self._running.update(self._block[:got])
            self._at += got

    def hexdigest(self) -> str:
        """Return the SHA-256 of the bytes hashed so far."""
        return self._running.hexdigest()

    def _read(self, size: int) -> int:
        return self._file.read_into(self._block[:size], self._at)


def checksum_of(path: str) -> str:
    """Return the SHA-256 in hexadecimal of a file that is complete.

    Raises:
        OSError: It cannot be read.
    """
    import hashlib

    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checksum_of_bytes(data: bytes) -> str:
    """Return the SHA-256 in hexadecimal of bytes in memory."""
    import hashlib

    return hashlib.sha256(data).hexdigest()
