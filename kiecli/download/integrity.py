"""Whether the bytes that are here are the file that was due."""

from enum import Enum
from typing import BinaryIO

from kiecli.download.retry import NotThere, Setback
from kiecli.files import media_types


class Condition(Enum):
    """What the bytes of a file tell about it."""

    WHOLE = "whole"
    BROKEN = "broken"
    UNCLEAR = "unclear"  # of a type that cannot be judged by its bytes


def missing(
    head: bytes, size: int, *, due: str | None, content_type: str | None
) -> NotThere | None:
    """Return what came instead of the file, told by size and first bytes, or None.

    Args:
        head: Its first bytes.
        size: Its bytes.
        due: The extension that the URL promises, or None.
        content_type: The type that the host gave, or None.
    """
    if size == 0:
        return NotThere("the host sent an empty file")
    return replaced(head, size, due=due, content_type=content_type)


def replaced(
    head: bytes, size: int, *, due: str | None, content_type: str | None
) -> NotThere | None:
    """Return what came instead of the file, told by its first bytes alone, or None."""
    found = media_types.impostor(head, size, due=due, content_type=content_type)
    return None if found is None else NotThere(f"the host sent {found} instead of the file")


def damage(file: BinaryIO, size: int) -> Setback | None:
    """Return what its own bytes tell is missing of a file whose length nobody told, or None."""
    cut = media_types.cut_off(file, size)
    return None if cut is None else Setback(f"it came damaged: {cut}")


def condition(file: BinaryIO, size: int, due: str | None) -> Condition:
    """Return what the bytes of a file that was found on the disk tell about it."""
    head = file.read(media_types.HEAD_SIZE)
    if missing(head, size, due=due, content_type=None) or damage(file, size):
        return Condition.BROKEN
    return Condition.WHOLE if media_types.tells_its_end(head) else Condition.UNCLEAR
