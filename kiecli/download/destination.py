"""What exists at a target's place on the disk."""

import os
import stat
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from kiecli.download.plan import Target
from kiecli.errors import NameTaken

if TYPE_CHECKING:
    from kiecli.download.listing import FolderListings


class FileType(Enum):
    """What can exist at a path."""

    FILE = "a file"
    LINK = "a symbolic link"
    FOLDER = "a folder"
    OTHER = "a device, pipe or socket"


class FileState(NamedTuple):
    """What was found at a path."""

    kind: FileType
    size: int = 0
    identity: tuple[int, ...] = ()
    """Differs once the file was replaced or changed."""


def inspect(path: str) -> FileState | None:
    """Return what exists at a path, or None.

    A link that leads to a regular file is that file; any other link is a link.

    Raises:
        OSError: It cannot be looked at.
    """
    try:
        info = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return None
    identity = _identity(info)
    # A link to a file that was saved elsewhere is as good as the file; any other link may be
    # somebody's trap, or leave the folder.
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
    # Size and time, too: an editor that saves in place keeps the inode.
    return info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns


def inspect_target(
    target: Target, listings: "Callable[[], FolderListings]", *, fresh: bool = False
) -> dict[str, FileState]:
    """Return what exists at the paths that a target has or may get; mostly nothing.

    Args:
        target: The result.
        listings: Returns the names in folders; called where the extension is not known yet.
        fresh: Another process may have saved files since folders were listed.

    Raises:
        OSError: The disk does not say.
    """
    paths = [target.path]
    if not target.path_known:
        paths = listings().candidates(target.path, fresh=fresh)
    return {path: state for path in paths if (state := inspect(path)) is not None}


def in_the_way(path: str, state: FileState | None) -> NameTaken:
    """Return the error of a path whose file or folder must stay."""
    if state is not None and state.kind in (FileType.FOLDER, FileType.OTHER):
        return NameTaken(
            f"could not save {path}: {state.kind.value} with this name exists",
            hint="choose another name with -o",
        )
    return NameTaken(
        f"could not save {path}: a different file with this name exists",
        hint="replace it with --overwrite, or choose another name with -o",
    )
