"""Saves the results of tasks: what the commands call to plan and to save."""

from collections.abc import Callable
from contextlib import nullcontext
from functools import cache, partial
from random import uniform
from threading import Lock
from typing import TYPE_CHECKING

import httpx

from kiecli.api.models import Task
from kiecli.clock import Clock
from kiecli.download.context import TransferContext
from kiecli.download.descriptors import DescriptorQueue
from kiecli.download.disk_checks import DiskSpace, Usage, disk_usage
from kiecli.download.disk_errors import is_out_of_descriptors, save_error
from kiecli.download.failures import PermanentError
from kiecli.download.host_health import HostHealth, Idle
from kiecli.download.job import SaveJob
from kiecli.download.plan import NameReservations, SavedFile, SaveOptions, Target, plan
from kiecli.download.progress import TransferEvent
from kiecli.errors import KieError, SaveError
from kiecli.system.disk_interface import Disk
from kiecli.system.system_disk import SYSTEM_DISK

if TYPE_CHECKING:  # most runs need none of these
    from kiecli.download.listing import FolderListings
    from kiecli.download.stream import Sink

FILES_PER_TRANSFER = 5
"""Descriptors that a file may hold at once: part, checksum's copy, connection and its selector."""


class Downloader:
    """Saves results, each on whatever thread asks for it."""

    def __init__(
        self,
        *,
        client: httpx.Client,
        fresh_link: Callable[[str, str], str],
        clock: Clock,
        options: SaveOptions,
        report: Callable[[TransferEvent], None],
        random: Callable[[float, float], float] = uniform,
        usage: Callable[[str], Usage] = disk_usage,
        idle: Idle = nullcontext,
        close_connections: Callable[[], None] = lambda: None,
        archive: str | None = None,
        disk: Disk = SYSTEM_DISK,
    ) -> None:
        """Store the parts; nothing is requested or written yet.

        Args:
            client: Asks file hosts, for all threads.
            fresh_link: Asks Kie for another link to a result, by its link and task; raises
                KieError.
            clock: Measures and waits.
            options: How to save.
            report: Takes what happens to files, on the threads that save them.
            random: Draws the pauses between attempts.
            usage: Returns the room of the disk that a folder is on.
            idle: Entered by a thread that only waits for a host, so that other files can go on.
            close_connections: Closes those of the client, which stays in use.
            archive: The file of `--archive`, which no result may replace.
            disk: Where files are saved.
        """
        self._options = options
        self._context = TransferContext(
            client=client,
            fresh_link=fresh_link,
            clock=clock,
            report=report,
            space=DiskSpace(usage),
            random=random,
            hosts=HostHealth(clock, random, idle, {}, Lock()),
            listings=cache(partial(_folder_listings, clock)),
            disk=disk,
        )
        self._reservations = NameReservations(
            options.template, with_metadata=options.write_metadata, archive=archive
        )
        # Each is changed by one call at a time, which other threads see whole: no lock is needed.
        self._begun: list[SaveJob] = []
        self._running: set[SaveJob] = set()
        self._descriptors = cache(
            # Imported above: where it is needed, no file can be opened, no module's either.
            partial(DescriptorQueue, clock, close_connections, self._begun, self._running, idle)
        )

    def plan(self, task: Task, label: str | None = None) -> list[Target]:
        """Return what a succeeded task has to save, in the order of its results.

        Args:
            task: The task.
            label: The user's own name for the task, if it has one.

        Raises:
            SaveError: It has nothing at all to save.
            UsageError: Two results, of this task or of two, would be one file, or one the archive.
        """
        if task.is_empty and self._is_recent(task):
            message = "the task has just succeeded, and Kie lists nothing to save yet"
            raise SaveError(message, temporary=True)
        targets = plan(task, self._options, label)
        self._reservations.add(targets)
        return targets

    def _is_recent(self, task: Task) -> bool:
        from kiecli.download.link import publish_grace

        return publish_grace(task.completed_at, self._context.clock.wall()) > 0

    def preview(self, target: Target) -> SavedFile:
        """Return how saving a target would end, as far as that is known without a request."""
        from kiecli.download.file_host import checked_url

        try:
            if target.url is not None:
                checked_url(target.url)
        except PermanentError as error:
            reason = f"could not save {target.path}: {error.reason}"
            return SavedFile.failed(target, SaveError(reason, rerun_helps=False))
        return SavedFile.planned(target)

    def save(self, target: Target) -> SavedFile:
        """Save a target, or find it saved; whatever goes wrong is in its `error`.

        Blocks for as long as bytes come: to be called on a thread that may be abandoned.
        """
        job = SaveJob(target, self._options, self._context)
        try:
            try:  # where descriptors are short, another attempt may find what others gave back
                return self._attempt(job)
            except (OSError, SaveError) as error:
                if not is_out_of_descriptors(error):
                    raise
            return self._descriptors().run(partial(self._attempt, job), job.kept_unread)
        except (KieError, OSError, UnicodeEncodeError) as error:
            return SavedFile.failed(target, save_error(target.path, error))

    def abandon(self) -> None:
        """Remove the parts that hold nothing yet: the process ends, and so do its threads."""
        for job in set(self._running):
            job.abandon()

    def _attempt(self, job: SaveJob) -> SavedFile:
        """Save a file, counted among those that hold descriptors meanwhile."""
        self._begun.append(job)
        self._running.add(job)
        try:
            return job.to_disk()
        finally:
            self._running.discard(job)

    def write_to(self, target: Target, stream: "Sink") -> SavedFile:
        """Write a target to a stream, once it is complete and verified, and not a byte before.

        Raises:
            OSError: The stream refuses it.
        """
        from kiecli.download.stream import write_to_stream

        return write_to_stream(target, self._context, stream)


def _folder_listings(clock: Clock) -> "FolderListings":
    from kiecli.download.listing import FolderListings

    return FolderListings(clock)
