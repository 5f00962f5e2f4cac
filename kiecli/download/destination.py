"""A target's place on the disk: what stands there, and whether that may stay."""

import os
import stat
from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from kiecli.download.integrity import Condition, condition
from kiecli.download.plan import SaveOptions, Target
from kiecli.errors import SaveError
from kiecli.files.template import extension_for, siblings, split_url_name


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


class Kept(NamedTuple):
    """A file that is there already and complete."""

    path: str
    size: int


class Place:
    """Where one target goes.

    Attributes:
        part: The path of its part file.
    """

    def __init__(self, target: Target, options: SaveOptions) -> None:
        """Look at nothing yet."""
        self._target = target
        self._options = options
        self.part = f"{target.path}.part"

    def look(self) -> dict[str, Existing]:
        """Return what stands under the names that the target has or may get.

        Raises:
            OSError: Nobody may look.
        """
        return {path: look(path) for path in self._names()}

    def settle(self, found: dict[str, Existing], ask: Callable[[str], int | None]) -> Kept | None:
        """Return the file that needs no fetching, or None.

        Args:
            found: What `look` returned.
            ask: Returns the length of the file as its host tells, or None; it is given the path
                of the file that is to be compared.

        Raises:
            SaveError: Something is in the way that must not be replaced.
            OSError: It cannot be read.
        """
        for path, existing in found.items():
            told: int | None = UNASKED
            bytes_tell = self._condition(path, existing)
            decision = self._decision(existing, bytes_tell, told)
            if decision is Decision.ASK:
                told = ask(path)
                decision = self._decision(existing, bytes_tell, told)
            if decision is Decision.KEEP:
                return Kept(path, existing.size)
            if decision is Decision.REFUSE and self._target.path_known:
                raise _in_the_way(path, existing, told)
        return None

    def final(self, content_type: str | None, head: Callable[[], bytes]) -> str:
        """Return the path that the complete file gets.

        Args:
            content_type: The type that the host gave, or None.
            head: Returns its first bytes; asked where the path is not known yet.

        Raises:
            SaveError: Only now is the name known, and another file has it.
        """
        if self._target.path_known:
            return self._target.path
        values = {**self._target.values, "ext": extension_for(content_type, head())}
        path = self._options.path(self._options.template.fill(values))
        existing = look(path)
        # It was not kept, so it is none that could be.
        if self._decision(existing, Condition.BROKEN, None) is Decision.REFUSE:
            raise _in_the_way(path, existing, UNASKED)
        return path

    def _names(self) -> list[str]:
        path = self._target.path
        if self._target.path_known:
            return [path]
        folder, stem = os.path.split(path)
        try:
            names = os.listdir(folder or ".")
        except FileNotFoundError:
            return []
        return [os.path.join(folder, name) for name in siblings(stem, names)]

    def _decision(self, existing: Existing, bytes_tell: Condition, told: int | None) -> Decision:
        counts, overwrite = self._target.counts, self._options.overwrite
        return decide(existing, bytes_tell, counts=counts, overwrite=overwrite, length=told)

    def _condition(self, path: str, existing: Existing) -> Condition:
        if existing.kind is not Kind.FILE:
            return Condition.UNCLEAR
        with open(path, "rb") as file:
            return condition(file, existing.size, self._target.due or split_url_name(path)[1])


def _in_the_way(path: str, existing: Existing, told: int | None) -> SaveError:
    hint = "-o gives another name"
    if existing.kind in (Kind.FOLDER, Kind.OTHER):
        words = f"{existing.kind.value} is there"
    else:
        words = "another file is there"
        hint = f"--overwrite replaces it, {hint}"
        if told is None:
            words = "a file is there, and its host does not tell whether it is the same"
    return SaveError(f"could not save {path}: {words}", hint=hint)
