"""The state of a polled task at one moment, as the scheduler hands it to the reporters."""

from typing import NamedTuple

from kiecli.api.models import Task
from kiecli.errors import KieError, KieUnavailable


class ResultsNotListed(KieUnavailable):
    """The task has just succeeded, and Kie lists no results of it yet."""


class Retry(NamedTuple):
    """Why and for how long a task is polled again."""

    reason: KieError
    lasts: float
    """Seconds from the first failed poll to the next poll: retrying lasts at least that long."""
    limit: float
    """Seconds from the first failed poll until the task is given up."""


class Snapshot(NamedTuple):
    """The state of one polled task: last answer, final error, or why it is retried."""

    task_id: str
    answer: Task | None
    """The last good answer."""
    elapsed: float
    """Seconds since its first poll in this run."""
    settled: bool
    """Whether this is the last snapshot of the task: it is not polled any more."""
    error: KieError | None = None
    """The error that ended the task; None while it goes on, or if an answer ended it."""
    retry: Retry | None = None
    """Why it is polled again, if the last poll failed."""
