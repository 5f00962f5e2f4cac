"""stdout and stderr: redacts and encodes what is written, and translates write errors."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import BinaryIO, Protocol

from kiecli.errors import SaveError, StdoutClosed, system_reason
from kiecli.redaction import Redactor
from kiecli.safe_text import encodable, sanitize
from kiecli.system.system_process import SYSTEM_PROCESS

# Seconds between two checks: with 300 tasks the main thread wakes sixteen times a second.
_READER_CHECK_INTERVAL = 1.0
_NO_ENVIRON: Mapping[str, str] = MappingProxyType({})


class Stream(Protocol):
    """The methods of a text stream that are used here."""

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
    """Stdout: every write is flushed, and a write error ends the run.

    Attributes:
        stream: The stream, or None when the process was started with it closed.
        redactor: Masks the API key in all output.
    """

    redactor = Redactor()

    def __init__(self, stream: Stream | None, environ: Mapping[str, str] = _NO_ENVIRON) -> None:
        self.stream = stream
        self.is_terminal = stream is not None and environ.get("TERM") != "dumb" and stream.isatty()
        self._environ = environ
        self._next_reader_check = float("-inf")

    def write(self, text: str) -> None:
        """Write and flush.

        Raises:
            StdoutClosed: The reader of the pipe has closed it.
            SaveError: It cannot be written, because the disk is full for example.
        """
        if self.stream is None:
            raise _closed()
        try:
            text = self.redactor.text(text)
            self.stream.write(text if text.isascii() else encodable(text, self.encoding))
            # At once, as a reader of the pipe waits for each line.
            self.stream.flush()
        except OSError as error:
            raise write_error(error) from error

    def check_reader(self, now: float) -> None:
        """Find out without a write whether the reader of the pipe is still there.

        Args:
            now: The present moment, in seconds of a monotonic clock: within one second the system
                is not asked again.

        Raises:
            StdoutClosed: It is not.
        """
        if now < self._next_reader_check:
            return
        self._next_reader_check = now + _READER_CHECK_INTERVAL
        fd = self.descriptor
        if fd >= 0 and SYSTEM_PROCESS.is_reader_gone(fd):
            raise StdoutClosed

    @property
    def descriptor(self) -> int:
        """Its number, or -1 where there is none."""
        try:
            return -1 if self.stream is None else self.stream.fileno()
        except OSError:  # a test's stream
            return -1

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
        """Return True if both are one and the same terminal, file or pipe: `2>&1`."""
        if self.stream is None or other.stream is None:
            return False
        import os

        # By device and inode: `2>&1` and two openings of one file are one place.
        try:
            here, there = os.fstat(self.stream.fileno()), os.fstat(other.stream.fileno())
        except OSError:  # streams without a descriptor: a test's
            return self.is_terminal and other.is_terminal
        if not here.st_ino:  # pragma: no cover  Windows: of pipes and consoles
            return self.is_terminal and other.is_terminal
        return os.path.samestat(here, there)


class Severity(Enum):
    """How a message begins on a terminal, and the SGR code of the colour it begins in."""

    ERROR = ("error: ", 31)
    WARNING = ("warning: ", 33)
    NOTE = ("", 0)


class ErrorOutput(Output):
    """Stderr: write errors are ignored, and never end or change a run."""

    @property
    def takes_annotations(self) -> bool:
        """Whether it is a log in which GitHub Actions looks for workflow commands."""
        from kiecli.terminal import in_github_actions

        return in_github_actions(self._environ)

    def is_in_foreground(self) -> bool:
        """Return False where a shell and other programs use the terminal at this moment."""
        fd = self.descriptor
        return fd < 0 or SYSTEM_PROCESS.is_in_foreground(fd)

    def message(self, severity: Severity, text: str) -> str:
        """Return a message as one line of this stream.

        A log is shared with other programs, so each line there begins with the program's name.
        """
        from kiecli.terminal import wants_color

        lead, code = severity.value
        if not self.is_terminal or self.takes_annotations:
            lead = f"kiecli: {lead}" if severity is Severity.WARNING else "kiecli: "
        elif code and wants_color(self._environ):
            lead = f"\x1b[1;{code}m{lead.rstrip()}\x1b[0m "
        # Without a lead, a text from elsewhere must not begin as a workflow command does.
        return lead + (sanitize(text) if lead else sanitize(text).lstrip(" :"))

    def error(self, text: str) -> None:
        """Print an error message."""
        self.line(self.message(Severity.ERROR, text))

    def warning(self, text: str) -> None:
        """Print a warning about a likely mistake."""
        self.line(self.message(Severity.WARNING, text))

    def note(self, text: str) -> None:
        """Print a message that is no error."""
        self.line(self.message(Severity.NOTE, text))

    def write(self, text: str) -> None:
        """Write and flush; after an error everything is dropped."""
        try:
            super().write(text)
        # ValueError: other code has closed the stream.
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
            raise write_error(error) from error
        return len(data)

    def flush(self) -> None:
        """Write out what is buffered; raises what `Output.write` raises."""
        try:
            if self._stream is not None:
                self._stream.flush()
        except OSError as error:
            raise write_error(error) from error


def _closed() -> SaveError:
    return SaveError("cannot write the results: stdout is closed")


def write_error(error: OSError) -> BaseException:
    """Translate an OSError of writing: StdoutClosed for a closed pipe, else a SaveError."""
    # A pipe has no name. The reader has what it wanted (`| head -1`): that is no error.
    if error.filename is None and error.errno in SYSTEM_PROCESS.closed_pipe_errors:
        return StdoutClosed()
    return SaveError(f"cannot write to {error.filename or 'stdout'}: {system_reason(error)}")
