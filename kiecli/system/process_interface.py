"""What kiecli asks of the process that it runs in; `system_process` chooses the form."""

from collections.abc import Callable
from types import FrameType
from typing import NoReturn, Protocol

SignalHandler = Callable[[int, FrameType | None], None]


class TextStream(Protocol):
    """As much of `io.TextIOWrapper` as is needed to prepare a standard stream."""

    def reconfigure(
        self, *, encoding: str | None = None, errors: str | None = None, newline: str | None = None
    ) -> None:
        """Change how text becomes bytes."""
        ...

    def isatty(self) -> bool:
        """Return whether it is a terminal."""
        ...

    def fileno(self) -> int:
        """Return the descriptor."""
        ...


class Process(Protocol):
    """The process that kiecli runs in."""

    @property
    def max_wait(self) -> float:
        """Seconds that the main thread may wait for another thread and still see a signal."""
        ...

    @property
    def closed_pipe_errors(self) -> frozenset[int]:
        """What `write` fails with where nobody reads the pipe any more."""
        ...

    @property
    def end_of_input(self) -> str:
        """The keys that end what is typed into a terminal."""
        ...

    @property
    def max_open_files(self) -> float:
        """How many files and sockets it may have open at once."""
        ...

    def prepare_stream(self, stream: TextStream) -> bool:
        """Set up stdout or stderr; return False for a terminal without control sequences."""
        ...

    def make_blocking(self, fd: int) -> None:
        """Set a standard stream to blocking mode, whatever other programs have set it to."""
        ...

    def is_reader_gone(self, fd: int) -> bool:
        """Return True for a pipe or a socket that nobody reads any more, where that shows."""
        ...

    def is_in_foreground(self, fd: int) -> bool:
        """Return False for a terminal on which other programs work now: `kiecli wait ID &`."""
        ...

    def listen_for_suspension(self, suspended: SignalHandler) -> None:
        """Handle Ctrl-Z, where shells know it; if the parent ignores it, it stays ignored."""
        ...

    def suspend(self) -> None:
        """Stop, as Ctrl-Z does, and return when a shell lets the process go on (`fg`, `bg`)."""
        ...

    def listen(self, received: SignalHandler, overdue: Callable[[], None]) -> None:
        """Handle Ctrl-C and its like; what the parent ignores stays ignored.

        Args:
            received: Called in the main thread as soon as that runs Python code.
            overdue: Called when `start_timer` was called and the process has not ended in time.
        """
        ...

    def start_timer(self) -> None:
        """Let `overdue` be called after FORCE_EXIT_AFTER seconds."""
        ...

    def write_stderr(self, text: str) -> None:
        """Write to the descriptor itself, or give up at once when nobody reads it."""
        ...

    def end_by_signal(self, signum: int) -> NoReturn:
        """End the process the way that a signal ends one on this system."""
        ...


FORCE_EXIT_AFTER = 0.35
"""Seconds: together with what happens before and after, a signal ends the process in 0.5 s."""
