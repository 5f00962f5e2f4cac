"""Printing to streams that may be closed, full, or not there at all."""

import os
import sys
from collections.abc import Callable

_SAVE_FAILED = 7  # kiecli's own exit code for it
_SIGPIPE = 141


def print_error(text: str) -> None:
    """Print to stderr; where that is impossible, it is lost."""
    # `print` would take stdout instead of a stream that is None.
    if sys.stderr is not None:
        try:
            print(f"sandbox: {text}", file=sys.stderr, flush=True)
        except OSError:
            _discard(2)


def system_reason(error: OSError) -> str:
    """Return the system's message for an error, with a small first letter as kiecli prints it."""
    message = error.strerror or type(error).__name__
    return message[:1].lower() + message[1:]


def with_stdout(run: Callable[[], int]) -> int:
    """Return the exit code of a function that may print to stdout.

    Where that cannot be written the code is kiecli's: 7 and one line, 141 without a word when its
    reader went away.
    """
    try:
        try:
            return run()
        finally:  # a help text leaves by an exception
            if sys.stdout is not None:
                sys.stdout.flush()
    except OSError as error:
        _discard(1)
        if isinstance(error, BrokenPipeError):
            return _SIGPIPE
        print_error(f"cannot write to stdout: {system_reason(error)}")
        return _SAVE_FAILED


def _discard(descriptor: int) -> None:
    # The interpreter writes once more at its end, and exits with 120 where that fails.
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
