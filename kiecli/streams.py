"""stdout and stderr, with the ways in which writing to them fails."""

from typing import BinaryIO, Protocol

from kiecli.errors import SaveError, StdoutClosed
from kiecli.process.system_process import SYSTEM_PROCESS
from kiecli.redaction import Redactor


class Stream(Protocol):
    """As much of a text stream as is used here."""

    @property
    def encoding(self) -> str | None:
        """The name of its encoding, None where it has none."""
        ...

    @property
    def buffer(self) -> BinaryIO:
        """The stream of bytes beneath it."""
        ...

    def write(self, text: str, /) -> object:
        """Write text."""
        ...

    def flush(self) -> None:
        """Write out what is buffered."""
        ...

    def isatty(self) -> bool:
        """Return True if it is a terminal."""
        ...

    def fileno(self) -> int:
        """Return the descriptor, or raise OSError."""
        ...


class Output:
    """Stdout: what was written has arrived, or the run ends.

    Attributes:
        stream: The stream, or None when the process was started with it closed.
        redactor: Masks what must not be shown, wherever it may have come from.
    """

    redactor = Redactor()

    def __init__(self, stream: Stream | None, term: str = "") -> None:
        self.stream = stream
        self.is_terminal = stream is not None and term != "dumb" and stream.isatty()

    def write(self, text: str) -> None:
        """Write and flush.

        Raises:
            StdoutClosed: The reader of the pipe has closed it.
            SaveError: It cannot be written, because the disk is full for example.
        """
        if self.stream is None:
            raise _closed()
        try:
            self.stream.write(self._encodable(self.redactor.text(text)))
            self.stream.flush()
        except OSError as error:
            raise broken(error) from error

    def flush(self) -> None:
        """Do nothing, for rich: each `write` flushes."""

    @property
    def encoding(self) -> str:
        """The encoding of its characters; rich draws with ASCII where it has to."""
        return (self.stream and self.stream.encoding) or "utf-8"

    def binary(self) -> "BinaryOutput":
        """Return the same stream for bytes; writing to it fails in the same ways."""
        return BinaryOutput(self.stream)

    def line(self, text: str) -> None:
        """Write one line."""
        self.write(f"{text}\n")

    def same_place(self, other: "Output") -> bool:
        """Return True if both are one and the same terminal."""
        if not (self.is_terminal and other.is_terminal):
            return False
        import os

        assert self.stream is not None
        assert other.stream is not None
        try:
            return os.path.samestat(os.fstat(self.stream.fileno()), os.fstat(other.stream.fileno()))
        except OSError:
            return True  # terminals without a descriptor: a test's

    def _encodable(self, text: str) -> str:
        try:
            text.encode(self.encoding, "surrogateescape")
        except UnicodeEncodeError:
            return text.encode(self.encoding, "backslashreplace").decode(self.encoding)
        return text


class ErrorOutput(Output):
    """Stderr: no error in writing to it ends or changes a run."""

    def write(self, text: str) -> None:
        """Write and flush; after an error everything is dropped."""
        try:
            super().write(text)
        except (StdoutClosed, SaveError, ValueError):
            self.stream = None


class BinaryOutput:
    """Stdout, for the bytes of a result."""

    def __init__(self, stream: Stream | None) -> None:
        self._stream = stream

    def write(self, data: bytes, /) -> int:
        """Write bytes; raises what `Output.write` raises."""
        if self._stream is None:
            raise _closed()
        try:
            self._stream.buffer.write(data)
        except OSError as error:
            raise broken(error) from error
        return len(data)

    def flush(self) -> None:
        """Write out what is buffered; raises what `Output.write` raises."""
        try:
            if self._stream is not None:
                self._stream.flush()
        except OSError as error:
            raise broken(error) from error


def _closed() -> SaveError:
    return SaveError("cannot write the results: stdout is closed")


def broken(error: OSError) -> BaseException:
    """Return what it means that stdout, or the file that the error names, cannot be written."""
    if error.filename is None and error.errno in SYSTEM_PROCESS.closed_pipe_errors:
        return StdoutClosed()
    return SaveError(f"cannot write to {error.filename or 'stdout'}: {error.strerror}")
