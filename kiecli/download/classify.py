"""What to do with a file host's answer: one pure function, from its head to a verdict."""

from enum import Enum
from http import HTTPStatus
from typing import NamedTuple

from kiecli.download.partial import ResumeInfo
from kiecli.download.response import FileResponse
from kiecli.network.decoding import SUPPORTED_ENCODINGS


class Action(Enum):
    """What there is to be done."""

    START = "the body is the file from its first byte on"
    RESUME = "the body is the rest of the file that is here in part"
    RESTART = "what is here cannot be continued: ask for the whole file"
    MISSING = "the file is not there: not yet, no more, or not under this link"
    RETRY = "the host has trouble that passes"
    REFUSED = "asking again would not help"


class Classification(NamedTuple):
    """What an answer context."""

    way: Action
    reason: str = ""
    """What the host said, where it gave no file."""
    after: float | None = None
    """Seconds that it asked us to stay away."""


_ABSENT = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.NO_CONTENT}
_PASSING = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.PARTIAL_CONTENT, HTTPStatus.ACCEPTED}


def classify(answer: FileResponse, have: int, note: ResumeInfo | None) -> Classification:
    """Return what an answer context.

    Args:
        answer: Its head.
        have: Bytes that are here.
        note: What is known of these, if the rest was asked for; None if the whole file was.
    """
    if answer.encoding is not None and answer.encoding not in SUPPORTED_ENCODINGS:
        return Classification(
            Action.REFUSED,
            f"the host sent it compressed with {answer.encoding}, which was not requested",
        )
    if answer.status == HTTPStatus.OK:
        # A part of the file under the status of a whole one: not to be trusted.
        distrusted = note is not None and answer.has_range
        return Classification(Action.RESTART if distrusted else Action.START)
    if note is not None:
        if answer.status == HTTPStatus.PARTIAL_CONTENT:
            continues = _continues(answer, have, note)
            return Classification(Action.RESUME if continues else Action.RESTART)
        if answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return Classification(Action.RESTART)
    return _without_file(answer)


def _continues(answer: FileResponse, have: int, note: ResumeInfo) -> bool:
    """Tell whether a 206 is proved to be the rest of the same file."""
    if answer.content_range is None or answer.encoding is not None:
        return False
    first, _, total = answer.content_range
    return first == have and total == note.length and _is_same(answer, note)


def _is_same(answer: FileResponse, note: ResumeInfo) -> bool:
    if note.etag is not None and answer.etag is not None:
        return answer.etag == note.etag
    return note.last_modified is not None and answer.last_modified == note.last_modified


def _without_file(answer: FileResponse) -> Classification:
    said = f"the file host answered {_shown(answer.status)}"
    if answer.status in _ABSENT:
        return Classification(Action.MISSING, said)
    # A part where the whole was asked for is some proxy's mistake.
    if answer.status in _PASSING or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Classification(Action.RETRY, said, answer.retry_after)
    return Classification(Action.REFUSED, said)


def _shown(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
