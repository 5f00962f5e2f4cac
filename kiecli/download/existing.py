"""What stands under a path already, and what is to be done about it."""

import os
import stat
from enum import Enum
from typing import NamedTuple

from kiecli.download.host_probe import HostFile
from kiecli.download.integrity import Integrity


class FileType(Enum):
    """What stands under a path."""

    NOTHING = "nothing"
    FILE = "a file"
    LINK = "a symbolic link"
    FOLDER = "a folder"
    OTHER = "something that is neither a file nor a folder"


class FileState(NamedTuple):
    """What was found under a path."""

    kind: FileType
    size: int = 0
    identity: tuple[int, ...] = ()
    """Differs when it is another one, or was changed."""


def inspect(path: str) -> FileState:
    """Return what stands there.

    A link that leads to a regular file is that file; any other link is a link.

    Raises:
        OSError: It cannot be looked at.
    """
    try:
        info = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return FileState(FileType.NOTHING)
    identity = _identity(info)
    if stat.S_ISLNK(info.st_mode):
        try:
            info = os.stat(path)
        except OSError:  # it leads nowhere, or in circles
            return FileState(FileType.LINK, identity=identity)
        identity += _identity(info)
        if not stat.S_ISREG(info.st_mode):
            return FileState(FileType.LINK, identity=identity)
    kinds = {stat.S_IFREG: FileType.FILE, stat.S_IFDIR: FileType.FOLDER}
    kind = kinds.get(stat.S_IFMT(info.st_mode), FileType.OTHER)
    return FileState(kind, info.st_size, identity)


def _identity(info: os.stat_result) -> tuple[int, ...]:
    return info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns


class Comparison(Enum):
    """How a file on the disk compares with the one that its host has."""

    NOT_PROBED = "no request was sent to the host"
    SAME = "the same length, and the same bytes at the end"
    DIFFERENT = "another file"
    UNDECIDED = "the host did not answer, or not with enough"


def compare(size: int, tail: bytes, host: HostFile | None) -> Comparison:
    """Return how a file compares with what its host answered.

    Args:
        size: Bytes of the file on the disk.
        tail: The last of them, as many as were requested from the host.
        host: What it answered, if anything.
    """
    if host is None:
        return Comparison.UNDECIDED
    if host.length not in (None, size):
        return Comparison.DIFFERENT
    if host.tail is None:
        return Comparison.UNDECIDED
    return Comparison.SAME if host.tail == tail else Comparison.DIFFERENT


class Decision(Enum):
    """What is to be done about what stands under a path."""

    FETCH = "fetch the file, and replace what is there"
    KEEP = "keep it"
    PROBE = "ask the host about it"
    COMPARE = "fetch the file, and compare what is there byte by byte"
    REFUSE = "leave it untouched, and save nothing"


def decide(
    existing: FileState,
    integrity: Integrity,
    *,
    counts: bool,
    overwrite: bool,
    comparison: Comparison = Comparison.NOT_PROBED,
) -> Decision:
    """Return what to do.

    Args:
        existing: What stands under the path.
        integrity: What its bytes tell, for a file.
        counts: Whether it can only be this result: by its name, or by its metadata.
        overwrite: Whether the user wants it fetched anew.
        comparison: How it compares with what the host has.
    """
    match existing.kind:
        case FileType.NOTHING:
            return Decision.FETCH
        case FileType.FOLDER | FileType.OTHER:
            return Decision.REFUSE
        case _ if overwrite:
            return Decision.FETCH
        case FileType.LINK:
            return Decision.FETCH if counts else Decision.REFUSE
        case _:  # a file
            return _ours(integrity, comparison) if counts else _unproved(integrity, comparison)


def _ours(integrity: Integrity, comparison: Comparison) -> Decision:
    if integrity is not Integrity.UNKNOWN:
        return Decision.KEEP if integrity is Integrity.COMPLETE else Decision.FETCH
    if comparison is Comparison.NOT_PROBED:
        return Decision.PROBE
    return Decision.FETCH if comparison is Comparison.DIFFERENT else Decision.KEEP


def _unproved(integrity: Integrity, comparison: Comparison) -> Decision:
    match comparison:
        case Comparison.NOT_PROBED:
            return Decision.PROBE
        case Comparison.DIFFERENT:
            return Decision.REFUSE
        case Comparison.SAME if integrity is not Integrity.CORRUPT:
            return Decision.KEEP
        case _:
            return Decision.COMPARE
