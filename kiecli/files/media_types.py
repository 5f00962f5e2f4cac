"""What format a file has, by its Content-Type and by its first bytes."""

import re
from typing import Any

from kiecli import safe_json

HEAD_SIZE = 16 * 1024
"""Bytes at the start of a file that are enough for all functions here."""

EXTENSIONS_BY_TYPE = {
    "image/png": "png",
    "image/apng": "png",
    "image/jpeg": "jpg",
    "image/jpg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/avif": "avif",
    "image/heic": "heic",
    "image/bmp": "bmp",
    "image/tiff": "tiff",
    "image/svg+xml": "svg",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "video/x-matroska": "mkv",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/wav": "wav",
    "audio/wave": "wav",
    "audio/x-wav": "wav",
    "audio/vnd.wave": "wav",
    "audio/mp4": "m4a",
    "audio/m4a": "m4a",
    "audio/x-m4a": "m4a",
    "audio/ogg": "ogg",
    "audio/opus": "opus",
    "audio/webm": "webm",
    "audio/flac": "flac",
    "audio/x-flac": "flac",
    "audio/aac": "aac",
    "application/json": "json",
    "application/pdf": "pdf",
    "application/zip": "zip",
    "text/plain": "txt",
    "text/vtt": "vtt",
    "application/x-subrip": "srt",
    "model/gltf-binary": "glb",
    "model/gltf+json": "gltf",
    "model/obj": "obj",
    "model/stl": "stl",
    "audio/mpegurl": "m3u8",
    "audio/x-mpegurl": "m3u8",
    "application/vnd.apple.mpegurl": "m3u8",
}

# The first that matches the start of a file wins; a dot is any byte. Not compiled at import: most
# commands fetch no file.
_SIGNATURES = (
    (rb"\x89PNG\r\n\x1a\n", "png"),
    (rb"\xff\xd8\xff", "jpg"),
    (rb"GIF8[79]a", "gif"),
    (rb"RIFF....WEBP", "webp"),
    (rb"(RIFF|RF64)....WAVE", "wav"),
    (rb"RIFF....AVI ", "avi"),
    # https://mp4ra.org/registered-types/brands; each brand is four letters.
    (rb"\0...ftypavi[fs]", "avif"),
    (rb"\0...ftyp(mif1|msf1)....(....){0,15}?avi[fs]", "avif"),
    (rb"\0...ftyp(hei[cmsx]|hev[cmsx]|mif1|msf1)", "heic"),
    (rb"\0...ftypqt  ", "mov"),
    (rb"\0...ftypM4[AB] ", "m4a"),
    (rb"\0...ftyp3g", "3gp"),
    (rb"\0...ftyp", "mp4"),
    (rb"\0...(moov|mdat|wide)", "mov"),
    (rb"\x1aE\xdf\xa3.{0,60}?webm", "webm"),
    (rb"\x1aE\xdf\xa3", "mkv"),
    (rb"OggS.{24}OpusHead", "opus"),
    (rb"OggS", "ogg"),
    (rb"fLaC", "flac"),
    (rb"ID3[\x02-\x04]", "mp3"),
    # Frames: MPEG 1, 2 and 2.5 layer III with a bit rate that exists; ADTS.
    (rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb][\x10-\xef]", "mp3"),
    (rb"\xff[\xf0\xf1\xf8\xf9]", "aac"),
    (rb"II\*\0|MM\0\*", "tiff"),
    (rb"%PDF-", "pdf"),
    (rb"PK\x03\x04", "zip"),
    (rb"glTF", "glb"),
)


def extension_of_type(media_type: str | None) -> str | None:
    """Return the extension that a media type stands for, or None if it stands for none.

    Args:
        media_type: In lower case and without parameters, or None.
    """
    return EXTENSIONS_BY_TYPE.get(media_type or "")


def sniff(head: bytes) -> str | None:
    """Return the extension of the format that the first bytes show, or None."""
    if (extension := signature(head)) is not None:
        return extension
    if first_tag(head).startswith(b"<svg"):
        return "svg"
    return "json" if isinstance(parse_json(head), dict | list) else None


def signature(head: bytes) -> str | None:
    """Return the extension of the known binary format that begins so, or None."""
    matching = (ext for pattern, ext in _SIGNATURES if re.match(pattern, head, re.DOTALL))
    return next(matching, None)


_PROLOG = rb"(?s:\s+|<!--.*?-->|<\?.*?\?>)"


def first_tag(head: bytes) -> bytes:
    """Return the tag behind white space, comments and processing instructions, in lower case.

    Empty where there is none.
    """
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", errors="ignore").encode()
    at = 3 if head.startswith(b"\xef\xbb\xbf") else 0
    if not head[at:].lstrip().startswith(b"<"):  # nearly always, and then no pattern is compiled
        return b""
    prolog = re.compile(_PROLOG)
    while match := prolog.match(head, at):
        at = match.end()
    return head[at : at + 64].lower() if head.startswith(b"<", at) else b""


def parse_json(head: bytes) -> Any:
    """Return the JSON object or list that the first bytes are, or None."""
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        return None
    try:
        return safe_json.parse(head)
    except ValueError:
        return None
