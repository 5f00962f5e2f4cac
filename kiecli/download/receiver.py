"""Bringing all bytes of a target into its part, with their checksum and the final name."""

import os
from typing import NamedTuple

from kiecli.download.checksum import BackgroundSHA256, checksum_of_bytes
from kiecli.download.context import TransferContext
from kiecli.download.destination import Destination
from kiecli.download.inline_result import CONTENT_TYPE, as_file
from kiecli.download.part_file import PartFile
from kiecli.download.plan import SaveOptions, Target
from kiecli.download.transfer import Transfer
from kiecli.errors import ResultExpired


class Received(NamedTuple):
    """What is known of a part that is complete."""

    path: str
    """Its final name."""
    content_type: str | None
    sha256: str | None
    resumed: int = 0
    """Bytes taken over from an earlier run."""


class Receiver:
    """Fills the part of one target."""

    def __init__(
        self,
        target: Target,
        options: SaveOptions,
        context: TransferContext,
        destination: Destination,
    ) -> None:
        """Send no request yet.

        Args:
            target: The result.
            options: How to save.
            context: The network and what all files of the run share.
            destination: Where the target goes.
        """
        self._target = target
        self._options = options
        self._context = context
        self._destination = destination

    def fill(self, part: PartFile) -> Received:
        """Bring all bytes of the target into its part, and verify them.

        Raises:
            KieError: They cannot be had.
            OSError: The disk refuses.
        """
        if self._target.url is not None:
            return self._fetch(part)
        data = as_file(self._target.inline_result)
        part.reset(None)
        part.append(data)
        return Received(self._target.path, CONTENT_TYPE, checksum_of_bytes(data))

    def _fetch(self, part: PartFile) -> Received:
        if self._options.overwrite or not self._is_about_target(part):
            part.note = None  # it starts again
        wants_checksum = self._options.checksum or self._options.write_metadata
        checksum = BackgroundSHA256(part.file) if wants_checksum else None
        try:
            transfer = Transfer(self._target, part, self._context, checksum)
            self._run(transfer)
            path = self._destination.final_path(transfer.content_type, part.head)
            if path != self._target.path:
                make_folder_of(path)
            sha256 = checksum.result(part.size) if checksum else None
        finally:
            if checksum is not None:
                checksum.stop()
        return Received(path, transfer.content_type, sha256, transfer.resumed)

    def _run(self, transfer: Transfer) -> None:
        """Receive the body, also where that is only to be compared with a file that is there."""
        try:
            transfer.run()
        except ResultExpired as error:
            path = self._destination.undecided
            if path is None:
                raise
            raise ResultExpired(
                f"could not save {path}: a file is there and the link of this result is dead, so"
                f" kiecli cannot tell whether this is {self._target.name}'s;"
                " --write-metadata keeps the proof"
            ) from error

    def _is_about_target(self, part: PartFile) -> bool:
        """Whether a part is of this very result, and not of another of the same name."""
        about = (self._target.task_id, self._target.n)
        return part.note is not None and (part.note.task_id, part.note.n) == about


def make_folder_of(path: str) -> None:
    """Make the folder that a file goes to, where it is missing."""
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
