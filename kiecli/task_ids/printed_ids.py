"""The ids in createTask's answer as some language or shell prints it, in no form of JSON.

A Python dict, a PowerShell object (`@{taskId=…; recordId=…}`), JSON without its quotes or with
typographic ones. The last resort, for what is paid for: nothing else was found. Pure, and one pass.
"""

import re
from collections.abc import Iterator

from kiecli.task_ids.damaged_json import NAMES, PLACE, damaged_task
from kiecli.task_ids.json_answers import ID_NAMES, RECORD_NAMES
from kiecli.task_ids.json_tasks import OPAQUE_NAMES
from kiecli.task_ids.task_id import FoundTask, Source

_QUOTE = r"(?:\\*+[\"'`\u2018\u2019\u201c\u201d]|&quot;)"
# A name with `?`, `&` or a letter before it belongs to a URL or to prose.
_TOKEN = re.compile(rf"(?<![\w?&/.%-]){_QUOTE}?(?P<name>{NAMES}){_QUOTE}?\s*+[:=]\s*+|[{{}}]")
_ID = re.compile(
    rf"(?P<quote>{_QUOTE})?(?P<id>[A-Za-z0-9][A-Za-z0-9_.:-]*+)(?=$|{_QUOTE}|[\s,;}}\])])"
)
# PowerShell's `Format-List`: a line of its own needs no brackets around it.
_LINE = re.compile(r"^taskId[ ]*+:[ ]*+(?P<id>[A-Za-z0-9][\w.-]*+)[ ]*+\r?$", re.MULTILINE)
_OPENING = re.compile(rf"(?:{_QUOTE})?@?[{{\[]")
_STRING = r"(?P<quote>['\"])(?:[^\\\n]|\\.)*?(?P=quote)"
_STRING_OR_BRACKET = re.compile(rf"{_STRING}|[{{}}\[\]]")
_STRING_OR_WORDS = re.compile(rf"{_STRING}|[^,;}}\n]*+")
_NEW_OBJECT = re.compile(r"\n(?=@?\{)")  # one damaged object does not hide the next


def ids_in(text: str) -> Iterator[FoundTask]:
    """Yield the task of each `taskId: …` or `taskId=…` in brackets that is no part of an input."""
    for part in _NEW_OBJECT.split(text):
        yield from _ids_in_part(part)
    for found in _LINE.finditer(text):
        yield FoundTask(found["id"], PLACE, source=Source.OBJECT, created=True)


def _ids_in_part(text: str) -> Iterator[FoundTask]:
    """Yield the tasks of a text, each at the end of the outermost object around it."""
    task: FoundTask | None = None
    is_record = False
    at = depth = 0
    while token := _TOKEN.search(text, at):
        at, name = token.end(), token["name"]
        if name is None:
            depth = max(0, depth + (1 if token[0] == "{" else -1))
            if task is not None and depth == 0:
                yield task._replace(created=task.created and not is_record)
                task, is_record = None, False
            continue
        is_record = is_record or name in RECORD_NAMES
        if name in OPAQUE_NAMES:
            at = _end_of_value(text, at)
        # The outermost counts: another one in the same object is that of a part of it.
        elif name in ID_NAMES and depth and task is None:
            task = _task(text, at, name)
    if task is not None:
        yield task._replace(created=task.created and not is_record)


def _task(text: str, at: int, name: str) -> FoundTask | None:
    """Return the task whose id begins at a place, None where there is none."""
    found = _ID.match(text, at)
    if found is None:
        return None
    return damaged_task(found["id"], name, text[found.end() : found.end() + 1])


def _end_of_value(text: str, at: int) -> int:
    """Return where a value ends; the end of the text where that is unknown."""
    if not _OPENING.match(text, at):
        value = _STRING_OR_WORDS.match(text, at)
        assert value is not None  # no words at all match, too
        return value.end()
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(text, at):
        depth += (token[0] in {"{", "["}) - (token[0] in {"}", "]"})
        if depth == 0:
            return token.end()
    return len(text)
