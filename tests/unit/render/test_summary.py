"""What the tasks of a run came to, counted."""

import pytest

from kiecli.api.models import Task
from kiecli.download.plan import SavedFile
from kiecli.errors import (
    AccessError,
    DeadlineExceeded,
    KieError,
    KieUnavailable,
    SaveError,
    TaskFailed,
    TaskNotFound,
    TaskPending,
    UsageError,
)
from kiecli.outcome import Outcome
from kiecli.render.summary import ElapsedTime, OutcomeCounter, progress_lines, summary


def task(credits_used: float | None = 4.5) -> Task:
    return Task.parse("t", {"state": "success", "creditsConsumed": credits_used})


def file(status: str = "saved", size: int | None = 500_000) -> SavedFile:
    error = SaveError("gone") if status == "failed" else None
    return SavedFile(1, None, "t-1.png", size, None, None, status, 0, error)


def downloaded(*files: SavedFile, credits_used: float | None = 4.5) -> Outcome:
    error = next((each.error for each in files if each.error), None)
    return Outcome("t", task(credits_used), error, files=files, label="hero")


def ended(task_id: str, error: KieError) -> Outcome:
    return Outcome(task_id, None, error)


@pytest.mark.parametrize(
    ("outcomes", "line"),
    [
        ([Outcome("a", task()), Outcome("b", task())], "2 tasks: 2 done (9 credits)"),
        ([Outcome("a", task(None)), Outcome("b", task(1))], "2 tasks: 2 done (1 credit)"),
        ([Outcome("a", task(None)), Outcome("b", task(None))], "2 tasks: 2 done"),
        (
            [downloaded(file(), file()), downloaded(file()), ended("bad-1", TaskFailed("m"))],
            "3 tasks: 2 saved (3 files, 1.5 MB, 9 credits), 1 failed (bad-1)",
        ),
        (
            [downloaded(file("kept")), downloaded(file("kept"), file("kept"))],
            "2 tasks: 2 already there (3 files)",
        ),
        (
            [downloaded(file("kept")), downloaded(file(), file("kept"))],
            (
                "2 tasks: 1 saved (1 file, 500.0 kB, 1 already there, 4.5 credits),"
                " 1 already there (1 file)"
            ),
        ),
        (
            [downloaded(file("failed"), file()), downloaded(file(), credits_used=None)],
            "2 tasks: 1 saved (1 file, 500.0 kB), 1 not saved (hero)",
        ),
        (
            [
                ended("a", DeadlineExceeded("m")),
                ended("b", TaskPending("m")),
                ended("c", KieUnavailable("m")),
                ended("d", TaskNotFound("m")),
                ended("e", AccessError("m")),
                ended("f", UsageError("m")),
                *(ended(f"g{n}", TaskFailed("m")) for n in range(6)),
            ],
            (
                "12 tasks: 6 failed (g0, g1, g2 and 3 more), 1 rejected (f), 1 refused (e),"
                " 1 not found (d), 1 not reached (c), 1 not finished (b), 1 still running (a)"
            ),
        ),
    ],
)
def test_a_run_is_summarized_in_one_line(outcomes: list[Outcome], line: str) -> None:
    assert summary(outcomes) == line


def test_the_last_row_of_the_block_gets_shorter_until_it_fits() -> None:
    counter = OutcomeCounter(30)
    for outcome in [ended("b", TaskFailed("m")), *[downloaded(file())] * 13]:
        counter.add(outcome)
    assert progress_lines(counter, ElapsedTime(20.9, 900.0), " · ") == [
        "30 tasks: 13 saved, 1 failed, 16 to go · 20s of 15m",
        "13 saved, 1 failed, 16 to go · 20s of 15m",
        "16 to go · 20s of 15m",
        "16 to go · 20s",
        "16 to go",
    ]
    assert (
        progress_lines(OutcomeCounter(1), ElapsedTime(61.0, None), " - ")[0]
        == "1 task: 1 to go - 1m1s"
    )
