"""Whether the bytes that are here are the file that was due."""

from typing import BinaryIO, NamedTuple

from kiecli import media
from kiecli.download.existing import Condition

# Types whose own bytes tell where they end, so that a whole one is known to be whole.
_TELLING = frozenset({"png", "jpg", "webp", "wav", "mp4", "mov", "m4a", "3gp", "json"})


class Flaw(NamedTuple):
    """Why these bytes are not the file."""

    reason: str
    stranger: bool
    """Whether something else came in its place, and not a damaged copy of it."""


def flaw(head: bytes, size: int, *, due: str | None, content_type: str | None) -> Flaw | None:
    """Return what size and first bytes tell against a file, or None.

    Args:
        head: Its first bytes.
        size: Its bytes.
        due: The extension that the URL promises, or None.
        content_type: The type that the host gave, or None.
    """
    if size == 0:
        return Flaw("the host sent an empty file", stranger=True)
    stranger = stranger_in(head, size, due, content_type)
    return None if stranger is None else Flaw(stranger, stranger=True)


def damage(file: BinaryIO, size: int) -> Flaw | None:
    """Return what its own bytes tell is missing of a file whose length nobody told, or None."""
    cut = media.cut_off(file, size)
    return None if cut is None else Flaw(f"it came damaged: {cut}", stranger=False)


def stranger_in(head: bytes, size: int, due: str | None, content_type: str | None) -> str | None:
    """Return what came in place of the file, judged by its first bytes, or None."""
    found = media.impostor(head, size, due=due, content_type=content_type)
    return None if found is None else f"the host sent {found} instead of the file"


def condition(file: BinaryIO, size: int, due: str | None) -> Condition:
    """Return what the bytes of a file that was found on the disk tell about it."""
    head = file.read(media.HEAD_SIZE)
    if flaw(head, size, due=due, content_type=None) or damage(file, size):
        return Condition.BROKEN
    return Condition.WHOLE if media.sniff(head) in _TELLING else Condition.UNCLEAR
