"""What to do with a file host's answer: one pure function, from its head to a verdict."""

from enum import Enum
from http import HTTPStatus
from typing import NamedTuple

from kiecli.download.partial import Note
from kiecli.download.response import Answer
from kiecli.packing import KNOWN


class Way(Enum):
    """What there is to be done."""

    START = "the body is the file from its first byte on"
    RESUME = "the body is the rest of the file that is here in part"
    AGAIN = "what is here cannot be continued: ask for the whole file"
    ABSENT = "the file is not there: not yet, no more, or not under this link"
    RETRY = "the host has trouble that passes"
    REFUSED = "asking again would not help"


class Verdict(NamedTuple):
    """What an answer means."""

    way: Way
    reason: str = ""
    """What the host said, where it gave no file."""
    after: float | None = None
    """Seconds that it asked us to stay away."""


_ABSENT = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.NO_CONTENT}
_PASSING = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.PARTIAL_CONTENT, HTTPStatus.ACCEPTED}


def judge(answer: Answer, have: int, note: Note | None) -> Verdict:
    """Return what an answer means.

    Args:
        answer: Its head.
        have: Bytes that are here.
        note: What is known of these, if the rest was asked for; None if the whole file was.
    """
    if answer.encoding is not None and answer.encoding not in KNOWN:
        return Verdict(
            Way.REFUSED, f"it came compressed as {answer.encoding}, which was not asked for"
        )
    if answer.status == HTTPStatus.OK:
        # A part of the file under the status of a whole one: not to be trusted.
        distrusted = note is not None and answer.has_range
        return Verdict(Way.AGAIN if distrusted else Way.START)
    if note is not None:
        if answer.status == HTTPStatus.PARTIAL_CONTENT:
            continues = _continues(answer, have, note)
            return Verdict(Way.RESUME if continues else Way.AGAIN)
        if answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return Verdict(Way.AGAIN)
    return _without_file(answer)


def _continues(answer: Answer, have: int, note: Note) -> bool:
    """Tell whether a 206 is proved to be the rest of the same file."""
    if answer.span is None or answer.encoding is not None:
        return False
    first, _, total = answer.span
    return first == have and total == note.length and _is_same(answer, note)


def _is_same(answer: Answer, note: Note) -> bool:
    if note.etag is not None and answer.etag is not None:
        return answer.etag == note.etag
    return note.modified is not None and answer.modified == note.modified


def _without_file(answer: Answer) -> Verdict:
    said = f"the file host answered {_shown(answer.status)}"
    if answer.status in _ABSENT:
        return Verdict(Way.ABSENT, said)
    # A part where the whole was asked for is some proxy's mistake.
    if answer.status in _PASSING or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Verdict(Way.RETRY, said, answer.retry_after)
    return Verdict(Way.REFUSED, said)


def _shown(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
