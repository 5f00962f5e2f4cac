"""What a run came to for one task: its exit code, and the line that does what is left."""

from itertools import pairwise

import pytest

from kiecli import outcome
from kiecli.api.models import Task
from kiecli.download.plan import SavedFile
from kiecli.errors import (
    AccessError,
    AccountRefused,
    ConfigError,
    DeadlineExceeded,
    ExitCode,
    FolderNotWritable,
    KieError,
    KieUnavailable,
    ResultExpired,
    SaveError,
    TaskFailed,
    TaskNotFound,
    TaskPending,
)
from kiecli.outcome import Outcome, combined_exit_code, resume_command, shell_command
from kiecli.system.shell_syntax import join
from kiecli.system.syntax import SHELL


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
    ("state", "error", "plain", "with_exit_status", "can_resume"),
    [
        ("success", None, 0, 0, False),
        ("waiting", None, 0, 8, False),
        ("fail", None, 0, 1, False),
        (None, TaskFailed("m"), 0, 1, False),
        (None, TaskNotFound("m"), 5, 5, False),
        (None, AccessError("m"), 4, 4, False),
        (None, KieUnavailable("m"), 6, 6, True),
    ],
)
def test_the_outcome_of_a_status_query(
    state: str | None,
    error: KieError | None,
    plain: int,
    with_exit_status: int,
    can_resume: bool,
) -> None:
    answer = None if state is None else task(state)
    for exit_status, code in ((False, plain), (True, with_exit_status)):
        one = outcome.from_status("a", answer, error, exit_status=exit_status)
        assert (one.exit_code, one.can_resume) == (code, can_resume)


@pytest.mark.parametrize(
    ("state", "error", "code", "can_resume"),
    [
        ("success", None, 0, False),
        ("fail", None, 1, False),
        ("waiting", DeadlineExceeded("m"), 124, True),
        (None, KieUnavailable("m"), 6, True),
        (None, TaskNotFound("m"), 5, False),
        (None, AccountRefused("m"), 4, False),
    ],
)
def test_the_outcome_of_a_wait(
    state: str | None, error: KieError | None, code: int, can_resume: bool
) -> None:
    one = outcome.from_wait("a", None if state is None else task(state), error)
    assert (one.exit_code, one.can_resume) == (code, can_resume)


def test_a_failed_task_brings_its_own_error() -> None:
    one = outcome.from_wait("a", task("fail"), None)
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


def test_one_file_that_failed_is_the_error_of_its_task() -> None:
    error = SaveError("could not save a-1.png: gone")
    files = (saved(), saved(error))
    one = outcome.not_saved(task("success"), files, [error])
    assert one == Outcome("a", task("success"), error, ExitCode.SAVE_FAILED, files=files)
    assert one.can_resume


GONE = ResultExpired("gone")
BROKEN = SaveError("broken", temporary=True)


@pytest.mark.parametrize(
    ("errors", "kind", "temporary", "can_resume"),
    [
        ([GONE], "expired", False, False),
        ([GONE, GONE], "expired", False, False),
        ([GONE, BROKEN], "unsaved", True, True),
        ([SaveError("full"), SaveError("full")], "unsaved", False, True),
    ],
)
def test_it_can_be_resumed_only_where_running_the_line_can_help(
    errors: list[KieError], kind: str, temporary: bool, can_resume: bool
) -> None:
    files = (saved(), *map(saved, errors))
    one = outcome.not_saved(task("success"), files, errors)
    assert one.error is not None
    assert (one.error.kind, one.error.temporary, one.can_resume, one.exit_code) == (
        kind,
        temporary,
        can_resume,
        ExitCode.SAVE_FAILED,
    )
    count = f"{len(errors)} of {len(files)} results were not saved"
    assert one.error.message == (errors[0].message if len(errors) == 1 else count)


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (AccessError("no", hint="mend it"), ExitCode.REFUSED),
        (ConfigError("no", hint="mend it"), ExitCode.USAGE),
    ],
)
def test_what_concerns_all_files_weighs_more_than_files_that_are_gone(
    error: KieError, exit_code: ExitCode
) -> None:
    errors = [GONE, error, BROKEN]
    one = outcome.not_saved(task("success"), tuple(map(saved, errors)), errors)
    assert one.error is not None
    assert (one.error.message, one.error.hint) == ("3 of 3 results were not saved", "mend it")
    assert (one.exit_code, one.can_resume) == (exit_code, False)


def test_what_ends_the_whole_run_must_be_mended_first() -> None:
    error = FolderNotWritable("cannot write into out: permission denied")
    assert not Outcome("a", None, error, error.exit_code).can_resume


def test_what_a_person_must_mend_comes_before_what_only_time_can() -> None:
    order = [ExitCode(code) for code in (2, 4, 1, 5, 7, 6, 124, 8, 0)]
    for before, after in pairwise(order):
        assert combined_exit_code([after, before]) is before
        assert combined_exit_code([before, after]) is before


def test_a_run_over_nothing_is_done() -> None:
    assert combined_exit_code([]) is ExitCode.DONE


@pytest.mark.parametrize(
    ("argv", "tasks", "line"),
    [
        (["wait"], ["a"], "kiecli wait a"),
        (["status"], ["a", "hero=b"], "kiecli status a hero=b"),
        (["download", "--wait", "-d", "my out"], ["a"], None),
        (["download", "-o", "{model}/$n"], ["my hero=a"], None),
    ],
)
def test_a_line_is_quoted_for_the_shell_where_it_must_be(
    argv: list[str], tasks: list[str], line: str | None
) -> None:
    assert shell_command(argv, tasks) == (line or join(SHELL, ["kiecli", *argv, *tasks]))


@pytest.mark.parametrize(
    ("number", "created", "is_named"),
    [(1, False, True), (200, False, True), (201, False, False), (201, True, True)],
)
def test_two_hundred_tasks_are_named_and_all_that_were_just_created(
    number: int, created: bool, is_named: bool
) -> None:
    tasks = [f"t{n}" for n in range(number)]
    line = f"kiecli wait {' '.join(tasks)}"
    run_again = "run the same line again; what is saved is kept"
    assert resume_command(["wait"], tasks, created=created) == (line if is_named else run_again)
