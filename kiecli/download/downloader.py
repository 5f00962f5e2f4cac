"""Saves the results of tasks: an existing file is kept, a missing one fetched and then renamed.

The commands call `Downloader`; a `SaveJob` is one file on its way to the disk. How its bytes come
is in download/transfer.py, where they go until they are complete in download/part_file.py.
"""

import os
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
from kiecli.download.disk_errors import NO_ROOM, disk_full, is_out_of_descriptors, save_error
from kiecli.download.failures import PermanentError
from kiecli.download.host_health import HostHealth, Idle
from kiecli.download.part_file import PartFile, remove_stale_part
from kiecli.download.plan import NameReservations, SavedFile, SaveOptions, Target, final_path, plan
from kiecli.download.progress import TransferEvent, TransferRetrying
from kiecli.download.transfer import Transfer
from kiecli.errors import KieError, ResultExpired, SaveError
from kiecli.network.body import keep_freed_memory
from kiecli.system.disk_interface import Disk, PartReplaced
from kiecli.system.system_disk import SYSTEM_DISK

if TYPE_CHECKING:  # most runs need none of these
    from kiecli.download.destination import FileState
    from kiecli.download.listing import FolderListings
    from kiecli.download.stream import Sink

FILES_PER_TRANSFER = 5
"""Descriptors that a file may hold at once: part, checksum's copy, connection and its selector."""

_LOCK_PAUSE = 0.2  # seconds between two attempts to get a lock
# `rm -rf out`, or a second run after it, removes a part once. If it happens twice, some program
# removes them always, and retrying would never end.
_MAX_ATTEMPTS = 2


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
        keep_freed_memory()
        self._options = options
        self._context = TransferContext(
            client=client,
            fresh_link=fresh_link,
            clock=clock,
            report=report,
            space=DiskSpace(usage, clock.now),
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

    def _attempt(self, job: "SaveJob") -> SavedFile:
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

    def abandon(self) -> None:
        """Remove the parts that hold nothing yet: the process ends, and so do its threads."""
        for job in set(self._running):
            job.abandon()


class SaveJob:
    """One target on its way to the disk."""

    def __init__(self, target: Target, options: SaveOptions, context: TransferContext) -> None:
        """Prepare; neither disk nor network is asked yet.

        Args:
            target: The result.
            options: How to save.
            context: The network and what all files of the run share.
        """
        self._target = target
        self._options = options
        self._context = context
        self._part_path = f"{target.path}.part"
        # An existing file that only the whole body can be compared with.
        self._undecided: str | None = None
        self._part: PartFile | None = None  # kept for `abandon`, which another thread calls
        self._is_replaced = False  # another program replaced or removed the part
        self._has_waited = False  # for the lock, so another kiecli may have saved the file

    def to_disk(self) -> SavedFile:
        """Save the file under its final name, or keep one that is there.

        Raises:
            KieError: It cannot be fetched, or another file has its name.
            OSError: The disk refuses.
        """
        for _ in range(_MAX_ATTEMPTS):
            try:
                saved = self._save()
            except (PartReplaced, FileNotFoundError) as error:
                cause = error
                self._is_replaced = True
            else:
                return self._with_metadata(saved) if self._options.write_metadata else saved
        raise SaveError(
            f"could not save {self._target.path}: another program replaced or removed"
            f" {self._part_path} while it was written, twice",
            hint="let no other program write there, or choose another folder with -d",
        ) from cause

    def _save(self) -> SavedFile:
        """Keep an existing file, or fetch it into its part and publish that.

        Raises:
            PartReplaced: The part was replaced while it was written.
            FileNotFoundError: It was removed, or its folder was.
            KieError: The file cannot be fetched, or another file has its name.
            OSError: The disk refuses.
        """
        before = self._inspect()
        kept = self._find_kept(before) if before else None
        if kept is not None:
            remove_stale_part(self._part_path, self._context.disk)
            return kept
        part = self._part = self._open_part()
        try:
            kept = self._find_saved_meanwhile(before) if self._has_waited else None
            if kept is not None:
                part.discard()
            return kept or self._publish(part, self._fill(part))
        except OSError as error:
            part.make_resumable()
            if error.errno in NO_ROOM:
                raise disk_full(self._target.path, error, resumable=part.is_resumable) from error
            raise
        finally:
            self._context.space.release(part)
            part.release()

    def _inspect(self, *, fresh: bool = False) -> "dict[str, FileState]":
        """Return what exists where the target goes: mostly nothing, which is soon seen."""
        target = self._target
        if target.path_known and not os.path.lexists(target.path):
            return {}
        from kiecli.download.destination import inspect_target

        return inspect_target(target, self._context.listings, fresh=fresh)

    def _find_kept(self, found: "dict[str, FileState]") -> SavedFile | None:
        """Return the existing file that is kept, or None to fetch the target."""
        from kiecli.download.kept import find_kept

        kept = find_kept(self._target, self._options, self._context, found)
        if kept is None or isinstance(kept, SavedFile):
            return kept
        self._undecided = kept.path
        return None

    def _open_part(self) -> PartFile:
        path, disk = self._part_path, self._context.disk
        try:
            return PartFile(path, self._wait, disk)
        except FileNotFoundError:  # folders are made only for what is really saved
            _make_folder_of(path)
            return PartFile(path, self._wait, disk)

    def _wait(self) -> None:
        if not self._has_waited:
            self._has_waited = True
            reason = "another kiecli is saving this file; waiting for it"
            self._context.report(TransferRetrying(self._target, reason))
        self._context.clock.sleep(_LOCK_PAUSE)

    def _find_saved_meanwhile(self, before: "dict[str, FileState]") -> SavedFile | None:
        """Return the file that another kiecli saved while it held the lock, or None."""
        after = self._inspect(fresh=True)
        return None if after == before else self._find_kept(after)

    def _fill(self, part: PartFile) -> SavedFile:
        """Fetch and verify the whole target into its part; return how it will be saved.

        Raises:
            KieError: It cannot be fetched.
            OSError: The disk refuses.
        """
        target, options = self._target, self._options
        if self._is_replaced:
            part.reset(None)  # the bytes are another program's, though the resume info is ours
        if target.url is None:
            return self._fill_inline(part)
        info = part.resume_info
        if info and (options.overwrite or (info.task_id, info.n) != (target.task_id, target.n)):
            # It starts again: the bytes are of another result, or not wanted.
            part.resume_info = None
        checksum = None
        if options.checksum or options.write_metadata:
            from kiecli.download.checksum import BackgroundSHA256

            checksum = BackgroundSHA256(part.file)
        try:
            transfer = Transfer(target, part, self._context, checksum)
            transfer.run()
            path = final_path(target, options, transfer.content_type, part.head)
            if path != target.path:  # folders can be named by the extension, too
                _make_folder_of(path)
            sha256 = checksum.result(part.size) if checksum else None
            return SavedFile.saved(
                target, path, part.size, sha256, transfer.content_type, transfer.resumed
            )
        except ResultExpired as error:
            if self._undecided is None:
                raise
            from kiecli.download.kept import cannot_compare

            raise cannot_compare(target, self._undecided) from error
        finally:
            if checksum is not None:
                checksum.stop()

    def _fill_inline(self, part: PartFile) -> SavedFile:
        from kiecli.download.checksum import checksum_of_bytes
        from kiecli.download.inline_result import CONTENT_TYPE, as_file

        target = self._target
        data = as_file(target.inline_result)
        part.reset(None)
        part.append(data)
        return SavedFile.saved(
            target, target.path, part.size, checksum_of_bytes(data), CONTENT_TYPE
        )

    def _publish(self, part: PartFile, complete: SavedFile) -> SavedFile:
        """Rename the complete part to its final name; never over a file that may be another's."""
        target, options, path = self._target, self._options, complete.path
        replace = options.overwrite or target.name_is_unique
        if not replace:
            from kiecli.download.existing import is_proved

            replace = is_proved(target, path)
        try:
            part.commit(path, replace=replace)
        except FileExistsError:
            from kiecli.download.kept import keep_if_same

            return keep_if_same(target, options, part, path)
        return complete

    def _with_metadata(self, saved: SavedFile) -> SavedFile:
        from kiecli.download.metadata_writer import MetadataWriter

        writer = MetadataWriter(self._context.disk, self._wait, overwrite=self._options.overwrite)
        return writer.write(self._target, saved)

    def kept_unread(self) -> SavedFile | None:
        """Return an existing file kept by its name alone, or None; needs no file descriptor.

        Raises:
            OSError: The disk does not say.
        """
        from kiecli.download.kept import kept_unread

        return kept_unread(self._target, self._options)

    def abandon(self) -> None:
        """Remove the part if it is empty; called when the process ends during the transfer."""
        if self._part is not None:
            self._part.discard_if_empty()


def _folder_listings(clock: Clock) -> "FolderListings":
    from kiecli.download.listing import FolderListings

    return FolderListings(clock)


def _make_folder_of(path: str) -> None:
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
