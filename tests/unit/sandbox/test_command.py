"""The sandbox runs a command connected to itself and ends as the command ended."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiecli.sandbox.__main__ import main
from kiecli.sandbox.command import (
    command_environment,
    end_like,
    is_shell,
    run,
    scripts_folder,
    variables,
)
from tests.support.systems import needs_modes, needs_posix_signals

ENVIRONMENT = {"PATH": os.environ["PATH"]}


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Put back the handlers: the sandbox is made for a process of its own.

    Whoever runs the tests may ignore signals (`nohup`), and no shell can trap an ignored one.
    """
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    known = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        signal.signal(number, signal.default_int_handler)
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
def test_the_variables_point_a_command_at_the_sandbox(known: dict[str, str], direct: str) -> None:
    assert variables("http://127.0.0.1:8000", "/tmp/x/config.json", known) == {
        "KIE_BASE_URL": "http://127.0.0.1:8000",
        "KIE_API_KEY": "sandbox-key",
        "KIECLI_CONFIG": "/tmp/x/config.json",
        "NO_PROXY": direct,
        "no_proxy": direct,
    }


def test_nothing_of_the_users_own_settings_comes_along() -> None:
    users = {
        "KIE_API_KEY": "own",
        "KIECLI_CONFIG": "own",
        "KIECLI_DIR": "own",
        "KIECLI_TIMEOUT": "5m",
        "PATH": "/usr/bin",
        "TERM": "xterm",
    }
    assert command_environment({"KIE_API_KEY": "s", "KIECLI_CONFIG": "c"}, users) == {
        "KIE_API_KEY": "s",
        "KIECLI_CONFIG": "c",
        "PATH": f"{scripts_folder()}{os.pathsep}/usr/bin",
        "TERM": "xterm",
    }
    assert command_environment({}, {}) == {"PATH": f"{scripts_folder()}{os.pathsep}{os.defpath}"}


@pytest.mark.parametrize(
    ("command", "shell"),
    [
        (["bash"], True),
        (["/usr/bin/zsh", "-i"], True),
        (["PowerShell.exe", "-NoProfile"], True),
        (["bash", "-c", "kiecli wait demo-image"], False),
        (["sh", "script.sh"], False),
        (["kiecli", "--version"], False),
    ],
)
def test_what_is_a_shell_to_type_into(command: list[str], shell: bool) -> None:
    assert is_shell(command) is shell


def test_a_command_is_found_in_the_path_and_its_code_returned() -> None:
    python = Path(sys.executable)
    assert (
        run([python.name, "-c", "raise SystemExit(3)"], {**os.environ, "PATH": str(python.parent)})
        == 3
    )


@needs_posix_signals
@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("true", 0),
        ("exit 3", 3),
        ("kill -KILL $$", -9),
        ("kill -TRAP $$", -5),
        # The sandbox stays until the command has ended.
        ("kill -INT $PPID; exit 5", 5),
        ("trap 'exit 6' TERM; kill -TERM $PPID; while :; do sleep 0.01; done", 6),
        ("trap 'exit 7' HUP; kill -HUP $PPID; while :; do sleep 0.01; done", 7),
    ],
)
def test_a_command_and_its_code(command: str, code: int) -> None:
    assert run(["sh", "-c", command], ENVIRONMENT) == code


@needs_posix_signals
@pytest.mark.parametrize(
    ("code", "exit_code", "killed"),
    [
        (0, 0, None),
        (5, 5, None),
        (-9, 137, None),
        (-signal.SIGINT, 130, signal.SIGINT),
        (-signal.SIGTERM, 143, signal.SIGTERM),
    ],
)
def test_what_ends_the_command_ends_the_sandbox(
    code: int, exit_code: int, killed: int | None
) -> None:
    """By the signal itself, not with a code: a shell's loop stops then."""
    sent: list[tuple[int, int, object]] = []

    def kill(process: int, number: int) -> None:
        sent.append((process, number, signal.getsignal(number)))

    assert end_like(code, kill) == exit_code
    assert sent == ([] if killed is None else [(os.getpid(), killed, signal.SIG_DFL)])


@needs_posix_signals
def test_what_was_ignored_stays_ignored() -> None:
    """As under nohup, and for what a shell runs in the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    assert run(["sh", "-c", "kill -INT $$; exit 7"], ENVIRONMENT) == 7


@pytest.mark.parametrize(
    ("command", "code"),
    [("no-such-command", 127), pytest.param("/", 126, marks=needs_modes)],
)
def test_a_command_that_cannot_be_run(
    capsys: pytest.CaptureFixture[str], command: str, code: int
) -> None:
    assert run([command], ENVIRONMENT) == code
    out, err = capsys.readouterr()
    start, _, reason = err.partition(f" {command}: ")
    assert (out, start, len(reason) > 5) == ("", "sandbox: cannot run", True)


_SHOW = """
import os, pathlib
config = pathlib.Path(os.environ["KIECLI_CONFIG"])
config.write_text("{}")
print(config)
"""


@pytest.mark.parametrize("marked", [[], ["--"]])
def test_its_config_file_is_temporary(
    capfd: pytest.CaptureFixture[str], marked: list[str], tmp_path: Path
) -> None:
    environment = {"KIECLI_CONFIG": str(tmp_path / "own.json"), "PATH": "/usr/bin"}
    assert main([*marked, sys.executable, "-c", _SHOW], environment) == 0
    path = Path(capfd.readouterr().out.rstrip())
    assert (path.name, path.parent.exists(), list(tmp_path.iterdir())) == ("config.json", False, [])


@needs_posix_signals
def test_a_sigterm_that_comes_while_the_command_starts_reaches_it() -> None:
    class Line(list[str]):
        def __iter__(self) -> Iterator[str]:
            os.kill(os.getpid(), signal.SIGTERM)
            return super().__iter__()

    assert run(Line(["sleep", "60"]), ENVIRONMENT) == -signal.SIGTERM


@needs_posix_signals
def test_a_signal_that_interrupts_no_call_reaches_the_command() -> None:
    """As one does that comes in the moment before a call blocks: another thread takes it here."""
    threading.Timer(0.2, signal.raise_signal, [signal.SIGTERM]).start()
    assert run(["sleep", "5"], ENVIRONMENT) == -signal.SIGTERM


@needs_posix_signals
def test_without_a_command_it_serves_until_a_signal_comes(
    capfd: pytest.CaptureFixture[str],
) -> None:
    if sys.platform == "win32":  # for the types
        return
    signal.signal(signal.SIGALRM, lambda _number, _frame: signal.raise_signal(signal.SIGTERM))
    signal.setitimer(signal.ITIMER_REAL, 0.25)
    assert main([], ENVIRONMENT) == 128 + signal.SIGTERM
    assert capfd.readouterr().out.startswith("export KIE_BASE_URL=http://127.0.0.1:")
