"""The POSIX form of the process, as far as one that lives on can tell; e2e tests its end."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from kiecli.system.posix_process import PosixProcess
from tests.support.systems import limit, needs_process_limits

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGTSTP)


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """What the test does to this process's signals is undone."""
    before = {number: signal.getsignal(number) for number in NUMBERS}
    for number in NUMBERS:  # a shell that starts the tests with `&` has them ignore Ctrl-C
        signal.signal(number, signal.SIG_DFL)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in before.items():
        signal.signal(number, handler)


class Seen(list[object]):
    """What a process was told of."""

    def received(self, signum: int, _frame: FrameType | None) -> None:
        self.append(signum)

    def overdue(self) -> None:
        self.append("overdue")


def test_a_pipe_and_a_socket_tell_that_their_reader_has_gone() -> None:
    process = PosixProcess()
    reader, writer = os.pipe()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert not process.is_reader_gone(writer)
        assert not process.is_reader_gone(ours.fileno())
        os.close(reader)
        theirs.close()
        assert process.is_reader_gone(writer)
        assert process.is_reader_gone(ours.fileno())
    os.close(writer)


def test_a_stream_that_does_not_wait_is_made_to() -> None:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    PosixProcess().make_blocking(reader)
    assert os.get_blocking(reader)
    os.close(reader)
    os.close(writer)


def test_a_file_has_no_reader(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as file:
        assert not PosixProcess().is_reader_gone(file.fileno())


def test_the_signals_that_end_a_run_are_handled() -> None:
    seen = Seen()
    PosixProcess().listen(seen.received, seen.overdue)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
        signal.raise_signal(number)
    assert seen == [signal.SIGINT, signal.SIGTERM, "overdue"]


def test_ctrl_z_is_handled_unless_the_parent_ignored_it() -> None:
    seen = Seen()
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    PosixProcess().listen_for_suspension(seen.received)
    signal.raise_signal(signal.SIGTSTP)
    assert seen == []
    signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    PosixProcess().listen_for_suspension(seen.received)
    signal.raise_signal(signal.SIGTSTP)
    assert seen == [signal.SIGTSTP]


def test_where_no_shell_shares_the_terminal_it_is_in_the_foreground(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as file:
        assert PosixProcess().is_in_foreground(file.fileno())


def test_what_the_parent_had_ignored_stays_ignored() -> None:
    seen = Seen()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    PosixProcess().listen(seen.received, seen.overdue)
    signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGTERM)
    assert seen == [signal.SIGTERM]


def test_the_timer_ends_soon_enough_for_half_a_second() -> None:
    process, seen = PosixProcess(), Seen()
    process.listen(seen.received, seen.overdue)
    process.start_timer()
    assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 0.35


@needs_process_limits
def test_the_limit_of_open_files_is_the_system_s() -> None:
    with limit("NOFILE", 200):
        assert PosixProcess().max_open_files == 200
