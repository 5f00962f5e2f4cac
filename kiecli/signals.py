"""Ctrl-C and SIGTERM: ends the process within half a second, with the resume command on stderr.

The handler raises in the main thread, which only ever waits interruptibly. A timer ends the process
if the exception does not get through, for example while a write to a full stdout pipe blocks.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from kiecli.clock import Clock
from kiecli.errors import Interrupted
from kiecli.system.process_interface import Process

# Seconds. A terminal sends Ctrl-C to the whole process group, and a shell, make or timeout(1) may
# send it on: one press then arrives twice.
REPEAT_WINDOW = 1.0
_SHOW_CURSOR = "\x1b[?25h"  # DECTCEM; the live block hides it


class Signals:
    """Raises `Interrupted` for the first signal; a later second one ends the process at once.

    Attributes:
        received: The first signal's number, once there was one.
    """

    def __init__(
        self,
        process: Process,
        clock: Clock,
        interrupt_message: Callable[[], str],
        *,
        on_terminal: bool,
        before_suspension: Callable[[], None] = lambda: None,
    ) -> None:
        """Store the parts; `install` handles signals from then on.

        Args:
            process: Gets the signals.
            clock: Tells a second Ctrl-C from the first one delivered twice (REPEAT_WINDOW).
            interrupt_message: Returns the message to print.
            on_terminal: Whether stderr is a terminal, whose cursor may be hidden.
            before_suspension: Leaves the terminal as the shell wants it.
        """
        self._process = process
        self._clock = clock
        self._interrupt_message = interrupt_message
        self._on_terminal = on_terminal
        self._received_at: float | None = None
        self._before_suspension = before_suspension
        self._is_deferring = self._is_due = self._is_suspension_due = False
        self.received: int | None = None

    def install(self) -> None:
        """Handle signals from now on; one that the parent ignores stays ignored (`nohup`, `&`)."""
        self._process.listen(self._on_signal, self._force_exit)
        self._process.listen_for_suspension(self._on_suspend)

    def _on_signal(self, signum: int, frame: FrameType | None) -> None:
        now = self._clock.now()
        if self._received_at is None:
            self._received_at, self.received = now, signum
            # Raised in the middle of an import, it could get lost, or leave half a module behind.
            if in_import(frame):
                self._leave("")
            self._process.start_timer()
            self._is_due = True
            self._raise_if_due()
        if now - self._received_at > REPEAT_WINDOW:
            self._process.end_by_signal(signum)

    def _on_suspend(self, _signum: int, _frame: FrameType | None) -> None:
        self._is_suspension_due = True
        self._suspend_if_due()

    def _suspend_if_due(self) -> None:
        if self._is_suspension_due and not self._is_deferring:
            self._is_suspension_due = False
            self._before_suspension()
            self._process.suspend()

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Let a signal that comes meanwhile interrupt, or suspend, only at the end.

        For what must happen as a whole, such as drawing: half a frame could not be erased again.
        The block must be short; if it stalls all the same, the timer ends the process.
        """
        self._is_deferring = True
        try:
            yield
        finally:
            self._is_deferring = False
            self._raise_if_due()
            self._suspend_if_due()

    def _raise_if_due(self) -> None:
        if self._is_due and not self._is_deferring:
            self._is_due = False
            raise Interrupted(self.received or signal.SIGINT)

    def _force_exit(self) -> None:
        # The cursor may stand behind half a line that nobody reads any more.
        self._leave("\n")

    def _leave(self, lead: str) -> NoReturn:
        try:
            message = self._interrupt_message()
        except ImportError:  # of a module of its own, which is half imported at this very moment
            message = "interrupted"
        text = f"{lead}{message}\n"
        # Past Python's own stream, whose lock the interrupted code may hold.
        self._process.write_stderr(_SHOW_CURSOR + text if self._on_terminal else text)
        self._process.end_by_signal(self.received or signal.SIGINT)


def in_import(frame: FrameType | None) -> bool:
    """Return True if a module is being imported: an exception could be wrapped there, or lost."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
