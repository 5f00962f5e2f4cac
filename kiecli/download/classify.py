"""What to do about a file host's answer: one pure function, from its head to one result."""

from enum import Enum
from http import HTTPStatus

from kiecli.download.failures import (
    AttemptFailed,
    FileMissing,
    PermanentError,
    TransientError,
)
from kiecli.download.partial import ResumeInfo
from kiecli.download.response import FileResponse
from kiecli.network.headers import SUPPORTED_ENCODINGS


class Action(Enum):
    """What to do about an answer that is no failure."""

    START = "take the body: it is the file from its first byte on"
    CONTINUE = "append the body: it is the rest of the file that is here in part"
    VERIFY = "nothing is missing"
    ASK_WITHOUT_RANGE = "ask for the whole file, at once"


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
    HTTPStatus.TOO_MANY_REQUESTS,
}


def classify(answer: FileResponse, size: int, note: ResumeInfo | None) -> Action | AttemptFailed:
    """Return what to do about an answer, or how the attempt has failed.

    A refusal of a range is not believed: caches answer 304 to If-Range, and hosts 403 to ranges of
    files that they send as a whole. Where the host is in trouble, the range is not to blame yet.

    Args:
        answer: Its head.
        size: Bytes that are here.
        note: What is known of these, if only the rest was requested; None if the whole file was.
    """
    status = answer.status
    if status == HTTPStatus.OK or _is_whole(answer):
        # RFC 9110 has no Content-Range in a 200; some servers send the range under that status.
        is_doubtful = note is not None and answer.has_range and not _is_whole(answer)
        return Action.ASK_WITHOUT_RANGE if is_doubtful else _check_encoding(answer)
    if note is not None:
        if status == HTTPStatus.PARTIAL_CONTENT and _continues(answer, size, note):
            return Action.CONTINUE
        if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and answer.complete_length == size:
            return Action.VERIFY
        if status != HTTPStatus.TOO_MANY_REQUESTS and status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return Action.ASK_WITHOUT_RANGE
    return _failure(answer)


def _is_whole(answer: FileResponse) -> bool:
    """Return True for a 206 that has all bytes of the file, requested or not."""
    if answer.status != HTTPStatus.PARTIAL_CONTENT or answer.content_range is None:
        return False
    first, last, total = answer.content_range
    return (first, last) == (0, total - 1)


def _check_encoding(answer: FileResponse) -> Action | AttemptFailed:
    if answer.encoding is None or answer.encoding in SUPPORTED_ENCODINGS:
        return Action.START
    return PermanentError(
        f"the host sent it compressed with {answer.encoding}, which was not requested"
    )


def _continues(answer: FileResponse, size: int, note: ResumeInfo) -> bool:
    """Return True if a 206 is proved to be the rest of the same file (RFC 9110, 15.3.7)."""
    if answer.content_range is None or answer.encoding is not None:
        return False
    first, _, total = answer.content_range
    return first == size and total == note.length and _is_same(answer, note)


def _is_same(answer: FileResponse, note: ResumeInfo) -> bool:
    if note.etag is not None and answer.etag is not None:
        return answer.etag == note.etag
    return note.last_modified is not None and answer.last_modified == note.last_modified


def _failure(answer: FileResponse) -> AttemptFailed:
    reason = f"the file host answered {_with_phrase(answer.status)}"
    if answer.status in _MISSING:
        return FileMissing(reason)
    if answer.status in _TEMPORARY or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return TransientError(reason, answer.retry_after)
    return PermanentError(reason)


def _with_phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
