"""The ids in createTask's answer as some language or shell prints it, in no form of JSON.

A Python dict, a PowerShell object (`@{taskId=…; recordId=…}`), JSON without its quotes or with
typographic ones. The last resort, for what is paid for: nothing else was found. Pure, and one pass.
"""

import re
from collections.abc import Iterator

from kiecli.task_ids import printed_fields
from kiecli.task_ids.damaged_json import ASSIGNS, NAMES, damaged_task
from kiecli.task_ids.json_answers import ID_NAMES, OPAQUE_NAMES, RECORD_NAMES
from kiecli.task_ids.task_id import FoundTask

_QUOTE = r"(?:\\*+[\"'`\u2018\u2019\u201c\u201d]|&quot;)"
# A name with `?`, `&` or a letter before it belongs to a URL or to prose. Not the quote before it:
# a run of backslashes would be read from each place in it. PHP prints `[taskId] =>`.
_NAME = rf"(?<![\w?&/.%-])(?P<name>{NAMES}){_QUOTE}?\]?+\s*+(?:{ASSIGNS}|=)\s*+"
_ID = re.compile(
    rf"(?P<quote>{_QUOTE})?(?P<id>[A-Za-z0-9][A-Za-z0-9_.:-]*+)(?=$|{_QUOTE}|[\s,;}}\])\u2026])"
)
# What a log line may call a whole answer, before it: `print("response:", answer)`.
_LOGGED_ANSWER = ("response:", "response ", "response=")
_OPENING = re.compile(rf"(?:{_QUOTE})?@?(?:[Aa]rray\s*+(?P<php>\()|[{{\[])")
_STRING = r"(?P<quote>['\"])(?:[^\\\n]|\\.)*?(?P=quote)"
_STRING_OR_BRACKET = re.compile(rf"{_STRING}|(?P<open>[{{\[])|(?P<close>[}}\]])")
# In PHP strings may have no quotes, but the brackets of an array end their lines.
_PHP = r"(?P<open>(?:^[ ]*+|array )\(\r?$)|(?P<close>^[ ]*+\),?\r?$)"
_PHP_BRACKET = re.compile(_PHP, re.MULTILINE)
_TOKEN = re.compile(rf"{_NAME}|(?P<brace>[{{}}])|{_PHP}", re.MULTILINE)
_STRING_OR_WORDS = re.compile(rf"{_STRING}|[^,;}}\n]*+")
# One damaged object does not hide the next.
_NEW_OBJECT = re.compile(r"\n(?=@?\{|[Aa]rray\s*+\()")


def ids_in(text: str) -> Iterator[FoundTask]:
    """Yield the task of each `taskId: …` or `taskId=…` in brackets that is no part of an input.

    And those of fields on lines of their own, and of tables.
    """
    tasks = [task for part in _NEW_OBJECT.split(text) for task in _ids_in_part(part)]
    yield from tasks
    # Lines that are indented may belong to an object in brackets.
    yield from printed_fields.ids_in_fields(text, indented=not tasks)
    yield from printed_fields.ids_in_tables(text)


def _ids_in_part(text: str) -> Iterator[FoundTask]:
    """Yield the tasks of a text, each at the end of the object that names it."""
    task: FoundTask | None = None
    at = depth = task_depth = 0
    record_depths: set[int] = set()  # of those objects around that have a record's names
    while token := _TOKEN.search(text, at):
        at, name = token.end(), token["name"]
        if name is None:
            record_depths.discard(depth + 1)  # that was another object
            depth = max(0, depth + (1 if token["open"] or token["brace"] == "{" else -1))
            if task is not None and depth < task_depth:
                yield task._replace(created=task.created and task_depth not in record_depths)
                task = None
            continue
        if name in RECORD_NAMES:
            record_depths.add(depth)
        if name in OPAQUE_NAMES and (depth or not token[0].startswith(_LOGGED_ANSWER)):
            at = _end_of_value(text, at)
        # A name in double quotes is JSON, which was searched; what was left out belongs to inputs.
        elif text.endswith('"', 0, token.start()):
            continue
        # The outermost counts: another one in the same object is that of a part of it.
        elif name in ID_NAMES and task is None and (depth or "=>" in token[0]):
            task = _task(text, at, name, is_php="]" in token[0])
            task_depth = depth
    if task is not None:
        yield task._replace(created=task.created and task_depth not in record_depths)


def _task(text: str, at: int, name: str, *, is_php: bool) -> FoundTask | None:
    """Return the task whose id begins at a place, None where there is none."""
    found = _ID.match(text, at)
    if found is None:
        return None
    after = text[found.end() : found.end() + 1]
    # `[taskId] => …` has nothing but the end of its line behind it.
    return damaged_task(found["id"], name, after.strip("\r\n") or " " if is_php else after)


def _end_of_value(text: str, at: int) -> int:
    """Return where a value ends; the end of the text where that is unknown."""
    opening = _OPENING.match(text, at)
    if opening is None:
        value = _STRING_OR_WORDS.match(text, at)
        assert value is not None  # no words at all match, too
        return value.end()
    depth = 0
    brackets = _PHP_BRACKET if opening["php"] else _STRING_OR_BRACKET
    for token in brackets.finditer(text, at):
        depth += (token["open"] is not None) - (token["close"] is not None)
        if depth == 0:
            return token.end()
    return len(text)
