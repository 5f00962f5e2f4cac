"""The task ids of a line: typed as arguments, or read from stdin in any of its forms."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from kiecli import answers, jsontext
from kiecli.errors import KieError, UsageError

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}")
_BROKEN_RECORD = re.compile(r'"task_?[iI]d\\*"\s*:\s*\\*"([^"\\]+)')


class Asked(NamedTuple):
    """What a line asks about."""

    task_ids: tuple[str, ...]
    """Each once, in the order given."""
    created: tuple[str, ...]
    """Those that came out of a createTask answer: paid for, and known nowhere else."""


class _Found(NamedTuple):
    text: str
    place: str
    created: bool = False


def read(arguments: Sequence[str], stdin: Callable[[], bytes]) -> Asked:
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
    for each in found:
        _check(each)
    ids = dict.fromkeys(each.text for each in found)
    created = dict.fromkeys(each.text for each in found if each.created)
    return Asked(tuple(ids), tuple(created))


def refuse_key(asked: Asked, key: str) -> None:
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


def _check(found: _Found) -> None:
    if _ID.fullmatch(found.text):
        return
    # What is refused is named by its place: it may be a key, a link that is a credential, a page.
    if not found.text:
        what, hint = "is empty", "did the command that should fill it fail?"
    elif "://" in found.text:
        what, hint = "is a URL, not a task id", "give the taskId of the task"
    elif found.text[0] in "{[":
        what, hint = "is JSON, not a task id", "pipe JSON in and give '-' as the id"
    else:
        what, hint = "is not a task id", "ids have letters, digits and _ . : - only, 128 at most"
    raise UsageError(f"{found.place} {what}", hint=hint)


def _from_stdin(text: str) -> Iterator[_Found]:
    if not text.strip():
        raise UsageError("no task id on stdin: did the command before the pipe fail?")
    if text.lstrip()[0] in '{["':
        yield from _from_json(text)
        return
    for place, word in enumerate(text.split(), start=1):
        yield _Found(_trimmed(word), f"word {place} on stdin")


def _from_json(text: str) -> Iterator[_Found]:
    found: list[_Found] = []
    refused: KieError | None = None
    for value in _values(text):
        try:
            found.extend(_from_value(value, f"value {len(found) + 1} on stdin"))
        except KieError as error:
            refused = refused or error
    if refused is not None:
        raise _naming_the_others(refused, found)
    yield from found


def _values(text: str) -> Iterator[object]:
    try:
        yield from jsontext.parse_all(text)
    except ValueError:
        # A body that went through a shell's `echo` has lost its inner quoting; its id stands.
        ids = _BROKEN_RECORD.findall(text)
        if not ids:
            raise UsageError(
                "stdin is neither task ids nor JSON that can be read",
                hint="pipe in createTask's answer as it came",
            ) from None
        yield from ({"taskId": each} for each in ids)


def _from_value(value: object, place: str) -> Iterator[_Found]:
    if isinstance(value, str):
        yield _Found(_trimmed(value), place)
    elif isinstance(value, list):
        for item in value:
            yield from _from_value(item, place)
    elif isinstance(value, dict):
        yield _from_object(value, place)
    else:
        raise UsageError(f"{place} is not a task id", hint="ids are text")


def _from_object(value: dict[str, object], place: str) -> _Found:
    """Return the id of an answer of Kie's, of a callback body, or of an object of ours."""
    data = value.get("data")
    record = data if isinstance(data, dict) else value
    task_id = record.get("taskId") or record.get("task_id")
    if isinstance(task_id, str):
        is_answer_to_creation = "code" in value and "state" not in record
        return _Found(_trimmed(task_id), place, created=is_answer_to_creation)
    if "code" in value:
        _raise_refusal(value)
    raise UsageError(
        f"{place} is JSON without a task id", hint="it takes a taskId, or a task_id of --json"
    )


def _raise_refusal(value: dict[str, object]) -> None:
    """Raise what a createTask error means, in the words of its own code."""
    import json

    try:
        answers.decode(200, {}, json.dumps(value).encode())
    except KieError as error:
        error.message = f"the answer on stdin is an error, no task: {error.message}"
        raise


def _naming_the_others(refused: KieError, found: Sequence[_Found]) -> KieError:
    """Add the ids beside a refused answer to its hint: they are paid for."""
    others = " ".join(each.text for each in found if _ID.fullmatch(each.text))
    if others:
        refused.hint = f"{refused.hint}; the others on stdin: {others}".removeprefix("; ")
    return refused
