"""How the panel and the table show the facts of a task alike: state, model, time. Pure."""

from rich.text import Text

from kiecli import durations
from kiecli.api.models import Task
from kiecli.outcome import Outcome
from kiecli.render.text import humanize, shortened
from kiecli.safe_text import sanitize

_MAX_MODEL = 100  # characters; it comes from the network
STYLES = {"success": "green", "failed": "red", "error": "red", "pending": "yellow"}
"""The colour of each outcome."""

EXPIRED = "yellow"
"""The colour of links that are probably dead."""


def state_text(outcome: Outcome) -> Text:
    """Return the state in its colour."""
    return Text(sanitize(outcome.state), style=f"bold {STYLES[outcome.status]}")


def model_of(task: Task) -> str:
    """Return its model, empty where not known."""
    return shortened(task.model or "", _MAX_MODEL)


def time_of(task: Task, wall: float) -> str | None:
    """Return how long it took, or how old it is while it runs.

    Args:
        task: The task.
        wall: Now, in seconds since 1970.
    """
    seconds = task.duration if task.finished else task.age(wall)
    if seconds is None:
        return None
    return durations.show(seconds) if task.finished else humanize(seconds)
