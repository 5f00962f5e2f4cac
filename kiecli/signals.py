"""Ctrl-C and SIGTERM: gone within half a second, wherever the process is, with the last words said.

The handler raises in the main thread, which only ever waits interruptibly; a timer stands by for
the case that it does not come through, a stalled reader of stdout for one.
"""

import os
import select
import signal
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from kiecli.clock import Clock
from kiecli.errors import Interrupted

FORCE_EXIT_AFTER = 0.35
REPEAT_WINDOW = 1.0
_SHOW_CURSOR = b"\x1b[?25h"


class Signals:
    """Turns the first signal into `Interrupted`; a second one within a second is the same press.

    Attributes:
        received: The first signal's number, once there was one.
    """

    def __init__(
        self, clock: Clock, interrupt_message: Callable[[], str], *, on_terminal: bool
    ) -> None:
        """Take what is needed at the end.

        Args:
            clock: Tells a second signal from the echo of the first.
            interrupt_message: Returns the line to say.
            on_terminal: Whether stderr is one, whose cursor may be hidden.
        """
        self._clock = clock
        self._last_words = interrupt_message
        self._on_terminal = on_terminal
        self._received_at: float | None = None
        self.received: int | None = None

    def install(self) -> None:
        """Listen; a signal that the parent had ignored stays ignored (`nohup`, `&`)."""
        for signum in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(signum) is not signal.SIG_IGN:
                signal.signal(signum, self._received)
        signal.signal(signal.SIGALRM, self._force_exit)

    def _received(self, signum: int, frame: FrameType | None) -> None:
        now = self._clock.now()
        if self._received_at is None:
            self._received_at, self.received = now, signum
            if in_import(frame):  # pragma: no cover  see `kill_self`
                self._leave(b"")
            signal.setitimer(signal.ITIMER_REAL, FORCE_EXIT_AFTER)
            raise Interrupted(signum)
        if now - self._received_at > REPEAT_WINDOW:  # pragma: no cover  see `kill_self`
            kill_self(signum)

    def _force_exit(self, _signum: int, _frame: FrameType | None) -> None:  # pragma: no cover
        # Not measured: see `kill_self`.
        self._leave(b"\n")

    def _leave(self, lead: bytes) -> NoReturn:  # pragma: no cover
        # Not measured: see `kill_self`.
        words = lead + self._last_words().encode(errors="replace") + b"\n"
        try:
            # Somebody may have stopped reading stderr, too: never wait for that.
            if select.select([], [2], [], 0)[1]:
                os.write(2, _SHOW_CURSOR + words if self._on_terminal else words)
        except OSError:
            pass
        kill_self(self.received or signal.SIGTERM)


def in_import(frame: FrameType | None) -> bool:
    """Tell whether a module is being imported: there an exception can be wrapped, or get lost."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def kill_self(signum: int) -> NoReturn:  # pragma: no cover
    """End the process by the signal itself, so that a shell's loop around it ends too.

    A process that ends like this takes the measurement of its coverage along; that it ends, and
    how, is what tests/e2e/test_signals.py is about.
    """
    signal.signal(signum, signal.SIG_DFL)
    os.kill(os.getpid(), signum)
    os._exit(128 + signum)  # not reached unless the signal is blocked
