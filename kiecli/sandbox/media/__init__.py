"""The small media files that the sandbox delivers: real ones, which players open."""

from functools import cache
from pathlib import Path

_TYPES = {
    ".jpg": "image/jpeg",
    ".mp4": "video/mp4",
    ".png": "image/png",
    ".wav": "audio/wav",
}


@cache
def body(name: str) -> bytes:
    """Return the bytes of one of the files beside this module."""
    return Path(__file__).with_name(name).read_bytes()


def content_type(name: str) -> str:
    """Return the Content-Type that a file of that name is delivered with."""
    return _TYPES[Path(name).suffix]
