"""The lines about retries and changes of state for stderr, none of them twice. Pure."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from kiecli import durations, sizes
from kiecli.api.models import Phase, Task
from kiecli.errors import TaskFailed, TaskNotFound
from kiecli.polling.snapshot import ResultsNotListed, Retry, Snapshot
from kiecli.render.text import count, counts, error_message

if TYPE_CHECKING:  # `wait` has no files
    from kiecli.download.plan import SavedFile

_MIN_RETRYING = 2.0  # seconds; errors that are over sooner are not reported
_SIGN_OF_LIFE = 60.0  # seconds; CI systems end jobs that print nothing for ten minutes

NOT_VISIBLE = "not visible yet"
"""The state of a task that Kie does not know yet."""

NO_ANSWER = "no answer yet"
"""The state of a task of which no answer has come."""


class Notices:
    """Turns snapshots and elapsed time into lines, without repeating any."""

    def __init__(self, name_of: Callable[[str], str] = str) -> None:
        """Begin with nothing printed.

        Args:
            name_of: Returns what people call a task, by its id.
        """
        self._name_of = name_of
        self._changed_at = self._next_sign = 0.0  # set by the first change, which precedes any sign
        self._states: dict[str, str] = {}
        self._reported: set[str] = set()
        self._file_reasons: dict[str, str] = {}

    def of_retry(self, task_id: str, retry: Retry, *, was_seen: bool = False) -> Iterator[str]:
        """Yield why a task is retried, once for each reason.

        Args:
            task_id: The task.
            retry: Why, and for how long.
            was_seen: Whether Kie has returned the task before.
        """
        name, limit = self._name_of(task_id), durations.show(max(1, round(retry.limit)))
        reason = error_message(retry.reason)
        match retry.reason:
            case TaskNotFound() if was_seen:
                key = line = f"{name}: Kie does not know this id any more"
                line += f"; asking again for up to {limit}"
            case TaskNotFound():
                key = task_id
                line = (
                    f"{name}: Kie does not know this id yet;"
                    f" asking again for up to {limit} (new tasks can take a moment)"
                )
            case TaskFailed():
                key = line = f"{name}: {reason}; asking once more in {limit}"
            case _ if retry.lasts > _MIN_RETRYING:
                # An outage or a rate limit concerns more than one task.
                about = f"{name}: " if isinstance(retry.reason, ResultsNotListed) else ""
                key, line = f"{about}{reason}", f"{about}{reason}; retrying for up to {limit}"
            case _:
                return
        if key not in self._reported:
            self._reported.add(key)
            yield line

    def of_file_retry(self, path: str, reason: str) -> Iterator[str]:
        """Yield why a file is retried or slow, unless that was the last reason already."""
        if self._file_reasons.get(path) != reason:
            self._file_reasons[path] = reason
            yield f"{path}: {reason}"

    def of_change(self, snapshot: Snapshot, now: float) -> Iterator[str]:
        """Yield a line if the state of a task has changed."""
        before, state = self._states.get(snapshot.task_id), state_of(snapshot)
        if snapshot.settled:
            self._states.pop(snapshot.task_id, None)
        else:
            self._states[snapshot.task_id] = state
        if before != state:
            self._changed_at, self._next_sign = now, now + _SIGN_OF_LIFE
            # The error that a task ends in has a line of its own.
            if snapshot.answer is not None and not _is_failure(snapshot):
                change = _change(snapshot.answer, snapshot.elapsed)
                yield f"{self._name_of(snapshot.task_id)}: {change}"

    def of_no_change(self, now: float) -> Iterator[str]:
        """Yield `no change for 1m: …` for each minute without a change."""
        if not self._states or now < self._next_sign:
            return
        minutes = (now - self._changed_at) // _SIGN_OF_LIFE
        self._next_sign = self._changed_at + (minutes + 1) * _SIGN_OF_LIFE
        unchanged = durations.show(minutes * _SIGN_OF_LIFE)
        yield f"no change for {unchanged}: {counts(list(self._states.values()))}"


def state_of(snapshot: Snapshot) -> str:
    """Return the task's state, or NOT_VISIBLE or NO_ANSWER if Kie has not returned it yet."""
    if snapshot.answer is not None:
        return snapshot.answer.state_label
    invisible = snapshot.retry is not None and isinstance(snapshot.retry.reason, TaskNotFound)
    return NOT_VISIBLE if invisible else NO_ANSWER


def _is_failure(snapshot: Snapshot) -> bool:
    failed = snapshot.answer is not None and snapshot.answer.phase is Phase.FAILED
    return failed or snapshot.error is not None


def _change(task: Task, waited: float) -> str:
    """Return `generating after 2s`, `success (took 1m, waited 8s), 1 result`."""
    if task.phase is not Phase.SUCCESS:
        after = f" after {durations.show(round(waited))}" if waited >= 1 else ""
        return f"{task.state_label}{after}"
    times = [] if task.duration is None else [f"took {durations.show(round(task.duration))}"]
    times += [f"waited {durations.show(round(waited))}"] if waited >= 1 else []
    shown = f" ({', '.join(times)})" if times else ""
    results = len(task.results)
    return f"success{shown}, {count(results, 'result')}" if results else f"success{shown}"


def kept_line(files: "Sequence[SavedFile]") -> str:
    """Return `already there: 5 of 6 files (18.2 kB)`; nothing where none was."""
    kept = [file for file in files if file.status == "kept"]
    if not kept:
        return ""
    part = f"{len(kept)} of " if len(kept) < len(files) else ""
    total = sizes.show(sum(file.bytes or 0 for file in kept))
    return f"already there: {part}{count(len(files), 'file')} ({total})"


def file_line(saved: "SavedFile") -> str:
    """Return how a file was saved: `saved out/a.mp4 (48.0 MB, resumed at 36.0 MB)`."""
    details = [] if saved.bytes is None else [sizes.show(saved.bytes)]
    details += [f"resumed at {sizes.show(saved.resumed)}"] if saved.resumed else []
    shown = f" ({', '.join(details)})" if details else ""
    place = "to stdout" if saved.path == "-" else saved.path
    return f"already there: {place}{shown}" if saved.status == "kept" else f"saved {place}{shown}"
