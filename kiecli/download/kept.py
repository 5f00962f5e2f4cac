"""Keeping an existing file instead of fetching it: looks for it, compares it, reports it."""

from kiecli.download.checksum import checksum_of
from kiecli.download.context import TransferContext
from kiecli.download.destination import FileState, FileType, in_the_way, inspect
from kiecli.download.existing import CompleteFile, UndecidedFile, find_existing
from kiecli.download.host_probe import HostFile, probe
from kiecli.download.part_file import PartFile
from kiecli.download.plan import SavedFile, SaveOptions, Target
from kiecli.errors import ResultExpired


def find_kept(
    target: Target, options: SaveOptions, context: TransferContext, found: dict[str, FileState]
) -> SavedFile | UndecidedFile | None:
    """Return the file that is kept, the one that has to be compared, or None to fetch the target.

    Args:
        target: The result.
        options: How to save.
        context: The network, to ask the host where nothing else decides.
        found: What exists at the target's possible paths.

    Raises:
        SaveError: Something is in the way that must not be replaced.
        OSError: It cannot be read.
    """

    def ask(offset: int) -> HostFile | None:
        return probe(target, context, offset)

    existing = find_existing(target, found, ask, overwrite=options.overwrite)
    if isinstance(existing, CompleteFile):
        return _kept(target, options, existing.path, existing.size)
    return existing


def keep_if_same(target: Target, options: SaveOptions, part: PartFile, path: str) -> SavedFile:
    """Keep the file whose name a complete part should get, if it has the very same bytes.

    Raises:
        SaveError: It is another file.
        OSError: It cannot be read.
    """
    state = inspect(path)
    # A name that could be any file's: only equal bytes make it this result.
    is_same = (
        state is not None
        and (state.kind, state.size) == (FileType.FILE, part.size)
        and part.has_same_bytes(path)
    )
    part.discard()
    if not is_same:
        raise in_the_way(path, state)
    return _kept(target, options, path, part.size)


def kept_unread(target: Target, options: SaveOptions) -> SavedFile | None:
    """Return an existing file kept by its name alone, unread, or None; needs no file descriptor.

    Raises:
        OSError: The disk does not say.
    """
    if options.overwrite or not (target.name_is_unique and target.path_known):
        return None
    state = inspect(target.path)
    if state is None or state.kind is not FileType.FILE or not state.size:
        return None
    # Its bytes are not read: that would take a descriptor, and there are none left.
    return SavedFile.kept(target, target.path, state.size, None)


def cannot_compare(target: Target, path: str) -> ResultExpired:
    """Return the error of a file that cannot be compared, since the host's link is dead."""
    return ResultExpired(
        f"could not save {path}: a file is there and the link of this result is dead, so"
        f" kiecli cannot tell whether this is {target.name}'s; --write-metadata keeps the proof"
    )


def _kept(target: Target, options: SaveOptions, path: str, size: int) -> SavedFile:
    sha256 = checksum_of(path) if options.checksum else None
    return SavedFile.kept(target, path, size, sha256)
