"""The ids in JSON that nothing can parse any more: cut off, or with its quoting eaten by a shell.

createTask's answer is paid for, so its id is found however little is left around it. Pure, and one
pass whatever the text is.
"""

import re
from collections.abc import Iterator

from kiecli.errors import UsageError
from kiecli.task_ids.json_answers import ID_NAMES, OPAQUE_NAMES, RECORD_NAMES
from kiecli.task_ids.json_in_text import value_is_due
from kiecli.task_ids.task_id import FoundTask, Source, trim_id

PLACE = "an id in damaged JSON on stdin"
"""Where such an id stands, in messages."""

NAMES = "|".join(sorted({*ID_NAMES, *RECORD_NAMES, *OPAQUE_NAMES}))
"""A pattern of the names that matter for ids: of ids, of records, and of what belongs to inputs."""

ASSIGNS = "(?::|=>)"
"""A pattern of what stands between a name and its value: JSON's colon, Ruby's and PHP's arrow."""

# In a string of JSON every quote has backslashes before it: none in JSON itself, one, three, …
_TOKEN = re.compile(rf'"(?P<name>{NAMES})(?P<level>\\*+)"\s*+{ASSIGNS}\s*+|[{{}}]')
_ID = re.compile(r'\\*+"(?P<id>[^"\\\r\n]{0,200}+)(?P<end>\\*+")?')
_STRING_OR_BRACKET = re.compile(r'\\*+"|[{\[]')
# A run of backslashes is read once, not from each place in it.
_QUOTE_OR_BRACKET = re.compile(r'(?<!\\)(?P<level>\\*+)"|[{}\[\]]')
# What can stand behind a whole value; a quote ends the string that the JSON stands in.
_AFTER_VALUE = re.compile(r'\s*+(?:[,}\]\\"]|$)')
# Where something new begins: a line with a bracket, or one object right behind another. Neither can
# stand in a prompt, where a line end and a quote are escaped.
_BORDER = re.compile(r'\n(?=[\[{])|(?<=\})\s*+(?=\{\s*+")')
_AFTER_CUT = frozenset({"", "\r", "\n", "\u2026"})  # the last is what tables shorten with
_WHOLE_ID = re.compile(r"[0-9a-f]{32}")  # all that createTask was ever seen to give


def ids_in(text: str) -> Iterator[FoundTask]:
    """Yield the task of each `"taskId": "…"` or `"task_id": "…"` that is no part of an input."""
    if not any(name in text for name in ID_NAMES):
        return
    start = 0
    for border in _BORDER.finditer(text):
        if not value_is_due(text, border.start()):
            yield from _ids_in_value(text[start : border.start()])
            start = border.end()
    yield from _ids_in_value(text[start:])


def _ids_in_value(text: str) -> Iterator[FoundTask]:
    """Yield the tasks of one damaged value, each at the end of the object that names it."""
    task: FoundTask | None = None
    at = depth = task_depth = 0
    while token := _TOKEN.search(text, at):
        at, name = token.end(), token["name"]
        if name is None:
            depth += 1 if token[0] == "{" else -1
            if task is not None and depth < task_depth:
                yield task
                task = None
        elif name in ID_NAMES:
            # Lines without brackets, as `grep` takes them out, are of several objects.
            if task is not None and task_depth == depth == 0:
                yield task
                task = None
            # The outermost counts: another one in the same object is that of a part of it.
            task, task_depth = (task, task_depth) if task else (_task(text, at, name), depth)
        elif task is not None and name in RECORD_NAMES:
            task = task._replace(created=False)
        if name in OPAQUE_NAMES and (at := _end_of_value(text, at, len(token["level"]))) < 0:
            break  # all that follows may belong to it
    if task is not None:
        yield task


def _task(text: str, at: int, name: str) -> FoundTask | None:
    """Return the task whose id begins at a place, None where no text does."""
    found = _ID.match(text, at)
    if found is None:
        return None
    # The quote at its end shows that it is whole.
    after = found["end"] or text[found.end() : found.end() + 1]
    return damaged_task(trim_id(found["id"]), name, after)


def damaged_task(task_id: str, name: str, after: str) -> FoundTask:
    """Return the task of an id in damaged text; refused where more of the id may have stood.

    Args:
        task_id: What there is of it.
        name: Under which of `ID_NAMES` it stands.
        after: What stands right behind it; nothing at the end of the text.
    """
    task = FoundTask(task_id, PLACE, source=Source.OBJECT, created=name == "taskId")
    is_cut = after in _AFTER_CUT or task_id.endswith("...")
    if not is_cut or _WHOLE_ID.fullmatch(task_id):
        return task
    error = UsageError(
        f"the answer on stdin is cut off in its task id: {task_id!r}",
        hint="find the task at https://kie.ai/logs",
    )
    return task._replace(task_id="", error=error)


def _end_of_value(text: str, at: int, level: int) -> int:
    """Return where a value ends, -1 where that is unknown.

    Args:
        text: The damaged JSON.
        at: Where the value begins.
        level: How many backslashes stand before each quote that is not inside a string.
    """
    if not _STRING_OR_BRACKET.match(text, at):
        return at  # a number or a word
    depth = 0
    in_string = False
    for token in _QUOTE_OR_BRACKET.finditer(text, at):
        if token["level"] is not None:
            in_string ^= len(token["level"]) <= level
        elif not in_string:
            depth += 1 if token[0] in "{[" else -1
        if depth <= 0 and not in_string:
            return token.end() if _AFTER_VALUE.match(text, token.end()) else -1
    return -1
