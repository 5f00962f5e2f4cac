"""The disk's own troubles, told in one line each."""

import errno
import os

from kiecli.errors import FolderNotWritable, SaveError, UsageError

_ROOM = "make room, then run the line again: what is there is taken over"
_ELSEWHERE = "choose another folder with -d"
_WORDS = {
    errno.ENOSPC: ("the disk is full", _ROOM),
    errno.EDQUOT: ("the disk quota is used up", _ROOM),
    errno.EFBIG: ("the file is larger than the disk or 'ulimit -f' allows", _ELSEWHERE),
    errno.EROFS: ("the disk is read-only", _ELSEWHERE),
    errno.EACCES: ("permission denied", _ELSEWHERE),
    errno.EPERM: ("permission denied", _ELSEWHERE),
    errno.ENAMETOOLONG: ("the name is too long for this disk", "give a shorter one with -o"),
    errno.EEXIST: ("part of the path is a file, not a folder", _ELSEWHERE),
    errno.ENOTDIR: ("part of the path is a file, not a folder", _ELSEWHERE),
    errno.EISDIR: ("a folder of that name is there", "give another name with -o"),
}


def disk_error(path: str, error: OSError) -> SaveError:
    """Return what a user is told when the disk refuses a file."""
    plain = (error.strerror or type(error).__name__).lower()
    words, hint = _WORDS.get(error.errno or 0, (plain, ""))
    return SaveError(f"could not save {path}: {words}", hint=hint)


def no_temporary_file(path: str, error: OSError) -> SaveError:
    """Return what a user is told when there is no place for a file on its way to stdout."""
    return SaveError(
        f"could not save {path}: it needs a temporary file first: {(error.strerror or '').lower()}",
        hint="point TMPDIR to a folder that can be written",
    )


def unwritable_name(path: str) -> SaveError:
    """Return what a user is told of a name that the locale's file names cannot spell."""
    return SaveError(
        f"could not save {path}: file names cannot have all of these characters in this locale",
        hint="set LC_ALL=C.UTF-8, or give another name with -o",
    )


def ensure_writable(directory: str) -> None:
    """Make a folder where it is missing, and find out whether files can be written into it.

    Raises:
        UsageError: A file has its name.
        FolderRefused: Nothing can be written there.
    """
    probe = os.path.join(directory, f".kiecli-{os.getpid()}.tmp")
    try:
        os.makedirs(directory or ".", exist_ok=True)
        os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        os.unlink(probe)
    except (FileExistsError, NotADirectoryError) as error:
        raise UsageError(
            f"--dir {directory} is not a folder", hint="give a folder, or remove the file there"
        ) from error
    except OSError as error:
        refused = disk_error(f"into {directory or '.'}", error)
        raise FolderNotWritable(refused.message, hint=refused.hint) from error


def default_mode() -> int:
    """Return the mode that a new file has here; to be asked before other threads make files."""
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask
