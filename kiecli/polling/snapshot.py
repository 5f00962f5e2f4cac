"""What is known of a task at one moment: the value that travels to those who show it."""

from typing import NamedTuple

from kiecli.api.models import Task
from kiecli.errors import KieError


class Retry(NamedTuple):
    """Why and for how long a task is polled again."""

    reason: KieError
    lasts: float
    """Seconds that it takes at least: until the next poll."""
    limit: float
    """Seconds until it is given up."""


class Snapshot(NamedTuple):
    """What is known of one task at one moment."""

    task_id: str
    answer: Task | None
    """The last good answer."""
    elapsed: float
    """Seconds since its first poll in this run."""
    settled: bool
    """Whether nothing more will come."""
    error: KieError | None = None
    """What settled it, unless an answer did."""
    retry: Retry | None = None
    """Why it is polled again, where it was no good answer."""
