"""Writes a result to a stream (`-o -`), only once it is complete and verified."""

from typing import Protocol

from kiecli.download.context import TransferContext
from kiecli.download.disk_errors import (
    no_temporary_file,
    save_error,
    temporary_file_error,
)
from kiecli.download.inline_result import as_text
from kiecli.download.part_file import PartialFile
from kiecli.download.plan import SavedFile, Target
from kiecli.download.transfer import Transfer
from kiecli.errors import KieError

_BLOCK = 1024 * 1024  # bytes written at a time


class Sink(Protocol):
    """The methods of a binary stream that are used here."""

    def write(self, data: bytes, /) -> object:
        """Write all of the bytes."""
        ...

    def flush(self) -> None:
        """Write out what is buffered."""
        ...


def write_to_stream(target: Target, context: TransferContext, stream: Sink) -> SavedFile:
    """Fetch a target into a temporary file, verify it, and write it to a stream.

    Raises:
        OSError: The stream refuses it.
    """
    from tempfile import gettempdir

    try:
        temporary = context.disk.open_temporary()
    except OSError as error:
        return SavedFile.failed(target, no_temporary_file(target.path, error))
    partial = PartialFile(temporary, gettempdir())
    try:
        try:
            content_type = _fill(partial, target, context)
        except (KieError, OSError, UnicodeEncodeError) as error:
            return SavedFile.failed(target, _error(target.path, partial.folder, error))
        # Outside the inner `try`: a closed stdout is no error of the file, but ends the run.
        with partial.reader() as reader:
            while block := reader.read(_BLOCK):
                stream.write(block)
        stream.flush()
    finally:
        temporary.close()
    return SavedFile.saved(target, "-", partial.size, None, content_type)


def _error(path: str, folder: str, error: KieError | OSError | UnicodeEncodeError) -> KieError:
    if isinstance(error, OSError):
        return temporary_file_error(path, folder, error)
    return save_error(path, error)


def _fill(partial: PartialFile, target: Target, context: TransferContext) -> str | None:
    """Fetch the whole target into a file; return the Content-Type, if its host declares one."""
    if target.url is None:
        partial.append(as_text(target.inline_result))
        return None
    transfer = Transfer(target, partial, context)
    transfer.run()
    return transfer.content_type
