"""When a run over several tasks is decided before all of them are done: --any and --fail-fast."""

from collections.abc import Sequence
from enum import Enum

from kiecli.errors import ExitCode
from kiecli.outcome import Outcome

# All ends but success. Wrong usage (2) is of the line, not of a task; a task that is not finished
# (8, 124) has not ended.
_FAILURES = frozenset(
    {
        ExitCode.FAILED,
        ExitCode.REFUSED,
        ExitCode.NOT_FOUND,
        ExitCode.UNAVAILABLE,
        ExitCode.SAVE_FAILED,
    }
)


class StopRule(Enum):
    """Which outcome of one task decides the whole run; the value is the option that asks for it."""

    NEVER = ""
    ANY = "--any"
    FAIL_FAST = "--fail-fast"

    def taken_from(self, argv: Sequence[str]) -> tuple[str, ...]:
        """Return a command without the option."""
        return tuple(word for word in argv if word != self.value)

    def is_met(self, outcome: Outcome) -> bool:
        """Return True if the outcome decides the run."""
        match self:
            case StopRule.ANY:
                return outcome.exit_code is ExitCode.DONE
            case StopRule.FAIL_FAST:
                return outcome.exit_code in _FAILURES
            case _:
                return False
