"""Bringing one file here, whatever it takes: tries, pauses, a fresh link, and a time to give up."""

from collections.abc import Iterator
from itertools import chain

from kiecli.download.checksum import BackgroundSHA256
from kiecli.download.classify import Action, classify
from kiecli.download.context import TransferContext
from kiecli.download.file_host import chunks, file_deadline, first_chunk, open_url
from kiecli.download.integrity import check_complete, check_not_empty, check_type
from kiecli.download.link import Link, expiry_note, publish_grace
from kiecli.download.partial import PartialFile, ResumeInfo
from kiecli.download.plan import Target
from kiecli.download.progress import TransferAdvanced, TransferRetrying, TransferStarted
from kiecli.download.response import FileResponse
from kiecli.download.retry import (
    FileMissing,
    PermanentError,
    RetryPolicy,
    SlowTransferMonitor,
    TransientError,
)
from kiecli.durations import show
from kiecli.errors import KieError, SaveError
from kiecli.files.media_types import HEAD_SIZE
from kiecli.network.body import Chunk

_TICK = 0.1  # seconds between two words to whoever watches
_MAX_EARLY_PAUSE = 8.0


class Transfer:
    """Brings the bytes of one target into a spool.

    Attributes:
        content_type: The type that the host gave, once it has.
        resumed: Bytes that were here before, and still are.
    """

    def __init__(
        self,
        target: Target,
        partial: PartialFile,
        context: TransferContext,
        checksum: BackgroundSHA256 | None = None,
    ) -> None:
        """Begin with what the spool has already."""
        now = context.clock.now()
        self._target = target
        self._partial = partial
        self._context = context
        self._checksum = checksum
        self._link = Link(target.url or "", context.fresh_link)
        self._retry_policy = RetryPolicy(now, partial.size, context.random)
        self._pace = SlowTransferMonitor(now, partial.size)
        self._next_tick = now
        self._early_until = now + publish_grace(target.completed_at, context.clock.wall())
        self._early_pause = 1.0
        note = partial.note
        self._total = note.length if note else None
        self.content_type = note.content_type if note else None
        self.resumed = partial.size if note else 0

    def run(self) -> None:
        """Return when all bytes are here and found to be the file.

        Raises:
            SaveError: They cannot be had.
            OSError: The disk refuses them.
        """
        while True:
            try:
                self._try()
            except FileMissing as absence:
                self._look_elsewhere(absence.reason)
            except TransientError as setback:
                self._pause(setback)
            except PermanentError as refusal:
                raise self._error(refusal.reason) from refusal
            else:
                return

    def _try(self) -> None:
        if not self._is_complete() and not self._receive():
            # What is here cannot be continued: the whole file, then.
            self._restart(None)
            self._receive()
        self._verify()

    def _is_complete(self) -> bool:
        return self._partial.note is not None and self._partial.size == self._partial.note.length

    def _receive(self) -> bool:
        """Ask for what is missing and take what comes; False when it must start again."""
        note = self._partial.note
        asked = {} if note is None else _rest(self._partial.size, note)
        deadline = file_deadline(self._context.clock)
        with open_url(
            self._context.client, self._link.url, asked, self._target.task_id, deadline
        ) as response:
            answer = FileResponse.read(response.status_code, response.headers)
            classification = classify(answer, self._partial.size, note)
            match classification.way:
                case Action.START:
                    body = chunks(response, answer, deadline)
                    self._take(answer, self._from_start(answer, body))
                case Action.RESUME:
                    self._take(answer, chunks(response, answer, deadline))
                case Action.MISSING:
                    raise FileMissing(classification.reason)
                case Action.RETRY:
                    raise TransientError(classification.reason, classification.after)
                case Action.REFUSED:
                    raise PermanentError(classification.reason)
        return classification.way is not Action.RESTART

    def _take(self, answer: FileResponse, body: Iterator[Chunk]) -> None:
        self._total, self.content_type = answer.total, answer.content_type
        self._partial.expect(self._total)
        self._context.report(TransferStarted(self._target, self._partial.size, self._total))
        for chunk in body:
            self._partial.append(chunk)
            self._tick(self._context.clock.now())
        self._context.report(TransferAdvanced(self._target, self._partial.size, self._total))
        self._check_length()

    def _from_start(self, answer: FileResponse, body: Iterator[Chunk]) -> Iterator[Chunk]:
        """Return the whole body with the spool emptied for it, if it may be the file at all."""
        first = first_chunk(body)
        head, size = bytes(first[:HEAD_SIZE]), answer.total or len(first)
        absence = check_type(
            head,
            size,
            expected_extension=self._target.expected_extension,
            content_type=answer.content_type,
        )
        if absence is not None:
            raise absence
        is_whole = len(first) == answer.total  # and a note would be gone again at once
        note = None if is_whole else ResumeInfo.of(self._target.task_id, self._target.n, answer)
        self._restart(note)
        return chain((first,), body)

    def _restart(self, note: ResumeInfo | None) -> None:
        self._partial.reset(note)
        self.resumed = 0
        if self._checksum is not None:
            self._checksum.restart()

    def _tick(self, now: float) -> None:
        have = self._partial.size
        self._retry_policy.on_progress(now, have)
        if now < self._next_tick:
            return
        self._next_tick = now + _TICK
        self._context.report(TransferAdvanced(self._target, have, self._total))
        if self._checksum is not None:
            self._checksum.reached(have)
        rate = self._pace.drip(now, have)
        if rate is not None:
            self._say(f"slow: {rate:.0f} B/s; still downloading")
        if self._retry_policy.is_over(now):
            raise self._given_up(TransientError("the host sent only bytes that were already here"))

    def _check_length(self) -> None:
        have, total = self._partial.size, self._total
        self._retry_policy.on_progress(self._context.clock.now(), have)
        if total is not None and have != total:
            raise TransientError(f"received {have} of {total} bytes")

    def _verify(self) -> None:
        """Raise what is wrong with the bytes, once they are all here."""
        fault = self._fault()
        if fault is not None:
            self._restart(None)
            raise fault

    def _fault(self) -> FileMissing | TransientError | None:
        partial, expected_extension = self._partial, self._target.expected_extension
        absence = check_not_empty(
            partial.head(),
            partial.size,
            expected_extension=expected_extension,
            content_type=self.content_type,
        )
        if absence is not None or self._total is not None:
            return absence
        with partial.reader() as file:
            return check_complete(file, partial.size, expected_extension)

    def _pause(self, setback: TransientError) -> None:
        """Wait before the next try.

        Raises:
            SaveError: There have been enough of them.
        """
        clock = self._context.clock
        self._retry_policy.on_failure()
        pause = max(setback.after or 0.0, self._retry_policy.pause())
        if self._retry_policy.is_over(clock.now() + pause):
            raise self._given_up(setback)
        self._say(f"{setback.reason}; trying again in {show(pause)}")
        clock.sleep(pause)

    def _look_elsewhere(self, reason: str) -> None:
        """Wait for a file that may still come, then try a fresh link.

        Raises:
            SaveError: That does not help either.
        """
        clock = self._context.clock
        if clock.now() + self._early_pause <= self._early_until:
            self._say(f"{reason}; the task has only just finished, trying again")
            clock.sleep(self._early_pause)
            self._early_pause = min(2 * self._early_pause, _MAX_EARLY_PAUSE)
        elif self._link.is_fresh:
            raise self._dead(reason)
        else:
            self._refresh_link(reason)

    def _refresh_link(self, reason: str) -> None:
        self._say(f"{reason}; asking Kie for a new link")
        try:
            self._link.refresh()
        except KieError as error:
            said = f"{reason}, and Kie gave no new link: {error.message}"
            if not error.temporary:
                raise self._dead(said) from error
            self._pause(TransientError(said, getattr(error, "retry_after", None)))

    def _say(self, words: str) -> None:
        self._context.report(TransferRetrying(self._target, words))

    def _dead(self, reason: str) -> SaveError:
        wall = self._context.clock.wall()
        return self._error(f"{reason}: {expiry_note(self._target.completed_at, wall)}")

    def _given_up(self, setback: TransientError) -> SaveError:
        asked = f", and the host asks to wait {show(setback.after)}" if setback.after else ""
        return self._error(f"{setback.reason}{asked}; {self._retry_policy.summary}", temporary=True)

    def _error(self, reason: str, *, temporary: bool = False) -> SaveError:
        return SaveError(f"could not save {self._target.path}: {reason}", temporary=temporary)


def _rest(have: int, note: ResumeInfo) -> dict[str, str]:
    return {"Range": f"bytes={have}-", "If-Range": note.validator}
