"""The URL of a result: first its own, which expires, then one fresh link from Kie."""

from kiecli.api.rate_limiter import MAX_RETRY_AFTER
from kiecli.download.context import TransferContext
from kiecli.download.failures import TransientError
from kiecli.download.plan import Target
from kiecli.download.progress import TransferRetrying
from kiecli.errors import AccessError, KieError, ResultExpired

# A file was seen to arrive at its host some seconds after its task's success.
_JUST_FINISHED = 60.0  # seconds after success within which a file may still be on its way
# No longer than this: a lasting 404 may come from a cache, which a fresh link bypasses.
_PUBLISH_GRACE = 20.0  # seconds
# https://docs.kie.ai/market/common/get-task-detail.md says 24 hours, https://docs.kie.ai/ 14 days.
_LIFETIMES = "links usually last 24 hours, files 14 days"

_DAY = 86400.0  # seconds


class Link:
    """The URL to request a file from, and what to do when the file is missing there.

    Attributes:
        url: The current URL. A fresh one is a credential: it stays out of messages.
        is_fresh: Whether Kie gave it when the result's own link was dead.
    """

    def __init__(self, target: Target, context: TransferContext) -> None:
        """Begin with the result's own link."""
        clock = context.clock
        self.url = target.url or ""
        self._target = target
        self._context = context
        self.is_fresh = False
        self._appears_until = clock.now() + publish_grace(target.completed_at, clock.wall())
        self._pause = 1.0  # seconds; doubled with each one

    def replace(self, reason: str) -> TransientError | None:
        """Wait for a file that is not there yet, or get a fresh link to it.

        Args:
            reason: What the host answered instead of the file.

        Returns:
            What keeps Kie from giving a fresh link now, or None: the file can be requested.

        Raises:
            ResultExpired: A fresh link does not help, or there is none.
            AccessError: The key or the account is refused.
        """
        clock = self._context.clock
        if clock.now() + self._pause <= self._appears_until:
            self._report_retry(f"{reason}; the task has only just finished, trying again")
            clock.sleep(self._pause)
            self._pause *= 2
        elif self.is_fresh:
            raise self._expired(f"{reason}, with a new link too")
        else:
            self._report_retry(f"{reason}; asking Kie for a new link")
            return self._refresh(reason)
        return None

    def _refresh(self, reason: str) -> TransientError | None:
        try:
            self.url = self._context.fresh_link(self._target.url or "", self._target.task_id)
        except KieError as error:
            reason = f"{reason}, and Kie gave no new link: {error.message}"
            if error.temporary:
                return TransientError(reason, min(error.retry_after or 0.0, MAX_RETRY_AFTER))
            if isinstance(error, AccessError):  # the file may well be there
                message = f"could not save {self._target.path}: {reason}"
                raise AccessError(message, hint=error.hint) from error
            raise self._expired(reason) from error
        self.is_fresh = True
        return None

    def _report_retry(self, reason: str) -> None:
        self._context.report(TransferRetrying(self._target, reason))

    def _expired(self, reason: str) -> ResultExpired:
        note = expiry_note(self._target.completed_at, self._context.clock.wall())
        return ResultExpired(
            f"could not save {self._target.path}: the file is gone ({reason}); {note}",
            hint="running this again cannot bring it back",
        )


def publish_grace(completed_at: float | None, wall: float) -> float:
    """Return the seconds from now within which a missing file may still appear at its host.

    Args:
        completed_at: When the task finished, in seconds since 1970, or None.
        wall: Now, in seconds since 1970.
    """
    is_recent = completed_at is not None and wall - completed_at < _JUST_FINISHED
    return _PUBLISH_GRACE if is_recent else 0.0


def expiry_note(completed_at: float | None, wall: float) -> str:
    """Return the age of a task and how long results last, for the message about a dead link."""
    if completed_at is None:
        return _LIFETIMES
    age = max(0.0, wall - completed_at)
    return f"the task finished {_shown(age)} ago, and {_LIFETIMES}"


def _shown(age: float) -> str:
    for unit, name in ((_DAY, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if age >= 2 * unit:
            return f"{age / unit:.0f} {name}"
    return f"{age:.0f} seconds"
