"""Outcomes as JSON Lines (https://jsonlines.org): one object a task, all fields in each of them.

No formatter touches them: rich would wrap lines and take brackets for markup.
"""

import json
from typing import TYPE_CHECKING, Any

from kiecli.api.models import Task
from kiecli.clock import iso_timestamp
from kiecli.errors import KieError, TaskFailed
from kiecli.outcome import Outcome
from kiecli.render.text import advice
from kiecli.safe_text import COMMAND

if TYPE_CHECKING:
    from kiecli.download.plan import SavedFile

# Stands in where there is no answer, so that every object has every field.
_NO_TASK = Task.parse("", {})
_NO_FAILURE = TaskFailed("")


def line(outcome: Outcome, wall: float) -> str:
    """Return the outcome's JSON object on one line, in ASCII.

    Args:
        outcome: What to show.
        wall: Now, in seconds since 1970; ages count up to it.
    """
    return encoded(record(outcome, wall))


def encoded(value: object) -> str:
    """Return JSON on one line, in ASCII, which every terminal, pipe and encoding passes on."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace(COMMAND, "\\u0023#[")  # it can only stand in a string here


def record(outcome: Outcome, wall: float) -> dict[str, Any]:
    """Return the fields of one outcome."""
    task = outcome.task or _NO_TASK
    known = outcome.task is not None
    failure = outcome.error if isinstance(outcome.error, TaskFailed) else _NO_FAILURE
    fields: dict[str, Any] = {
        "task_id": outcome.task_id,
        "model": task.model,
        "state": task.state,
        "outcome": outcome.status,
        "created_at": iso_timestamp(task.created_at),
        "completed_at": iso_timestamp(task.completed_at),
        "expires_at": iso_timestamp(task.expires_at),
        "duration_s": task.duration,
        "age_s": _rounded(task.age(wall)),
        "label": outcome.label,
        "results": [result._asdict() for result in task.results],
        "object": task.inline_result,
        "credits": task.credits,
        "fail_code": task.fail_code or failure.fail_code,
        "fail_message": task.fail_message or failure.fail_message,
        "params": task.params,
    }
    if outcome.files is not None:
        fields["files"] = [_file(file, outcome.resume_command) for file in outcome.files]
    fields["error"] = error_record(outcome.error, outcome.resume_command)
    fields["exit_code"] = int(outcome.exit_code)
    fields["raw"] = task.raw if known else None
    return fields


def _rounded(seconds: float | None) -> float | None:
    # An age is read off two clocks; more places would be noise.
    return None if seconds is None else round(seconds, 1)


def error_record(error: KieError | None, resume_command: str = "") -> dict[str, Any] | None:
    """Return the fields of an error, None for none.

    Args:
        error: The error.
        resume_command: The line to run, for an error that can be over then.
    """
    if error is None:
        return None
    return {
        "kind": error.kind,
        "message": error.message,
        "hint": advice(error, resume_command if error.rerun_helps else ""),
        "temporary": error.temporary,
    }


def _file(file: "SavedFile", resume_command: str) -> dict[str, Any]:
    fields = file._asdict()
    fields["error"] = error_record(file.error, resume_command)
    return fields
