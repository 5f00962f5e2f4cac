"""How an attempt to fetch a file can fail: by the host's status, on the way, or by its bytes.

AttemptFailed
 +- FileMissing            not there: wait a moment, then one fresh link, then it is gone
 +- TransientError         a later attempt may bring the file, or more of it
 |   +- HostUnreachable    ... which its host's other files wait for, too
 +- PermanentError         no later attempt of this run can bring the file

They are returned as often as raised: `Recovery.after` matches on them, and nobody else.
"""


class AttemptFailed(Exception):
    """An attempt brought no complete file.

    Attributes:
        reason: What happened, to be put after a colon in a message.
        hint: What the user can mend, so that another run may bring the file; else empty.
    """

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


class FileMissing(AttemptFailed):
    """The file is not there: not yet, no more, or not under this link."""


class TransientError(AttemptFailed):
    """A later attempt may bring the file, or more of it.

    Attributes:
        retry_after: Seconds that the host asked to wait, or None.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class HostUnreachable(TransientError):
    """The host cannot be connected to.

    Attributes:
        is_new: Whether the host could be connected to before.
        summary: Why its files are given up, for the message; empty while they wait for it.
    """

    def __init__(self, reason: str, *, is_new: bool = False, summary: str = "") -> None:
        super().__init__(reason)
        self.is_new = is_new
        self.summary = summary


class PermanentError(AttemptFailed):
    """No later attempt of this run can bring the file."""
