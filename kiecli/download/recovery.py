"""What follows a failed attempt to fetch a file: a pause, a fresh link, or the end."""

from kiecli.download.context import TransferContext
from kiecli.download.failures import (
    AttemptFailed,
    FileMissing,
    HostUnreachable,
    TransientError,
)
from kiecli.download.link import Link
from kiecli.download.plan import Target
from kiecli.download.progress import TransferRetrying
from kiecli.download.retry import MAX_STANDSTILL, RetryPolicy
from kiecli.durations import show, show_pause
from kiecli.errors import SaveError


class Recovery:
    """Goes on after failed attempts to fetch one file, and gives it up in time.

    It is made at the first failure: most files have none.
    """

    def __init__(self, target: Target, context: TransferContext, now: float, size: int) -> None:
        """Count the time without progress from before the first attempt.

        Args:
            target: The file.
            context: Clock, network, and where retries are reported.
            now: When its transfer began.
            size: Bytes that were there then.
        """
        self._target = target
        self._context = context
        self._retries = RetryPolicy(now, size, context.random)
        self._link: Link | None = None

    def on_progress(self, now: float, size: int) -> None:
        """Take over how much of the file there was when its last bytes came."""
        self._retries.on_progress(now, size)

    def after(self, failure: AttemptFailed) -> str | None:
        """Return when the next attempt may begin, with the URL for it where that is another one.

        Raises:
            SaveError: The file is given up.
        """
        match failure:
            case FileMissing():
                return self._replace_link(failure.reason)
            case HostUnreachable():
                self._on_unreachable(failure)
            case TransientError():
                self._pause(failure)
            case _:
                raise self._refused(failure)
        return None

    def end_repetition(self, began: float, now: float, size: int) -> None:
        """Give up on a host that sends only what was here before, attempt after attempt.

        Args:
            began: When this attempt began to receive; it may take its time until it comes to new
                bytes.
            now: The present moment, on the same clock.
            size: Bytes that are there.

        Raises:
            SaveError: It is given up.
        """
        if now < began + MAX_STANDSTILL:
            return
        self._retries.on_progress(now, size)
        if self._retries.is_over(now):
            raise self._given_up("the file host sent only bytes that were already here", now)

    def _pause(self, failure: TransientError) -> None:
        """Wait before the next attempt.

        Raises:
            SaveError: There have been enough of them.
        """
        now, retry_after = self._context.clock.now(), failure.retry_after or 0.0
        self._retries.on_failure()
        # To sleep first and then find that time is up would only keep the user waiting.
        if retry_after > self._retries.remaining(now):
            raise self._error(
                f"{failure.reason}, and the host asks to wait {show_pause(retry_after)};"
                f" files are retried for {show(round(MAX_STANDSTILL))} at most",
                temporary=True,
            )
        if self._retries.is_over(now):
            raise self._given_up(failure.reason, now)
        pause = max(retry_after, self._retries.pause(now))
        self._report_retry(f"{failure.reason}; trying again in {show(pause)}")
        self._context.clock.sleep(pause)

    def _on_unreachable(self, failure: HostUnreachable) -> None:
        """Go on: the next attempt waits for the host, together with its other files.

        Raises:
            SaveError: They are given up.
        """
        # The host's files are given up together, by the policy that they share.
        if failure.summary:
            raise self._error(f"{failure.reason}; {failure.summary}", temporary=True)
        if failure.is_new:
            self._report_retry(f"{failure.reason}; trying again for {show(round(MAX_STANDSTILL))}")

    def _replace_link(self, reason: str) -> str:
        self._link = self._link or Link(self._target, self._context)
        failure = self._link.replace(reason)
        if failure is not None:  # Kie is busy: the dead link is tried once more after the pause
            self._pause(failure)
        return self._link.url

    def _report_retry(self, reason: str) -> None:
        self._context.report(TransferRetrying(self._target, reason))

    def _given_up(self, reason: str, now: float) -> SaveError:
        summary = f"{self._retries.summary(now)} without progress"
        return self._error(f"{reason}; {summary}", temporary=True)

    def _refused(self, failure: AttemptFailed) -> SaveError:
        is_fresh = self._link is not None and self._link.is_fresh
        note = "; that was the new link from Kie" if is_fresh else ""
        return self._error(f"{failure.reason}{note}", hint=failure.hint)

    def _error(self, reason: str, *, hint: str = "", temporary: bool = False) -> SaveError:
        message = f"could not save {self._target.path}: {reason}"
        helps = temporary or bool(hint)
        return SaveError(message, hint=hint, temporary=temporary, rerun_helps=helps)
