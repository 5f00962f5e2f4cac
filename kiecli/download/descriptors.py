"""Waiting for a free file descriptor while other files of the run hold some."""

import errno
import os
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

from kiecli.clock import Clock
from kiecli.download.disk import is_out_of_descriptors
from kiecli.errors import SaveError

_PAUSE = 0.2  # seconds between two attempts

T = TypeVar("T")


class DescriptorQueue:
    """Runs the saving of files again that found too many files open, while others end.

    A file that is being fetched holds some five descriptors: part, its copy for the checksum,
    connection. Where the limit is low, `-j` asks for more than there are.
    """

    def __init__(self, clock: Clock) -> None:
        """Begin without any file.

        Args:
            clock: For the pauses.
        """
        self._clock = clock
        self._lock = Lock()
        self._running = 0

    def run(self, save: Callable[[], T], *, if_none_left: Callable[[], T | None]) -> T:
        """Return what `save` returns, once it finds the descriptors that it needs.

        Args:
            save: Saves a file; called again after it found none.
            if_none_left: Called when none can be hoped for, since no other file is being saved;
                what it returns is the result, unless that is None.

        Raises:
            OSError: There are no descriptors; or whatever else `save` raises.
        """
        while True:
            with self._lock:
                self._running += 1
            try:
                return save()
            except (OSError, SaveError) as error:
                if not is_out_of_descriptors(error):
                    raise
                cause = error
            finally:
                with self._lock:
                    self._running -= 1
                    others = self._running
            if not others:
                return _without_descriptors(if_none_left, cause)
            self._clock.sleep(_PAUSE)


def _without_descriptors(if_none_left: Callable[[], T | None], cause: Exception) -> T:
    result = if_none_left()
    if result is None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE)) from cause
    return result
