"""The task ids of a line: typed as arguments, or read from stdin in any of its forms."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from kiecli import safe_json
from kiecli.api import responses
from kiecli.errors import KieError, UsageError

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}")
# The record's own spelling first: an input of some models has a `task_id` too, of another task.
# Compiled at their first use: ids are rarely found in this way.
_IN_BROKEN_JSON = tuple(rf'"{name}\\*"\s*:\s*\\*"([^"\\]+)' for name in ("taskId", "task_id"))


class TaskSelection(NamedTuple):
    """What a line asks about."""

    task_ids: tuple[str, ...]
    """Each once, in the order given."""
    created: tuple[str, ...]
    """Those that came out of a createTask answer: paid for, and known nowhere else."""


class _Found(NamedTuple):
    text: str
    place: str
    created: bool = False
    refused: KieError | None = None
    """Why what stands there is no id at all."""


def read(arguments: Sequence[str], stdin: Callable[[], bytes]) -> TaskSelection:
    """Return the ids of a line, all of them checked.

    Args:
        arguments: As typed; a `-` among them stands for what stdin holds.
        stdin: Reads stdin to its end; called at most once.

    Raises:
        UsageError: One cannot be an id, or there is none.
        KieError: stdin holds an error of createTask; it is that error.
    """
    if arguments.count("-") > 1:
        raise UsageError("'-' stands more than once for stdin", hint="name it once")
    found = list(_all(arguments, stdin))
    created = tuple(dict.fromkeys(each.text for each in found if each.created))
    for each in found:
        refused = each.refused or _refused(each)
        if refused is not None:
            raise _with_created(created, refused)
    return TaskSelection(tuple(dict.fromkeys(each.text for each in found)), created)


def reject_api_key(asked: TaskSelection, key: str) -> None:
    """Refuse a line that has the API key in the place of an id; it is not repeated.

    Raises:
        UsageError: One of the ids is the key: some look alike.
    """
    if key in asked.task_ids:
        place = asked.task_ids.index(key) + 1
        raise UsageError(
            f"task id {place} is the API key itself",
            hint="give the taskId that createTask answered with",
        )


def _all(arguments: Sequence[str], stdin: Callable[[], bytes]) -> Iterator[_Found]:
    for place, argument in enumerate(arguments, start=1):
        if argument == "-":
            yield from _from_stdin(stdin().decode("utf-8-sig", errors="replace"))
        else:
            yield _Found(_trimmed(argument), f"argument {place}")


def _trimmed(text: str) -> str:
    return text.strip().strip("\"'").strip()


def _refused(found: _Found) -> UsageError | None:
    """Return why a text cannot be an id, if it cannot."""
    is_null = found.text == "null"  # what jq makes of an answer without an id
    if _ID.fullmatch(found.text) and not is_null:
        return None
    # What is refused is named by its place: it may be a key, a link that is a credential, a page.
    if is_null or not found.text:
        what = "is null" if is_null else "is empty"
        hint = "did the command that should fill it fail?"
    elif "://" in found.text:
        what, hint = "is a URL, not a task id", "give the taskId of the task"
    elif found.text[0] in "{[":
        what, hint = "is JSON, not a task id", "pipe JSON in and give '-' as the id"
    else:
        what, hint = "is not a task id", "ids have letters, digits and _ . : - only, 128 at most"
    return UsageError(f"{found.place} {what}", hint=hint)


def _with_created(created: Sequence[str], refused: KieError) -> KieError:
    """Add the ids beside a refused one that were created just now: they are paid for."""
    if created:
        hint = f"{refused.hint}; created all the same: {' '.join(created)}"
        refused.hint = hint.removeprefix("; ")
    return refused


def _from_stdin(text: str) -> Iterator[_Found]:
    found = list(_from_json(text) if text.strip()[:1] in ("{", "[", '"') else _from_words(text))
    if not found:
        raise UsageError("no task id on stdin: did the command before the pipe fail?")
    yield from found


def _from_words(text: str) -> Iterator[_Found]:
    for place, word in enumerate(text.split(), start=1):
        yield _Found(_trimmed(word), f"word {place} on stdin")


def _from_json(text: str) -> Iterator[_Found]:
    try:
        values = list(safe_json.parse_all(text))
    except ValueError:
        yield from _from_broken_json(text)
        return
    for place, value in enumerate(_flat(values), start=1):
        yield _from_value(value, f"value {place} on stdin")


def _from_broken_json(text: str) -> Iterator[_Found]:
    """Return ids of text that is no JSON any more, or was none but ids in quotes."""
    if text.lstrip().startswith('"'):
        return _from_words(text)
    # A body that went through a shell's `echo` has lost its inner quoting; its id stands.
    ids = next(filter(None, (re.findall(form, text) for form in _IN_BROKEN_JSON)), None)
    if ids is None:
        raise UsageError(
            "stdin is neither task ids nor JSON that can be read",
            hint="pipe in createTask's answer as it came",
        )
    return (_Found(_trimmed(each), "an id in broken JSON on stdin") for each in ids)


def _flat(values: Sequence[object]) -> Iterator[object]:
    for value in values:
        if isinstance(value, list):
            yield from _flat(value)
        else:
            yield value


def _from_value(value: object, place: str) -> _Found:
    if isinstance(value, str):
        return _Found(_trimmed(value), place)
    if isinstance(value, dict):
        return _from_object(value, place)
    no_text = UsageError(f"{place} is not a task id", hint="ids are text")
    return _Found("", place, refused=no_text)


def _from_object(value: dict[str, object], place: str) -> _Found:
    """Return the id of an answer of Kie's, of a callback body, or of an object of ours."""
    data = value.get("data")
    record = data if isinstance(data, dict) else value
    task_id = record.get("taskId") or record.get("task_id")
    if isinstance(task_id, str):
        is_answer_to_creation = "code" in value and "state" not in record
        return _Found(_trimmed(task_id), place, created=is_answer_to_creation)
    return _Found("", place, refused=_error_of(value) or _without_id(place))


def _error_of(value: dict[str, object]) -> KieError | None:
    """Return what a createTask error means, in the words of its own code."""
    if "code" not in value:
        return None
    import json

    try:
        responses.decode(200, {}, json.dumps(value).encode())
    except KieError as error:
        error.message = f"the answer on stdin is an error, no task: {error.message}"
        if isinstance(error, UsageError):
            error.hint = "mend the createTask call before the pipe"
        return error
    return None


def _without_id(place: str) -> UsageError:
    return UsageError(
        f"{place} is JSON without a task id", hint="it takes a taskId, or a task_id of --json"
    )
