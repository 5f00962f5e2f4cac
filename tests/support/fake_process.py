"""A process that no signal ends: signals are sent by calling it."""

from collections.abc import Callable
from typing import NoReturn

from kiecli.system.process_interface import SignalHandler, TextStream


class Ended(BaseException):
    """The process would have ended by this signal."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


class FakeProcess:
    """A `Process` under the test's control.

    Attributes:
        stderr: All that was written to the descriptor itself.
        timer: Whether it runs.
        suspensions: How often it has stopped.
    """

    max_wait = float("inf")
    end_of_input = "Ctrl-D"
    max_open_files = float("inf")
    closed_pipe_errors: frozenset[int] = frozenset()

    def __init__(self) -> None:
        self.stderr = ""
        self.timer = False
        self.suspensions = 0
        self._received: SignalHandler | None = None
        self._suspended: SignalHandler | None = None
        self._overdue: Callable[[], None] | None = None

    def prepare_stream(self, stream: TextStream) -> bool:
        return stream.isatty()

    def make_blocking(self, fd: int) -> None:
        """Do nothing."""

    def is_reader_gone(self, fd: int) -> bool:  # noqa: ARG002
        return False

    def is_in_foreground(self, fd: int) -> bool:  # noqa: ARG002
        return True

    def listen_for_suspension(self, suspended: SignalHandler) -> None:
        self._suspended = suspended

    def suspend(self) -> None:
        self.suspensions += 1

    def listen(self, received: SignalHandler, overdue: Callable[[], None]) -> None:
        self._received, self._overdue = received, overdue

    def start_timer(self) -> None:
        self.timer = True

    def write_stderr(self, text: str) -> None:
        self.stderr += text

    def end_by_signal(self, signum: int) -> NoReturn:
        raise Ended(signum)

    def send(self, signum: int, frame: object = None) -> None:
        """Let a signal arrive while the main thread runs a frame."""
        assert self._received is not None
        self._received(signum, frame)  # type: ignore[arg-type]

    def press_ctrl_z(self) -> None:
        """Let the signal arrive that suspends the process."""
        assert self._suspended is not None
        self._suspended(20, None)

    def let_timer_end(self) -> None:
        """Let the time run out in which the process should have ended."""
        assert self._overdue is not None
        self._overdue()
