"""Whether an existing file is complete, judged by its own bytes alone."""

from enum import Enum
from typing import BinaryIO

from kiecli.download.response import wrong_content
from kiecli.files.media_types import HEAD_SIZE
from kiecli.files.truncation import is_self_delimiting, truncation_of


class Integrity(Enum):
    """Whether a file is complete, as far as its bytes tell."""

    COMPLETE = "all of its format is there"
    CORRUPT = "it is cut off, or no such file at all"
    UNKNOWN = "its format does not tell"


def check_integrity(file: BinaryIO, size: int, expected_extension: str | None) -> Integrity:
    """Return whether a file is complete, as far as its bytes tell.

    Args:
        file: Seekable; its position is moved.
        size: Its length in bytes.
        expected_extension: The extension of the result that it would be, or None.
    """
    head = file.read(HEAD_SIZE)
    # A host's error page that an older tool saved under the name is not the file either.
    if wrong_content(head, size, expected_extension=expected_extension, content_type=None):
        return Integrity.CORRUPT
    if truncation_of(file, size, expected_extension):
        return Integrity.CORRUPT
    # MP3 and plain text, for two, can be cut anywhere and look whole.
    return Integrity.COMPLETE if is_self_delimiting(head) else Integrity.UNKNOWN
