"""The exceptions and their exit codes."""

import pytest

from kiecli import errors
from kiecli.errors import (
    ExitCode,
    KieError,
    causes,
    system_reason,
    without_frames,
)


def test_every_exit_code_is_the_one_that_the_contract_names() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "DONE": 0,
        "FAILED": 1,
        "USAGE": 2,
        "REFUSED": 4,
        "NOT_FOUND": 5,
        "UNAVAILABLE": 6,
        "SAVE_FAILED": 7,
        "PENDING": 8,
        "BUG": 70,
        "DEADLINE": 124,
    }


@pytest.mark.parametrize(
    ("error", "kind", "code", "temporary", "fatal"),
    [
        (errors.UsageError("x"), "usage", 2, False, False),
        (errors.ConfigError("x"), "config", 2, False, False),
        (errors.AccessError("x"), "access", 4, False, False),
        (errors.AccountRefused("x"), "access", 4, False, True),
        (errors.TaskFailed("x"), "failed", 1, False, False),
        (errors.TaskNotFound("x"), "not_found", 5, False, False),
        (errors.KieUnavailable("x"), "unavailable", 6, True, False),
        (errors.ConnectionFailed("x"), "unavailable", 6, True, False),
        (errors.RateLimited("x"), "unavailable", 6, True, False),
        (errors.SaveError("x"), "unsaved", 7, False, False),
        (errors.FolderNotWritable("x"), "unsaved", 7, False, True),
        (errors.TaskPending("x"), "unfinished", 8, True, False),
        (errors.DeadlineExceeded("x"), "deadline", 124, True, False),
    ],
)
def test_each_error_knows_what_it_means(
    error: KieError, kind: str, code: int, temporary: bool, fatal: bool
) -> None:
    assert (error.kind, error.exit_code, error.temporary, error.fatal) == (
        kind,
        code,
        temporary,
        fatal,
    )


def test_an_error_carries_what_went_wrong_and_what_to_do() -> None:
    error = errors.TaskFailed("Kie says the task failed", hint="submit again")
    assert (str(error), error.message, error.reason, error.hint) == (
        "Kie says the task failed",
        "Kie says the task failed",
        "Kie says the task failed",
        "submit again",
    )


def test_nobody_swallows_a_signal_by_catching_exceptions() -> None:
    assert errors.Interrupted(15).signum == 15
    for kind in (errors.Interrupted, errors.StdoutClosed):
        assert not issubclass(kind, Exception)


def test_what_an_error_came_from_is_told_from_the_nearest_on() -> None:
    raised, context, cause = KieError("raised"), OSError("context"), ValueError("cause")
    raised.__cause__, raised.__context__ = cause, KeyError("hidden by the cause")
    cause.__context__ = context
    assert list(errors.causes(raised)) == [raised, cause, context]


def test_an_error_that_is_kept_keeps_nothing_that_it_came_from() -> None:
    def fail() -> None:
        raise OSError from ZeroDivisionError()

    def translate() -> None:
        try:
            fail()
        except OSError as error:
            raise KieError("kept") from error

    with pytest.raises(KieError) as raised:
        translate()
    before = list(causes(raised.value))
    assert without_frames(raised.value) is raised.value
    kept = [(e.__traceback__, e.__cause__, e.__context__) for e in before]
    assert kept == [(None, None, None)] * len(before)
    assert [type(error) for error in before] == [KieError, OSError, ZeroDivisionError]
    assert raised.value.message == "kept"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(2, "No such file or directory"), "no such file or directory"),
        (OSError(5, "Remote I/O error"), "remote I/O error"),
        (OSError(0, "it is not a regular file"), "it is not a regular file"),
        (OSError(72, "RPC struct is bad"), "RPC struct is bad"),  # macOS
        (TimeoutError(), "TimeoutError"),
        (OSError(1, ""), "PermissionError"),
    ],
    ids=str,
)
def test_a_message_of_the_system_begins_as_ours_do(error: OSError, reason: str) -> None:
    assert system_reason(error) == reason
