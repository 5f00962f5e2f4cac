"""Runs a command against the sandbox: its environment, its signals and its exit code."""

import os
import shutil
import signal
import subprocess
import sysconfig
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath

from kiecli.sandbox.printing import print_error, system_reason

API_KEY = "sandbox-key"
"""The one key that the sandbox takes."""

UNSET = ("KIECLI_DIR", "KIECLI_TIMEOUT")
"""Variables of the user's that a command in the sandbox does not see."""

_LOOPBACK = "127.0.0.1,localhost"

_SHELLS = {"sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "csh", "tcsh", "nu"}
_SHELLS |= {"xonsh", "pwsh", "powershell", "cmd"}

# A shell's codes for a command that it cannot run, and for one that it cannot find (POSIX, 2.8.2).
_CANNOT_RUN = 126
_CANNOT_FIND = 127
_KILLED = 128
# What Windows says of a program that a Ctrl-C has ended (STATUS_CONTROL_C_EXIT), and shells do.
_CTRL_C_EXIT, _INTERRUPTED = 0xC000013A, 130

_MAX_WAIT = 0.1  # seconds

INTERRUPTS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGBREAK") if hasattr(signal, name)
)
"""The signals of Ctrl-C and of Windows' Ctrl-Break."""

# Signals to the sandbox that the command gets too: SIGHUP comes when the terminal is closed.
_FORWARDED = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


def variables(url: str, config_file: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that point a command at the sandbox, and away from the user's settings.

    Args:
        url: Where the sandbox listens.
        config_file: The file in the place of the user's own.
        environment: The variables so far: the hosts that need no proxy are added to.
    """
    known = environment.get("NO_PROXY") or environment.get("no_proxy")
    direct = f"{_LOOPBACK},{known}" if known else _LOOPBACK
    return {
        "KIE_BASE_URL": url,
        "KIE_API_KEY": API_KEY,
        "KIECLI_CONFIG": config_file,
        "NO_PROXY": direct,
        "no_proxy": direct,
    }


def command_environment(
    settings: Mapping[str, str], environment: Mapping[str, str]
) -> dict[str, str]:
    """Return the whole environment of a command: `settings` win, this Python's scripts are first.

    Args:
        settings: As `variables` returns them.
        environment: The variables so far.
    """
    kept = {name: value for name, value in environment.items() if name not in UNSET}
    # First: another kiecli may be installed for the user.
    path = os.pathsep.join([scripts_folder(), environment.get("PATH", os.defpath)])
    return {**kept, **settings, "PATH": path}


def scripts_folder() -> str:
    """Return where this Python's own commands are, `kiecli` among them."""
    return sysconfig.get_path("scripts")


def is_shell(command: Sequence[str]) -> bool:
    """Return True if the command is a shell that somebody is going to type into."""
    name = PurePath(command[0]).name.lower().removesuffix(".exe")
    # `bash -c ...` and `bash script.sh` have a word that is no option.
    return name in _SHELLS and all(word.startswith("-") for word in command[1:])


def run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command to its end and return its code, negative for the signal that ended it.

    A Ctrl-C reaches the command by itself, being in the same process group; a SIGTERM is passed
    on.

    Args:
        command: A program and its arguments.
        environment: The program's whole environment, in whose PATH it is looked for.
    """
    # Whatever comes before the command is there is passed on once it is.
    early: list[int] = []
    for number in INTERRUPTS:
        _on(number, lambda _number: None)
    for number in _FORWARDED:
        _on(number, early.append)
    try:
        # Looked for here, because Windows does not look into the PATH of `env`.
        found = shutil.which(command[0], path=environment.get("PATH"))
        child = subprocess.Popen(  # noqa: S603 - it is the user's own line
            command, executable=found, env=environment
        )
    except OSError as error:
        print_error(f"cannot run {command[0]}: {system_reason(error)}")
        return _CANNOT_FIND if isinstance(error, FileNotFoundError) else _CANNOT_RUN
    for number in _FORWARDED:
        _on(number, child.send_signal)
    for number in early:
        child.send_signal(number)
    code = _wait(child)
    return _INTERRUPTED if code == _CTRL_C_EXIT else code


def _wait(child: "subprocess.Popen[bytes]") -> int:
    """Return the child's code; signals are handled meanwhile."""
    waiter = threading.Thread(target=child.wait, daemon=True)
    waiter.start()
    # In pieces: a signal that comes just before a call blocks does not interrupt that call, and
    # its handler runs when the call returns. It would be too late after the child's own end.
    while waiter.is_alive():
        waiter.join(_MAX_WAIT)
    return child.wait()


def _on(number: int, handle: Callable[[int], None]) -> None:
    # A function and not SIG_IGN, which the command would inherit; what is ignored stays ignored.
    if signal.getsignal(number) is not signal.SIG_IGN:
        signal.signal(number, lambda number, _frame: handle(number))


def end_like(code: int, kill: Callable[[int, int], None] = os.kill) -> int:
    """Return the exit code for what `run` returned.

    A Ctrl-C or SIGTERM that ended the command ends this process too, so that a shell's loop stops.

    Args:
        code: The command's.
        kill: Sends a signal to a process.
    """
    if -code in (signal.SIGINT, *_FORWARDED):
        signal.signal(-code, signal.SIG_DFL)
        kill(os.getpid(), -code)
    return code if code >= 0 else _KILLED - code
