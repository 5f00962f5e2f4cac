"""Saving one target: an existing file is kept, a missing one fetched, a complete one renamed."""

from kiecli.download.checksum import checksum_of
from kiecli.download.context import TransferContext
from kiecli.download.destination import CompleteFile, Destination, in_the_way
from kiecli.download.disk_errors import NO_ROOM, disk_full
from kiecli.download.existing import FileType, inspect
from kiecli.download.host_probe import HostFile, probe
from kiecli.download.inline_result import as_text
from kiecli.download.listing import FolderListings
from kiecli.download.metadata_writer import MetadataWriter
from kiecli.download.part_file import PartFile, PartialFile, remove_stale_part
from kiecli.download.plan import SavedFile, SaveOptions, Target
from kiecli.download.progress import TransferRetrying
from kiecli.download.receiver import Received, Receiver, make_folder_of
from kiecli.download.transfer import Transfer
from kiecli.errors import SaveError
from kiecli.system.disk_interface import PartReplaced

_LOCK_PAUSE = 0.2  # seconds between two attempts to get a lock
# `rm -rf out`, or a second run after it, takes a part away once. Where it happens again, something
# does so always, and a file is not fetched for ever.
_MAX_ATTEMPTS = 2


class SaveJob:
    """One target on its way to the disk."""

    def __init__(
        self,
        target: Target,
        options: SaveOptions,
        context: TransferContext,
        listings: FolderListings,
        mode: int,
    ) -> None:
        """Look at nothing yet.

        Args:
            target: The result.
            options: How to save.
            context: The network and what all files of the run share.
            listings: The names in folders.
            mode: The mode of a complete file.
        """
        self._target = target
        self._options = options
        self._context = context
        self._mode = mode
        self._destination = Destination(target, options, listings)
        self._receiver = Receiver(target, options, context, self._destination)
        self._has_waited = False

    def to_disk(self) -> SavedFile:
        """Put the complete file under its final name, or find it there.

        Raises:
            KieError: It cannot be had, or its name cannot be.
            OSError: The disk refuses.
        """
        for _ in range(_MAX_ATTEMPTS):
            try:
                saved = self._save()
            except (PartReplaced, FileNotFoundError) as error:
                replaced = error
            else:
                return self._with_metadata(saved)
        raise SaveError(
            f"could not save {self._target.path}: another program replaced or removed"
            f" {self._destination.part} while it was written, twice",
            hint="let no other program write there, or choose another folder with -d",
        ) from replaced

    def _with_metadata(self, saved: SavedFile) -> SavedFile:
        if not self._options.write_metadata:
            return saved
        writer = MetadataWriter(
            self._context.disk, self._mode, self._wait, overwrite=self._options.overwrite
        )
        return writer.write(self._target, saved)

    def _save(self) -> SavedFile:
        """Keep an existing file, or fetch it into its part and publish that.

        Raises:
            PartReplaced: The part was replaced while it was written.
            FileNotFoundError: It was removed, or its folder was.
            KieError: The file cannot be had, or its name cannot be.
            OSError: The disk refuses.
        """
        before = self._destination.inspect()
        kept = self._destination.find_existing(before, self._probe)
        if kept is not None:
            remove_stale_part(self._destination.part, self._context.disk)
            return self._kept(kept)
        part = self._open_part()
        try:
            # Another kiecli may have saved the file while it held the lock that we waited for.
            after = self._destination.inspect(fresh=self._has_waited)
            if after != before:
                kept = self._destination.find_existing(after, self._probe)
            if kept is None:
                return self._publish(part, self._receiver.fill(part))
            part.discard()
            return self._kept(kept)
        except OSError as error:
            if error.errno in NO_ROOM:
                raise disk_full(self._target.path, error, resumable=part.is_resumable) from error
            raise
        finally:
            self._context.space.release(part)
            part.release()

    def _open_part(self) -> PartFile:
        path, disk = self._destination.part, self._context.disk
        try:
            return PartFile(path, self._wait, disk)
        except FileNotFoundError:
            make_folder_of(path)
            return PartFile(path, self._wait, disk)

    def _publish(self, part: PartFile, received: Received) -> SavedFile:
        """Give the complete part its final name; a file that may be another's is not replaced."""
        path = received.path
        try:
            part.commit(path, self._mode, replace=self._destination.may_replace(path))
        except FileExistsError:
            return self._keep_if_same(part, path)
        return self._saved(part, received)

    def _keep_if_same(self, part: PartFile, path: str) -> SavedFile:
        """Keep the file whose name the target should get, if it has the very same bytes.

        Raises:
            SaveError: It is another file.
        """
        state = inspect(path)
        is_same = (
            state.kind is FileType.FILE and state.size == part.size and part.has_same_bytes(path)
        )
        part.discard()
        if not is_same:
            raise in_the_way(path, state)
        return self._kept(CompleteFile(path, state.size))

    def kept_unread(self) -> SavedFile | None:
        """Return an existing file that counts by its name, or None; no descriptor is needed.

        Raises:
            OSError: The disk does not say.
        """
        target = self._target
        if self._options.overwrite or not (target.name_is_unique and target.path_known):
            return None
        state = inspect(target.path)
        if state.kind is not FileType.FILE or not state.size:
            return None
        return self._kept_as(CompleteFile(target.path, state.size), None)

    def to_stream(self, partial: PartialFile) -> SavedFile:
        """Bring the complete file into a temporary one, whose reader has the path `-`.

        Raises:
            KieError: It cannot be had.
            OSError: The disk refuses.
        """
        content_type = None
        if self._target.url is None:
            partial.append(as_text(self._target.inline_result))
        else:
            transfer = Transfer(self._target, partial, self._context)
            transfer.run()
            content_type = transfer.content_type
        return self._saved(partial, Received("-", content_type, None))

    def _probe(self, offset: int) -> HostFile | None:
        return probe(self._target, self._context, offset)

    def _wait(self) -> None:
        if not self._has_waited:
            self._has_waited = True
            reason = "another kiecli is saving this file; waiting for it"
            self._context.report(TransferRetrying(self._target, reason))
        self._context.clock.sleep(_LOCK_PAUSE)

    def _kept(self, kept: CompleteFile) -> SavedFile:
        return self._kept_as(kept, checksum_of(kept.path) if self._options.checksum else None)

    def _kept_as(self, kept: CompleteFile, sha256: str | None) -> SavedFile:
        target = self._target
        return SavedFile(target.n, target.url, kept.path, kept.size, sha256, None, "kept", 0, None)

    def _saved(self, partial: PartialFile, received: Received) -> SavedFile:
        path, content_type, sha256, resumed = received
        target = self._target
        return SavedFile(
            target.n, target.url, path, partial.size, sha256, content_type, "saved", resumed, None
        )
