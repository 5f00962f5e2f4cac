"""The tasks that an object names, in any form in which Kie, kiecli and automation tools give them.

The outermost objects with a `taskId` or `task_id` count, and nothing below what a task was asked
for or came to: an input can name another task. Pure.
"""

from collections.abc import Sequence
from enum import Enum, auto
from typing import NamedTuple

from kiecli.errors import UsageError
from kiecli.task_ids.json_answers import ID_NAMES, OPAQUE_NAMES, error_in, is_creation, own_ids
from kiecli.task_ids.json_in_text import EMPTY, RepeatedNames, decoded, pairs_of
from kiecli.task_ids.task_id import (
    FILL_HINT,
    FoundTask,
    Source,
    is_task_id,
    label_error,
    trim_id,
)

_NOT_LABELS = OPAQUE_NAMES.union(
    ID_NAMES,
    ("code", "msg", "message", "status", "error", "state", "id", "recordId", "timestamp"),
    ("path", "data", "body", "json", "result"),
)
# The names under which automation tools (n8n, Zapier, Make, axios) hand on the body of an answer.
_WRAPPERS = frozenset({"data", "body", "json", "result"})


class _Form(Enum):
    """What a value of an object is, for the object around it."""

    ID = auto()
    ANSWER = auto()
    EMPTY = auto()  # the text has no value there
    OTHER = auto()


class _Found(NamedTuple):
    """The tasks in a value of an object."""

    tasks: list[FoundTask]
    form: _Form = _Form.OTHER


_NOTHING = _Found([])
_MAY_HOLD_IDS = (str, dict, list)


class _Location(NamedTuple):
    """Where a value stands."""

    place: str
    depth: int
    label: str | None = None
    """The `label` beside the value."""
    in_answer: bool = False
    """Whether it is the `data` of an answer with a `code`."""

    def below(self, parent: dict[str, object], name: str) -> "_Location":
        """Return the place of a value below an object."""
        own = parent.get("label")
        label = own if isinstance(own, str) and own else self.label
        in_answer = name == "data" and "code" in parent
        return _Location(
            self.place, self.depth + 1, label if name in _WRAPPERS else None, in_answer
        )


def tasks_in_object(value: dict[str, object], place: str, depth: int) -> list[FoundTask]:
    """Return the tasks of an object and of what is below it, or the error that it is.

    Args:
        value: The object.
        place: Where it stands, for messages.
        depth: How many lists, and strings of JSON, it stands in.
    """
    return _in_object(value, _Location(place, depth)).tasks


def _in_object(value: dict[str, object], at: _Location) -> _Found:
    """Return the tasks of an object, or the error that it is; none when it has neither."""
    own = [_own(value, task_id, at) for task_id in own_ids(value)]
    if own:  # the outermost counts: what is below belongs to this very task
        return _Found(own, _Form.ANSWER)
    values = [
        (name, _below(item, at.below(value, name)) if isinstance(item, _MAY_HOLD_IDS) else _NOTHING)
        for name, item in pairs_of(value)
        if name not in OPAQUE_NAMES
    ]
    return _in_map(value, values, at) or _in_answer(value, values, at)


def _own(record: dict[str, object], task_id: str, at: _Location) -> FoundTask:
    """Return the task whose id stands in the object itself."""
    label = record.get("label") or at.label
    created = is_creation(record, in_answer=at.in_answer)
    found = FoundTask(task_id, at.place, source=Source.OBJECT, created=created)
    if label is None or isinstance(label, str):
        return found._replace(label=label and label.strip())
    return found._replace(error=UsageError(f"the label of {at.place} is not text"))


def _below(value: object, at: _Location) -> _Found:
    """Return the tasks in a value of an object."""
    value = decoded(value, at.depth)
    if isinstance(value, dict):
        return _in_object(value, at)
    if isinstance(value, list):
        return _in_items([_below(item, at._replace(depth=at.depth + 1)) for item in value])
    if isinstance(value, str) and is_task_id(task_id := trim_id(value)):
        return _Found([FoundTask(task_id, at.place)], _Form.ID)
    if value == EMPTY:
        error = UsageError("the answer on stdin is empty", hint=FILL_HINT)
        missing = FoundTask("", at.place, source=Source.MISSING, error=error)
        return _Found([missing], _Form.EMPTY)
    return _NOTHING


def _in_items(items: Sequence[_Found]) -> _Found:
    """Return the tasks of a list; text in it is ids only where all of it is."""
    # `["ID", "a prompt"]` is a list of texts, of which one happens to look like an id.
    only_ids = all(item.tasks for item in items)
    form = items[0].form if len(items) == 1 else _Form.OTHER
    form = _Form.OTHER if form is _Form.ID else form
    return _Found(
        [task for item in items for task in item.tasks if only_ids or item.form is not _Form.ID],
        form,
    )


def _in_map(
    value: dict[str, object], values: Sequence[tuple[str, _Found]], at: _Location
) -> _Found | None:
    """Return the tasks of a map of labels to ids or answers, None when it is something else."""
    is_map = values and _NOT_LABELS.isdisjoint(value)
    if not is_map or any(found.form is _Form.OTHER for _, found in values):
        return None
    tasks = [
        _labelled(task, name.strip(), at.place) for name, found in values for task in found.tasks
    ]
    # Two tasks under one label: one of them would be lost without a word.
    if isinstance(value, RepeatedNames):
        error = UsageError(f"a name stands twice in {at.place}", hint="give each task its own")
        tasks.append(FoundTask("", at.place, source=Source.MISSING, error=error))
    return _Found(tasks)


def _labelled(task: FoundTask, label: str, place: str) -> FoundTask:
    """Return a task under the name that it has in a map."""
    if task.error is not None and label_error(label, place) is None:
        task.error.message = task.error.message.replace("on stdin", f"for {label!r} on stdin", 1)
    if task.label not in {None, label}:
        what = f"{task.label!r} in {place} has another label, too: {label!r}"
        return task._replace(error=UsageError(what, hint="give each task one label"))
    return task._replace(label=label)


def _in_answer(
    value: dict[str, object], values: Sequence[tuple[str, _Found]], at: _Location
) -> _Found:
    """Return the tasks below an object that is no map, or the error that it is."""
    kept = [found for name, found in values if found.tasks and _counts(name, found)]
    tasks = [task for found in kept for task in found.tasks]
    if all(task.source is Source.TEXT for task in tasks) and (error := error_in(value)):
        return _Found([FoundTask("", at.place, source=Source.ERROR, error=error)], _Form.ANSWER)
    return _Found(tasks, kept[0].form if len(kept) == 1 else _Form.OTHER)


def _counts(name: str, found: _Found) -> bool:
    """Return whether what stands under a name may be ids: text is where an answer is handed on."""
    if found.form in {_Form.ID, _Form.EMPTY}:
        return False
    return name in _WRAPPERS or all(task.source is not Source.TEXT for task in found.tasks)
