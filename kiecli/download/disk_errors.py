"""Translates OSErrors of the disk into messages with a hint for the user."""

import errno
import os

from kiecli.errors import KieError, NameTaken, SaveError, causes, system_reason, without_frames

FREE_SPACE = "free some space, then run the line again"
FREE_TEMPORARY_SPACE = "free some space there, or set TMPDIR to a folder on another disk"
_OTHER_FOLDER = "choose another folder with -d"
_MORE_FILES = "lower -j, or raise the limit with 'ulimit -n'"
# What it means, what to do where the path can stay, and how to choose another path.
_MESSAGES = {
    errno.ENOSPC: ("the disk is full", FREE_SPACE, ""),
    errno.EDQUOT: ("the disk quota is used up", FREE_SPACE, ""),
    # It does not tell which of both refused: where it is the limit, no other place helps.
    errno.EFBIG: (
        "the file is larger than the disk or 'ulimit -f' allows",
        "raise the limit with 'ulimit -f'",
        _OTHER_FOLDER,
    ),
    errno.EROFS: ("the disk is read-only", "", _OTHER_FOLDER),
    errno.EACCES: ("permission denied", "", _OTHER_FOLDER),
    errno.EPERM: ("permission denied", "", _OTHER_FOLDER),
    errno.ENAMETOOLONG: ("the name is too long for this disk", "", "choose a shorter one with -o"),
    errno.EEXIST: ("part of the path is a file, not a folder", "", _OTHER_FOLDER),
    errno.ENOTDIR: ("part of the path is a file, not a folder", "", _OTHER_FOLDER),
    errno.EISDIR: ("a folder with this name exists", "", "choose another name with -o"),
    errno.EMFILE: ("too many open files", _MORE_FILES, ""),
    errno.ENFILE: ("too many open files", _MORE_FILES, ""),
}
_DENIED = frozenset({errno.EACCES, errno.EPERM})
# No later run can save under the same path, so no resume command is given.
_NEED_ANOTHER_PATH = frozenset(
    {errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.EROFS}
)
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
"""Errors of a disk that has no more room."""

NO_DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE})
"""Errors of a process, or a system, that has as many files open as it may."""


def save_error(path: str, error: KieError | OSError | UnicodeEncodeError) -> KieError:
    """Translate whatever kept a file from being saved into an error for the user."""
    match error:
        case KieError():
            # Errors are kept until the run ends; their frames would keep bodies in memory.
            return without_frames(error)
        case OSError():
            return disk_error(path, error)
        case _:
            return unwritable_name(path)


def disk_error(path: str, error: OSError) -> SaveError:
    """Return the error of a file that the disk refuses."""
    reason, remedy, elsewhere = _describe(error)
    hint = _either(remedy, elsewhere)
    kind = NameTaken if error.errno in _NEED_ANOTHER_PATH or _is_denied(error) else SaveError
    return kind(f"could not save {path}: {reason}{_in_the_way(path, error)}", hint=hint)


def unreadable(path: str, error: OSError) -> SaveError:
    """Return the error of an existing file, or its metadata, that cannot be read to compare it."""
    name = "" if error.filename in (None, path) else f" {error.filename}"
    return SaveError(
        f"could not save {path}: the existing file{name} cannot be read: {disk_reason(error)}",
        hint="replace it with --overwrite, or choose another name with -o",
        rerun_helps=not _is_denied(error),
    )


def _is_denied(error: OSError) -> bool:
    # On Windows EACCES may only mean that another program has the file open.
    return error.errno in _DENIED and not hasattr(error, "winerror")


def _in_the_way(path: str, error: OSError) -> str:
    """Return `: NAME` for an existing `PATH.*` that the disk refuses, such as the part."""
    name = error.filename2 or error.filename  # a rename fails because of its target
    # If no such file exists it is the folder that is refused.
    is_beside = isinstance(name, str) and name.startswith(f"{path}.") and os.path.lexists(name)
    return f": {name}" if is_beside and error.errno in _DENIED | {errno.EISDIR} else ""


def disk_reason(error: OSError) -> str:
    """Return what an error of the disk means."""
    return _describe(error)[0]


def disk_hint(error: OSError, elsewhere: str) -> str:
    """Return what to do about an error of the disk, if known, with a file that is not a result.

    Args:
        error: What the disk answered.
        elsewhere: How the user chooses another place for this file, as -d and -o do not.
    """
    _, remedy, of_result = _describe(error)
    return _either(remedy, elsewhere if of_result else "")


def _either(remedy: str, elsewhere: str) -> str:
    return ", or ".join(filter(None, (remedy, elsewhere)))


def _describe(error: OSError) -> tuple[str, str, str]:
    """Return what an error of the disk means for a result, a remedy, and how to go elsewhere."""
    return _MESSAGES.get(error.errno or 0, (system_reason(error), "", ""))


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
    """Return True for an error caused by too many open files or sockets (EMFILE, ENFILE)."""
    # httpx and the resolver wrap the error of the system.
    found = (cause.errno for cause in causes(error) if isinstance(cause, OSError))
    return not NO_DESCRIPTORS.isdisjoint(found)


def no_temporary_file(path: str, error: OSError) -> SaveError:
    """Return the error of `-o -` when no temporary file can be created."""
    elsewhere = "set TMPDIR to a writable folder"
    return SaveError(
        f"could not save {path}: cannot create a temporary file: {disk_reason(error)}",
        hint=disk_hint(error, elsewhere) or elsewhere,
    )


def temporary_file_error(path: str, folder: str, error: OSError) -> SaveError:
    """Return the error of `-o -` when its temporary file cannot be written.

    Args:
        path: The result.
        folder: Where the temporary file is.
        error: What the disk answered.
    """
    if error.errno in NO_ROOM:
        reason, hint = f"the disk of {folder} is full", FREE_TEMPORARY_SPACE
    else:
        reason = disk_reason(error)
        hint = disk_hint(error, "set TMPDIR to a folder on another disk")
    return SaveError(f"could not save {path}: {reason}", hint=hint)


def unwritable_name(path: str) -> SaveError:
    """Return the error of a path that the locale's encoding cannot represent."""
    return SaveError(
        f"could not save {path}: file names in this locale cannot contain some of these characters",
        hint="set LC_ALL=C.UTF-8, or choose another name with -o",
    )
