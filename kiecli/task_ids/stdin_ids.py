"""The tasks that stdin names, in any form in which ids come through a pipe. Pure."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from kiecli.errors import KieError, UsageError
from kiecli.task_ids import damaged_json, json_in_text, json_values, stdin_text
from kiecli.task_ids.json_answers import ID_NAMES, answer_error
from kiecli.task_ids.json_in_text import Piece
from kiecli.task_ids.task_id import FoundTask, Source, echo, id_error, is_task_id, parse_task

_WORD = re.compile(r"[^\s,;]\S*")  # a comma by itself separates
_MAY_BE_JSON = re.compile(r'[{\["]')
_BRACKET = re.compile(r"[{\[]")
_HTML = re.compile(r"<(?:!doctype|html)\b", re.IGNORECASE)
_STATUS_LINE = re.compile(r"^HTTP/[\d.]+ (\d{3})\b", re.MULTILINE)
_MIN_BAD_STATUS = 300
_MAX_ECHOED = 1000  # characters handed to what shows the first few


class StdinTasks(NamedTuple):
    """The tasks that stdin names, or why it names none; parsed once, as that may take seconds."""

    tasks: Sequence[FoundTask] = ()
    """The tasks that it names; what should be one and is not has an error of its own.

    If `error` is set: only those that were just created, as they are paid for.
    """
    error: KieError | None = None
    """Why stdin as a whole names no task, or the error of createTask that it holds."""

    def or_raise(self) -> Sequence[FoundTask]:
        """Return the tasks.

        Raises:
            KieError: There is an error.
        """
        if self.error is not None:
            raise self.error
        return self.tasks


class _Json(NamedTuple):
    """What the JSON on stdin holds."""

    tasks: list[FoundTask]
    values: Sequence[object] = ()
    """All values, where stdin holds nothing else."""


def read_tasks(data: bytes) -> StdinTasks:
    """Return the tasks that stdin names in any form, or why it names none; nothing is raised."""
    decompressed = stdin_text.decompress(data)
    text = stdin_text.decode(decompressed.data)
    json = _in_json(text)
    has_objects = _has(json.tasks, Source.OBJECT)
    printed = [] if has_objects else _printed(text, json)
    try:
        if decompressed.too_large:
            raise UsageError("stdin unpacks to more than 64 MiB", hint="pipe in ids only")
        return StdinTasks(_named(text, json, printed))
    except KieError as error:
        paid_for = json.tasks if has_objects else printed
        created = [task for task in paid_for if task.created and is_task_id(task.task_id)]
        return StdinTasks(created, error)


def may_hold_created(data: bytes) -> bool:
    """Return whether parsing is needed to see whether stdin names tasks that were just created."""
    text = stdin_text.decode(stdin_text.decompress(data).data)
    return "taskId" in text or "\\" in text  # JSON may escape any letter of the name


def _named(text: str, json: _Json, printed: list[FoundTask]) -> list[FoundTask]:
    """Return the tasks that count, of all that were found.

    Raises:
        KieError: There is no task, or an error of createTask, which is raised as what it is.
    """
    sources = {task.source for task in json.tasks}
    if Source.ERROR in sources:
        raise next(task.error for task in json.tasks if task.source is Source.ERROR and task.error)
    if Source.OBJECT in sources:
        return json.tasks
    # What is paid for counts more than text that may be an id.
    return printed or (json.tasks if Source.TEXT in sources else _in_words(text, json))


def _printed(text: str, json: _Json) -> list[FoundTask]:
    """Return the tasks of answers that some language printed in a form of its own."""
    if not any(name in text for name in ID_NAMES):
        return []
    from kiecli.task_ids import printed_ids

    # Where all is JSON, such an answer can stand in a string: `{"log": "{'taskId': 'new1'}"}`.
    texts = json_values.strings_in(json.values) if json.values else [text]
    return [task for each in texts for task in printed_ids.ids_in(each)]


def _in_json(text: str) -> _Json:
    if not _MAY_BE_JSON.search(text):
        return _Json([])
    try:
        values = json_in_text.parse_all(text)
    except ValueError:
        return _Json(_among_noise(text))
    found = json_values.tasks_in(values)
    tasks = [task for task in found if task.source is not Source.NOISE]
    # Log lines may be JSON, too; and curl's `-w '%{http_code}'` adds a number.
    if _has(tasks, Source.OBJECT) or _has(tasks, Source.ERROR):
        return _Json(tasks, values)
    if not tasks or any(not is_task_id(task.task_id) for task in tasks):
        # A string may hold JSON that is damaged, or wrapped too deeply.
        hidden = [task for task in damaged_json.ids_in(text) if is_task_id(task.task_id)]
        if hidden:
            return _Json(hidden, values)
    noise = [task for task in found if task.source is Source.NOISE]
    return _Json(tasks + noise, values)


def _among_noise(text: str) -> list[FoundTask]:
    """Return the tasks of the JSON in a text that has other things around it."""
    pieces = list(json_in_text.split(text))
    reader = json_values.ValueReader()
    found = [
        [task for task in reader.tasks_alone(piece.value) if task.source is not Source.NOISE]
        if piece.noise is None
        else list(damaged_json.ids_in(piece.noise))
        for piece in pieces
    ]
    sure = [tasks for tasks in found if _has(tasks, Source.OBJECT) or _has(tasks, Source.ERROR)]
    return list(chain.from_iterable(sure or _ids_alone(text, pieces, found)))


def _has(tasks: Sequence[FoundTask], source: Source) -> bool:
    return any(task.source is source for task in tasks)


def _ids_alone(
    text: str, pieces: Sequence[Piece], found: Sequence[list[FoundTask]]
) -> Iterator[list[FoundTask]]:
    """Yield lists of ids and maps to ids that stand on lines of their own, as behind HTTP heads.

    Within a line, or in a page, words in quotes may be anything.
    """
    if not _HTML.search(text):
        for at in range(1, len(pieces), 2):  # noise is the first, and every other one
            before, after = pieces[at - 1].noise or "", pieces[at + 1].noise or ""
            around = before.rpartition("\n")[2] + after.partition("\n")[0]
            if all(task.source is Source.TEXT for task in found[at]) and not around.strip():
                yield found[at]


def _in_words(text: str, json: _Json) -> list[FoundTask]:
    """Return the tasks of a text whose words are all ids.

    Raises:
        KieError: One is not, or there is none.
    """
    tasks = []
    for number, word in enumerate(_WORD.finditer(text), start=1):
        task = parse_task(word[0], f"word {number} on stdin")
        # No id ends with a colon, as a message does: Cloudflare's whole refusal of a client is
        # `error code: 1010`, whose words would be asked about for a minute.
        if is_task_id(task.task_id) and not word[0].endswith(":"):
            tasks.append(task)
        elif json.values:
            raise _first_error(json.tasks)
        else:
            raise _not_words(text, task)
    if not tasks:
        raise _nothing()
    return tasks


def _first_error(tasks: Sequence[FoundTask]) -> KieError:
    """Return why JSON names no task."""
    return next((task.error for task in tasks if task.error is not None), _nothing())


def _not_words(text: str, task: FoundTask) -> KieError:
    """Return what is wrong with a text that is neither words nor JSON."""
    heads = _STATUS_LINE.findall(text) if text.lstrip().startswith("HTTP/") else []
    if heads and int(heads[-1]) >= _MIN_BAD_STATUS:  # a page instead of an answer
        return answer_error(int(heads[-1]), b"") or _nothing()
    if _BRACKET.search(text) or _HTML.search(text):
        return UsageError(
            f"stdin is neither task ids nor JSON with a task id{echo(text.strip()[:_MAX_ECHOED])}",
            hint="pipe in createTask's answer as it came",
        )
    return id_error(task.task_id, task.id_place) or _nothing()


def _nothing() -> UsageError:
    return UsageError("no task id on stdin: did the command before the pipe fail?")
