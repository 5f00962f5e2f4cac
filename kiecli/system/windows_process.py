"""The Windows form of `Process`: used on Windows only.

Ctrl-C arrives on a thread of its own there and interrupts the main thread in a sleep only: not
while it waits for another thread, reads a pipe or writes to one.
"""

import errno
import msvcrt
import os
import signal
import socket
import sys
from collections.abc import Callable
from threading import Thread
from types import FrameType
from typing import NoReturn

from kiecli.clock import SystemClock
from kiecli.system.process_interface import FORCE_EXIT_AFTER, SignalHandler, TextStream

_ENABLE_VIRTUAL_TERMINAL_PROCESSING = 4
_MAX_WRITE = 0.1  # seconds for the last line on stderr
_INTERRUPTED = 130  # 128 + SIGINT: what shells of other systems call a Ctrl-C


class WindowsProcess:
    """A process that ends itself when the main thread cannot see a signal."""

    max_wait = 0.1
    # A pipe whose reader has gone is EINVAL; EPIPE only in the moment when it goes.
    closed_pipe_errors = frozenset({errno.EPIPE, errno.EINVAL})
    end_of_input = "Ctrl-Z and Enter"
    max_open_files = float("inf")  # of handles there are 16 million

    def prepare_stream(self, stream: TextStream) -> bool:
        r"""Write UTF-8 with `\n`, and let a terminal obey control sequences."""
        if not stream.isatty():
            stream.reconfigure(encoding="utf-8", errors="surrogateescape", newline="\n")
            return True
        stream.reconfigure(errors="surrogateescape")
        return _enable_control_sequences(stream.fileno())

    def make_blocking(self, fd: int) -> None:
        """Do nothing: here streams that a program inherits always wait."""

    def is_reader_gone(self, fd: int) -> bool:  # noqa: ARG002 - only a write can tell
        """Return False: the next write fails where the reader has gone."""
        return False

    def is_in_foreground(self, fd: int) -> bool:  # noqa: ARG002
        """Return True: there are no jobs in the background of a console."""
        return True

    def listen_for_suspension(self, suspended: SignalHandler) -> None:
        """Do nothing: Ctrl-Z ends an input here."""

    def suspend(self) -> None:
        """Do nothing: nobody asks for it."""

    def listen(self, received: SignalHandler, overdue: Callable[[], None]) -> None:
        """Handle Ctrl-C and Ctrl-Break, which mean the same.

        Python calls handlers in the main thread, which may be blocked: so each signal is also
        written to a socket, which another thread reads.
        """

        def handle(_signum: int, frame: FrameType | None) -> None:
            received(signal.SIGINT, frame)

        for signum in (signal.SIGINT, signal.SIGBREAK):
            if signal.getsignal(signum) is not signal.SIG_IGN:
                signal.signal(signum, handle)
        reader, writer = socket.socketpair()
        writer.setblocking(False)
        signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        Thread(target=_watch, args=(reader, writer, overdue), daemon=True).start()

    def start_timer(self) -> None:
        """Do nothing: the thread that reads the socket has started it."""

    def write_stderr(self, text: str) -> None:
        """Write on a thread that is not waited for long."""
        writer = Thread(target=_write_stderr, args=(text,), daemon=True)
        writer.start()
        writer.join(_MAX_WRITE)

    def end_by_signal(self, signum: int) -> NoReturn:  # noqa: ARG002 - no signal ends a process here
        """End with the exit code of an interrupted process."""
        os._exit(_INTERRUPTED)


def _watch(reader: socket.socket, writer: socket.socket, overdue: Callable[[], None]) -> None:
    with reader, writer:  # the signal module knows only the writer's number
        reader.recv(1)
        SystemClock().sleep(FORCE_EXIT_AFTER)
        overdue()


def _write_stderr(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        pass  # closed: there is nobody to tell


def _enable_control_sequences(fd: int) -> bool:
    """Return whether the console obeys control sequences; Windows 10 (2016) and later can."""
    import ctypes

    kernel = ctypes.WinDLL("kernel32")
    handle, mode = ctypes.c_void_p(msvcrt.get_osfhandle(fd)), ctypes.c_ulong()
    if not kernel.GetConsoleMode(handle, ctypes.byref(mode)):
        return False
    # Not measured: only a console has a mode, see tests/windows/test_console.py.
    wanted = mode.value | _ENABLE_VIRTUAL_TERMINAL_PROCESSING  # pragma: no cover
    return bool(kernel.SetConsoleMode(handle, wanted))  # pragma: no cover
