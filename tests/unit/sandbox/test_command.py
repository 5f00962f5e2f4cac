"""The sandbox runs a command pointed at itself and ends as the command ended."""

import os
import signal
import sys
from collections.abc import Iterator

import pytest

from kiecli.sandbox.__main__ import main
from kiecli.sandbox.command import run, scripts_folder, variables

ENVIRONMENT = {"PATH": os.environ["PATH"]}


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Put back what the sandbox does with signals: it believes to have the process for itself."""
    known = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, act in known.items():
        signal.signal(number, act)


@pytest.mark.parametrize(
    ("known", "direct"),
    [
        ({}, "127.0.0.1,localhost"),
        ({"NO_PROXY": ""}, "127.0.0.1,localhost"),
        ({"NO_PROXY": "example.com"}, "127.0.0.1,localhost,example.com"),
        ({"no_proxy": ".example.com"}, "127.0.0.1,localhost,.example.com"),
    ],
)
def test_variables(known: dict[str, str], direct: str) -> None:
    assert variables("http://127.0.0.1:8000", known) == {
        "KIE_BASE_URL": "http://127.0.0.1:8000",
        "KIE_API_KEY": "sandbox-key",
        "NO_PROXY": direct,
        "no_proxy": direct,
    }


@pytest.mark.parametrize(
    ("command", "code"),
    [("true", 0), ("exit 3", 3), ("kill -KILL $$", 137), ("kill -USR1 $$", 138)],
)
def test_a_command_tells_its_exit_code(command: str, code: int) -> None:
    assert run(["sh", "-c", command], ENVIRONMENT) == code


@pytest.mark.parametrize(("name", "number"), [("INT", signal.SIGINT), ("TERM", signal.SIGTERM)])
def test_what_ends_the_command_ends_the_sandbox(name: str, number: int) -> None:
    """Killed by the signal itself, not with a code: a shell's loop stops then."""
    killed: list[tuple[int, int, object]] = []

    def kill(process: int, by: int) -> None:
        killed.append((process, by, signal.getsignal(by)))

    assert run(["sh", "-c", f"kill -{name} $$"], ENVIRONMENT, kill=kill) == 128 + number
    assert killed == [(os.getpid(), number, signal.SIG_DFL)]


def test_ctrl_c_is_for_the_command() -> None:
    """The sandbox stays until the command has ended, to tell its code."""
    assert run(["sh", "-c", "kill -INT $PPID; exit 5"], ENVIRONMENT) == 5


def test_sigterm_is_handed_on() -> None:
    command = "trap 'exit 6' TERM; kill -TERM $PPID; while :; do sleep 0.01; done"
    assert run(["sh", "-c", command], ENVIRONMENT) == 6


def test_what_was_ignored_stays_ignored() -> None:
    """As under nohup, and for what a shell runs in the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    assert run(["sh", "-c", "kill -INT $$; exit 7"], ENVIRONMENT) == 7


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("no-such-command", 127, "No such file or directory"),
        ("/", 126, "Permission denied"),
    ],
)
def test_a_command_that_cannot_be_run(
    capsys: pytest.CaptureFixture[str], command: str, code: int, said: str
) -> None:
    assert run([command], ENVIRONMENT) == code
    assert capsys.readouterr() == ("", f"sandbox: cannot run {command}: {said}\n")


_SHOW = "import os; print(os.environ['KIE_API_KEY'], os.environ['PATH'], os.environ['A'])"


@pytest.mark.parametrize("marked", [[], ["--"]])
def test_a_command_finds_the_scripts_of_this_python_first(
    capfd: pytest.CaptureFixture[str], marked: list[str]
) -> None:
    environment = {"A": "kept", "PATH": "/usr/bin"}
    assert main([*marked, sys.executable, "-c", _SHOW], environment) == 0
    assert capfd.readouterr() == (f"sandbox-key {scripts_folder()}:/usr/bin kept\n", "")


def test_a_sigterm_that_comes_while_the_command_starts_reaches_it() -> None:
    class Line(list[str]):
        def __iter__(self) -> Iterator[str]:
            os.kill(os.getpid(), signal.SIGTERM)
            return super().__iter__()

    assert run(Line(["sleep", "60"]), ENVIRONMENT, kill=lambda *_: None) == 143
