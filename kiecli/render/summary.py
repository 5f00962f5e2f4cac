"""Counts how the tasks of a run ended: while it goes on, and in one line at its end. Pure."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from kiecli import durations, sizes
from kiecli.errors import ExitCode
from kiecli.outcome import Outcome
from kiecli.render.text import count, decimal, named

if TYPE_CHECKING:  # `wait` has no files
    from kiecli.download.plan import SavedFile

_ENDED_BADLY = {
    ExitCode.FAILED: "failed",
    ExitCode.USAGE: "rejected",
    ExitCode.REFUSED: "refused",
    ExitCode.NOT_FOUND: "not found",
    ExitCode.UNAVAILABLE: "not reached",
    ExitCode.SAVE_FAILED: "not saved",
    ExitCode.PENDING: "not finished",
    ExitCode.DEADLINE: "still running",
}

DONE, SAVED, ALREADY_THERE = "done", "saved", "already there"
"""How `wait` and `download` call a task that succeeded."""


def result_of(outcome: Outcome) -> str:
    """Return how a task ended, in the words by which tasks are counted: `saved`, `not found`."""
    if outcome.error is not None:
        return _ENDED_BADLY.get(outcome.error.exit_code, "failed")
    if outcome.files is None:
        return DONE
    return SAVED if any(file.status == "saved" for file in outcome.files) else ALREADY_THERE


class OutcomeCounter:
    """Counts how the tasks of a run have come out so far."""

    def __init__(self, total: int) -> None:
        """Start with all of them still to go."""
        self.total = total
        self._results: dict[str, int] = {}

    def add(self, outcome: Outcome) -> None:
        """Count a task that has ended."""
        result = result_of(outcome)
        self._results[result] = self._results.get(result, 0) + 1

    @property
    def left(self) -> int:
        """How many tasks have not ended."""
        return self.total - sum(self._results.values())

    def shown(self) -> str:
        """Return `13 done, 1 failed, 16 to go`."""
        ordered = sorted(self._results.items(), key=lambda item: _ORDER.index(item[0]))
        parts = [f"{number} {result}" for result, number in ordered]
        return ", ".join([*parts, f"{self.left} to go"])


_ORDER = [DONE, SAVED, ALREADY_THERE, *_ENDED_BADLY.values()]


class ElapsedTime(NamedTuple):
    """How long a run has taken, in seconds, and how long it may wait."""

    elapsed: float
    timeout: float | None
    """None where it does not wait, or no longer."""

    def shown(self, *, briefly: bool = False) -> str:
        """Return `20s of 15m`, or briefly `20s`."""
        elapsed = durations.show(int(self.elapsed))  # rounded up, it would reach its end early
        if briefly or not self.timeout:
            return elapsed
        return f"{elapsed} of {durations.show(self.timeout)}"


def progress_lines(counter: OutcomeCounter, time: ElapsedTime, separator: str) -> list[str]:
    """Return the last row of the live block in its forms, from the longest to the shortest.

    Args:
        counter: The tasks so far.
        time: How long it has taken.
        separator: What stands between both.
    """
    counted, clocked = counter.shown(), time.shown()
    return [
        f"{count(counter.total, 'task')}: {counted}{separator}{clocked}",
        f"{counted}{separator}{clocked}",
        f"{counter.left} to go{separator}{clocked}",
        f"{counter.left} to go{separator}{time.shown(briefly=True)}",
        f"{counter.left} to go",
    ]


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return how the tasks of a run ended: how many in which way, and which of them badly.

    `30 tasks: 28 saved (28 files, 7.6 MB, 84.5 credits), 1 failed (bad-1), 1 not found (x)`
    """
    groups: dict[str, list[Outcome]] = {result: [] for result in _ORDER}
    for outcome in outcomes:
        groups[result_of(outcome)].append(outcome)
    parts = [_part(result, group) for result, group in groups.items() if group]
    return f"{count(len(outcomes), 'task')}: {', '.join(parts)}"


def _part(result: str, group: Sequence[Outcome]) -> str:
    if result in (DONE, SAVED, ALREADY_THERE):
        details = [*_files(group), *([] if result == ALREADY_THERE else _credits(group))]
    else:
        details = [named([outcome.name for outcome in group])]
    shown = f" ({', '.join(details)})" if details else ""
    return f"{len(group)} {result}{shown}"


def _files(group: Iterable[Outcome]) -> list[str]:
    files = [file for outcome in group for file in outcome.files or ()]
    fresh = [file for file in files if file.status == "saved"]
    kept = len(files) - len(fresh)
    if not fresh:
        return [count(kept, "file")] if kept else []
    there = [f"{kept} already there"] if kept else []
    return [count(len(fresh), "file"), _bytes(fresh), *there]


def _bytes(files: Iterable["SavedFile"]) -> str:
    return sizes.show(sum(file.bytes or 0 for file in files))


def _credits(group: Iterable[Outcome]) -> list[str]:
    # Kie does not give the credits of every model: what is not known is no zero.
    used = [outcome.task.credits for outcome in group if outcome.task is not None]
    known = [each for each in used if each is not None]
    if not known:
        return []
    return [f"{decimal(sum(known))} {'credit' if sum(known) == 1 else 'credits'}"]
