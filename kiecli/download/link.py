"""The link to a result, which dies: first its own, then one fresh link from Kie."""

from collections.abc import Callable

_YOUNG = 60.0  # seconds
_SHORT_WHILE = 20.0  # seconds
_DAY = 86400.0  # seconds
# https://docs.kie.ai/market/common/get-task-detail.md and https://docs.kie.ai/ disagree.
_LIFETIMES = "links usually last 24 hours, files 14 days"


class Link:
    """Where to ask for a file.

    Attributes:
        url: The address in force. A fresh one is a credential: it stays out of messages.
        is_fresh: Whether it is the one that Kie gave when the result's own was dead.
    """

    def __init__(self, url: str, fresh_link: Callable[[str], str]) -> None:
        """Begin with the result's own link."""
        self.url = url
        self.is_fresh = False
        self._own = url
        self._fresh_link = fresh_link

    def refresh(self) -> None:
        """Ask Kie for a fresh one.

        Raises:
            KieError: There is none.
        """
        self.url = self._fresh_link(self._own)
        self.is_fresh = True


def publish_grace(completed_at: float | None, wall: float) -> float:
    """Return for how many seconds a file may still be on its way to its host.

    One was seen to come some seconds after its task's success. No longer: what keeps answering
    404 may be a cache in front of the host, which a fresh link gets past.
    """
    is_young = completed_at is not None and wall - completed_at < _YOUNG
    return _SHORT_WHILE if is_young else 0.0


def expiry_note(completed_at: float | None, wall: float) -> str:
    """Return what a message says of a link that stays dead: why that may be."""
    if completed_at is None:
        return f"refused or expired ({_LIFETIMES})"
    age = max(0.0, wall - completed_at)
    return f"refused or expired; the task finished {_shown(age)} ago ({_LIFETIMES})"


def _shown(age: float) -> str:
    for unit, name in ((_DAY, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if age >= 2 * unit:
            return f"{age / unit:.0f} {name}"
    return f"{age:.0f} seconds"
