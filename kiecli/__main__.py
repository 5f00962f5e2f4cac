"""The process around `main`: `kiecli` and `python -m kiecli`."""

import gc
import os
import signal
import sys
from typing import NoReturn

_BY_SIGNAL = (128 + signal.SIGINT, 128 + signal.SIGTERM)


def run() -> NoReturn:
    """Run kiecli in this process and end it."""
    # Until the real handlers stand, Ctrl-C is a silent 130 instead of a traceback of imports.
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda *_: os._exit(128 + signal.SIGINT))
    # Nothing that is imported goes away again: looking for garbage there takes 5 to 8 ms.
    gc.disable()
    from kiecli.cli.main import last_words, main
    from kiecli.runtime import system_runtime
    from kiecli.signals import Signals, die_by

    runtime = system_runtime()
    Signals(
        runtime.clock, lambda: last_words(runtime), on_terminal=runtime.err.is_terminal
    ).install()
    status = main(sys.argv[1:], runtime)
    if status in _BY_SIGNAL:
        die_by(status - 128)
    _leave(status)


def _leave(status: int) -> NoReturn:
    """End without the interpreter's own goodbye, which takes 10 to 20 ms and joins threads."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass  # gone or closed: what there was to say about it has been said
    os._exit(status)


if __name__ == "__main__":
    run()
