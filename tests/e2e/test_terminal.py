"""What somebody sees who runs the command on a terminal."""

import re
import shutil
import signal
import subprocess

import pytest

from tests.support.faults import record
from tests.support.processes import SIGNALS, Installed, Ran, until
from tests.support.raw_terminal import RawTerminal
from tests.support.server import FaultyServer
from tests.support.terminals import OnTerminal

_WIDTHS = (80, 40, 20)
_ESCAPE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-7]|9[0-7]|38;\d)")


def urls(kie: FaultyServer, count: int = 3) -> list[str]:
    """Return addresses longer than any of these terminals is wide."""
    return [f"{kie.url}/{n}/{'long-' * 20}name.png" for n in range(count)]


def soon(kie: FaultyServer, task_id: str, found: list[str]) -> None:
    """Make a task known that is waiting at the first look and done at the second."""
    kie.faults.next("recordInfo", record(task_id, "waiting"), task_id=task_id)
    kie.faults.task(task_id, urls=found)


@pytest.mark.parametrize("columns", _WIDTHS)
def test_urls_come_whole_above_a_block_on_the_same_terminal(
    columns: int, kie: FaultyServer, kiecli: Installed
) -> None:
    soon(kie, "a", urls(kie))
    soon(kie, "b", urls(kie))
    with OnTerminal(kiecli, "wait", "-i", "1", "a", "b", columns=columns, lines=30) as terminal:
        terminal.await_screen("waiting")
        assert not terminal.screen.cursor
        ran = terminal.end()
    assert (ran.code, terminal.screen.cursor) == (0, True)
    assert list(filter(None, terminal.screen.said)) == [
        *urls(kie),
        *urls(kie),
        "2 tasks: 2 done (8 credits)",
        "a, b: the links have probably expired",
    ]


@pytest.mark.parametrize("columns", _WIDTHS)
def test_urls_come_whole_through_a_pipe_beside_a_block(
    columns: int, kie: FaultyServer, kiecli: Installed
) -> None:
    soon(kie, "a", urls(kie))
    with OnTerminal(kiecli, "wait", "-i", "1", "a", columns=columns, piped=True) as terminal:
        terminal.await_screen("waiting")
        ran = terminal.end()
    assert ran == Ran(0, "".join(f"{url}\n" for url in urls(kie)), "")
    assert list(filter(None, terminal.screen.said)) == ["a: the links have probably expired"]


def test_a_block_names_each_task_and_its_state(kie: FaultyServer, kiecli: Installed) -> None:
    kie.faults.task("a-long-one", "waiting")
    kie.faults.task("b", "generating")
    with OnTerminal(kiecli, "wait", "a-long-one", "b") as terminal:
        terminal.await_screen("generating  1s")
        shown = [line[2:] for line in terminal.screen.seen if line]
        terminal.end_by(signal.SIGINT)
    assert shown == [
        "a-long-one  waiting     1s",
        "b           generating  1s",
        "2 tasks: 2 to go · 1s of 15m",
    ]


def test_more_tasks_than_fit_are_counted(kie: FaultyServer, kiecli: Installed) -> None:
    """The block takes a third of the screen at most."""
    ids = [f"task-{n}" for n in range(7)]
    for task_id in ids:
        kie.faults.task(task_id, "waiting")
    with OnTerminal(kiecli, "wait", *ids, lines=9) as terminal:
        terminal.await_screen("6 more: 6 waiting")
        shown = [line[2:] for line in terminal.screen.seen if line]
        terminal.end_by(signal.SIGINT)
    assert [line.split()[1:] for line in shown[1:]] == [
        ["more:", "6", "waiting"],
        ["tasks:", "7", "to", "go", "·", shown[2].split()[-3], "of", "15m"],
    ]


@pytest.mark.parametrize("signum", SIGNALS)
@pytest.mark.parametrize("command", ["wait", "download --wait"])
def test_a_signal_leaves_the_last_words_and_a_cursor(
    command: str, signum: int, kie: FaultyServer, kiecli: Installed
) -> None:
    kie.faults.task("a", "waiting")
    with OnTerminal(kiecli, *command.split(), "a") as terminal:
        terminal.await_screen("waiting")
        ran = terminal.end_by(signum)
    assert (ran.code, terminal.screen.cursor) == (-signum, True)
    assert list(filter(None, terminal.screen.said)) == [
        f"interrupted; to continue: kiecli {command} a"
    ]


@pytest.mark.parametrize("columns", _WIDTHS)
def test_files_have_bars_that_give_way_to_their_paths(
    columns: int, kie: FaultyServer, kiecli: Installed
) -> None:
    slow = kie.faults.file("/a.bin", bytes(40_000), content_type=None, drip=(4000, 0.1))
    fast = kie.faults.file("/b.bin", bytes(40_000), content_type=None)
    kie.faults.task("a", urls=[fast, slow])
    with OnTerminal(kiecli, "download", "a", columns=columns) as terminal:
        terminal.await_screen("a-2.bin ")
        terminal.await_screen("%" if columns < 60 else "/40.0 kB")
        ran = terminal.end()
    assert (ran.code, terminal.screen.cursor) == (0, True)
    assert list(filter(None, terminal.screen.said)) == ["a-1.bin", "a-2.bin"]


@pytest.mark.parametrize("columns", _WIDTHS)
def test_a_status_shows_links_and_ids_whole(
    columns: int, kie: FaultyServer, kiecli: Installed
) -> None:
    """To be copied."""
    kie.faults.task("a" * 32, urls=urls(kie))
    kie.faults.task("b" * 32, "fail", failCode="500", failMsg="Internal error")
    with OnTerminal(kiecli, "status", "a" * 32, columns=columns) as one:
        one.end()
    assert one.screen.said[-4:] == [*urls(kie), ""]
    with OnTerminal(kiecli, "status", "a" * 32, "b" * 32, columns=columns) as two:
        two.end()
    assert {"a" * 32, "b" * 32} <= {line.partition(" ")[0] for line in two.screen.said}


def test_a_dumb_terminal_gets_lines(kie: FaultyServer, kiecli: Installed) -> None:
    soon(kie, "a", urls(kie, 1))
    with OnTerminal(kiecli, "wait", "-i", "1", "a", environ={"TERM": "dumb"}) as terminal:
        terminal.end()
    said = re.sub(r"waited \d+s", "in time", terminal.screen.raw)
    assert said.split("\r\n") == [
        "kiecli: a: waiting",
        "kiecli: a: success (took 13s, in time), 1 result",
        *urls(kie, 1),
        "kiecli: a: the links have probably expired",
        "",
    ]


@pytest.mark.parametrize(
    ("environ", "coloured"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True),
    ],
)
def test_variables_decide_colour(
    environ: dict[str, str], coloured: bool, kiecli: Installed
) -> None:
    with OnTerminal(kiecli, "status", "demo-image", environ=environ) as terminal:
        terminal.end()
    assert bool(_COLOUR.search(terminal.screen.raw)) is coloured
    assert "╭─ demo-image" in terminal.screen.said[0]


@pytest.mark.parametrize("environ", [{}, {"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"}])
@pytest.mark.parametrize(
    "words", ["status demo-image demo-fail", "wait demo-image", "download demo-image"]
)
def test_nothing_but_text_leaves_through_pipes(
    words: str, environ: dict[str, str], kiecli: Installed
) -> None:
    ran = kiecli(*words.split(), environ=environ)
    assert not _ESCAPE.search(ran.out + ran.err)


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is the terminal that is resized")
def test_a_terminal_that_is_resized_keeps_every_line_whole(
    kie: FaultyServer, kiecli: Installed
) -> None:
    """Rows of the block may be left behind, as everywhere; no answer is torn or lost."""
    kie.faults.task("a", "waiting")
    kie.faults.task("b", "waiting")
    tmux = Tmux(kiecli, 80, 40)
    try:
        until(lambda: tmux.lines()[0])  # the prompt
        tmux("send-keys", "kiecli wait -i 1 a b; echo over", "Enter")
        until(lambda: any("waiting" in line for line in tmux.lines()))
        tmux("resize-window", "-x", "30")
        kie.faults.task("a", urls=urls(kie))
        kie.faults.task("b", urls=urls(kie))
        until(lambda: "over" in tmux.lines())
        lines = tmux.lines()
    finally:
        tmux("kill-server")
    assert [line for line in lines if line.startswith("http")] == urls(kie) * 2
    assert "a, b: the links have probably expired" in lines


class Tmux:
    """A shell in a tmux of its own."""

    def __init__(self, kiecli: Installed, columns: int, lines: int) -> None:
        self._environ = kiecli.variables({**kiecli.in_path(), "TERM": "xterm"})
        self._socket = str(kiecli.home / "tmux")
        size = ("-x", str(columns), "-y", str(lines))
        self("-f", "/dev/null", "new-session", "-d", *size, "bash --norc --noprofile")

    def __call__(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", self._socket, *words],
            check=True,
            env=self._environ,
            capture_output=True,
            text=True,
            timeout=20,
        )
        return done.stdout

    def lines(self) -> list[str]:
        """Return all lines, those that had to be wrapped in one piece."""
        return [line.rstrip() for line in self("capture-pane", "-p", "-J", "-S", "-").splitlines()]


def test_ctrl_z_gives_the_terminal_back_to_the_shell_until_fg(
    kie: FaultyServer, kiecli: Installed
) -> None:
    kie.faults.task("a", "waiting")
    environ = kiecli.environ | kiecli.in_path()
    with RawTerminal(["bash", "--norc", "--noediting", "-i"], environ, kiecli.folder) as shell:
        shell.type("kiecli wait -i 1 a\n")
        shell.await_text("\x1b[?25l")
        shell.type("\x1a")
        shell.await_text("Stopped")
        assert shell.text.rindex("\x1b[?25h") > shell.text.rindex("\x1b[?25l")
        shell.text = ""
        asked = len(kie.faults.seen("recordInfo"))
        shell.type("bg\n")
        until(lambda: len(kie.faults.seen("recordInfo")) > asked + 1)
        shell.type("echo he''re\n")
        shell.await_text("\nhere\n")
        assert "waiting" not in shell.text
        shell.type("fg\n")
        shell.await_text("waiting")
        kie.faults.task("a", urls=["https://f.test/a.png"])
        shell.type("exit\n")
        assert shell.end() == 0
    assert "https://f.test/a.png\n" in shell.text


def test_a_run_that_begins_in_the_background_draws_nothing(
    kie: FaultyServer, kiecli: Installed
) -> None:
    kie.faults.next("recordInfo", record("a", "waiting"), times=2)
    kie.faults.task("a", urls=["https://f.test/a.png"])
    environ = kiecli.environ | kiecli.in_path()
    with RawTerminal(["bash", "--norc", "--noediting", "-i"], environ, kiecli.folder) as shell:
        shell.type("kiecli wait -i 1 a &\n")
        shell.await_text("https://f.test/a.png\n")
        assert "\x1b[?25l" not in shell.text
