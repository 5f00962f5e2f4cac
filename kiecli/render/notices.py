"""What is worth a line on stderr while tasks are waited for. Pure; remembers what was said."""

from collections.abc import Callable, Iterator

from kiecli import durations
from kiecli.errors import TaskNotFound
from kiecli.polling.snapshot import Snapshot
from kiecli.render.text import count, counts, error_message, sanitize

_WORTH_SAYING = 2.0
_SIGN_OF_LIFE = 60.0
_NOT_VISIBLE = "Kie does not know this id yet"


class Notices:
    """Turns snapshots and the passing of time into lines."""

    def __init__(self, now: float, name_of: Callable[[str], str] = str) -> None:
        """Begin with nothing said.

        Args:
            now: On the clock whose moments come later.
            name_of: Returns what people call a task, by its id.
        """
        self._name_of = name_of
        self._began = now
        self._said_at = now
        self._states: dict[str, str] = {}
        self._retries: set[str] = set()
        self._file_troubles: dict[str, str] = {}

    def of_trouble(self, snapshot: Snapshot) -> Iterator[str]:
        """Yield why a task is looked at again, once for each reason."""
        retry = snapshot.retry
        if retry is None:
            return
        invisible = isinstance(retry.reason, TaskNotFound)
        reason = _NOT_VISIBLE if invisible else error_message(retry.reason)
        if reason in self._retries or not (invisible or retry.lasts > _WORTH_SAYING):
            return
        self._retries.add(reason)
        limit = durations.show(retry.limit)
        if invisible:
            yield sanitize(
                f"{self._name_of(snapshot.task_id)}: {reason}; asking again for up to {limit}"
                " (new tasks can take a moment)"
            )
        else:
            yield sanitize(f"{reason}; retrying for up to {limit}")

    def of_file_trouble(self, path: str, reason: str) -> Iterator[str]:
        """Yield what keeps a file, once as long as it is the same."""
        if self._file_troubles.get(path) != reason:
            self._file_troubles[path] = reason
            yield sanitize(f"{path}: {reason}")

    def of_change(self, snapshot: Snapshot, now: float) -> Iterator[str]:
        """Yield a line when the state of a task is another than before."""
        before = self._states.get(snapshot.task_id)
        if snapshot.settled:
            self._states.pop(snapshot.task_id, None)
        else:
            self._states[snapshot.task_id] = state_of(snapshot)
        # What an error says of the end is said by whoever shows the error.
        if snapshot.answer is None or snapshot.error is not None or before == state_of(snapshot):
            return
        self._said_at = now
        state = snapshot.answer.state_label
        after = f" after {durations.show(round(snapshot.elapsed))}" if snapshot.elapsed >= 1 else ""
        results = len(snapshot.answer.results)
        what = f", {count(results, 'result')}" if results else ""
        yield sanitize(f"{self._name_of(snapshot.task_id)}: {state}{after}{what}")

    def of_life(self, now: float) -> Iterator[str]:
        """Yield a sign of life when nothing was said for a minute."""
        if not self._states or now - self._said_at < _SIGN_OF_LIFE:
            return
        self._said_at = now
        waited = durations.show(round(now - self._began))
        yield sanitize(f"still waiting after {waited}: {counts(list(self._states.values()))}")


def state_of(snapshot: Snapshot) -> str:
    """Return the task's state, or what stands for one where nobody has told it yet."""
    if snapshot.answer is not None:
        return snapshot.answer.state_label
    invisible = snapshot.retry is not None and isinstance(snapshot.retry.reason, TaskNotFound)
    return "not visible yet" if invisible else "no answer yet"
