"""The events that wake the main thread of a run over tasks: one union for all of them."""

from typing import TYPE_CHECKING, NamedTuple, cast

from kiecli.download.progress import TransferAdvanced, TransferRetrying, TransferStarted
from kiecli.network.logging import Exchange
from kiecli.polling.poller import PollCompleted
from kiecli.workers import EventQueue

if TYPE_CHECKING:  # runs that save nothing need not import how that is done
    from kiecli.download.plan import SavedFile, Target


class FileFinished(NamedTuple):
    """A file is saved, was there already, or cannot be saved."""

    target: "Target"
    file: "SavedFile"


class WorkerFailed(NamedTuple):
    """A worker raised what the main thread has to raise again: stdout is closed, or a bug."""

    error: BaseException


Event = (
    PollCompleted
    | Exchange
    | TransferStarted
    | TransferAdvanced
    | TransferRetrying
    | FileFinished
    | WorkerFailed
)


def next_event(event_queue: EventQueue, until: float) -> Event | None:
    """Return the next event, or None when `until` comes first.

    The queue belongs to a lower layer, which knows none of these types. Nothing else is put into it
    while such a run goes on.
    """
    return cast("Event | None", event_queue.get(until))
