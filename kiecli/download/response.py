"""What a file host sent: the classified status and headers, and whether the body is the file. Pure.

Headers are read leniently: one that makes no sense counts as missing.

For a file that is gone, hosts send a page, JSON, XML or a few words, often enough with status 200.
Files on the disk are judged by the same rules: an earlier download may have saved such a page.
"""

import re
from collections.abc import Mapping
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from kiecli.download.failures import AttemptFailed, FileMissing, PermanentError, TransientError
from kiecli.files.media_types import EXTENSIONS_BY_TYPE, first_tag, parse_json, signature
from kiecli.network.errors import PROXY_LOGIN_REQUIRED, proxy_login_hint
from kiecli.network.headers import (
    SUPPORTED_ENCODINGS,
    ContentRange,
    complete_length,
    content_encoding,
    content_length,
    content_range,
    media_type,
    retry_after,
)

if TYPE_CHECKING:  # most files come whole, and need no resume info
    from kiecli.download.resume_info import ResumeInfo

# If-Range takes no weak one (RFC 9110, section 13.1.5): two files may share that.
_STRONG_ETAG = re.compile(r'"[\x21\x23-\x7e\x80-\xff]*"')


class FileResponse(NamedTuple):
    """The status and headers of a file host's response (RFC 9110)."""

    status: int
    length: int | None = None
    """Bytes of the body, as declared."""
    content_range: ContentRange | None = None
    has_range: bool = False
    """Whether there is a Content-Range at all."""
    complete_length: int | None = None
    """Bytes of the whole file, where the host says that it has no such range of it."""
    etag: str | None = None
    """Only a strong one."""
    last_modified: str | None = None
    content_type: str | None = None
    """Without parameters."""
    encoding: str | None = None
    """The compression of the body, though none was requested."""
    retry_after: float | None = None
    """Seconds."""

    @classmethod
    def read(
        cls, status: int, headers: Mapping[str, str], wall: float | None = None
    ) -> "FileResponse":
        """Parse the head of a response.

        Args:
            status: Its HTTP status.
            headers: Its headers, their names in lower case.
            wall: Seconds since 1970, for a date in Retry-After.
        """
        # Most answers lack most of these, so they are looked for before they are read.
        has_range = "content-range" in headers
        etag = headers.get("etag", "").strip()
        return cls(
            status=status,
            length=content_length(headers),
            content_range=content_range(headers) if has_range else None,
            has_range=has_range,
            complete_length=complete_length(headers) if has_range else None,
            etag=etag if _STRONG_ETAG.fullmatch(etag) else None,
            last_modified=headers.get("last-modified") or None,
            content_type=media_type(headers),
            encoding=content_encoding(headers),
            retry_after=retry_after(headers, wall) if "retry-after" in headers else None,
        )

    @property
    def total(self) -> int | None:
        """Bytes of the whole file, where the answer declares them."""
        if self.encoding is not None:  # then the length counts compressed bytes
            return None
        return self.content_range.total if self.content_range else self.length

    def resume_info(self, task_id: str, n: int, head: bytes) -> "ResumeInfo | None":
        """Return the info to resume this file with; None without length, ETag or Last-Modified.

        Args:
            task_id: The task whose result the file is.
            n: Which of its results.
            head: The first bytes of the file.
        """
        length = self.total
        if not length or not (self.etag or self.last_modified):
            return None
        from zlib import crc32

        from kiecli.download.resume_info import ResumeInfo

        start = len(head), crc32(head)
        return ResumeInfo(
            task_id, n, length, self.etag, self.last_modified, self.content_type, *start
        )


class Action(Enum):
    """What to do about a response that is no failure."""

    START = "take the body: it is the file from its first byte on"
    CONTINUE = "append the body: it is the rest of the file that is here in part"
    VERIFY = "nothing is missing"
    ASK_WITHOUT_RANGE = "request the whole file, at once"


# The file is not there: not yet, no more, or not under this link.
_MISSING = {
    HTTPStatus.NO_CONTENT,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.GONE,
}
# A part of a file where all of it was requested is some proxy's mistake.
_TEMPORARY = {
    HTTPStatus.ACCEPTED,
    HTTPStatus.PARTIAL_CONTENT,
    HTTPStatus.TOO_MANY_REQUESTS,  # 429 of a file host; Kie's own is the API client's
}


def classify(
    answer: FileResponse, size: int, resume_info: "ResumeInfo | None"
) -> Action | AttemptFailed:
    """Return what to do about a response, or how the attempt has failed.

    A refused range does not fail the attempt: caches answer 304 to If-Range, and hosts 403 to
    ranges of files that they send as a whole. A 429 or 5xx says nothing about the range yet.

    Args:
        answer: The head of the response.
        size: Bytes that are in the part.
        resume_info: Their resume info, if only the rest was requested; None if the whole file was.
    """
    status = answer.status
    if status == HTTPStatus.OK or _is_whole(answer):
        # RFC 9110 has no Content-Range in a 200; some servers send the range under that status.
        is_doubtful = resume_info is not None and answer.has_range and not _is_whole(answer)
        return Action.ASK_WITHOUT_RANGE if is_doubtful else _check_encoding(answer)
    if resume_info is not None:
        if status == HTTPStatus.PARTIAL_CONTENT and _continues(answer, size, resume_info):
            return Action.CONTINUE
        if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and answer.complete_length == size:
            return Action.VERIFY
        if status != HTTPStatus.TOO_MANY_REQUESTS and status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return Action.ASK_WITHOUT_RANGE
    return _failure(answer)


def _is_whole(answer: FileResponse) -> bool:
    """Return True for a 206 whose range is the whole file."""
    if answer.status != HTTPStatus.PARTIAL_CONTENT or answer.content_range is None:
        return False
    first, last, total = answer.content_range
    return (first, last) == (0, total - 1)


def _check_encoding(answer: FileResponse) -> Action | AttemptFailed:
    if answer.encoding is None or answer.encoding in SUPPORTED_ENCODINGS:
        return Action.START
    return PermanentError(
        f"the file host sent it compressed with {answer.encoding}, which was not requested"
    )


def _continues(answer: FileResponse, size: int, resume_info: "ResumeInfo") -> bool:
    """Return True if a 206 has the rest of the very same file (RFC 9110, section 15.3.7)."""
    if answer.content_range is None or answer.encoding is not None:
        return False
    first, _, total = answer.content_range
    return first == size and total == resume_info.length and _is_same(answer, resume_info)


def _is_same(answer: FileResponse, info: "ResumeInfo") -> bool:
    # ETags win over dates: within one second a date cannot tell two versions apart.
    if info.etag is not None and answer.etag is not None:
        return answer.etag == info.etag
    return info.last_modified is not None and answer.last_modified == info.last_modified


def _failure(answer: FileResponse) -> AttemptFailed:
    reason = f"the file host answered {_with_phrase(answer.status)}"
    if answer.status in _MISSING:
        return FileMissing(reason)
    if answer.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        # For https the proxy says so before there is a connection, and no response.
        return PermanentError(PROXY_LOGIN_REQUIRED, proxy_login_hint("http"))
    if answer.status in _TEMPORARY or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return TransientError(reason, answer.retry_after)
    return PermanentError(reason)


def _with_phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


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


def is_text(head: bytes) -> bool:
    """Return True if the first bytes of a file are text, and of no known format."""
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
    if tag := first_tag(head):
        if re.match(_HTML, tag):
            return "an HTML page"
        if re.match(rb"<error[\s>]", tag):  # of S3 and the stores that imitate it
            return "an XML error"
    # JSON that is longer than the head is no error message.
    value = parse_json(head) if size <= len(head) else None
    is_error = isinstance(value, dict) and any(name.lower() in _ERROR_FIELDS for name in value)
    return "a JSON error" if is_error else None
