"""Asks a file host for the length and the last bytes of a file, to compare with one on the disk."""

from http import HTTPStatus
from itertools import chain
from typing import NamedTuple

from kiecli.download.context import TransferContext
from kiecli.download.failures import AttemptFailed, TransientError
from kiecli.download.file_host import FileRequest, open_url
from kiecli.download.plan import Target
from kiecli.download.response import wrong_content
from kiecli.files.media_types import HEAD_SIZE
from kiecli.network.body import first_bytes

TAIL_SIZE = 64 * 1024
"""Bytes at the end by which files of equal length are compared.

Two takes of equal length differ in their last bytes; the first may be one encoder's header.
"""

_SERVER_ERRORS = HTTPStatus.INTERNAL_SERVER_ERROR  # and above


class HostFile(NamedTuple):
    """A file as its host describes it."""

    length: int | None
    """Its bytes, or None where the host declares none."""
    content_type: str | None
    tail: bytes | None
    """Its bytes from the requested offset on; None where the host sends no ranges."""


def probe(target: Target, context: TransferContext, offset: int) -> HostFile | None:
    """Request the length and the end of a result; None if the host does not answer usefully.

    There are no retries: a file is on the disk in any case. It is a GET, since signed links refuse
    HEAD.

    Args:
        target: The result.
        context: The network.
        offset: Where the requested bytes begin, at most TAIL_SIZE before the expected end.
    """
    try:
        # A refusal of a range is not believed: 416 comes for a shorter file, too, and some hosts
        # answer 403 to ranges of what they send as a whole.
        for headers in ({"Range": f"bytes={offset}-"}, {}):
            found = _ask(target, context, headers, offset)
            if found is not None:
                return found
    except AttemptFailed:
        pass
    return None


def _ask(
    target: Target, context: TransferContext, headers: dict[str, str], offset: int
) -> HostFile | None:
    requested = FileRequest(target.url or "", headers, target.task_id, waits_for_host=False)
    with open_url(context, requested) as (answer, body):
        pieces = chain.from_iterable(body)
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS or answer.status >= _SERVER_ERRORS:
            raise TransientError(f"the file host answered {answer.status}")
        if answer.content_range == (offset, (answer.total or 0) - 1, answer.total):
            return HostFile(answer.total, answer.content_type, first_bytes(TAIL_SIZE, pieces))
        if answer.status != HTTPStatus.OK or answer.has_range:
            return None
        # A whole file that is small is its own tail; of a large one only the head is read.
        is_small = offset == 0 and answer.total is not None and answer.total <= TAIL_SIZE
        start = first_bytes(TAIL_SIZE if is_small else HEAD_SIZE, pieces)
        wrong = wrong_content(
            start[:HEAD_SIZE],
            answer.total or len(start),
            expected_extension=target.expected_extension,
            content_type=answer.content_type,
        )
        if wrong is not None:
            return None
        return HostFile(answer.total, answer.content_type, start if is_small else None)
