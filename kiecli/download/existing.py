"""Whether a file that exists at a target's path is kept, compared, replaced or an error."""

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from kiecli.download import metadata
from kiecli.download.destination import FileState, FileType, in_the_way, inspect
from kiecli.download.disk_errors import unreadable
from kiecli.download.host_probe import TAIL_SIZE, HostFile
from kiecli.download.inline_result import as_file
from kiecli.download.integrity import Integrity, check_integrity
from kiecli.download.plan import Target
from kiecli.download.response import is_text
from kiecli.files.media_types import HEAD_SIZE, extension_of_type, signature
from kiecli.files.template import split_extension

Probe = Callable[[int], HostFile | None]
"""Asks the host of the target for the bytes from an offset on."""


class CompleteFile(NamedTuple):
    """A file that is there already and complete."""

    path: str
    size: int


class UndecidedFile(NamedTuple):
    """An existing file that has to be compared with the whole body, byte by byte."""

    path: str


class _Examined(NamedTuple):
    """What is known of an existing path without asking the host."""

    path: str
    state: FileState
    integrity: Integrity = Integrity.UNKNOWN
    is_media: bool = False
    """Whether its first bytes are those of a known binary format."""
    is_text: bool = False
    is_proved: bool = False
    """Whether its metadata says that it is the target, and whole."""


class Comparison(Enum):
    """How an existing file compares with the host's file."""

    NOT_PROBED = "no request was sent to the host"
    SAME = "the same length, and the same bytes at the end"
    DIFFERENT = "another file"
    UNDECIDED = "the host did not answer, or not with enough"


def compare(size: int, tail: bytes, host: HostFile | None) -> Comparison:
    """Compare an existing file with what the host answered about its own.

    Args:
        size: Bytes of the file on the disk.
        tail: Its last bytes, as many as were requested from the host.
        host: The host's answer, or None.
    """
    if host is None:
        return Comparison.UNDECIDED
    # Equal length alone proves nothing: two takes of a song may be equally long.
    if host.length not in (None, size):
        return Comparison.DIFFERENT
    if host.tail is None:
        return Comparison.UNDECIDED
    return Comparison.SAME if host.tail == tail else Comparison.DIFFERENT


class Decision(Enum):
    """What to do about something that exists at a target's path."""

    FETCH = "fetch the file, and replace what is there"
    KEEP = "keep it"
    PROBE = "ask the host about it"
    COMPARE = "fetch the file, and compare what is there byte by byte"
    REFUSE = "leave it untouched, and save nothing"


def decide(
    existing: FileState,
    integrity: Integrity,
    *,
    is_ours: bool,
    overwrite: bool,
    comparison: Comparison = Comparison.NOT_PROBED,
) -> Decision:
    """Return what to do about something that exists at a target's path.

    Args:
        existing: What exists there.
        integrity: Whether it is complete by its own bytes, if it is a file.
        is_ours: Whether it can only be this result: by its name, or by its metadata.
        overwrite: Whether the user wants it fetched anew.
        comparison: How it compares with what the host has.
    """
    match existing.kind:
        case FileType.FOLDER | FileType.OTHER:
            return Decision.REFUSE
        case _ if overwrite:
            return Decision.FETCH
        case FileType.LINK:  # it leads to no file: one that does counts as that file
            return Decision.FETCH if is_ours else Decision.REFUSE
        case _ if is_ours:  # a file
            return _decide_ours(integrity, comparison)
        case _:
            return _decide_unproved(integrity, comparison)


def _decide_ours(integrity: Integrity, comparison: Comparison) -> Decision:
    # Its own bytes are cheaper than a request, and true when the host is gone.
    if integrity is not Integrity.UNKNOWN:
        return Decision.KEEP if integrity is Integrity.COMPLETE else Decision.FETCH
    if comparison is Comparison.NOT_PROBED:
        return Decision.PROBE
    # A host that does not answer says nothing against a file that has the result's own name.
    return Decision.FETCH if comparison is Comparison.DIFFERENT else Decision.KEEP


def _decide_unproved(integrity: Integrity, comparison: Comparison) -> Decision:
    match comparison:
        case Comparison.NOT_PROBED:
            return Decision.PROBE
        case Comparison.DIFFERENT:
            return Decision.REFUSE
        case Comparison.SAME if integrity is not Integrity.CORRUPT:
            return Decision.KEEP
        case _:  # too little is known to keep it or to refuse it: all bytes decide
            return Decision.COMPARE


def find_existing(
    target: Target, found: dict[str, FileState], probe: Probe, *, overwrite: bool
) -> CompleteFile | UndecidedFile | None:
    """Return the file that is kept, the one that has to be compared, or None to fetch the target.

    Args:
        target: The result.
        found: What exists at its possible paths.
        probe: Asks the host; called where neither name nor metadata nor bytes decide.
        overwrite: Whether the user wants it fetched anew.

    Raises:
        SaveError: Something is in the way that must not be replaced.
        OSError: It cannot be read.
    """
    undecided = None
    for path, state in found.items():
        file = _Examined(path, state) if overwrite else _readable(target, path, state)
        decision = _decide(target, file, Comparison.NOT_PROBED, overwrite=overwrite)
        if decision is Decision.PROBE:
            comparison = _compare(target, file, probe)
            decision = _decide(target, file, comparison, overwrite=overwrite)
        match decision:
            case Decision.KEEP:
                return CompleteFile(path, state.size)
            case Decision.REFUSE if target.path_known:
                raise in_the_way(path, state)
            case Decision.COMPARE:
                undecided = UndecidedFile(path)
    return undecided


def _readable(target: Target, path: str, state: FileState) -> _Examined:
    try:
        return _examine(target, path, state)
    except PermissionError as error:
        raise unreadable(path, error) from error


def _examine(target: Target, path: str, state: FileState) -> _Examined:
    if state.kind is not FileType.FILE:
        return _Examined(path, state)
    is_proved = metadata.proves(path, state.size, target)
    with open(path, "rb") as file:
        head = file.read(HEAD_SIZE)
        file.seek(0)
        extension = target.expected_extension or split_extension(path)[1]
        integrity = check_integrity(file, state.size, extension)
    if is_proved and integrity is Integrity.UNKNOWN:
        integrity = Integrity.COMPLETE  # the length in the metadata says so
    is_media = signature(head) is not None
    return _Examined(path, state, integrity, is_media, is_text(head), is_proved)


def _decide(
    target: Target, file: _Examined, comparison: Comparison, *, overwrite: bool
) -> Decision:
    # With an unknown extension, a text file of the user's may match by its stem: media only.
    by_name = target.name_is_unique and (target.path_known or file.is_media)
    return decide(
        file.state,
        file.integrity,
        is_ours=by_name or file.is_proved,
        overwrite=overwrite,
        comparison=comparison,
    )


def _compare(target: Target, file: _Examined, probe: Probe) -> Comparison:
    """Compare a file with the host's, or with the inline result that it would hold."""
    if target.url is None:
        expected = as_file(target.inline_result)
        host: HostFile | None = HostFile(len(expected), None, expected)
        return compare(file.state.size, _bytes_from(file.path, 0, len(expected) + 1), host)
    offset = max(0, file.state.size - TAIL_SIZE)
    host = probe(offset)
    tail = b"" if host is None else _bytes_from(file.path, offset, TAIL_SIZE)
    comparison = compare(file.state.size, tail, host)
    if host is None or target.path_known or comparison is Comparison.DIFFERENT:
        return comparison
    return _compare_type(target, file, host, comparison)


def _compare_type(
    target: Target, file: _Examined, host: HostFile, comparison: Comparison
) -> Comparison:
    """Refine a comparison by the host's Content-Type, for a target with an unknown extension."""
    extension = extension_of_type(host.content_type)
    if file.is_text and extension not in _TEXTS and not _says_text(host.content_type):
        return Comparison.DIFFERENT  # a text file is never an image, video or audio result
    agrees = host.length is not None or extension == split_extension(file.path)[1]
    if target.name_is_unique and (agrees or file.is_text):
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


def is_proved(target: Target, path: str) -> bool:
    """Whether the metadata beside a file at a path says that it is the target."""
    state = inspect(path)
    return metadata.proves(path, state.size if state else 0, target)
