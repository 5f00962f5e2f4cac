"""Whether a body, or a file on the disk, is the result that was due, by its first bytes.

For a file that is gone, hosts send a page, JSON, XML or a few words, often enough with status 200.
Files on the disk are judged by the same rules: an earlier download may have saved such a page.
"""

import re
from enum import Enum

from kiecli.files.media_types import EXTENSIONS_BY_TYPE, first_tag, parse_json, signature


class Promise(Enum):
    """What the URL's extension and the Content-Type tell of a body before it comes."""

    BINARY = "a format that is never text"
    TEXT = "text, or a format that may be text"
    NONE = "nothing that could be checked"


# fmt: off
_TEXT_EXTENSIONS = frozenset((
    "css", "csv", "geojson", "gltf", "htm", "html", "ipynb", "js", "json", "jsonl", "lottie",
    "log", "lrc", "m3u", "m3u8", "md", "mtl", "ndjson", "obj", "ply", "srt", "stl", "svg", "tsv",
    "txt", "vtt", "xhtml", "xml", "yaml", "yml",
))
# Where nothing is known of the text that is due, it may well be, or quote, a page.
_ANY_TEXT = frozenset(("htm", "html", "js", "log", "md", "txt", "xhtml", "xml"))
# Besides those that a Content-Type stands for.
_BINARY_EXTENSIONS = (frozenset(EXTENSIONS_BY_TYPE.values()) - _TEXT_EXTENSIONS) | frozenset((
    "3gp", "7z", "aif", "aiff", "avi", "flv", "gz", "heif", "ico", "jfif", "jpeg", "m4v", "mka",
    "mpeg", "mpg", "ogv", "psd", "rar", "tar", "tif", "usdz", "wma", "wmv", "woff", "woff2",
))
# fmt: on
_BINARY_TYPES = ("image/", "audio/", "video/", "font/")
# An error that comes instead of the file is labelled as what it is, so these promise nothing.
_ERROR_TYPES = frozenset({"text/html", "text/xml", "application/xml", "application/json"})


def promise(extension: str | None, content_type: str | None) -> Promise:
    """Return what the extension and the Content-Type promise of a body.

    Args:
        extension: That of the URL, in lower case; None or an unknown one leaves it to the type.
        content_type: The media type that came with the body, without parameters; or None.
    """
    kind = content_type or ""
    for known in (extension, None if kind in _ERROR_TYPES else EXTENSIONS_BY_TYPE.get(kind)):
        if known in _BINARY_EXTENSIONS:
            return Promise.BINARY
        if known in _TEXT_EXTENSIONS:
            return Promise.TEXT
    if kind.startswith("text/") and kind not in _ERROR_TYPES:
        return Promise.TEXT
    return Promise.BINARY if kind.startswith(_BINARY_TYPES) else Promise.NONE


def wrong_content(
    head: bytes, size: int, *, expected_extension: str | None, content_type: str | None
) -> str | None:
    """Return what came instead of the file that was due, or None when it may be that file.

    Where a binary format is due, any text is an error message. Where nothing is promised, only an
    HTML page and an error in XML or JSON are not the file.

    Args:
        head: The first bytes, up to HEAD_SIZE.
        size: How many bytes there are in all.
        expected_extension: The extension of the result's URL, or None.
        content_type: The type that came with the body, or None.
    """
    if size == 0:
        return "an empty body"
    match promise(expected_extension, content_type):
        case Promise.BINARY:
            return describe_text(head) if is_text(head) else None
        case Promise.TEXT if expected_extension in _ANY_TEXT:
            return None
        case Promise.TEXT:
            return "an HTML page" if re.match(_HTML_DOCUMENT, first_tag(head)) else None
        case _:
            return _error_of_any_kind(head, size)


# Bytes that no text has, in any encoding but UTF-16; `file` (magic) draws the same line.
_NOT_TEXT = r"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]"


def is_text(head: bytes | memoryview) -> bool:
    """Return True if the first bytes of a file are text, and of no known format."""
    head = bytes(head)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head.decode("utf-16", errors="ignore")
    else:
        text = head.decode("latin-1")
    # Most binary files show it by a control character among their first bytes; the signatures are
    # for those that begin with letters, such as PDF and glTF.
    return bool(head) and re.search(_NOT_TEXT, text) is None and signature(head) is None


def describe_text(head: bytes) -> str:
    """Return for messages what sort of text it is."""
    tag = first_tag(head)
    if re.match(_HTML, tag):
        return "an HTML page"
    if tag.startswith(b"<"):
        return "XML"
    return "JSON" if isinstance(parse_json(head), dict | list) else "text"


# Compiled at their first use, which is rare: only text is looked at for them.
_HTML_DOCUMENT = rb"<(!doctype html|html)(?![\w:.-])"
_HTML = rb"<(!doctype html|html|head|body|title|meta|script|style|h1|center|div|p|pre)(?![\w:.-])"
_ERROR_FIELDS = frozenset({"code", "detail", "error", "errors", "message", "msg", "status"})


def _error_of_any_kind(head: bytes, size: int) -> str | None:
    tag = first_tag(head)
    if re.match(_HTML, tag):
        return "an HTML page"
    if re.match(rb"<error[\s>]", tag):  # of S3 and the stores that imitate it
        return "an XML error"
    # JSON that is longer than the head is no error message.
    value = parse_json(head) if size <= len(head) else None
    is_error = isinstance(value, dict) and any(name.lower() in _ERROR_FIELDS for name in value)
    return "a JSON error" if is_error else None
