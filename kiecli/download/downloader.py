"""Saving the results of tasks: what the rest of kiecli calls."""

from collections.abc import Callable
from contextlib import nullcontext
from random import uniform
from typing import Protocol

import httpx

from kiecli.api.models import Task
from kiecli.clock import Clock
from kiecli.download.context import TransferContext
from kiecli.download.descriptors import DescriptorQueue
from kiecli.download.disk_checks import DiskSpace, Usage, default_mode, disk_usage
from kiecli.download.disk_errors import disk_error, no_temporary_file, unwritable_name
from kiecli.download.host_health import HostHealth, Idle
from kiecli.download.job import SaveJob
from kiecli.download.listing import FolderListings
from kiecli.download.part_file import PartialFile
from kiecli.download.plan import SavedFile, SaveOptions, Target, plan
from kiecli.download.progress import TransferEvent
from kiecli.download.reservations import NameReservations
from kiecli.errors import KieError, without_frames
from kiecli.system.disk_interface import Disk
from kiecli.system.system_disk import SYSTEM_DISK

_BLOCK = 1024 * 1024


class Sink(Protocol):
    """As much of a binary stream as is needed to write a result to it."""

    def write(self, data: bytes, /) -> object:
        """Take all of the bytes."""
        ...

    def flush(self) -> None:
        """Hand over what was taken."""
        ...


class Downloader:
    """Saves results, each on whatever thread asks for it."""

    def __init__(
        self,
        *,
        client: httpx.Client,
        fresh_link: Callable[[str], str],
        clock: Clock,
        options: SaveOptions,
        report: Callable[[TransferEvent], None],
        random: Callable[[float, float], float] = uniform,
        usage: Callable[[str], Usage] = disk_usage,
        idle: Idle = nullcontext,
        close_connections: Callable[[], None] = lambda: None,
        disk: Disk = SYSTEM_DISK,
    ) -> None:
        """Take what it needs; to be made before other threads make files.

        Args:
            client: Asks file hosts, for all threads.
            fresh_link: Asks Kie for another link to a result, and raises KieError.
            clock: Measures and waits.
            options: How to save.
            report: Takes what happens to files, on the threads that save them.
            random: Draws the pauses between attempts.
            usage: Returns the room of the disk that a folder is on.
            idle: Entered by a thread that only waits for a host, so that other files can go on.
            close_connections: Closes those of the client, which stays in use.
            disk: Where files are saved.
        """
        self._options = options
        self._context = TransferContext(
            client,
            fresh_link,
            clock,
            report,
            DiskSpace(usage),
            random,
            HostHealth(clock, random, idle),
            disk,
        )
        self._mode = default_mode()
        self._listings = FolderListings(clock)
        self._reservations = NameReservations(
            options.template, with_metadata=options.write_metadata
        )
        self._descriptors = DescriptorQueue(clock, free=close_connections)

    def plan(self, task: Task, label: str | None = None) -> list[Target]:
        """Return what a succeeded task has to save, in the order of its results.

        Args:
            task: The task.
            label: The user's own name for the task, if it has one.

        Raises:
            SaveError: It has nothing at all to save.
            UsageError: Two results, of this task or of two, would be one file.
        """
        targets = plan(task, self._options, label)
        self._reservations.add(targets)
        return targets

    def save(self, target: Target) -> SavedFile:
        """Save a target, or find it saved; whatever goes wrong is in its `error`.

        Blocks for as long as bytes come: to be called on a thread that may be abandoned.
        """
        job = self._job(target)
        return _tried(
            target, lambda: self._descriptors.run(job.to_disk, if_none_left=job.kept_unread)
        )

    def write_to(self, target: Target, stream: Sink) -> SavedFile:
        """Write a target to a stream, once it is complete and verified, and not a byte before.

        Raises:
            OSError: The stream refuses it.
        """
        from tempfile import gettempdir

        try:
            temporary = self._context.disk.open_temporary()
        except OSError as error:
            return SavedFile.failed(target, no_temporary_file(target.path, error))
        try:
            partial = PartialFile(temporary, gettempdir())
            saved = _tried(target, lambda: self._job(target).to_stream(partial))
            if saved.error is None:
                _copy(partial, stream)
        finally:
            temporary.close()
        return saved

    def _job(self, target: Target) -> SaveJob:
        return SaveJob(target, self._options, self._context, self._listings, self._mode)


def _tried(target: Target, save: Callable[[], SavedFile]) -> SavedFile:
    try:
        return save()
    except KieError as error:
        return SavedFile.failed(target, without_frames(error))
    except OSError as error:
        return SavedFile.failed(target, disk_error(target.path, error))
    except UnicodeEncodeError:
        return SavedFile.failed(target, unwritable_name(target.path))


def _copy(partial: PartialFile, stream: Sink) -> None:
    with partial.reader() as reader:
        while block := reader.read(_BLOCK):
            stream.write(block)
    stream.flush()
