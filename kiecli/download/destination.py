"""A target's place on the disk: the file that may stay there, and the name of one that comes."""

from collections.abc import Callable
from typing import NamedTuple

from kiecli.download import metadata
from kiecli.download.existing import (
    Comparison,
    Decision,
    FileState,
    FileType,
    compare,
    decide,
    inspect,
)
from kiecli.download.host_probe import TAIL_SIZE, HostFile
from kiecli.download.inline_result import as_file
from kiecli.download.integrity import Integrity, condition
from kiecli.download.listing import FolderListings
from kiecli.download.plan import SaveOptions, Target
from kiecli.errors import NameTaken
from kiecli.files.content_check import is_text
from kiecli.files.media_types import HEAD_SIZE, extension_of_type, signature
from kiecli.files.template import extension_for, split_extension

Probe = Callable[[int], HostFile | None]
"""Asks the host of the target for the bytes from an offset on."""


class CompleteFile(NamedTuple):
    """A file that is there already and complete."""

    path: str
    size: int


class _Examined(NamedTuple):
    """What stands under a path, as far as it and its metadata tell."""

    path: str
    state: FileState
    integrity: Integrity = Integrity.UNKNOWN
    is_media: bool = False
    """Whether its first bytes are those of a known binary format."""
    is_text: bool = False
    is_proved: bool = False
    """Whether its metadata says that it is the target, and whole."""


class Destination:
    """Where one target goes.

    Attributes:
        part: The path of its part file.
        undecided: The path of a file of which only the whole body can tell whether it is the
            target, or None.
    """

    def __init__(self, target: Target, options: SaveOptions, listings: FolderListings) -> None:
        """Look at nothing yet."""
        self._target = target
        self._options = options
        self._listings = listings
        self.part = f"{target.path}.part"
        self.undecided: str | None = None

    def inspect(self, *, fresh: bool = False) -> dict[str, FileState]:
        """Return what stands under the paths that the target has or may get.

        Args:
            fresh: Another process may have saved files since folders were listed.

        Raises:
            OSError: The disk does not say.
        """
        target = self._target
        paths = [target.path]
        if not target.path_known:
            paths = self._listings.candidates(target.path, fresh=fresh)
        return {path: inspect(path) for path in paths}

    def find_existing(self, found: dict[str, FileState], probe: Probe) -> CompleteFile | None:
        """Return the file that needs no fetching, or None.

        Args:
            found: What `inspect` returned.
            probe: Asks the host; called where neither name nor metadata nor bytes decide.

        Raises:
            SaveError: Something is in the way that must not be replaced.
            OSError: It cannot be read.
        """
        for path, state in found.items():
            file = self._examine(path, state)
            decision = self._decide(file, Comparison.NOT_PROBED)
            if decision is Decision.PROBE:
                decision = self._decide(file, self._compare(file, probe))
            match decision:
                case Decision.KEEP:
                    return CompleteFile(path, state.size)
                case Decision.REFUSE if self._target.path_known:
                    raise in_the_way(path, state)
                case Decision.COMPARE:
                    self.undecided = path
        return None

    def may_replace(self, path: str) -> bool:
        """Whether a file that stands there may give way to the complete target.

        It may where it can only be this result: by its name, or by its metadata.
        """
        if self._options.overwrite or self._target.name_is_unique:
            return True
        return metadata.proves(path, inspect(path).size, self._target)

    def final_path(self, content_type: str | None, head: Callable[[], bytes]) -> str:
        """Return the path that the complete file gets.

        Args:
            content_type: The type that the host gave, or None.
            head: Returns its first bytes; called where the path is not known yet.
        """
        if self._target.path_known:
            return self._target.path
        values = {**self._target.values, "ext": extension_for(content_type, head())}
        return self._options.path(self._options.template.fill(values))

    def _examine(self, path: str, state: FileState) -> _Examined:
        if state.kind is not FileType.FILE:
            return _Examined(path, state)
        is_proved = metadata.proves(path, state.size, self._target)
        with open(path, "rb") as file:
            head = file.read(HEAD_SIZE)
            file.seek(0)
            extension = self._target.expected_extension or split_extension(path)[1]
            integrity = condition(file, state.size, extension)
        if is_proved and integrity is Integrity.UNKNOWN:
            integrity = Integrity.COMPLETE  # the length in the metadata says so
        is_media = signature(head) is not None
        return _Examined(path, state, integrity, is_media, is_text(head), is_proved)

    def _decide(self, file: _Examined, comparison: Comparison) -> Decision:
        # Where the extension is not known, a caption or a note beside could have the name, too.
        by_name = self._target.name_is_unique and (self._target.path_known or file.is_media)
        return decide(
            file.state,
            file.integrity,
            counts=by_name or file.is_proved,
            overwrite=self._options.overwrite,
            comparison=comparison,
        )

    def _compare(self, file: _Examined, probe: Probe) -> Comparison:
        """Compare a file with the one that the host has, or with the text that is due."""
        if self._target.url is None:
            expected = as_file(self._target.inline_result)
            host: HostFile | None = HostFile(len(expected), None, expected)
            return compare(file.state.size, _bytes_from(file.path, 0, len(expected) + 1), host)
        offset = max(0, file.state.size - TAIL_SIZE)
        host = probe(offset)
        tail = b"" if host is None else _bytes_from(file.path, offset, TAIL_SIZE)
        comparison = compare(file.state.size, tail, host)
        if host is None or self._target.path_known or comparison is Comparison.DIFFERENT:
            return comparison
        return self._compare_type(file, host, comparison)

    def _compare_type(self, file: _Examined, host: HostFile, comparison: Comparison) -> Comparison:
        """Compare a file whose extension only the host could tell."""
        extension = extension_of_type(host.content_type)
        if file.is_text and extension not in _TEXTS and not _says_text(host.content_type):
            return Comparison.DIFFERENT  # text never counts for media
        agrees = host.length is not None or extension == split_extension(file.path)[1]
        if self._target.name_is_unique and (agrees or file.is_text):
            return Comparison.SAME
        return comparison


# Formats of text whose types do not begin with `text/`.
_TEXTS = frozenset({"json", "svg", "srt", "gltf", "obj", "stl", "txt", "vtt"})


def _says_text(content_type: str | None) -> bool:
    return (content_type or "").startswith("text/")


def _bytes_from(path: str, offset: int, size: int) -> bytes:
    with open(path, "rb") as file:
        file.seek(offset)
        return file.read(size)


def in_the_way(path: str, state: FileState) -> NameTaken:
    """Return the error of a path whose file or folder must stay."""
    if state.kind in (FileType.FOLDER, FileType.OTHER):
        return NameTaken(
            f"could not save {path}: {state.kind.value} with this name exists",
            hint="choose another name with -o",
        )
    return NameTaken(
        f"could not save {path}: a different file with this name exists",
        hint="replace it with --overwrite, or choose another name with -o",
    )
