"""Bringing one file here, whatever it takes: tries, pauses, a fresh link, and a time to give up."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import NamedTuple

import httpx

from kiecli.clock import Clock
from kiecli.connection import Piece
from kiecli.download.checksum import RunningChecksum
from kiecli.download.classify import Way, judge
from kiecli.download.file_host import answered, chunks
from kiecli.download.integrity import damage, missing, replaced
from kiecli.download.link import Link, about_dead_link, early_wait
from kiecli.download.partial import Note, Spool
from kiecli.download.plan import Target
from kiecli.download.progress import Progress
from kiecli.download.response import Answer
from kiecli.download.retry import NotThere, Pace, Patience, Refusal, Setback
from kiecli.durations import show
from kiecli.errors import KieError, SaveError
from kiecli.files.media_types import HEAD_SIZE

_TICK = 0.1  # seconds between two words to whoever watches
_LONGEST_EARLY_PAUSE = 8.0


class Means(NamedTuple):
    """What fetching takes from the world."""

    client: httpx.Client
    """Asks file hosts."""
    fresh_link: Callable[[str], str]
    clock: Clock
    progress: Progress
    random: Callable[[float, float], float]


class Fetch:
    """Brings the bytes of one target into a spool.

    Attributes:
        content_type: The type that the host gave, once it has.
        resumed: Bytes that were here before, and still are.
    """

    def __init__(
        self, target: Target, spool: Spool, means: Means, checksum: RunningChecksum | None = None
    ) -> None:
        """Begin with what the spool has already."""
        now = means.clock.now()
        self._target = target
        self._spool = spool
        self._means = means
        self._checksum = checksum
        self._link = Link(target.url or "", means.fresh_link)
        self._patience = Patience(now, spool.size, means.random)
        self._pace = Pace(now, spool.size)
        self._next_tick = now
        self._early_until = now + early_wait(target.completed_at, means.clock.wall())
        self._early_pause = 1.0
        note = spool.note
        self._total = note.length if note else None
        self.content_type = note.content_type if note else None
        self.resumed = spool.size if note else 0

    def run(self) -> None:
        """Return when all bytes are here and found to be the file.

        Raises:
            SaveError: They cannot be had.
            OSError: The disk refuses them.
        """
        while True:
            try:
                self._try()
            except NotThere as absence:
                self._look_elsewhere(absence.reason)
            except Setback as setback:
                self._pause(setback)
            except Refusal as refusal:
                raise self._error(refusal.reason) from refusal
            else:
                return

    def _try(self) -> None:
        if not self._is_complete() and not self._receive():
            # What is here cannot be continued: the whole file, then.
            self._begin(None)
            self._receive()
        self._verify()

    def _is_complete(self) -> bool:
        return self._spool.note is not None and self._spool.size == self._spool.note.length

    def _receive(self) -> bool:
        """Ask for what is missing and take what comes; False when it must start again."""
        note = self._spool.note
        asked = {} if note is None else _rest(self._spool.size, note)
        with answered(self._means.client, self._link.url, asked, self._target.task_id) as response:
            answer = Answer.read(response.status_code, response.headers)
            verdict = judge(answer, self._spool.size, note)
            match verdict.way:
                case Way.START:
                    self._take(answer, self._from_start(answer, chunks(response, answer)))
                case Way.RESUME:
                    self._take(answer, chunks(response, answer))
                case Way.ABSENT:
                    raise NotThere(verdict.reason)
                case Way.RETRY:
                    raise Setback(verdict.reason, verdict.after)
                case Way.REFUSED:
                    raise Refusal(verdict.reason)
        return verdict.way is not Way.AGAIN

    def _take(self, answer: Answer, body: Iterator[Piece]) -> None:
        self._total, self.content_type = answer.total, answer.content_type
        self._means.progress.started(self._target, self._spool.size, self._total)
        for chunk in body:
            self._spool.append(chunk)
            self._tick(self._means.clock.now())
        self._means.progress.moved(self._target, self._spool.size, self._total)
        self._check_length()

    def _from_start(self, answer: Answer, body: Iterator[Piece]) -> Iterator[Piece]:
        """Return the whole body with the spool emptied for it, if it may be the file at all."""
        first = next(body)
        head, size = bytes(first[:HEAD_SIZE]), answer.total or len(first)
        absence = replaced(head, size, due=self._target.due, content_type=answer.content_type)
        if absence is not None:
            raise absence
        is_whole = len(first) == answer.total  # and a note would be gone again at once
        note = None if is_whole else Note.of(self._target.task_id, self._target.n, answer)
        self._begin(note)
        return chain((first,), body)

    def _begin(self, note: Note | None) -> None:
        self._spool.start(note)
        self.resumed = 0
        if self._checksum is not None:
            self._checksum.restart()

    def _tick(self, now: float) -> None:
        have = self._spool.size
        self._patience.saw(now, have)
        if now < self._next_tick:
            return
        self._next_tick = now + _TICK
        self._means.progress.moved(self._target, have, self._total)
        if self._checksum is not None:
            self._checksum.reached(have)
        rate = self._pace.drip(now, have)
        if rate is not None:
            self._say(f"slow: {rate:.0f} byte{'' if round(rate) == 1 else 's'} a second; going on")
        if self._patience.is_over(now):
            raise self._given_up(Setback("only bytes came that were here before"))

    def _check_length(self) -> None:
        have, total = self._spool.size, self._total
        self._patience.saw(self._means.clock.now(), have)
        if total is not None and have != total:
            raise Setback(f"{have} of {total} bytes came")

    def _verify(self) -> None:
        """Raise what is wrong with the bytes, once they are all here."""
        fault = self._fault()
        if fault is not None:
            self._begin(None)
            raise fault

    def _fault(self) -> NotThere | Setback | None:
        spool, due = self._spool, self._target.due
        absence = missing(spool.head(), spool.size, due=due, content_type=self.content_type)
        if absence is not None or self._total is not None:
            return absence
        with spool.reader() as file:
            return damage(file, spool.size)

    def _pause(self, setback: Setback) -> None:
        """Wait before the next try.

        Raises:
            SaveError: There have been enough of them.
        """
        clock = self._means.clock
        self._patience.failed()
        pause = max(setback.after or 0.0, self._patience.pause())
        if self._patience.is_over(clock.now() + pause):
            raise self._given_up(setback)
        self._say(f"{setback.reason}; trying again in {show(pause)}")
        clock.sleep(pause)

    def _look_elsewhere(self, reason: str) -> None:
        """Wait for a file that may still come, then try a fresh link.

        Raises:
            SaveError: That does not help either.
        """
        clock = self._means.clock
        if clock.now() + self._early_pause <= self._early_until:
            self._say(f"{reason}; its task has only just finished, trying again")
            clock.sleep(self._early_pause)
            self._early_pause = min(2 * self._early_pause, _LONGEST_EARLY_PAUSE)
        elif self._link.is_fresh:
            raise self._dead(reason)
        else:
            self._renew(reason)

    def _renew(self, reason: str) -> None:
        self._say(f"{reason}; asking Kie for a fresh link")
        try:
            self._link.renew()
        except KieError as error:
            said = f"{reason}, and Kie gave no fresh link: {error.message}"
            if not error.temporary:
                raise self._dead(said) from error
            self._pause(Setback(said, getattr(error, "retry_after", None)))

    def _say(self, words: str) -> None:
        self._means.progress.trouble(self._target, words)

    def _dead(self, reason: str) -> SaveError:
        wall = self._means.clock.wall()
        return self._error(f"{reason}: {about_dead_link(self._target.completed_at, wall)}")

    def _given_up(self, setback: Setback) -> SaveError:
        asked = f", and it asks to stay away for {show(setback.after)}" if setback.after else ""
        return self._error(f"{setback.reason}{asked}; {self._patience.account}", temporary=True)

    def _error(self, reason: str, *, temporary: bool = False) -> SaveError:
        return SaveError(f"could not save {self._target.path}: {reason}", temporary=temporary)


def _rest(have: int, note: Note) -> dict[str, str]:
    return {"Range": f"bytes={have}-", "If-Range": note.proof}
