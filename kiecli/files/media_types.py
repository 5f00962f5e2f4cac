"""What a file is, by its type and its bytes, and whether it is what was due and all of it."""

import re
from collections.abc import Callable
from typing import Any, BinaryIO

from kiecli import safe_json
from kiecli.files import truncation

HEAD_SIZE = 16 * 1024
"""How many of the first bytes the functions here want to see, where a file has so many."""

_EXTENSIONS = {
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
}

# The first that matches the start of a file wins; a dot is any byte. They are compiled when the
# first file is judged: a line that fetches none does not pay for it.
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


def extension_of_type(content_type: str | None) -> str | None:
    """Return the extension that a Content-Type tells, or None when it tells nothing of use."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    return _EXTENSIONS.get(kind)


def sniff(head: bytes) -> str | None:
    """Return the extension that the first bytes tell, or None."""
    for signature, extension in _SIGNATURES:
        if re.match(signature, head, re.DOTALL):
            return extension
    if _first_tag(head).startswith(b"<svg"):
        return "svg"
    return "json" if isinstance(_json(head), dict | list) else None


_HTML = re.compile(
    rb"<(!doctype html|html|head|body|title|meta|script|style|h1|center|div|p|pre)(?![\w:.-])"
)
_PROLOG = re.compile(rb"\s+|<!--.*?-->|<\?.*?\?>", re.DOTALL)


def looks_like_html(head: bytes) -> bool:
    """Whether a browser would show it as a page, SVG and other XML excepted."""
    return bool(_HTML.match(_first_tag(head)))


def _first_tag(head: bytes) -> bytes:
    """Return what follows white space, comments and processing instructions, in lower case."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", errors="ignore").encode(errors="ignore")
    at = 3 if head.startswith(b"\xef\xbb\xbf") else 0
    while match := _PROLOG.match(head, at):
        at = match.end()
    return head[at : at + 64].lower()


# What may rightly be JSON, and what may rightly be a page.
_JSON_FILES = frozenset({"json", "gltf", "geojson", "jsonl", "ndjson", "lottie", "ipynb"})
_MARKUP_FILES = frozenset({"html", "htm", "xhtml", "xml", "md"})
_TEXT_FILES = frozenset({"", "txt", "md", "srt", "vtt", "lrc", "csv", "obj", "bin"})
_ERROR_WORDS = frozenset({"code", "detail", "error", "errors", "message", "msg", "status"})


def looks_like_error(head: bytes, size: int, expected_extension: str = "") -> bool:
    """Whether the whole body is a JSON value that says what went wrong.

    Args:
        head: The first bytes.
        size: How many bytes there are in all; a body that is longer than its head is no error.
        expected_extension: The extension that the URL promises. Where text may be, or nobody
            knows, an object is an error when it has a field such as `code` or `message`; in
            place of media any is one.
    """
    value = _json(head) if size <= len(head) else None
    if expected_extension in _JSON_FILES or not isinstance(value, dict | list):
        return False
    return expected_extension not in _TEXT_FILES or _tells_error(value)


def _tells_error(value: object) -> bool:
    return isinstance(value, dict) and any(name.lower() in _ERROR_WORDS for name in value)


def wrong_content(
    head: bytes, size: int, *, expected_extension: str | None, content_type: str | None
) -> str | None:
    """Return what a body is instead of the file that was due, or None when it may be that file.

    Args:
        head: The first bytes, up to HEAD_SIZE.
        size: How many bytes there are in all.
        expected_extension: The extension of the result's URL, or None.
        content_type: The type that came with the body. It tells what was due when the URL does
            not; but JSON that says it is JSON may well be an error.
    """
    told = extension_of_type(content_type) or ""
    expected_extension = expected_extension or ("" if told in _JSON_FILES else told)
    if expected_extension not in _MARKUP_FILES and looks_like_html(head):
        return "an HTML page"
    return "a JSON error" if looks_like_error(head, size, expected_extension) else None


def _json(head: bytes) -> Any:
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        return None
    try:
        return safe_json.parse(head)
    except ValueError:
        return None


_WALKS: dict[str, Callable[[BinaryIO, int], str | None]] = {
    "png": truncation.png,
    "jpg": truncation.jpeg,
    "jpeg": truncation.jpeg,
    "wav": truncation.riff,
    "webp": truncation.riff,
    "mp4": truncation.mp4,
    "mov": truncation.mp4,
    "m4a": truncation.mp4,
    "m4v": truncation.mp4,
    "3gp": truncation.mp4,
}
_SHORTEST = 12  # bytes by which each of these is known for what it is


def is_self_delimiting(head: bytes) -> bool:
    """Whether a file that begins so is of a type whose own bytes tell whether it is whole."""
    kind = sniff(head)
    return kind in _WALKS or kind == "json"


def truncation_of(file: BinaryIO, size: int, expected_extension: str | None = None) -> str | None:
    """Return where a file plainly breaks off, or None; types that are not known here pass.

    The file is read in small pieces, whatever its size, and no bytes in it raise an exception.

    Args:
        file: Seekable; its position is moved.
        size: Its length in bytes.
        expected_extension: The extension that it should have; only files too short to tell are
            judged by it.
    """
    if expected_extension in _WALKS and size < _SHORTEST:
        return f"it ends after {size} bytes"
    file.seek(0)
    walk = _WALKS.get(sniff(file.read(HEAD_SIZE)) or "")
    return walk(file, size) if walk else None
