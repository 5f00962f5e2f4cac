"""A target's place on the disk: what stands there, and whether that may stay."""

import os
import stat
from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from kiecli.download.integrity import Integrity, condition
from kiecli.download.plan import SaveOptions, Target
from kiecli.errors import SaveError
from kiecli.files.template import candidates, extension_for, split_url_name


class FileType(Enum):
    """What stands there."""

    NOTHING = "nothing"
    FILE = "a file"
    LINK = "a symbolic link"
    FOLDER = "a folder"
    OTHER = "something that is no file and no folder"


class FileState(NamedTuple):
    """What was found under a name."""

    kind: FileType
    size: int = 0
    identity: tuple[int, ...] = ()
    """Differs when it is another one, or was changed."""


class Decision(Enum):
    """What is to be done."""

    FETCH = "fetch it, and replace what is there"
    KEEP = "keep it"
    PROBE = "ask the host how long the file is"
    REFUSE = "leave it untouched"


NOT_PROBED = -1
"""A length that nobody has asked for."""


def inspect(path: str) -> FileState:
    """Return what stands there; a link is not followed.

    Raises:
        OSError: Nobody may look.
    """
    try:
        info = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return FileState(FileType.NOTHING)
    identity = (info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns)
    return FileState(_kind(info.st_mode), info.st_size, identity)


def _kind(mode: int) -> FileType:
    kinds = {
        stat.S_IFREG: FileType.FILE,
        stat.S_IFLNK: FileType.LINK,
        stat.S_IFDIR: FileType.FOLDER,
    }
    return kinds.get(stat.S_IFMT(mode), FileType.OTHER)


def decide(
    existing: FileState,
    condition: Integrity,
    *,
    name_is_unique: bool,
    overwrite: bool,
    length: int | None = NOT_PROBED,
) -> Decision:
    """Return what to do.

    Args:
        existing: What stands under the name.
        condition: What its bytes tell, for a file.
        name_is_unique: Whether a file of that name can only be this result.
        overwrite: Whether the user wants it fetched anew.
        length: Bytes of the file as the host tells, None when it does not, or UNASKED.
    """
    if existing.kind is FileType.NOTHING:
        return Decision.FETCH
    if existing.kind in (FileType.FOLDER, FileType.OTHER):
        return Decision.REFUSE
    if overwrite:
        return Decision.FETCH
    if existing.kind is FileType.LINK:
        return Decision.FETCH if name_is_unique else Decision.REFUSE
    if name_is_unique:
        return _ours(existing, condition, length)
    return _strange(existing, condition, length)


def _ours(existing: FileState, condition: Integrity, length: int | None) -> Decision:
    if condition is not Integrity.UNKNOWN:
        return Decision.KEEP if condition is Integrity.COMPLETE else Decision.FETCH
    if length == NOT_PROBED:
        return Decision.PROBE
    return Decision.KEEP if length in (None, existing.size) else Decision.FETCH


def _strange(existing: FileState, condition: Integrity, length: int | None) -> Decision:
    if length == NOT_PROBED:
        return Decision.PROBE
    if length != existing.size:
        return Decision.REFUSE
    return Decision.FETCH if condition is Integrity.CORRUPT else Decision.KEEP


class CompleteFile(NamedTuple):
    """A file that is there already and complete."""

    path: str
    size: int


class Destination:
    """Where one target goes.

    Attributes:
        part: The path of its part file.
    """

    def __init__(self, target: Target, options: SaveOptions) -> None:
        """Look at nothing yet."""
        self._target = target
        self._options = options
        self.part = f"{target.path}.part"

    def inspect(self) -> dict[str, FileState]:
        """Return what stands under the names that the target has or may get.

        Raises:
            OSError: Nobody may look.
        """
        return {path: inspect(path) for path in self._names()}

    def find_existing(
        self, found: dict[str, FileState], ask: Callable[[str], int | None]
    ) -> CompleteFile | None:
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
            told: int | None = NOT_PROBED
            bytes_tell = self._condition(path, existing)
            decision = self._decision(existing, bytes_tell, told)
            if decision is Decision.PROBE:
                told = ask(path)
                decision = self._decision(existing, bytes_tell, told)
            if decision is Decision.KEEP:
                return CompleteFile(path, existing.size)
            if decision is Decision.REFUSE and self._target.path_known:
                raise _in_the_way(path, existing, told)
        return None

    def final_path(self, content_type: str | None, head: Callable[[], bytes]) -> str:
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
        existing = inspect(path)
        # It was not kept, so it is none that could be.
        if self._decision(existing, Integrity.CORRUPT, None) is Decision.REFUSE:
            raise _in_the_way(path, existing, NOT_PROBED)
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
        return [os.path.join(folder, name) for name in candidates(stem, names)]

    def _decision(self, existing: FileState, bytes_tell: Integrity, told: int | None) -> Decision:
        name_is_unique, overwrite = self._target.name_is_unique, self._options.overwrite
        return decide(
            existing, bytes_tell, name_is_unique=name_is_unique, overwrite=overwrite, length=told
        )

    def _condition(self, path: str, existing: FileState) -> Integrity:
        if existing.kind is not FileType.FILE:
            return Integrity.UNKNOWN
        with open(path, "rb") as file:
            return condition(
                file, existing.size, self._target.expected_extension or split_url_name(path)[1]
            )


def _in_the_way(path: str, existing: FileState, told: int | None) -> SaveError:
    hint = "choose another name with -o"
    if existing.kind in (FileType.FOLDER, FileType.OTHER):
        words = f"{existing.kind.value} with this name exists"
    else:
        words = "a different file with this name exists"
        hint = f"replace it with --overwrite, or {hint}"
        if told is None:
            words = (
                "a file with this name exists, and its host does not tell whether it is the same"
            )
    return SaveError(f"could not save {path}: {words}", hint=hint)
