"""Saving one target: what is there is kept, what is missing is fetched, what is whole is named."""

import json
import os
from typing import Any

from kiecli.download.checksum import BackgroundSHA256, checksum_of
from kiecli.download.context import TransferContext
from kiecli.download.destination import CompleteFile, Destination
from kiecli.download.file_host import probe_length
from kiecli.download.part_file import PartFile, remove_stale_part
from kiecli.download.partial import PartialFile
from kiecli.download.plan import SavedFile, SaveOptions, Target
from kiecli.download.progress import TransferRetrying
from kiecli.download.transfer import Transfer


def as_file(inline_result: Any) -> bytes:
    """Return a document as a JSON file."""
    text = json.dumps(inline_result, indent=2, ensure_ascii=False)
    # Half a surrogate pair has no UTF-8; its escape is what JSON calls it, so it stays whole.
    return f"{text}\n".encode(errors="backslashreplace")


def as_text(inline_result: Any) -> bytes:
    """Return a document for a reader: a text as it is, anything else as JSON."""
    if isinstance(inline_result, str):
        return inline_result.removesuffix("\n").encode(errors="replace") + b"\n"
    return as_file(inline_result)


_LOCK_PAUSE = 0.2  # seconds between two looks at a lock
_DOCUMENT_TYPE = "application/json"


class SaveJob:
    """One target on its way to the disk."""

    def __init__(
        self, target: Target, options: SaveOptions, context: TransferContext, mode: int
    ) -> None:
        """Take what it needs; `mode` is that of a complete file."""
        self._target = target
        self._options = options
        self._context = context
        self._mode = mode
        self._destination = Destination(target, options)
        self._has_waited = False

    def to_disk(self) -> SavedFile:
        """Have the complete file under its name.

        Raises:
            KieError: It cannot be had, or its name cannot be.
            OSError: The disk refuses.
        """
        before = self._destination.inspect()
        kept = self._destination.find_existing(before, self._length)
        if kept is not None:
            remove_stale_part(self._destination.part)
            return self._kept(kept)
        part = self._opened()
        try:
            after = self._destination.inspect()
            # Whoever held the lock may have saved it meanwhile.
            kept = None if after == before else self._destination.find_existing(after, self._length)
            if kept is None:
                return self._filled(part)
            part.discard()
            return self._kept(kept)
        finally:
            part.release()

    def _opened(self) -> PartFile:
        try:
            return PartFile.opened(self._destination.part, self._wait)
        except FileNotFoundError:
            _make_folder_of(self._destination.part)
            return PartFile.opened(self._destination.part, self._wait)

    def to_spool(self, partial: PartialFile) -> SavedFile:
        """Have the complete file in a spool, for whoever reads that.

        Raises:
            KieError: It cannot be had.
            OSError: The disk refuses.
        """
        if self._target.url is None:
            partial.append(as_text(self._target.inline_result))
            return self._saved("-", partial)
        fetch = Transfer(self._target, partial, self._context)
        fetch.run()
        return self._saved("-", partial, content_type=fetch.content_type)

    def _filled(self, part: PartFile) -> SavedFile:
        if self._target.url is None:
            part.reset(None)
            part.append(as_file(self._target.inline_result))
            part.commit(self._target.path, self._mode)
            sha256 = checksum_of(self._target.path) if self._options.checksum else None
            return self._saved(self._target.path, part, _DOCUMENT_TYPE, sha256)
        return self._fetched(part)

    def _fetched(self, part: PartFile) -> SavedFile:
        if self._options.overwrite or not self._is_about_target(part):
            part.note = None
        checksum = BackgroundSHA256(part.file) if self._options.checksum else None
        try:
            fetch = Transfer(self._target, part, self._context, checksum)
            fetch.run()
            path = self._destination.final_path(fetch.content_type, part.head)
            if path != self._target.path:
                _make_folder_of(path)
            sha256 = checksum.result(part.size) if checksum else None
        finally:
            if checksum is not None:
                checksum.stop()
        part.commit(path, self._mode)
        return self._saved(path, part, fetch.content_type, sha256, fetch.resumed)

    def _is_about_target(self, part: PartFile) -> bool:
        """Tell whether a part is of this very result, and not of another of the same name."""
        about = (self._target.task_id, self._target.n)
        return part.note is not None and (part.note.task_id, part.note.n) == about

    def _length(self, path: str) -> int | None:
        """Return how long the file ought to be, for comparison with the one at a path."""
        target = self._target
        if target.url is not None:
            return probe_length(
                self._context.client,
                target.url,
                target.expected_extension,
                target.task_id,
                self._context.clock,
            )
        expected = as_file(target.inline_result)
        with open(path, "rb") as file:
            # Here more can be compared than the length: of other bytes, none is right.
            return len(expected) if file.read(len(expected) + 1) == expected else 0

    def _wait(self) -> None:
        if not self._has_waited:
            self._has_waited = True
            reason = "another kiecli is saving this file; waiting for it"
            self._context.report(TransferRetrying(self._target, reason))
        self._context.clock.sleep(_LOCK_PAUSE)

    def _kept(self, kept: CompleteFile) -> SavedFile:
        sha256 = checksum_of(kept.path) if self._options.checksum else None
        target = self._target
        return SavedFile(target.n, target.url, kept.path, kept.size, sha256, None, "kept", 0, None)

    def _saved(
        self,
        path: str,
        partial: PartialFile,
        content_type: str | None = None,
        sha256: str | None = None,
        resumed: int = 0,
    ) -> SavedFile:
        target = self._target
        return SavedFile(
            target.n, target.url, path, partial.size, sha256, content_type, "saved", resumed, None
        )


def _make_folder_of(path: str) -> None:
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
