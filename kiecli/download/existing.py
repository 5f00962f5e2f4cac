"""What to do about something that stands under a target's name already."""

import os
import stat
from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """What stands there."""

    NOTHING = "nothing"
    FILE = "a file"
    LINK = "a symbolic link"
    FOLDER = "a folder"
    OTHER = "neither a file nor a folder"


class Existing(NamedTuple):
    """What was found under a name."""

    kind: Kind
    size: int = 0
    stamp: tuple[int, ...] = ()
    """Differs when it is another one, or was changed."""


class Condition(Enum):
    """What the bytes of a file tell about it."""

    WHOLE = "whole"
    BROKEN = "broken"
    UNCLEAR = "unclear"  # of a type that cannot be judged by its bytes


class Decision(Enum):
    """What is to be done."""

    FETCH = "fetch it, and replace what is there"
    KEEP = "keep it"
    ASK = "ask the host how long the file is"
    REFUSE = "leave it untouched"


UNASKED = -1
"""A length that nobody has asked for."""


def look(path: str) -> Existing:
    """Return what stands there; a link is not followed.

    Raises:
        OSError: Nobody may look.
    """
    try:
        info = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return Existing(Kind.NOTHING)
    stamp = (info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns)
    return Existing(_kind(info.st_mode), info.st_size, stamp)


def _kind(mode: int) -> Kind:
    kinds = {stat.S_IFREG: Kind.FILE, stat.S_IFLNK: Kind.LINK, stat.S_IFDIR: Kind.FOLDER}
    return kinds.get(stat.S_IFMT(mode), Kind.OTHER)


def decide(
    existing: Existing,
    condition: Condition,
    *,
    counts: bool,
    overwrite: bool,
    length: int | None = UNASKED,
) -> Decision:
    """Return what to do.

    Args:
        existing: What stands under the name.
        condition: What its bytes tell, for a file.
        counts: Whether a file of that name can only be this result.
        overwrite: Whether the user wants it fetched anew.
        length: Bytes of the file as the host tells, None when it does not, or UNASKED.
    """
    if existing.kind is Kind.NOTHING:
        return Decision.FETCH
    if existing.kind in (Kind.FOLDER, Kind.OTHER):
        return Decision.REFUSE
    if overwrite:
        return Decision.FETCH
    if existing.kind is Kind.LINK:
        return Decision.FETCH if counts else Decision.REFUSE
    if counts:
        return _ours(existing, condition, length)
    return _strange(existing, condition, length)


def _ours(existing: Existing, condition: Condition, length: int | None) -> Decision:
    if condition is not Condition.UNCLEAR:
        return Decision.KEEP if condition is Condition.WHOLE else Decision.FETCH
    if length == UNASKED:
        return Decision.ASK
    return Decision.KEEP if length in (None, existing.size) else Decision.FETCH


def _strange(existing: Existing, condition: Condition, length: int | None) -> Decision:
    if length == UNASKED:
        return Decision.ASK
    if length != existing.size:
        return Decision.REFUSE
    return Decision.FETCH if condition is Condition.BROKEN else Decision.KEEP
