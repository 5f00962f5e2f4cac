"""Waiting for a free file descriptor while other files of the run hold some."""

import errno
import os
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

from kiecli.clock import Clock
from kiecli.download.disk_errors import is_out_of_descriptors
from kiecli.errors import SaveError

_PAUSE = 0.2  # seconds between two attempts

T = TypeVar("T")


class DescriptorQueue:
    """Saves files again that found too many files open, when others of the run have ended.

    A file that is being fetched holds some five descriptors: part, its copy for the checksum,
    connection. Where the limit is low, `-j` asks for more than there are.
    """

    def __init__(self, clock: Clock, free: Callable[[], None] = lambda: None) -> None:
        """Begin without any file.

        Args:
            clock: For the pauses.
            free: Frees descriptors that no file holds, idle connections for one; called when no
                file is being saved.
        """
        self._clock = clock
        self._free = free
        self._lock = Lock()
        self._retrying = Lock()
        self._running = 0
        """Files that are being saved."""
        self._entered = 0
        """Attempts that were begun, and..."""
        self._ended = 0
        """... those that ended with a file, or with another error."""

    def run(self, save: Callable[[], T], *, if_none_left: Callable[[], T | None]) -> T:
        """Return what `save` returns, once it finds the descriptors that it needs.

        Args:
            save: Saves a file; called again after it found none.
            if_none_left: Called when none can be hoped for, since no other file was being saved;
                what it returns is the result, unless that is None.

        Raises:
            OSError: There are no descriptors; or whatever else `save` raises.
        """
        try:
            return self._attempt(save)
        except _OutOfDescriptors:
            pass
        # One at a time: together they would take the descriptors from each other again.
        with self._retrying:
            while True:
                self._wait_for_another_to_end()
                entered = self._entered
                is_alone = not self._running
                if is_alone:
                    self._free()
                try:
                    return self._attempt(save)
                except _OutOfDescriptors as error:
                    if is_alone and self._entered == entered + 1:
                        return _without_descriptors(if_none_left, error)

    def _attempt(self, save: Callable[[], T]) -> T:
        """Save a file, and count it while that lasts.

        Raises:
            _OutOfDescriptors: It found none.
        """
        with self._lock:
            self._running += 1
            self._entered += 1
        has_ended = 1
        try:
            return save()
        except (OSError, SaveError) as error:
            if not is_out_of_descriptors(error):
                raise
            has_ended = 0
            raise _OutOfDescriptors from error
        finally:
            with self._lock:
                self._running -= 1
                self._ended += has_ended

    def _wait_for_another_to_end(self) -> None:
        """Return when a file has ended, or none is left that could."""
        ended = self._ended
        while self._ended == ended and self._running:
            self._clock.sleep(_PAUSE)


class _OutOfDescriptors(Exception):
    """No more files can be opened."""


def _without_descriptors(if_none_left: Callable[[], T | None], cause: Exception) -> T:
    result = if_none_left()
    if result is None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE)) from cause
    return result
