"""The POSIX form of `Process`: used on every system but Windows."""

import errno
import os
import select
import signal
import stat
from collections.abc import Callable
from typing import NoReturn

from kiecli.system.process_interface import FORCE_EXIT_AFTER, SignalHandler, TextStream


class PosixProcess:
    """A process that signals interrupt in any wait, and end."""

    max_wait = float("inf")
    closed_pipe_errors = frozenset({errno.EPIPE})
    end_of_input = "Ctrl-D"

    @property
    def max_open_files(self) -> float:
        """The limit that `ulimit -n` shows."""
        limit = os.sysconf("SC_OPEN_MAX")
        return limit if limit >= 0 else float("inf")

    def prepare_stream(self, stream: TextStream) -> bool:
        """Let file names pass through that are not UTF-8."""
        stream.reconfigure(errors="surrogateescape")
        return True

    def make_blocking(self, fd: int) -> None:
        """Set a descriptor to blocking mode.

        Node.js, and old versions of ssh, leave streams in the other one. Who inherits such a stream
        takes a pipe that has nothing yet for one that has ended, and a full one for broken.
        """
        os.set_blocking(fd, True)

    def is_reader_gone(self, fd: int) -> bool:
        """Return True for a pipe or a socket that nobody reads any more."""
        mode = os.fstat(fd).st_mode
        if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):  # macOS cannot poll terminals
            return False
        poll = select.poll()
        poll.register(fd, 0)  # POLLERR and POLLHUP come unasked
        return bool(poll.poll(0))

    def is_in_foreground(self, fd: int) -> bool:
        """Return False for a terminal that the shell has given to another process group."""
        try:
            return os.tcgetpgrp(fd) == os.getpgrp()
        except OSError:  # not the terminal that this process was started from: no shell is on it
            return True

    def listen_for_suspension(self, suspended: SignalHandler) -> None:
        """Handle SIGTSTP."""
        if signal.getsignal(signal.SIGTSTP) is not signal.SIG_IGN:
            signal.signal(signal.SIGTSTP, suspended)

    def suspend(self) -> None:
        """Stop by the signal's default action, so that a shell shows the right reason."""
        handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, handler)

    def listen(self, received: SignalHandler, overdue: Callable[[], None]) -> None:
        """Handle SIGINT and SIGTERM unless they were ignored (`nohup`, `&`)."""
        for signum in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(signum) is not signal.SIG_IGN:
                signal.signal(signum, received)
        signal.signal(signal.SIGALRM, lambda _signum, _frame: overdue())

    def start_timer(self) -> None:
        """Let the system send SIGALRM, which interrupts a write to a stalled reader too."""
        signal.setitimer(signal.ITIMER_REAL, FORCE_EXIT_AFTER)

    def write_stderr(self, text: str) -> None:  # pragma: no cover  see `end_by_signal`
        """Write what fits without waiting."""
        try:
            if select.select([], [2], [], 0)[1]:
                os.write(2, text.encode(errors="replace"))
        except OSError:
            pass

    def end_by_signal(self, signum: int) -> NoReturn:  # pragma: no cover
        """End by the signal itself, so that a shell's loop around the process ends too.

        A process that ends like this takes the measurement of its coverage along; that it ends,
        and how, is what tests/e2e/test_signals.py is about.
        """
        signal.signal(signum, signal.SIG_DFL)
        os.kill(os.getpid(), signum)
        os._exit(128 + signum)  # not reached unless the signal is blocked
