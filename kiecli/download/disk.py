"""What the errors of a disk mean to a user, and the checks before anything is written."""

import errno
import os
from contextlib import suppress

from kiecli.errors import FolderNotWritable, NameTaken, SaveError, UsageError, causes

_FREE_SPACE = "free some space, then run the line again"
_OTHER_FOLDER = "choose another folder with -d"
_OTHER_NAME = "choose another name with -o"
_MESSAGES = {
    errno.ENOSPC: ("the disk is full", _FREE_SPACE),
    errno.EDQUOT: ("the disk quota is used up", _FREE_SPACE),
    errno.EFBIG: ("the file is larger than the disk or 'ulimit -f' allows", _OTHER_FOLDER),
    errno.EROFS: ("the disk is read-only", _OTHER_FOLDER),
    errno.EACCES: ("permission denied", _OTHER_FOLDER),
    errno.EPERM: ("permission denied", _OTHER_FOLDER),
    errno.ENAMETOOLONG: ("the name is too long for this disk", "choose a shorter one with -o"),
    errno.EEXIST: ("part of the path is a file, not a folder", _OTHER_FOLDER),
    errno.ENOTDIR: ("part of the path is a file, not a folder", _OTHER_FOLDER),
    errno.EISDIR: ("a folder with this name exists", _OTHER_NAME),
    errno.EMFILE: ("too many open files", "lower -j, or raise the limit with 'ulimit -n'"),
    errno.ENFILE: ("too many open files", "lower -j, or raise the limit with 'ulimit -n'"),
}
_NEED_ANOTHER_NAME = {errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR}
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
"""Errors of a disk that has no more room."""

NO_DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE})
"""Errors of a process, or a system, that has as many files open as it may."""

_PROBE_PREFIX, _PROBE_SUFFIX = ".kiecli-", ".tmp"


def disk_error(path: str, error: OSError) -> SaveError:
    """Return the error of a file that the disk refuses."""
    reason, hint = describe(error)
    kind = NameTaken if error.errno in _NEED_ANOTHER_NAME else SaveError
    return kind(f"could not save {path}: {reason}", hint=hint)


def describe(error: OSError) -> tuple[str, str]:
    """Return what a disk's error means and what to do about it, or nothing."""
    plain = (error.strerror or type(error).__name__).lower()
    return _MESSAGES.get(error.errno or 0, (plain, ""))


def disk_full(path: str, error: OSError, *, resumable: bool) -> SaveError:
    """Return the error of a disk that is full, with what is left of the file.

    Args:
        path: The file.
        error: What the disk answered.
        resumable: Whether its part stays, to be continued.
    """
    found = disk_error(path, error)
    found.hint += "; it continues where it stopped" if resumable else ""
    return found


def is_out_of_descriptors(error: BaseException) -> bool:
    """Whether an error came about because no more files could be opened, sockets included."""
    found = (cause.errno for cause in causes(error) if isinstance(cause, OSError))
    return not NO_DESCRIPTORS.isdisjoint(found)


def no_temporary_file(path: str, error: OSError) -> SaveError:
    """Return the error of a file on its way to stdout that has no place to be completed in."""
    return SaveError(
        f"could not save {path}: cannot create a temporary file: {(error.strerror or '').lower()}",
        hint="set TMPDIR to a writable folder",
    )


def unwritable_name(path: str) -> SaveError:
    """Return the error of a name that file names of this locale cannot spell."""
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
    try:
        _make_probe(folder)
    except OSError as error:
        refused = disk_error(f"into {directory or '.'}", error)
        raise FolderNotWritable(refused.message, hint=refused.hint) from error
    _remove_old_probes(folder)


def check_can_append(path: str) -> None:
    """Find out whether a file can be appended to, or made, and leave it as it is.

    Raises:
        OSError: It cannot.
    """
    if not os.path.exists(path):
        _make_probe(os.path.dirname(path) or ".")
        return
    flags = os.O_RDWR | os.O_APPEND | getattr(os, "O_NONBLOCK", 0)
    os.close(os.open(path, flags))


def _make_probe(folder: str) -> None:
    import tempfile

    # Without a name where the system can do that, else removed at once: nothing is left of it.
    tempfile.TemporaryFile(prefix=_PROBE_PREFIX, suffix=_PROBE_SUFFIX, dir=folder).close()


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
    """Return the mode that a new file has here.

    To be called before other threads make files: the mask is changed for a moment.
    """
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask
