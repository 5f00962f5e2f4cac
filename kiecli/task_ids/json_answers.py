"""What an object on stdin says about one task: its id, whether it is new, or why there is none.

Pure; the objects are answers of Kie (createTask, recordInfo, callbacks) and those of kiecli itself.
"""

import json
from collections.abc import Mapping

from kiecli.api import responses
from kiecli.errors import KieError, TaskNotFound, UsageError
from kiecli.task_ids.json_in_text import pairs_of
from kiecli.task_ids.task_id import FILL_HINT, Source, trim_id

ID_NAMES = ("taskId", "task_id")
"""What Kie and kiecli call the id."""

RECORD_NAMES = frozenset({"state", "model", "param", "resultJson", "successFlag", "callbackType"})
"""What stands beside the id of a task that was looked at, and in no answer of createTask."""

OPAQUE_NAMES = frozenset({"param", "paramJson", "input", "resultJson", "response"})
"""What a task was asked for, and its result: both may name other tasks."""

_CODES = range(100, 1000)  # Kie's and HTTP's; other tools count theirs from 0
_MIN_HTTP_ERROR = 400
_CALL_HINT = "fix the createTask call before the pipe"
_NO_ID_HINT = "it takes a taskId, as in createTask's answer, or a task_id, as in kiecli's JSON"


def own_ids(value: dict[str, object]) -> list[str]:
    """Return the ids that stand in the object itself: one, or several where a name is repeated."""
    for name in filter(value.__contains__, ID_NAMES):
        ids = [item for each, item in pairs_of(value) if each == name and item]
        if ids:
            return [trim_id(item) for item in ids if isinstance(item, str)]
    return []


def is_creation(record: Mapping[str, object], *, in_answer: bool) -> bool:
    """Return whether an object with an id comes from createTask's answer.

    Args:
        record: The object with the id.
        in_answer: Whether it is the `data` of an answer with a `code`.
    """
    # createTask gives a recordId with it; where only its `data` was kept, that tells.
    looks_new = "taskId" in record and (in_answer or "recordId" in record)
    return looks_new and RECORD_NAMES.isdisjoint(record)


def error_in(value: Mapping[str, object]) -> KieError | None:
    """Return the error that an answer without a task stands for, in the words of its own code."""
    status = value.get("status")  # of a wrong route: Spring's body, without a code
    is_http = isinstance(status, int) and status >= _MIN_HTTP_ERROR and "error" in value
    if not is_http and not _is_answer(value):
        return None
    http_status = status if is_http and isinstance(status, int) else 200
    return answer_error(http_status, json.dumps(value).encode())


def answer_error(http_status: int, body: bytes) -> KieError | None:
    """Return the error that an answer on stdin stands for, None for a good one."""
    try:
        responses.decode(http_status, {}, body)
    except KieError as error:
        if isinstance(error, TaskNotFound) and responses.code_of(body) == "404":
            # Of createTask, which was given no id: its own words say what was not found.
            error.message = f"Kie answered: {responses.detail_of(body)}"
            error.hint = _CALL_HINT
        error.message = f"the answer on stdin is an error, not a task: {error.message}"
        if isinstance(error, UsageError):
            error.hint = _CALL_HINT
        return error
    return None


def source_without_id(value: object, *, in_list: bool) -> Source:
    """Return whether an id was due where a value stands that has none in it.

    Args:
        value: No text and no list.
        in_list: Whether it stands in a list.
    """
    if isinstance(value, dict):
        is_due = not value.keys().isdisjoint(ID_NAMES) or _is_answer(value)
    else:  # a number at the top may be the status that curl's `-w '%{http_code}'` adds
        is_due = in_list or value is None
    return Source.MISSING if is_due else Source.NOISE


def without_id(value: object, place: str) -> UsageError:
    """Return the error of a value (no text and no list) that names no task."""
    if isinstance(value, dict):
        name = next((name for name in ID_NAMES if name in value), None)
        if name is not None:
            return _bad_id(value[name], place)
        return UsageError(f"{place} is JSON without a task id", hint=_NO_ID_HINT)
    if value is None:
        return UsageError(f"{place} is null", hint=FILL_HINT)
    return UsageError(f"{place} is not a task id", hint="ids are text")


def _bad_id(value: object, place: str) -> UsageError:
    if value is None or value == "":
        what = "null" if value is None else "empty"
        return UsageError(f"the taskId of {place} is {what}", hint=FILL_HINT)
    return UsageError(f"the taskId of {place} is not text", hint="ids are text")


def _is_answer(value: Mapping[str, object]) -> bool:
    """Return whether an object is an answer of Kie, by its code and what stands beside it."""
    if "code" not in value:  # nearly always
        return False
    code = value["code"]
    if isinstance(code, str) and len(code) == 3 and code.isascii() and code.isdigit():  # noqa: PLR2004
        code = int(code)  # re-sellers send digits
    is_code = isinstance(code, int) and code in _CODES
    return is_code and not {"msg", "message", "data"}.isdisjoint(value)
