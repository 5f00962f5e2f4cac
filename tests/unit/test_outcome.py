"""What a run came to for one task."""

import pytest

from kiecli import outcome
from kiecli.api.models import Task
from kiecli.download.plan import SavedFile
from kiecli.errors import (
    AccessError,
    DeadlineExceeded,
    ExitCode,
    KieError,
    KieUnavailable,
    ResultExpired,
    SaveError,
    TaskFailed,
    TaskNotFound,
    TaskPending,
)
from kiecli.outcome import Outcome


def task(state: str | None) -> Task:
    return Task.parse("a", {"state": state, "failCode": "500", "failMsg": "upstream"})


def saved(error: KieError | None = None) -> SavedFile:
    status = "saved" if error is None else "failed"
    return SavedFile(1, "https://f.test/a.png", "a-1.png", 3, None, None, status, 0, error)


@pytest.mark.parametrize(
    ("one", "word", "state"),
    [
        (Outcome("a", task("success")), "success", "success"),
        (Outcome("a", task("SUCCESS")), "success", "success"),
        (Outcome("a", task("Archived")), "pending", "Archived"),
        (Outcome("a", task("generating")), "pending", "generating"),
        (Outcome("a", task(None)), "pending", "unknown"),
        (Outcome("a", None), "error", "unknown"),
        (Outcome("a", task("fail"), TaskFailed("m")), "failed", "fail"),
        (Outcome("a", None, TaskFailed("m")), "failed", "fail"),
        (Outcome("a", task("waiting"), TaskPending("m")), "pending", "waiting"),
        (Outcome("a", task("waiting"), DeadlineExceeded("m")), "pending", "waiting"),
        (Outcome("a", None, DeadlineExceeded("m")), "pending", "unknown"),
        (Outcome("a", None, TaskNotFound("m")), "error", "unknown"),
        (Outcome("a", task("success"), SaveError("m")), "error", "success"),
    ],
)
def test_the_word_for_programs_and_the_state_for_people(
    one: Outcome, word: str, state: str
) -> None:
    assert (one.status, one.state) == (word, state)


@pytest.mark.parametrize(
    ("state", "error", "plain", "with_exit_status", "resume_command"),
    [
        ("success", None, 0, 0, ""),
        ("waiting", None, 0, 8, ""),
        ("fail", None, 0, 1, ""),
        (None, TaskFailed("m"), 0, 1, ""),
        (None, TaskNotFound("m"), 5, 5, ""),
        (None, AccessError("m"), 4, 4, ""),
        (None, KieUnavailable("m"), 6, 6, "kiecli status a"),
    ],
)
def test_having_asked(
    state: str | None,
    error: KieError | None,
    plain: int,
    with_exit_status: int,
    resume_command: str,
) -> None:
    answer = None if state is None else task(state)
    for exit_status, code in ((False, plain), (True, with_exit_status)):
        one = outcome.from_status("a", answer, error, ["status"], exit_status=exit_status)
        assert (one.exit_code, one.resume_command) == (code, resume_command)


@pytest.mark.parametrize(
    ("state", "error", "code", "resume_command"),
    [
        ("success", None, 0, ""),
        ("fail", None, 1, ""),
        ("waiting", DeadlineExceeded("m"), 124, "kiecli wait a"),
        (None, KieUnavailable("m"), 6, "kiecli wait a"),
        (None, TaskNotFound("m"), 5, ""),
    ],
)
def test_having_waited(
    state: str | None, error: KieError | None, code: int, resume_command: str
) -> None:
    one = outcome.from_wait("a", None if state is None else task(state), error, ["wait"])
    assert (one.exit_code, one.resume_command) == (code, resume_command)


def test_a_failed_task_brings_its_own_error() -> None:
    one = outcome.from_wait("a", task("fail"), None, ["wait"])
    assert isinstance(one.error, TaskFailed)
    assert one.error.message == "Kie says the task failed (500): upstream"


def test_a_download_of_an_unfinished_task_says_how_to_wait() -> None:
    one = outcome.pending(task("waiting"), ["download", "--wait"])
    assert (one.status, one.exit_code, one.resume_command) == (
        "pending",
        ExitCode.PENDING,
        "kiecli download --wait a",
    )
    assert one.error is not None
    assert one.error.message == "not finished yet: waiting"


def test_a_download_of_everything_is_done() -> None:
    files = (saved(), saved())
    assert outcome.from_download(task("success"), files, ["download"]) == Outcome(
        "a", task("success"), files=files
    )


def test_one_file_that_failed_is_the_error_of_its_task() -> None:
    error = SaveError("could not save a-1.png: gone")
    one = outcome.from_download(task("success"), (saved(), saved(error)), ["download"])
    assert (one.error, one.exit_code, one.resume_command) == (
        error,
        ExitCode.SAVE_FAILED,
        "kiecli download a",
    )


GONE = ResultExpired("gone")
BROKEN = SaveError("broken", temporary=True)


@pytest.mark.parametrize(
    ("errors", "kind", "temporary", "resume_command"),
    [
        ([GONE], "expired", False, ""),
        ([GONE, GONE], "expired", False, ""),
        ([GONE, BROKEN], "unsaved", True, "kiecli download a"),
        ([SaveError("full"), SaveError("full")], "unsaved", False, "kiecli download a"),
    ],
)
def test_a_line_is_given_only_where_running_it_can_help(
    errors: list[KieError], kind: str, temporary: bool, resume_command: str
) -> None:
    files = (saved(), *map(saved, errors))
    one = outcome.from_download(task("success"), files, ["download"])
    assert one.error is not None
    assert (one.error.kind, one.error.temporary, one.resume_command, one.exit_code) == (
        kind,
        temporary,
        resume_command,
        ExitCode.SAVE_FAILED,
    )
    count = f"{len(errors)} of {len(files)} results were not saved"
    assert one.error.message == (errors[0].message if len(errors) == 1 else count)
