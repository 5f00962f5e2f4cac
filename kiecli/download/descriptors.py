"""Retries a file after "too many open files", once another file of the run has ended."""

import errno
import os
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, nullcontext
from threading import Lock
from typing import TypeVar

from kiecli.clock import Clock
from kiecli.download.disk_errors import is_out_of_descriptors
from kiecli.errors import SaveError

_PAUSE = 0.2  # seconds between two attempts

T = TypeVar("T")


class DescriptorQueue:
    """Retries, one at a time, the files that failed with "too many open files".

    A file that is being fetched holds some five descriptors: part, its copy for the checksum,
    connection. Where the limit is low, `-j` asks for more than there are.
    """

    def __init__(
        self,
        clock: Clock,
        free: Callable[[], None],
        begun: Sequence[object],
        running: AbstractSet[object],
        idle: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """Watch the files of a run; other threads may change both collections at any time.

        Args:
            clock: For the pauses.
            free: Frees other descriptors, such as idle connections; called when no file is being
                saved.
            begun: All attempts to save a file so far.
            running: Those that have not ended.
            idle: Entered while a file only waits. Those that it waits for may themselves need its
                thread slot to end: one that waited for its host goes on when a slot is free.
        """
        self._clock = clock
        self._free = free
        self._begun = begun
        self._running = running
        self._idle = idle
        self._retrying = Lock()

    def run(self, save: Callable[[], T], if_none_left: Callable[[], T | None]) -> T:
        """Return what `save` returns, once it finds the descriptors that it needs.

        Args:
            save: Saves a file that has found no descriptor; called until it does.
            if_none_left: Called when none can be hoped for, since no other file was being saved;
                what it returns is the result, unless that is None.

        Raises:
            OSError: There are no descriptors; or whatever else `save` raises.
        """
        # One at a time: together they would take the descriptors from each other again.
        with self._idle():
            self._retrying.acquire()
        try:
            while True:
                self._wait_for_another_to_end()
                begun = len(self._begun)
                is_alone = not self._running
                if is_alone:
                    self._free()
                try:
                    return save()
                except (OSError, SaveError) as error:
                    if not is_out_of_descriptors(error):
                        raise
                    # Unless another attempt began meanwhile, which may free its descriptors.
                    if is_alone and len(self._begun) == begun + 1:
                        return _without_descriptors(if_none_left, error)
        finally:
            self._retrying.release()

    def _wait_for_another_to_end(self) -> None:
        """Wait until one of the files that are being saved now has ended, if there are any."""
        others = set(self._running)
        if others:
            with self._idle():
                while others <= self._running:
                    self._clock.sleep(_PAUSE)


def _without_descriptors(if_none_left: Callable[[], T | None], cause: Exception) -> T:
    result = if_none_left()
    if result is None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE)) from cause
    return result
