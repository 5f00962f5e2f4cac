"""Tasks that follow a scripted timeline, in the shape of real recordInfo answers."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Link = Callable[[str], str]
"""Turns the path of one of a task's files into its URL."""

Result = Callable[[Link], object]
"""Builds what a success delivers from the links to its files."""


class Stage(NamedTuple):
    """A state of a task, and when it begins."""

    at: float
    """Seconds after its creation."""
    state: str


# An image task: `waiting` until it is done, in the median time of real ones.
_ORDINARY = (Stage(0, "waiting"), Stage(13.1, "success"))


class Script(NamedTuple):
    """The timeline, result and files of a task."""

    model: str
    input: Mapping[str, Any]
    stages: tuple[Stage, ...] = _ORDINARY
    age: float = 0.0
    """Seconds since its creation when it is first polled."""
    result: Result | None = None
    files: Mapping[str, str] = {}
    """Which media file stands under which path."""
    fail_code: str | None = None
    fail_message: str | None = None
    credits: float = 4.0


class SimulatedTask:
    """A task that was created at a moment and follows its script since.

    Attributes:
        task_id: Its id.
        script: Its timeline, result and files.
        created_at: Seconds since 1970.
    """

    def __init__(self, task_id: str, script: Script, created_at: float) -> None:
        self.task_id = task_id
        self.script = script
        self.created_at = created_at

    def stage(self, now: float) -> Stage:
        """Return the stage that the task has reached."""
        past = [stage for stage in self.script.stages if self.created_at + stage.at <= now]
        # A clock that was set back finds the task at its beginning.
        return past[-1] if past else self.script.stages[0]

    def completed_at(self, now: float) -> float | None:
        """Return when the task succeeded or failed, or None while it runs."""
        stage = self.stage(now)
        return self.created_at + stage.at if stage.state in ("success", "fail") else None

    def delivered_at(self, now: float) -> float | None:
        """Return when the task's files were made, or None when there are none."""
        return self.completed_at(now) if self.stage(now).state == "success" else None

    def record(self, now: float, link: Link) -> dict[str, object]:
        """Return `data` of a recordInfo answer, field by field as recorded ones are.

        The last five fields came in September 2026; `response` repeats what `resultJson` holds.
        """
        stage = self.stage(now)
        completed = self.completed_at(now)
        failed = stage.state == "fail"
        result = self._result(link) if stage.state == "success" else None
        return {
            "taskId": self.task_id,
            "model": self.script.model,
            "state": stage.state,
            "param": self._param(),
            "resultJson": "" if result is None else compact(result),
            "failCode": self.script.fail_code if failed else None,
            "failMsg": self.script.fail_message if failed else None,
            # Documented as milliseconds, on the wire it is seconds.
            "costTime": None if completed is None else round(completed - self.created_at),
            "completeTime": None if completed is None else _milliseconds(completed),
            "createTime": _milliseconds(self.created_at),
            # Filled while a task still waits; failed ones are not charged.
            "creditsConsumed": 0 if failed else self.script.credits,
            "recordId": self.task_id,
            "operationType": self.script.model,
            "paramJson": compact(self.script.input),
            "response": result,
            "successFlag": {"success": 1, "fail": 3}.get(stage.state, 0),
        }

    def _param(self) -> str:
        # A string of JSON in a string of JSON, as the real service has it.
        return compact({"input": compact(self.script.input), "model": self.script.model})

    def _result(self, link: Link) -> object:
        return None if self.script.result is None else self.script.result(link)


def compact(value: object) -> str:
    """Return JSON as Kie writes it: without blanks, with its characters unescaped."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
