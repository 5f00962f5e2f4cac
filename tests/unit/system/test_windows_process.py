"""The Windows form of the process: Ctrl-C, Ctrl-Break and standard streams."""

import io
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from types import FrameType

import pytest

from kiecli.system.windows_process import WindowsProcess


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """What the test does to this process's signals is undone."""
    numbers = (signal.SIGINT, signal.SIGBREAK)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    signal.set_wakeup_fd(-1)
    for number, handler in before.items():
        signal.signal(number, handler)


class Seen:
    """What a process was told of, in order, from any thread."""

    def __init__(self) -> None:
        self.queue: SimpleQueue[object] = SimpleQueue()

    def received(self, signum: int, _frame: FrameType | None) -> None:
        self.queue.put(signum)

    def overdue(self) -> None:
        self.queue.put("overdue")


def test_only_a_write_tells_that_a_reader_has_gone() -> None:
    assert not WindowsProcess().is_reader_gone(1)


def test_a_console_has_no_background() -> None:
    assert WindowsProcess().is_in_foreground(2)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGBREAK])
def test_both_keys_mean_ctrl_c_and_a_thread_stands_by(number: int) -> None:
    process, seen = WindowsProcess(), Seen()
    process.listen(seen.received, seen.overdue)
    signal.raise_signal(number)
    process.start_timer()
    assert [seen.queue.get(timeout=10), seen.queue.get(timeout=10)] == [signal.SIGINT, "overdue"]


def test_what_the_parent_had_ignored_stays_ignored() -> None:
    seen = Seen()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    WindowsProcess().listen(seen.received, seen.overdue)
    signal.raise_signal(signal.SIGINT)
    assert seen.queue.empty()


def test_a_pipe_gets_utf_8_and_no_other_line_ends() -> None:
    taken = io.BytesIO()
    stream = io.TextIOWrapper(taken, encoding="cp1252", newline=None)
    assert WindowsProcess().prepare_stream(stream)
    stream.write("schön \u2713 \udcff\n")
    stream.flush()
    assert taken.getvalue() == "schön \u2713 ".encode() + b"\xff\n"


class OldConsole(io.TextIOWrapper):
    """A terminal whose console cannot be set up: its descriptor is a file's."""

    def isatty(self) -> bool:
        return True


def test_a_console_without_control_sequences_is_told(tmp_path: Path) -> None:
    with OldConsole((tmp_path / "console").open("wb")) as stream:
        assert not WindowsProcess().prepare_stream(stream)


_ENDING = """
import signal, sys
from kiecli.system.windows_process import WindowsProcess
if sys.argv[1] == "closed":
    sys.stderr.close()
process = WindowsProcess()
process.write_stderr("interrupted")
process.end_by_signal(signal.SIGINT)
"""


@pytest.mark.parametrize(("stderr", "written"), [("open", b"interrupted"), ("closed", b"")])
def test_it_ends_with_a_last_line_and_130(stderr: str, written: bytes) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _ENDING, stderr], capture_output=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, b"", written)
