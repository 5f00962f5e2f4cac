"""`python -m kiecli.sandbox [--port N] [COMMAND ARG...]`: run a command against a simulated Kie."""

import argparse
import errno
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from textwrap import fill

from kiecli.sandbox.command import (
    API_KEY,
    INTERRUPTS,
    UNSET,
    command_environment,
    end_like,
    is_shell,
    run,
    scripts_folder,
    variables,
)
from kiecli.sandbox.demos import DEMOS
from kiecli.sandbox.printing import print_error, system_reason, with_stdout
from kiecli.sandbox.server import SandboxServer
from kiecli.sandbox.shells import lines
from kiecli.sandbox.simulation import SimulatedKie

_USAGE = 2
_MAX_PORT = 65535
_MAX_WAIT = 0.1  # seconds


def main(argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Serve a simulated Kie for as long as a command runs, or until Ctrl-C.

    Returns:
        The command's exit code; 128 and the signal's number without a command; 2 when the port or
        a temporary folder cannot be had.

    Raises:
        OSError: Stdout cannot be written.
    """
    options = _parser().parse_args(argv)
    try:
        server = SandboxServer(
            options.port, lambda url: SimulatedKie(url, now=time.time, key=API_KEY)
        )
    except OSError as error:
        reason = f"cannot listen on 127.0.0.1:{options.port}: {system_reason(error)}"
        print_error(f"{reason}; choose another --port, or none")
        return _USAGE
    try:
        # For the config file: what is set in the sandbox must not become the user's own setting.
        folder = TemporaryDirectory(prefix="kiecli-sandbox-", ignore_cleanup_errors=True)
    except OSError as error:
        print_error(f"no temporary folder: {system_reason(error)}; set TMPDIR")
        return _USAGE
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # argparse leaves the `--` in, with which options of the command are kept from it.
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    with folder as place:
        settings = variables(server.url, str(Path(place, "config.json")), environment)
        code = _run(command, server.url, settings, environment)
    return end_like(code)


def _run(
    command: Sequence[str], url: str, settings: Mapping[str, str], environment: Mapping[str, str]
) -> int:
    if not command:
        return _serve(url, settings)
    if is_shell(command) and sys.stdin.isatty() and sys.stderr.isatty():
        print(_welcome(url), file=sys.stderr, flush=True)
    return run(command, command_environment(settings, environment))


def _welcome(url: str) -> str:
    """Return where a shell is, what to try there and how to leave, in 80 columns."""
    lead, indent = "sandbox: tasks  ", "sandbox:        "
    tasks = fill(", ".join(DEMOS), 80, initial_indent=lead, subsequent_indent=indent)
    return (
        f"sandbox: this shell uses a simulated Kie at {url} (no credits)\n"
        f"{tasks}\n"
        "sandbox: try    kiecli download --wait -d out demo-image demo-video\n"
        "sandbox: leave  exit"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m kiecli.sandbox",
        usage="%(prog)s [-h] [--port N] [COMMAND ARG...]",
        description="Run a command against a simulated Kie: no key, no network, no credits.",
        epilog=f"Tasks it knows: {', '.join(DEMOS)}. Without a command it serves until Ctrl-C.",
    )
    parser.add_argument(
        "--port", type=_port, default=0, metavar="N", help="port of 127.0.0.1 (default: a free one)"
    )
    parser.add_argument("command", nargs=argparse.REMAINDER, help="such as: kiecli wait demo-video")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > _MAX_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number up to {_MAX_PORT}, not {text}")
    return int(text)


def _serve(url: str, settings: Mapping[str, str]) -> int:
    """Print how to connect another shell, and return when a signal comes.

    Raises:
        OSError: Stdout cannot be written, so nobody would find the server.
    """
    received: SimpleQueue[int] = SimpleQueue()
    # Through a queue: a handler that raised could do so anywhere.
    for number in (*INTERRUPTS, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: received.put(number))
    if sys.stdout is None:  # it was closed when this process started
        raise OSError(errno.EBADF, "it is closed")
    print("\n".join(lines(settings, UNSET, scripts_folder())), flush=True)
    print_error(
        f"a simulated Kie is at {url} until Ctrl-C; run the lines above in another shell, "
        "then: kiecli wait demo-video"
    )
    return 128 + _next(received)


def _next(received: SimpleQueue[int]) -> int:
    """Return the first signal, Ctrl-Break as Ctrl-C."""
    while True:
        try:
            # In pieces: on Windows no signal ends a wait.
            number = received.get(timeout=_MAX_WAIT)
        except Empty:
            continue
        return signal.SIGINT if number in INTERRUPTS else number


if __name__ == "__main__":
    raise SystemExit(with_stdout(lambda: main(sys.argv[1:], os.environ)))
