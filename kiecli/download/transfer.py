"""Fetches one file: requests what is missing of it, until it is complete and verified.

What follows a failed attempt (pause, fresh link, giving up) is decided in download/recovery.py.
"""

import functools
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from kiecli.download.context import TransferContext
from kiecli.download.failures import AttemptFailed, FileMissing, TransientError
from kiecli.download.file_host import FileRequest, first_chunk, open_url
from kiecli.download.part_file import PartialFile
from kiecli.download.plan import Target
from kiecli.download.progress import TransferAdvanced, TransferRetrying, TransferStarted
from kiecli.download.response import Action, FileResponse, classify, wrong_content
from kiecli.files.media_types import HEAD_SIZE
from kiecli.network.body import Chunk, first_bytes

if TYPE_CHECKING:  # most files come whole, soon and at the first attempt, and need no checksum
    from kiecli.download.checksum import BackgroundSHA256
    from kiecli.download.recovery import Recovery
    from kiecli.download.resume_info import ResumeInfo
    from kiecli.download.retry import SlowTransferMonitor

# Each event wakes the main thread, which takes the GIL from the threads that save.
_REPORT_INTERVAL = 0.1  # seconds
# Range requests that may fail before the whole file is requested instead: the host may fail at
# ranges only, but the bytes that are here already are worth some attempts.
_MAX_RANGE_FAILURES = 3


class Transfer:
    """Fetches one target into a partial file.

    Attributes:
        content_type: The type that the host declared, once it has.
        resumed: Bytes of an earlier run that are still part of the file.
    """

    def __init__(
        self,
        target: Target,
        partial: PartialFile,
        context: TransferContext,
        checksum: "BackgroundSHA256 | None" = None,
    ) -> None:
        """Prepare to resume the partial file, or to fetch it whole if it has no resume info."""
        info = partial.resume_info
        self.content_type = info.content_type if info else None
        self.resumed = partial.size if info else 0
        self._target = target
        self._partial = partial
        self._context = context
        self._checksum = checksum
        self._total = info.length if info else None
        self._url = target.url or ""
        self._begun = self._reached = context.clock.now(), partial.size
        self._recovery: Recovery | None = None
        self._range_failures = 0
        self._is_checked = False

    def run(self) -> None:
        """Fetch until the file is complete and verified.

        Raises:
            SaveError: They cannot be fetched.
            OSError: The disk refuses them.
        """
        while (failure := self._attempt()) is not None:
            recovery = self._recovery = self._recovery or self._recover()
            recovery.on_progress(*self._reached)
            if isinstance(failure, Action):  # the range was refused: request the whole file at once
                self._range_failures = _MAX_RANGE_FAILURES
            elif (url := recovery.after(failure)) is not None:
                self._url = url
                self._range_failures = 0

    def _recover(self) -> "Recovery":
        from kiecli.download.recovery import Recovery

        return Recovery(self._target, self._context, *self._begun)

    def _attempt(self) -> AttemptFailed | Action | None:
        """Request what is missing, once, and verify the file.

        Returns:
            None for success; how it failed; or ASK_WITHOUT_RANGE, to request the whole file now.
        """
        try:
            info = self._partial.resume_info
            if info is None or self._partial.size != info.length:
                action = self._request()
                if action is Action.ASK_WITHOUT_RANGE:
                    return action
            if not self._is_checked:
                self._verify()
        except AttemptFailed as failure:
            return failure
        return None

    def _request(self) -> Action:
        """Request what is missing, append it, and return what the answer was classified as."""
        self._is_checked = False  # another answer may declare another type or length
        info = self._partial.resume_info if self._range_failures < _MAX_RANGE_FAILURES else None
        headers = {} if info is None else _range_headers(self._partial.size, info)
        requested = FileRequest(self._url, headers, self._target.task_id)
        with open_url(self._context, requested) as (answer, body):
            action = classify(answer, self._partial.size, info)
            match action:
                case Action.START:
                    self._append_body(answer, self._start(answer, body))
                case Action.CONTINUE:
                    self._append_body(answer, body)
                case Action.VERIFY:
                    self._total = self._partial.size
                case TransientError():
                    self._range_failures += info is not None
                    raise action
                case AttemptFailed():
                    raise action
        return action

    def _start(self, answer: FileResponse, body: Iterator[Chunk]) -> Iterator[Chunk]:
        """Check the first bytes, empty the partial file, and return the body from its start."""
        first = first_chunk(body)
        head, received = first_bytes(HEAD_SIZE, first), sum(map(len, first))
        size = answer.total or received
        self._check_content(head, size, answer.content_type)
        # With the head checked and the length declared, `_verify` would find out nothing more.
        self._is_checked = answer.total is not None and received >= min(HEAD_SIZE, size)
        task_id, n = self._target.task_id, self._target.n
        resume_info = functools.partial(answer.resume_info, task_id, n, head)
        is_whole = received == answer.total
        self._reset(None if is_whole else resume_info())
        self._partial.late_resume_info = resume_info if is_whole else None
        return chain((first,), body)

    def _reset(self, resume_info: "ResumeInfo | None") -> None:
        self._partial.reset(resume_info)
        self.resumed = 0
        if self._checksum is not None:
            self._checksum.restart()

    def _append_body(self, answer: FileResponse, body: Iterator[Chunk]) -> None:
        """Append the chunks of a body, and report the progress."""
        clock, partial, report = self._context.clock, self._partial, self._context.report
        self._range_failures = 0
        self._total, self.content_type = answer.total, answer.content_type
        if self._total is not None:  # else only writing shows whether the disk has room
            self._context.space.reserve(partial, self._total, self._target.path)
        started = self._reached = clock.now(), partial.size
        next_report = started[0] + _REPORT_INTERVAL
        monitor: SlowTransferMonitor | None = None
        report(TransferStarted(self._target, partial.size, self._total))
        try:
            for chunk in body:
                partial.append(*chunk)
                now = clock.now()
                self._reached = now, partial.size
                if now >= next_report:
                    next_report = now + _REPORT_INTERVAL
                    monitor = monitor or _slow_transfer_monitor(*started)
                    self._on_progress(now, monitor)
                    if self._recovery is not None:
                        self._recovery.end_repetition(started[0], now, partial.size)
        finally:
            report(TransferAdvanced(self._target, partial.size, self._total))
        if self._total not in (None, partial.size):
            raise TransientError(f"received {partial.size} of {self._total} bytes")

    def _on_progress(self, now: float, monitor: "SlowTransferMonitor") -> None:
        size = self._partial.size
        self._context.report(TransferAdvanced(self._target, size, self._total))
        if self._checksum is not None:
            self._checksum.reached(size)
        rate = monitor.slow_rate(now, size)
        if rate is not None:
            reason = f"slow: {rate:.0f} B/s; still downloading"
            self._context.report(TransferRetrying(self._target, reason))

    def _verify(self) -> None:
        """Check the complete file; if it is wrong, empty it and raise AttemptFailed."""
        partial = self._partial
        try:
            self._check_content(partial.head(), partial.size, self.content_type)
            if self._total is None:  # then only the file itself can tell whether it is cut off
                from kiecli.files.truncation import truncation_of

                with partial.reader() as file:
                    cut = truncation_of(file, partial.size, self._target.expected_extension)
                if cut is not None:
                    raise TransientError(f"the file is damaged: {cut}")
        except AttemptFailed:
            self._reset(None)
            raise

    def _check_content(self, head: bytes, size: int, content_type: str | None) -> None:
        expected = self._target.expected_extension
        wrong = wrong_content(head, size, expected_extension=expected, content_type=content_type)
        if wrong is not None:
            raise FileMissing(f"the file host sent {wrong} instead of the file")


def _slow_transfer_monitor(now: float, size: int) -> "SlowTransferMonitor":
    from kiecli.download.retry import SlowTransferMonitor

    return SlowTransferMonitor(now, size)


def _range_headers(size: int, resume_info: "ResumeInfo") -> dict[str, str]:
    return {"Range": f"bytes={size}-", "If-Range": resume_info.validator}
