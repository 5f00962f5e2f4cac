"""Ctrl-C and SIGTERM, wherever they meet a run: the end by the signal itself, soon, resumable."""

import fcntl
import os
import signal
import struct
import termios
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

import pytest

from tests.support.faults import record
from tests.support.processes import SIGNALS, SOON, Installed, Ran, Running, until
from tests.support.server import FaultyServer, deaf_port
from tests.support.wire import Wire, silence, wired

_PIPE = 65536  # bytes that a pipe of Linux holds


def unread(pipe: IO[bytes] | None) -> int:
    """Return how many bytes stand in a pipe."""
    assert pipe is not None
    count = fcntl.ioctl(pipe.fileno(), termios.FIONREAD, struct.pack("i", 0))
    return int(struct.unpack("i", count)[0])


def waiting_at(port: int) -> int:
    """Return how many stand before a closed door: their first packet got no answer."""
    table = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return sum(cells[2:4] == [f"0100007F:{port:04X}", "02"] for cells in map(str.split, table))


class Moment(NamedTuple):
    """A line in the middle of something."""

    words: str
    reached: Callable[[FaultyServer, Running, Path], object]
    """Waits until the line is there."""
    left: str
    """What the last line tells to run."""
    prepare: Callable[[FaultyServer], object] = lambda _kie: None


def _sleeps(_kie: FaultyServer, running: Running, _folder: Path) -> None:
    running.await_stderr("waiting\n")
    running.await_stderr("moderation")


def _is_silent(kie: FaultyServer, _running: Running, _folder: Path) -> None:
    kie.await_stall()


def _drips(kie: FaultyServer, _running: Running, _folder: Path) -> None:
    until(lambda: kie.faults.seen("recordInfo"))


def _saves(_kie: FaultyServer, _running: Running, folder: Path) -> None:
    until(lambda: any(part.stat().st_size for part in folder.glob("*.part")))


def _is_stalled(_kie: FaultyServer, running: Running, _folder: Path) -> None:
    until(lambda: unread(running.process.stdout) == _PIPE)


def _slow_answer(kie: FaultyServer) -> None:
    slow = wired(record("a"), Wire(drip=(1, 0.2)))
    kie.faults.always("recordInfo", slow)


def _slow_file(kie: FaultyServer) -> None:
    url = kie.faults.file("/a.png", b"\x89PNG\r\n\x1a\n" + bytes(9000), drip=(16, 0.1))
    kie.faults.task("a", urls=[url])


def _long_answer(kie: FaultyServer) -> None:
    kie.faults.task("a", urls=[f"{kie.url}/{n}/{'x' * 200}.png" for n in range(1000)])


_MOMENTS = {
    "a pause": Moment("wait demo-fail demo-slow", _sleeps, "wait demo-slow"),
    "a silent server": Moment(
        "wait -q a b",
        _is_silent,
        "wait a b",
        lambda kie: kie.faults.always("recordInfo", silence()),
    ),
    "a dripping answer": Moment("status -q a", _drips, "status a", _slow_answer),
    "a file": Moment(
        "download -q -o {task_id}.png a", _saves, "download -o '{task_id}.png' a", _slow_file
    ),
    "a stalled reader": Moment("wait -q a", _is_stalled, "wait a", _long_answer),
}


@pytest.mark.parametrize("signum", SIGNALS)
@pytest.mark.parametrize("moment", _MOMENTS)
def test_a_signal_ends_it_in_the_middle_of(
    moment: str, signum: int, kie: FaultyServer, kiecli: Installed
) -> None:
    words, reached, left, prepare = _MOMENTS[moment]
    prepare(kie)
    with kiecli.start(*words.split()) as running:
        reached(kie, running, kiecli.folder)
        ran = running.end_by(signum)
    last = ran.err.splitlines()[-1]
    assert (ran.code, last) == (-signum, f"kiecli: interrupted; to continue: kiecli {left}")
    assert "Traceback" not in ran.err
    if moment != "a stalled reader":
        assert ran.out == ""


@pytest.mark.parametrize("signum", SIGNALS)
def test_a_signal_ends_it_before_a_closed_door(signum: int, kiecli: Installed) -> None:
    """A server that accepts nobody."""
    with deaf_port() as port:
        environ = {"KIE_BASE_URL": f"http://127.0.0.1:{port}"}
        before = waiting_at(port)
        with kiecli.start("wait", "a", environ=environ) as running:
            until(lambda: waiting_at(port) > before)
            assert running.end_by(signum) == Ran(
                -signum, "", "kiecli: interrupted; to continue: kiecli wait a\n"
            )


@pytest.mark.parametrize("signum", SIGNALS)
def test_a_signal_ends_it_while_it_reads_stdin(signum: int, kiecli: Installed) -> None:
    """Nothing has begun, so there is nothing to take up."""
    with kiecli.start("wait", "-") as running:
        assert running.process.stdin is not None
        running.process.stdin.write(b"demo-image ")
        running.process.stdin.flush()
        until(lambda: not unread(running.process.stdin))
        assert running.end_by(signum) == Ran(-signum, "", "kiecli: interrupted\n")


@pytest.mark.parametrize("signum", SIGNALS)
@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("download -q -w -d out ok1 -", "download -w -d out ok1 run91 run92"),
        ("wait --wrong ok1 -i 5s -", "wait -i 5s run91 run92"),  # refused, once all is read
    ],
)
def test_a_signal_names_what_was_created_while_it_reads_stdin(
    words: str, left: str, signum: int, kiecli: Installed
) -> None:
    """Who creates many tasks in a loop before the pipe has paid for those that are there."""
    with kiecli.start(*words.split()) as running:
        assert running.process.stdin is not None
        for task_id in ("run91", "run92"):
            answer = f'{{"code":200,"msg":"success","data":{{"taskId":"{task_id}"}}}}\n'
            running.process.stdin.write(answer.encode())
            running.process.stdin.flush()
            until(lambda: not unread(running.process.stdin))
        ran = running.end_by(signum)
    assert (ran.code, ran.out) == (-signum, "")
    assert ran.err.splitlines()[-1] == f"kiecli: interrupted; to continue: kiecli {left}"


@pytest.mark.parametrize("signum", SIGNALS)
def test_a_signal_ends_it_though_nobody_reads_what_it_says(
    signum: int, kie: FaultyServer, kiecli: Installed
) -> None:
    """Stderr is a pipe that is full from the start."""
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    with suppress(BlockingIOError):
        while True:
            os.write(theirs, bytes(4096))
    os.set_blocking(theirs, True)
    with kiecli.start("wait", "demo-slow", stderr=theirs) as running:
        until(lambda: kie.faults.seen("recordInfo"))
        assert running.end_by(signum) == Ran(-signum, "", "")
    os.close(ours)
    os.close(theirs)


def test_what_was_created_is_named_however_early_it_ends(kiecli: Installed, tmp_path: Path) -> None:
    """It was paid for, and nobody else knows its id."""
    created = b'{"code":200,"msg":"success","data":{"taskId":"abc","recordId":"def"}}'
    environ = interrupted_at("kiecli.api.client", tmp_path)
    assert kiecli("wait", "-", input=created, environ=environ) == Ran(
        -signal.SIGINT,
        "",
        "kiecli: interrupted; to continue: kiecli wait abc\n",
    )


@pytest.mark.parametrize("signum", SIGNALS)
def test_an_impatient_second_press_is_the_same_press(
    signum: int, kie: FaultyServer, kiecli: Installed
) -> None:
    kie.faults.always("recordInfo", silence())
    with kiecli.start("wait", "-q", "a") as running:
        kie.await_stall()
        running.send(signum)
        assert running.end_by(signum) == Ran(
            -signum, "", "kiecli: interrupted; to continue: kiecli wait a\n"
        )


def test_files_are_resumed_by_the_line_that_it_gives(kie: FaultyServer, kiecli: Installed) -> None:
    """Nothing under the final name before, the whole file after."""
    body = b"\x89PNG\r\n\x1a\n" + bytes(3000)
    url = kie.faults.file("/a.bin", body, content_type=None, cuts=[500], end="stall")
    kie.faults.task("a", urls=[url])
    part = kiecli.folder / "a-1.bin.part"
    with kiecli.start("download", "-q", "a") as running:
        until(lambda: part.exists() and part.stat().st_size == 500)
        ran = running.end_by(signal.SIGINT)
    names = {path.name for path in kiecli.folder.iterdir()}
    assert names == {"a-1.bin.part", "a-1.bin.part.json"}
    line = ran.err.rpartition(": ")[2]
    assert kiecli.shell(f"{line.strip()} -q") == Ran(0, "a-1.bin\n", "")
    assert (kiecli.folder / "a-1.bin").read_bytes() == body


@pytest.mark.parametrize("command", ["kiecli", "python -m kiecli"])
def test_a_loop_of_a_shell_ends_too(command: str, kie: FaultyServer, kiecli: Installed) -> None:
    """A terminal sends Ctrl-C to the whole group; bash goes on unless the child died of it."""
    kie.faults.always("recordInfo", silence())
    line = f"for id in a b; do {command} wait -q $id; done; echo done"
    with kiecli.start(line, program=["bash", "-c"], environ=kiecli.in_path()) as running:
        kie.await_stall()
        os.killpg(running.process.pid, signal.SIGINT)
        assert running.end(SOON) == Ran(
            -signal.SIGINT, "", "kiecli: interrupted; to continue: kiecli wait a\n"
        )


def test_a_signal_that_was_ignored_stays_ignored(kie: FaultyServer, kiecli: Installed) -> None:
    """As under nohup, or in the background of a script."""
    kie.faults.next("recordInfo", record("a", "waiting"))
    kie.faults.task("a", urls=["https://files.test/a.png"])
    line = "trap '' INT TERM; exec kiecli wait -i 1 a"
    with kiecli.start(line, program=["bash", "-c"], environ=kiecli.in_path()) as running:
        running.await_stderr("waiting\n")
        for signum in SIGNALS:
            running.send(signum)
        ran = running.end()
    assert (ran.code, ran.out) == (0, "https://files.test/a.png\n")


_PLUG = """
import os, signal, sys
class Press:
    def __set_name__(self, owner, name):
        os.kill(os.getpid(), signal.SIGINT)
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            class Interrupted:
                press = Press()
sys.meta_path.insert(0, Interrupting())
"""


def interrupted_at(module: str, folder: Path) -> dict[str, str]:
    """Return variables under which Ctrl-C comes when a module is about to be imported.

    In the worst of places: where a class is made, some versions of Python wrap what is raised.
    """
    (folder / "sitecustomize.py").write_text(_PLUG.format(module=module))
    return {"PYTHONPATH": str(folder)}


@pytest.mark.parametrize(
    "module", ["kiecli.cli.main", "typer", "typer.core", "kiecli.runtime", "kiecli.signals"]
)
def test_ctrl_c_while_it_starts_is_silent(module: str, kiecli: Installed, tmp_path: Path) -> None:
    """From the first statement of kiecli on; before it, Python starts in its own way."""
    ran = kiecli("wait", "demo-slow", environ=interrupted_at(module, tmp_path))
    assert ran == Ran(-signal.SIGINT, "", "")


@pytest.mark.parametrize(
    "module", ["kiecli.task_ids.task_selection", "kiecli.api.responses", "httpx"]
)
def test_ctrl_c_while_it_is_about_to_ask_is_no_traceback(
    module: str, kiecli: Installed, tmp_path: Path
) -> None:
    ran = kiecli("wait", "demo-slow", environ=interrupted_at(module, tmp_path))
    assert (ran.code, ran.out, ran.err.startswith("kiecli: interrupted")) == (
        -signal.SIGINT,
        "",
        True,
    )


def test_ctrl_c_while_it_is_about_to_ask_names_the_tasks(kiecli: Installed, tmp_path: Path) -> None:
    ran = kiecli("wait", "demo-slow", environ=interrupted_at("kiecli.api.client", tmp_path))
    assert ran == Ran(
        -signal.SIGINT, "", "kiecli: interrupted; to continue: kiecli wait demo-slow\n"
    )


@pytest.mark.parametrize("signum", SIGNALS)
def test_a_run_that_ends_before_the_first_byte_of_a_file_leaves_nothing(
    kie: FaultyServer, kiecli: Installed, signum: int
) -> None:
    kie.faults.always("/a.png", silence())
    kie.faults.task("a", urls=[f"{kie.url}/a.png"])
    with kiecli.start("download", "-q", "a") as running:
        kie.await_stall()
        assert (kiecli.folder / "a-1.png.part").exists()
        running.end_by(signum)
    assert list(kiecli.folder.iterdir()) == []


def test_a_reader_that_goes_away_before_the_first_byte_of_a_file_leaves_nothing(
    kie: FaultyServer, kiecli: Installed
) -> None:
    kie.faults.always("/b.png", silence())
    kie.faults.task("b", urls=[f"{kie.url}/b.png"])
    kie.faults.task("a", urls=[kie.faults.file("/a.png", b"\x89PNG\r\n\x1a\n" + bytes(99))])
    running = kiecli.start("download", "-q", "b", "a")
    with running:
        assert running.process.stdout is not None
        running.process.stdout.close()
        running.process.wait(10)
    assert [path.name for path in kiecli.folder.iterdir()] == ["a-1.png"]
