"""The process around `main`: `kiecli` and `python -m kiecli`."""

# Little is imported here: until `run` has begun, Ctrl-C is Python's own traceback.
import gc
import os
import signal
import sys

_MANY_OBJECTS = 100_000  # more than the imports make
_BY_SIGNAL = (128 + signal.SIGINT, 128 + signal.SIGTERM)


def run() -> None:
    """Run kiecli in this process and end it."""
    # Until the real handlers are installed, Ctrl-C ends the process silently, as SIGTERM does.
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    _occupy_closed_descriptors()
    # Collecting garbage among imports takes 5 to 8 ms and finds nothing. A long wait needs it:
    # failed polls leave cycles behind.
    gc.set_threshold(_MANY_OBJECTS)
    from kiecli.cli.main import interrupt_message, main
    from kiecli.errors import Interrupted
    from kiecli.runtime import system_runtime
    from kiecli.signals import Signals
    from kiecli.system.system_process import SYSTEM_PROCESS

    runtime = system_runtime()
    signals = Signals(
        SYSTEM_PROCESS,
        runtime.clock,
        lambda: interrupt_message(runtime),
        on_terminal=runtime.err.is_terminal,
        before_suspension=lambda: runtime.before_suspension(),  # noqa: PLW0108  set later
    )
    runtime.uninterrupted = signals.deferred
    try:
        signals.install()
        status = main(sys.argv[1:], runtime)
    except Interrupted as late:  # pragma: no cover  between two statements of `main` itself
        status = 128 + late.signum
    if signals.received is not None:  # pragma: no cover  wherever it got lost, it counts
        status = 128 + signals.received
    if status in _BY_SIGNAL:  # pragma: no cover  see `end_by_signal`
        SYSTEM_PROCESS.end_by_signal(status - 128)
    _leave(status)


def _occupy_closed_descriptors() -> None:
    """Keep files and connections of ours from getting the number of stdin, stdout or stderr."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            _occupy_lowest_descriptor()


def _occupy_lowest_descriptor() -> None:
    try:
        os.open(os.devnull, os.O_RDWR)
    except OSError:  # a container without /dev: a pipe that nobody writes to does as well
        os.close(os.pipe()[1])


def _leave(status: int) -> None:
    """End without the interpreter's own cleaning up, which takes 10 to 20 ms and joins threads."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass  # gone or closed, which has been reported
    os._exit(status)


if __name__ == "__main__":
    run()
