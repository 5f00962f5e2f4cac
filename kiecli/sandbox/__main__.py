"""`python -m kiecli.sandbox [--port N] [COMMAND ARG...]`: run a command against a simulated Kie."""

import argparse
import os
import shlex
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from queue import SimpleQueue

from kiecli.sandbox.command import run, scripts_folder, variables
from kiecli.sandbox.demos import DEMOS
from kiecli.sandbox.server import SandboxServer
from kiecli.sandbox.simulation import SimulatedKie

_USAGE = 2
_HIGHEST_PORT = 65535


def main(argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Serve a simulated Kie for as long as a command runs, or until Ctrl-C.

    Returns:
        The command's exit code; 128 and the signal's number without a command; 2 when the port
        cannot be had.
    """
    options = _parser().parse_args(argv)
    try:
        server = SandboxServer(options.port, lambda url: SimulatedKie(url, now=time.time))
    except OSError as error:
        said = f"cannot listen on 127.0.0.1:{options.port}: {error.strerror}"
        print(f"sandbox: {said}; choose another --port, or none", file=sys.stderr)
        return _USAGE
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings = variables(server.url, environment)
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command:
        return _stay(server.url, settings)
    path = os.pathsep.join([scripts_folder(), environment.get("PATH", os.defpath)])
    return run(command, {**environment, **settings, "PATH": path})


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
    if not text.isdecimal() or int(text) > _HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number up to {_HIGHEST_PORT}, not {text}")
    return int(text)


def _stay(url: str, settings: Mapping[str, str]) -> int:
    """Say how to come here, and return when a signal comes."""
    came: SimpleQueue[int] = SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: came.put(number))
    for name, value in settings.items():
        print(f"export {name}={shlex.quote(value)}")
    print(f'export PATH={shlex.quote(scripts_folder())}:"$PATH"', flush=True)
    print(
        f"sandbox: a simulated Kie is at {url} until Ctrl-C; run the lines above in another shell, "
        "then: kiecli wait demo-video",
        file=sys.stderr,
    )
    return 128 + came.get()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:], os.environ))
