"""Whether the bytes that are here are the file that was due."""

from enum import Enum
from typing import BinaryIO

from kiecli.download.failures import FileMissing, TransientError
from kiecli.files import content_check, media_types, truncation


class Integrity(Enum):
    """What the bytes of a file tell about it."""

    COMPLETE = "whole"
    CORRUPT = "broken"
    UNKNOWN = "unclear"  # of a type that cannot be judged by its bytes


def check_not_empty(
    head: bytes, size: int, *, expected_extension: str | None, content_type: str | None
) -> FileMissing | None:
    """Return what came instead of the file, told by size and first bytes, or None.

    Args:
        head: Its first bytes.
        size: Its bytes.
        expected_extension: The extension that the URL promises, or None.
        content_type: The type that the host gave, or None.
    """
    if size == 0:
        return FileMissing("the host sent an empty file")
    return check_type(head, size, expected_extension=expected_extension, content_type=content_type)


def check_type(
    head: bytes, size: int, *, expected_extension: str | None, content_type: str | None
) -> FileMissing | None:
    """Return what came instead of the file, told by its first bytes alone, or None."""
    found = content_check.wrong_content(
        head, size, expected_extension=expected_extension, content_type=content_type
    )
    return None if found is None else FileMissing(f"the host sent {found} instead of the file")


def check_complete(
    file: BinaryIO, size: int, expected_extension: str | None
) -> TransientError | None:
    """Return what is missing of a file whose length nobody declared, by its own bytes, or None."""
    cut = truncation.truncation_of(file, size, expected_extension)
    return None if cut is None else TransientError(f"the file is damaged: {cut}")


def condition(file: BinaryIO, size: int, expected_extension: str | None) -> Integrity:
    """Return what the bytes of a file that was found on the disk tell about it."""
    head = file.read(media_types.HEAD_SIZE)
    if check_not_empty(
        head, size, expected_extension=expected_extension, content_type=None
    ) or check_complete(file, size, expected_extension):
        return Integrity.CORRUPT
    return Integrity.COMPLETE if truncation.is_self_delimiting(head) else Integrity.UNKNOWN
