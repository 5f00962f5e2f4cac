"""The tasks that JSON values name: objects, lists of them, and ids by themselves at the top.

Values are numbered, for messages, where an id may stand by itself. Pure.
"""

from collections.abc import Iterable, Iterator

from kiecli.task_ids.json_answers import OPAQUE_NAMES, source_without_id, without_id
from kiecli.task_ids.json_in_text import decoded, pairs_of
from kiecli.task_ids.json_objects import tasks_in_object
from kiecli.task_ids.task_id import FoundTask, Source, is_task_id, split_label


def tasks_in(values: Iterable[object]) -> list[FoundTask]:
    """Return the tasks in values that follow each other, and why others name none."""
    reader = ValueReader()
    return [task for value in values for task in reader.tasks_in(value)]


class ValueReader:
    """Finds tasks in values, which it counts where an id may stand by itself.

    stdin may hold a million values that name no task, and a message shows the first of them: there
    is one for each source.
    """

    def __init__(self) -> None:
        self._number = 0
        self._faulty: set[Source] = set()

    def tasks_alone(self, value: object) -> list[FoundTask]:
        """Return the tasks in a value at the top, or why it or others in it name none."""
        self._faulty.clear()  # those of other values say nothing about this one
        return self.tasks_in(value)

    def tasks_in(self, value: object, depth: int = 0) -> list[FoundTask]:
        """Return the tasks in a value at the top or in a list there, or why there is none."""
        value = decoded(value, depth)
        if isinstance(value, list):
            return [task for item in value for task in self.tasks_in(item, depth + 1)]
        self._number += 1
        if isinstance(value, str):
            task_id, label = split_label(value)
            is_needed = is_task_id(task_id) or self._record_fault(Source.TEXT)
            return [FoundTask(task_id, self._place, label)] if is_needed else []
        if isinstance(value, dict) and value:
            tasks = tasks_in_object(value, self._place, depth)
            if tasks:
                return tasks
        source = source_without_id(value, in_list=depth > 0)
        if not self._record_fault(source):
            return []
        error = without_id(value, self._place)
        return [FoundTask("", self._place, source=source, error=error)]

    @property
    def _place(self) -> str:
        return f"value {self._number} on stdin"

    def _record_fault(self, source: Source) -> bool:
        """Record that a value names no task; return whether it is the first of its source."""
        is_first = source not in self._faulty
        self._faulty.add(source)
        return is_first


def strings_in(value: object, depth: int = 0) -> Iterator[str]:
    """Yield the strings in a value that are no JSON, but for those of inputs and results."""
    value = decoded(value, depth)
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings_in(item, depth + 1)
    elif isinstance(value, dict):
        for name, item in pairs_of(value):
            if name not in OPAQUE_NAMES:
                yield from strings_in(item, depth + 1)
