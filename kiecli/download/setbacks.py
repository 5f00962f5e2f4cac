"""How one try for a file can end without it. What becomes of that is decided in `fetch`."""


class Setback(Exception):
    """It passes: a later try may bring the file, or more of it.

    Attributes:
        reason: What happened, to be put after a colon.
        after: Seconds that the host asked us to stay away, or None.
    """

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after


class NotThere(Exception):
    """The file is not there: not yet, no more, or not under this link."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Refusal(Exception):
    """No later try can bring the file."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
