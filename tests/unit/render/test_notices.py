"""What is worth a line while tasks are waited for."""

import pytest

from kiecli.api.models import Task
from kiecli.errors import DeadlineExceeded, KieError, KieUnavailable, TaskNotFound
from kiecli.polling.snapshot import Retry, Snapshot
from kiecli.render.notices import Notices


def seen(
    state: str | None,
    elapsed: float = 0.0,
    *,
    settled: bool = False,
    error: KieError | None = None,
    retry: Retry | None = None,
    task_id: str = "a",
    results: int = 0,
) -> Snapshot:
    """Return a snapshot of a task in that state, or of one that nothing is known of."""
    urls = [f"https://f.test/{n}.png" for n in range(results)]
    answer = Task.parse(task_id, {"state": state, "resultJson": {"resultUrls": urls}})
    return Snapshot(task_id, None if state is None else answer, elapsed, settled, error, retry)


AWAY = KieUnavailable("Kie answered with an error page (HTTP 502)")
NOT_FOUND = TaskNotFound("Kie has no task with this id")


def retrying(notices: Notices, reason: KieError, lasts: float, task_id: str = "a") -> list[str]:
    retry = Retry(reason, lasts, 60.0 if reason is NOT_FOUND else 120.0)
    return list(notices.of_trouble(seen(None, task_id=task_id, retry=retry)))


def test_a_task_that_is_not_visible_yet_is_said_at_once_and_once() -> None:
    notices = Notices(0)
    error_message = [
        "a: Kie does not know this id yet; asking again for up to 1m (new tasks can take a moment)"
    ]
    assert retrying(notices, NOT_FOUND, 0.0) == error_message
    assert retrying(notices, NOT_FOUND, 10.0) == []
    assert retrying(notices, NOT_FOUND, 10.0, "b") == []


def test_retrying_is_said_when_it_lasts_and_once_for_each_reason() -> None:
    notices = Notices(0)
    assert retrying(notices, AWAY, 2.0) == []
    assert retrying(notices, AWAY, 2.1) == [
        "Kie answered with an error page (HTTP 502); retrying for up to 2m"
    ]
    assert retrying(notices, AWAY, 9.0, "b") == []
    other = KieUnavailable("could not reach kie.test: timed out")
    assert retrying(notices, other, 9.0) == [
        "could not reach kie.test: timed out; retrying for up to 2m"
    ]


def test_no_trouble_is_no_line() -> None:
    assert list(Notices(0).of_trouble(seen("waiting"))) == []


def test_what_keeps_a_file_is_said_once_as_long_as_it_is_the_same() -> None:
    notices = Notices(0)
    told = [
        list(notices.of_file_trouble(path, reason))
        for path, reason in (("a", "x"), ("a", "x"), ("b", "x"), ("a", "y\n"), ("a", "x"))
    ]
    assert told == [["a: x"], [], ["b: x"], ["a: y "], ["a: x"]]


def test_a_line_a_change_of_state() -> None:
    notices = Notices(0)
    told = [
        list(notices.of_change(snapshot, 0.0))
        for snapshot in (
            seen("WAITING"),
            seen("waiting", 0.9),
            seen("generating", 1.2),
            seen("generating", 9.0),
            seen("success", 75.0, settled=True, results=2),
        )
    ]
    assert told == [
        ["a: waiting"],
        [],
        ["a: generating after 1s"],
        [],
        ["a: success after 1m15s, 2 results"],
    ]


@pytest.mark.parametrize("error", [DeadlineExceeded("m"), AWAY])
def test_an_error_tells_the_end_itself(error: KieError) -> None:
    notices = Notices(0)
    assert list(notices.of_change(seen("waiting"), 0.0)) == ["a: waiting"]
    assert list(notices.of_change(seen("waiting", 9.0, settled=True, error=error), 9.0)) == []
    assert list(notices.of_change(seen(None, settled=True, error=error, task_id="b"), 9.0)) == []
    assert list(notices.of_life(600.0)) == []


def test_a_sign_of_life_when_nothing_was_said_for_a_minute() -> None:
    notices = Notices(0)
    list(notices.of_change(seen("waiting"), 0.0))
    list(notices.of_change(seen("generating", 30.0, task_id="b"), 30.0))
    assert list(notices.of_life(89.0)) == []
    assert list(notices.of_life(90.0)) == ["still waiting after 1m30s: 1 waiting, 1 generating"]
    assert list(notices.of_life(149.0)) == []
    assert list(notices.of_life(150.0)) == ["still waiting after 2m30s: 1 waiting, 1 generating"]


def test_a_sign_of_life_also_of_tasks_that_nothing_is_known_of() -> None:
    notices = Notices(0)
    retry = Retry(AWAY, 1.0, 120.0)
    assert list(notices.of_change(seen(None, retry=retry), 0.0)) == []
    unseen = Retry(NOT_FOUND, 1.0, 60.0)
    assert list(notices.of_change(seen(None, retry=unseen, task_id="b"), 0.0)) == []
    assert list(notices.of_life(60.0)) == [
        "still waiting after 1m: 1 no answer yet, 1 not visible yet"
    ]


def test_no_sign_of_life_when_nothing_is_open() -> None:
    notices = Notices(0)
    list(notices.of_change(seen("success", settled=True), 0.0))
    assert list(notices.of_life(600.0)) == []


def test_a_task_is_called_by_its_label() -> None:
    notices = Notices(0, {"a": "my hero"}.__getitem__)
    assert list(notices.of_change(seen("waiting"), 1.0)) == ["my hero: waiting"]
    [line] = retrying(notices, NOT_FOUND, 0.0)
    assert line.startswith("my hero: Kie does not know this id yet")
