"""The command that is tried against the sandbox: its environment, its life and its exit code."""

import os
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence

_LOOPBACK = "127.0.0.1,localhost"

# What a shell says of a command that it cannot run, and of one that it cannot find (POSIX, 2.8.2).
_CANNOT_RUN = 126
_CANNOT_FIND = 127
_KILLED = 128


def variables(url: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that point a command at the sandbox.

    Args:
        url: Where the sandbox listens.
        environment: What is set already: hosts without a proxy are added to.
    """
    known = environment.get("NO_PROXY") or environment.get("no_proxy")
    direct = f"{_LOOPBACK},{known}" if known else _LOOPBACK
    return {
        "KIE_BASE_URL": url,
        "KIE_API_KEY": "sandbox-key",
        "NO_PROXY": direct,
        "no_proxy": direct,
    }


def scripts_folder() -> str:
    """Return where this Python's own commands are: the `kiecli` that is meant."""
    return sysconfig.get_path("scripts")


def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    kill: Callable[[int, int], None] = os.kill,
) -> int:
    """Run a command to its end and return its exit code.

    A Ctrl-C reaches the command by itself, being in the same process group; a SIGTERM is handed
    on. What of the two ends the command ends this process too, so that a shell's loop stops.

    Args:
        command: A program and its arguments.
        environment: The program's whole environment, in whose PATH it is looked for.
        kill: Sends a signal to a process.
    """
    early: list[int] = []
    _on(signal.SIGINT, lambda _number: None)
    _on(signal.SIGTERM, early.append)
    try:
        child = subprocess.Popen(command, env=environment)  # noqa: S603 - it is the user's own line
    except OSError as error:
        print(f"sandbox: cannot run {command[0]}: {error.strerror}", file=sys.stderr)
        return _CANNOT_FIND if isinstance(error, FileNotFoundError) else _CANNOT_RUN
    _on(signal.SIGTERM, child.send_signal)
    for number in early:
        child.send_signal(number)
    code = child.wait()
    return code if code >= 0 else _end_by(-code, kill)


def _on(number: int, act: Callable[[int], None]) -> None:
    # A function and not SIG_IGN, which the command would inherit; what is ignored stays ignored.
    if signal.getsignal(number) is not signal.SIG_IGN:
        signal.signal(number, lambda number, _frame: act(number))


def _end_by(number: int, kill: Callable[[int, int], None]) -> int:
    if number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
        kill(os.getpid(), number)
    return _KILLED + number
