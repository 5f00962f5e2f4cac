"""stdout and stderr, with the ways in which they fail."""

from collections.abc import Sequence
from typing import BinaryIO, Protocol

from kiecli.errors import SaveError, StdoutClosed
from kiecli.process.system_process import SYSTEM_PROCESS


class Stream(Protocol):
    """As much of a text stream as is used here."""

    @property
    def encoding(self) -> str | None:
        """The name of its encoding."""
        ...

    @property
    def buffer(self) -> BinaryIO:
        """The same for bytes."""
        ...

    def write(self, text: str, /) -> object:
        """Take text."""
        ...

    def flush(self) -> None:
        """Hand over what was taken."""
        ...

    def isatty(self) -> bool:
        """Tell whether a person looks at it."""
        ...

    def fileno(self) -> int:
        """Return the descriptor, or raise OSError."""
        ...


class Output:
    """Stdout: what it takes has arrived, or the run ends.

    Attributes:
        stream: Where it goes, or None when the process was started with it closed.
        redacted: Texts that must not be shown, wherever they may have come from.
    """

    redacted: Sequence[str] = ()

    def __init__(self, stream: Stream | None, term: str = "") -> None:
        self.stream = stream
        self.is_terminal = stream is not None and term != "dumb" and stream.isatty()

    def write(self, text: str) -> None:
        """Write and flush.

        Raises:
            ReaderGone: Nobody reads any more.
            SaveError: It cannot be written, a full disk for one.
        """
        if self.stream is None:
            raise _closed()
        try:
            self.stream.write(self._encodable(self._redact(text)))
            self.stream.flush()
        except OSError as error:
            raise broken(error) from error

    def flush(self) -> None:
        """Do nothing: what was written is out already; rich asks for it."""

    @property
    def encoding(self) -> str:
        """What its characters are limited to; rich draws with ASCII where it must."""
        return (self.stream and self.stream.encoding) or "utf-8"

    def binary(self) -> "BinaryOutput":
        """Return a place for bytes, which goes wrong in the same ways."""
        return BinaryOutput(self.stream)

    def line(self, text: str) -> None:
        """Write one line."""
        self.write(f"{text}\n")

    def same_place(self, other: "Output") -> bool:
        """Tell whether both are one and the same terminal."""
        if not (self.is_terminal and other.is_terminal):
            return False
        import os

        assert self.stream is not None
        assert other.stream is not None
        try:
            return os.path.samestat(os.fstat(self.stream.fileno()), os.fstat(other.stream.fileno()))
        except OSError:
            return True  # terminals without a descriptor: a test's

    def _redact(self, text: str) -> str:
        for secret in self.redacted:
            text = text.replace(secret, "****")
        return text

    def _encodable(self, text: str) -> str:
        try:
            text.encode(self.encoding, "surrogateescape")
        except UnicodeEncodeError:
            return text.encode(self.encoding, "backslashreplace").decode(self.encoding)
        return text


class ErrorOutput(Output):
    """Stderr: nothing that goes wrong with it may end or change a run."""

    def write(self, text: str) -> None:
        """Write and flush, or fall silent for good."""
        try:
            super().write(text)
        except (StdoutClosed, SaveError, ValueError):
            self.stream = None


class BinaryOutput:
    """Stdout for the bytes of a result."""

    def __init__(self, stream: Stream | None) -> None:
        self._stream = stream

    def write(self, data: bytes, /) -> int:
        """Take bytes; fails as `Output.write` does."""
        if self._stream is None:
            raise _closed()
        try:
            self._stream.buffer.write(data)
        except OSError as error:
            raise broken(error) from error
        return len(data)

    def flush(self) -> None:
        """Hand over what was taken; fails as `Output.write` does."""
        try:
            if self._stream is not None:
                self._stream.flush()
        except OSError as error:
            raise broken(error) from error


def _closed() -> SaveError:
    return SaveError("stdout is closed, so there is no place for the answer")


def broken(error: OSError) -> BaseException:
    """Return what it means that stdout, or the file that the error names, cannot be written."""
    if error.filename is None and error.errno in SYSTEM_PROCESS.closed_pipe_errors:
        return StdoutClosed()
    return SaveError(f"{error.filename or 'stdout'} cannot be written: {error.strerror}")
