"""A task's record (recordInfo) as a frozen value: parsed leniently, never with an exception.

Fields may be missing, null, new, numbers in strings and JSON in strings in JSON. The shapes are
those of real recordInfo answers (https://docs.kie.ai/market/common/get-task-detail.md and
recorded traffic, which differs from it).
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

from kiecli import safe_json
from kiecli.api.responses import hint_for
from kiecli.api.results import Result, TaskOutput
from kiecli.errors import TaskFailed

__all__ = ["LINK_LIFETIME", "Phase", "Result", "Task"]

# "Links typically expire after 24 hours": an estimate, the host may keep a file longer.
LINK_LIFETIME = 24 * 3600.0
"""Seconds from completion until a result link is expected to be dead."""

_MAX_STATE = 100  # characters; Kie's own states have ten at most
_MAX_TIMESTAMP = 253_402_300_799.0  # the last second of the year 9999


class Phase(Enum):
    """Whether a task runs, has succeeded or has failed, whatever Kie's word for its state."""

    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"


class Task(NamedTuple):
    """A task as one recordInfo answer describes it; times are seconds since 1970 (UTC)."""

    task_id: str
    state: str | None
    """Kie's own word, unknown words included."""
    model: str | None
    created_at: float | None
    completed_at: float | None
    results: tuple[Result, ...]
    inline_result: Any
    """The `resultObject`, or a result that is plain text, or None."""
    credits: float | None
    progress: float | None
    """Percent, if the model reports it."""
    fail_code: str | None
    fail_message: str | None
    raw: Mapping[str, Any]
    """The answer's `data`, untouched."""

    @classmethod
    def parse(cls, task_id: str, data: object) -> "Task":
        """Read `data` of a recordInfo answer; what cannot be read is None."""
        raw = data if isinstance(data, dict) else {}
        output = TaskOutput.parse(raw)
        return cls(
            task_id=task_id,
            state=_text(raw.get("state")),
            model=_text(raw.get("model")),
            created_at=_timestamp(raw.get("createTime")),
            completed_at=_timestamp(raw.get("completeTime")),
            results=output.results,
            inline_result=output.inline_result,
            credits=safe_json.number(raw.get("creditsConsumed")),
            progress=_progress(raw.get("progress")),
            fail_code=_text(raw.get("failCode")),
            fail_message=_text(raw.get("failMsg")),
            raw=raw,
        )

    @property
    def phase(self) -> Phase:
        """The phase that the state stands for; an unknown state counts as running."""
        # A new word of Kie's is no reason to give up: a wait has a timeout.
        return _PHASES.get((self.state or "").lower(), Phase.RUNNING)

    @property
    def state_label(self) -> str:
        """The state for people and shell scripts: known words in lower case, others as they are.

        At most 100 characters: a proxy's or a new Kie's could be a whole text.
        """
        state = (self.state or "unknown")[:_MAX_STATE]
        return state.lower() if state.lower() in _KNOWN_STATES else state

    @property
    def finished(self) -> bool:
        """Whether the task has succeeded or failed."""
        return self.phase is not Phase.RUNNING

    @property
    def is_empty(self) -> bool:
        """Whether the task has succeeded and lists neither file nor object nor text."""
        nothing = not self.results and self.inline_result is None
        return nothing and self.phase is Phase.SUCCESS

    @property
    def duration(self) -> float | None:
        """Seconds from creation to completion; Kie's `costTime` is not in the documented unit."""
        if self.created_at is None or self.completed_at is None:
            return None
        # Never negative: the two times may come from different clocks.
        return max(0.0, round(self.completed_at - self.created_at, 3))

    @property
    def expires_at(self) -> float | None:
        """When the links are expected to die, for a success whose completion is known."""
        if self.phase is not Phase.SUCCESS or self.completed_at is None:
            return None
        return self.completed_at + LINK_LIFETIME

    def seconds_left(self, wall: float) -> float | None:
        """Return the seconds until the links are expected to die; negative when they are dead."""
        return None if self.expires_at is None else self.expires_at - wall

    @property
    def params(self) -> dict[str, Any] | None:
        """The parameters it was created with, `input` parsed too; decoded at each access."""
        params = safe_json.decode_nested(self.raw.get("param"))
        if not isinstance(params, dict):
            return None
        # `input` is usually a string of JSON once more.
        return {
            name: safe_json.decode_nested(item) if name == "input" else item
            for name, item in params.items()
        }

    @property
    def prompt(self) -> str | None:
        """The prompt in its parameters, or None."""
        inputs = (self.params or {}).get("input")
        return _text(inputs.get("prompt")) if isinstance(inputs, dict) else None

    def age(self, wall: float) -> float | None:
        """Return seconds since completion, or since creation while it runs."""
        since = self.completed_at if self.completed_at is not None else self.created_at
        return None if since is None else max(0.0, wall - since)

    def to_error(self) -> TaskFailed:
        """Return the error of a failed task, with Kie's reason and a hint."""
        reason = f": {self.fail_message}" if self.fail_message else ", but gives no reason"
        code = f" ({self.fail_code})" if self.fail_code else ""
        return TaskFailed(
            f"Kie says the task failed{code}{reason}",
            hint=hint_for(self.fail_code, self.fail_message),
        )


_KNOWN_STATES = frozenset({"waiting", "queuing", "generating", "success", "fail"})
_PHASES = {"success": Phase.SUCCESS, "fail": Phase.FAILED}


def _text(value: object) -> str | None:
    # Codes may be numbers. `bool` is a subclass of `int`, and is no text here.
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value) or None


def _timestamp(value: object) -> float | None:
    """Return seconds since 1970 for Kie's milliseconds; None for what is no date."""
    milliseconds = safe_json.number(value)
    if milliseconds is None or not 0 < milliseconds / 1000 <= _MAX_TIMESTAMP:
        return None
    return milliseconds / 1000


def _progress(value: object) -> float | None:
    number = safe_json.number(value)
    if number is None:
        return None
    # Seen: 0 to 100 as a number (Sora), "0.00" to "1.00" as a string.
    percent = number * 100 if isinstance(value, str) and number <= 1 else number
    return percent if 0 <= percent <= 100 else None  # noqa: PLR2004
