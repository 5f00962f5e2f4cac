"""kiecli on a console of Windows: the live block, the hidden prompt, and Ctrl-C everywhere.

wine's console is driven through a pseudo-terminal; on a real Windows nothing here can be run.
"""

import os
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.processes import Running, until
from tests.support.server import FaultyServer, deaf_port
from tests.support.systems import needs_pty
from tests.support.wire import silence
from tests.windows.machine import OnWindows, seen

pytestmark = needs_pty

_MAX_WAIT = 30.0  # seconds
_CTRL_C = b"\x03"
# Half a second is promised; a machine that is busy with other tests gets more.
_SOON = 2.0


class Console:
    """A running kiecli, its console, and what was written there.

    Attributes:
        written: All of it, control sequences included.
    """

    def __init__(self, running: Running, terminal: int) -> None:
        self.running = running
        self.written = ""
        self._terminal = terminal

    def await_text(self, text: str, within: float = _MAX_WAIT) -> None:
        """Read until the text was written."""
        end = time.monotonic() + within
        while text not in seen(self.written):
            assert time.monotonic() < end, f"no {text!r} in {seen(self.written)!r}"
            self._read(0.1)

    def await_prompt(self) -> None:
        """Read until a key can be typed: the prompt comes a character at a time."""
        self.await_text("hidden): ")
        time.sleep(0.5)

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._terminal, keys)

    def end(self, within: float = _MAX_WAIT) -> int:
        """Read until the process has ended; return its code."""
        end = time.monotonic() + within
        while self.running.process.poll() is None:
            assert time.monotonic() < end, f"still running after {seen(self.written)!r}"
            self._read(0.05)
        while self._read(0.3):
            pass
        return self.running.process.returncode

    def _read(self, seconds: float) -> bool:
        if not select.select([self._terminal], [], [], seconds)[0]:
            return False
        try:
            piece = os.read(self._terminal, 65536)
        except OSError:  # how Linux tells that the other side has closed
            return False
        self.written += piece.decode(errors="replace")
        return bool(piece)


@contextmanager
def console(
    kiecli: OnWindows, *words: str, piped: bool = False, **settings: Any
) -> Iterator[Console]:
    """Run kiecli on a console, with stdout in a pipe that nobody reads if it is `piped`."""
    import fcntl
    import struct
    import termios

    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    streams: dict[str, Any] = {"stdin": theirs, "stderr": theirs}
    streams |= {} if piped else {"stdout": theirs}
    # Only what controls a session hears of its terminal's Ctrl-C.
    session = {
        "start_new_session": True,
        "process_group": -1,
        "preexec_fn": lambda: fcntl.ioctl(2, termios.TIOCSCTTY, 0),
    }
    with kiecli.start(*words, **{**streams, **session, **settings}) as running:
        os.close(theirs)
        try:
            yield Console(running, ours)
        finally:
            os.close(ours)


def test_status_is_a_panel(kiecli: OnWindows) -> None:
    with console(kiecli, "status", "demo-image") as shown:
        assert shown.end() == 0
    assert "─ demo-image ─" in seen(shown.written)
    assert "\x1b]8;" in shown.written


def test_a_download_draws_a_live_block_and_leaves_lines(kiecli: OnWindows) -> None:
    with console(kiecli, "download", "--wait", "-d", "out", "demo-video", "demo-image") as shown:
        shown.await_text("generating")
        assert shown.end() == 0
    text = seen(shown.written)
    assert "out\\demo-video-1.mp4" in text
    assert "2 saved" in text
    assert "\x1b[1A" in shown.written  # the block was drawn over itself
    assert set(kiecli.files) == {"out/demo-image-1.png", "out/demo-video-1.mp4"}


def test_the_key_is_asked_for_without_an_echo(kiecli: OnWindows) -> None:
    without = {"KIE_API_KEY": None}
    with console(kiecli, "config", "set", "api-key", environ=without) as shown:
        shown.await_prompt()
        shown.type(b"a-key-for-windows-0123456789\r")
        assert shown.end() == 0
    assert "0123456789" not in shown.written
    assert b"a-key-for-windows-0123456789" in (kiecli.home / "config.json").read_bytes()


def test_ctrl_c_leaves_the_prompt(kiecli: OnWindows) -> None:
    with console(kiecli, "config", "set", "api-key", environ={"KIE_API_KEY": None}) as shown:
        shown.await_prompt()
        shown.type(_CTRL_C)
        assert shown.end(_SOON) == 130
    assert "interrupted" in seen(shown.written)


RESUME = "interrupted; to continue: kiecli wait demo-slow"


def test_ctrl_c_ends_a_pause_between_two_looks(kiecli: OnWindows) -> None:
    with console(kiecli, "wait", "demo-slow") as shown:
        shown.await_text("waiting")
        shown.type(_CTRL_C)
        assert shown.end(_SOON) == 130
    assert RESUME in seen(shown.written)


def test_ctrl_c_ends_a_read(kiecli: OnWindows, kie: FaultyServer) -> None:
    kie.faults.next("recordInfo", silence())
    with console(kiecli, "wait", "demo-slow") as shown:
        kie.await_stall()
        shown.type(_CTRL_C)
        assert shown.end(_SOON) == 130
    assert RESUME in seen(shown.written)


def test_ctrl_c_ends_a_connect(kiecli: OnWindows) -> None:
    with deaf_port() as port:
        nowhere = {"KIE_BASE_URL": f"http://127.0.0.1:{port}"}
        with console(kiecli, "wait", "demo-slow", environ=nowhere) as shown:
            shown.await_text("demo-slow")
            time.sleep(0.5)
            shown.type(_CTRL_C)
            assert shown.end(_SOON) == 130
    assert RESUME in seen(shown.written)


def test_ctrl_c_ends_a_download_and_keeps_the_part(kiecli: OnWindows, kie: FaultyServer) -> None:
    body = bytes(range(256)) * 8000
    kie.faults.task("a", urls=[kie.faults.file("/a.bin", body, cuts=[1_500_000], end="stall")])
    with console(kiecli, "download", "a") as shown:
        kie.await_stall()
        until(lambda: len(kiecli.files.get("a-1.bin.part", b"")) > 1_000_000)
        shown.type(_CTRL_C)
        assert shown.end(_SOON) == 130
    assert "to continue: kiecli download a" in seen(shown.written)
    assert kiecli("download", "a").code == 0
    assert kiecli.files == {"a-1.bin": body}


def test_ctrl_c_ends_a_write_that_nobody_reads(kiecli: OnWindows, kie: FaultyServer) -> None:
    body = bytes(range(256)) * 8000
    kie.faults.task("a", urls=[kie.faults.file("/a.bin", body)])
    with console(kiecli, "download", "-o", "-", "a", piped=True) as shown:
        shown.await_text("a-1.bin")
        time.sleep(2)
        shown.type(_CTRL_C)
        assert shown.end(_SOON) == 130
    assert "interrupted" in seen(shown.written)
