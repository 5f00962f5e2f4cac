"""The disk's own troubles, told in one line each."""

import errno
import os
from contextlib import suppress

from kiecli.errors import FolderNotWritable, SaveError, UsageError

_ROOM = "free some space, then run the line again; it continues where it stopped"
_ELSEWHERE = "choose another folder with -d"
_WORDS = {
    errno.ENOSPC: ("the disk is full", _ROOM),
    errno.EDQUOT: ("the disk quota is used up", _ROOM),
    errno.EFBIG: ("the file is larger than the disk or 'ulimit -f' allows", _ELSEWHERE),
    errno.EROFS: ("the disk is read-only", _ELSEWHERE),
    errno.EACCES: ("permission denied", _ELSEWHERE),
    errno.EPERM: ("permission denied", _ELSEWHERE),
    errno.ENAMETOOLONG: ("the name is too long for this disk", "choose a shorter one with -o"),
    errno.EEXIST: ("part of the path is a file, not a folder", _ELSEWHERE),
    errno.ENOTDIR: ("part of the path is a file, not a folder", _ELSEWHERE),
    errno.EISDIR: ("a folder with this name exists", "choose another name with -o"),
}
_PROBE_PREFIX, _PROBE_SUFFIX = ".kiecli-", ".tmp"


def disk_error(path: str, error: OSError) -> SaveError:
    """Return what a user is told when the disk refuses a file."""
    plain = (error.strerror or type(error).__name__).lower()
    words, hint = _WORDS.get(error.errno or 0, (plain, ""))
    return SaveError(f"could not save {path}: {words}", hint=hint)


def no_temporary_file(path: str, error: OSError) -> SaveError:
    """Return what a user is told when there is no place for a file on its way to stdout."""
    return SaveError(
        f"could not save {path}: cannot create a temporary file: {(error.strerror or '').lower()}",
        hint="set TMPDIR to a writable folder",
    )


def unwritable_name(path: str) -> SaveError:
    """Return what a user is told of a name that the locale's file names cannot spell."""
    return SaveError(
        f"could not save {path}: file names in this locale cannot contain some of these characters",
        hint="set LC_ALL=C.UTF-8, or choose another name with -o",
    )


def ensure_writable(directory: str) -> None:
    """Find out whether files can be written into a folder, without making it yet.

    A missing folder is made when there is something to save; until then the nearest one that
    exists is tried.

    Raises:
        UsageError: A file is in the place of the folder.
        FolderNotWritable: Nothing can be written there.
    """
    folder = _nearest_existing(directory)
    if not os.path.isdir(folder):
        raise UsageError(
            f"--dir {directory} is not a folder", hint="choose another folder, or remove that file"
        )
    import tempfile

    try:
        # Without a name where the system can do that, else removed at once: nothing is left of it.
        tempfile.TemporaryFile(prefix=_PROBE_PREFIX, suffix=_PROBE_SUFFIX, dir=folder).close()
    except OSError as error:
        refused = disk_error(f"into {directory or '.'}", error)
        raise FolderNotWritable(refused.message, hint=refused.hint) from error
    _remove_old_probes(folder)


def _nearest_existing(path: str) -> str:
    while path and not os.path.lexists(path):
        path = os.path.dirname(path)
    return path or "."


def _remove_old_probes(folder: str) -> None:
    """Remove the empty files that runs have left which were killed at the wrong moment."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            is_probe = entry.name.startswith(_PROBE_PREFIX) and entry.name.endswith(_PROBE_SUFFIX)
            if is_probe and _is_empty_file(entry):
                os.unlink(entry.path)


def _is_empty_file(entry: os.DirEntry[str]) -> bool:
    return entry.is_file(follow_symlinks=False) and not entry.stat(follow_symlinks=False).st_size


def default_mode() -> int:
    """Return the mode that a new file has here; to be asked before other threads make files."""
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask
