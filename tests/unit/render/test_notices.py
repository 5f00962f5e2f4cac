"""What is worth a line while tasks are waited for."""

import pytest

from kiecli.api.models import Task
from kiecli.errors import DeadlineExceeded, KieError, KieUnavailable, TaskNotFound
from kiecli.polling.snapshot import ResultsNotListed, Retry, Snapshot
from kiecli.render.notices import Notices

AWAY = KieUnavailable("Kie answered with an error page (HTTP 502)")
NOT_LISTED = ResultsNotListed("the task succeeded, but Kie lists no results yet")
NOT_FOUND = TaskNotFound("Kie has no task with this id")


def seen(
    state: str | None,
    elapsed: float = 0.0,
    *,
    error: KieError | None = None,
    retry: Retry | None = None,
    task_id: str = "a",
    took: float | None = None,
    results: int = 0,
) -> Snapshot:
    """Return a snapshot of a task in that state, or of one that nothing is known of."""
    record = {
        "state": state,
        "createTime": None if took is None else 1_790_000_000_000,
        "completeTime": None if took is None else 1_790_000_000_000 + took * 1000,
        "resultJson": {"resultUrls": [f"https://f.test/{n}.png" for n in range(results)]},
    }
    answer = None if state is None else Task.parse(task_id, record)
    settled = error is not None or (answer is not None and answer.finished)
    return Snapshot(task_id, answer, elapsed, settled, error, retry)


def test_a_task_that_was_seen_is_not_called_new() -> None:
    notices = Notices()
    retry = Retry(NOT_FOUND, 0.0, 59.7)
    assert list(notices.of_retry("a", retry)) != []
    lines = [line for _ in "12" for line in notices.of_retry("a", retry, was_seen=True)]
    assert lines == ["a: Kie does not know this id any more; asking again for up to 1m"]


def test_a_retry_limit_is_shown_in_whole_seconds() -> None:
    [line] = Notices().of_retry("a", Retry(AWAY, 2.5, 2.9))
    assert line.endswith("; retrying for up to 3s")


def test_a_retry_is_reported_once_for_each_reason() -> None:
    notices = Notices()
    lines = [
        list(notices.of_retry(task_id, Retry(reason, lasts, limit)))
        for task_id, reason, lasts, limit in [
            ("a", AWAY, 2.0, 120.0),  # helps itself soon enough
            ("a", AWAY, 2.1, 120.0),
            ("b", AWAY, 9.0, 120.0),
            ("b", KieUnavailable("could not reach kie.test: timed out"), 9.0, 15.0),
            ("a", NOT_FOUND, 0.0, 60.0),
            ("a", NOT_FOUND, 10.0, 60.0),
            ("b", NOT_FOUND, 0.0, 60.0),
            ("a", NOT_LISTED, 2.0, 15.0),
            ("a", NOT_LISTED, 4.0, 15.0),
            ("a", NOT_LISTED, 6.0, 15.0),
            ("b", NOT_LISTED, 4.0, 15.0),
        ]
    ]
    unknown = "Kie does not know this id yet; asking again for up to 1m"
    assert lines == [
        [],
        ["Kie answered with an error page (HTTP 502); retrying for up to 2m"],
        [],
        ["could not reach kie.test: timed out; retrying for up to 15s"],
        [f"a: {unknown} (new tasks can take a moment)"],
        [],
        [f"b: {unknown} (new tasks can take a moment)"],
        [],
        ["a: the task succeeded, but Kie lists no results yet; retrying for up to 15s"],
        [],
        ["b: the task succeeded, but Kie lists no results yet; retrying for up to 15s"],
    ]


def test_a_task_is_called_by_its_label() -> None:
    notices = Notices({"a": "my hero"}.__getitem__)
    assert list(notices.of_change(seen("waiting"), 1.0)) == ["my hero: waiting"]
    [line] = notices.of_retry("a", Retry(NOT_FOUND, 0.0, 60.0))
    assert line.startswith("my hero: Kie does not know this id yet")


def test_what_delays_a_file_is_told_once_as_long_as_it_is_the_same() -> None:
    notices = Notices()
    lines = [
        list(notices.of_file_retry(path, reason))
        for path, reason in (("a", "x"), ("a", "x"), ("b", "x"), ("a", "y"), ("a", "x"))
    ]
    assert lines == [["a: x"], [], ["b: x"], ["a: y"], ["a: x"]]


def test_a_line_a_change_of_state() -> None:
    notices = Notices()
    lines = [
        list(notices.of_change(snapshot, 0.0))
        for snapshot in (
            seen("WAITING"),
            seen("waiting", 0.9),
            seen("generating", 1.2),
            seen("generating", 9.0),
            seen("success", 75.0, took=60.2, results=2),
        )
    ]
    assert lines == [
        ["a: waiting"],
        [],
        ["a: generating after 1s"],
        [],
        ["a: success (took 1m, waited 1m15s), 2 results"],
    ]


@pytest.mark.parametrize(
    ("snapshot", "line"),
    [
        (seen("success", 0.4, took=13.1, results=1), "a: success (took 13s), 1 result"),
        (seen("success", 8.0), "a: success (waited 8s)"),
        (seen("success"), "a: success"),
    ],
)
def test_a_success_tells_how_long_it_took(snapshot: Snapshot, line: str) -> None:
    assert list(Notices().of_change(snapshot, 0.0)) == [line]


@pytest.mark.parametrize(
    "snapshot",
    [
        seen("waiting", 9.0, error=DeadlineExceeded("m")),
        seen(None, error=AWAY),
        seen("fail", 9.0),
    ],
)
def test_an_error_tells_the_end_itself(snapshot: Snapshot) -> None:
    notices = Notices()
    assert list(notices.of_change(seen("generating"), 0.0)) == ["a: generating"]
    assert list(notices.of_change(snapshot, 9.0)) == []
    assert list(notices.of_no_change(600.0)) == []


def test_a_sign_of_no_change_when_nothing_was_printed_for_a_minute() -> None:
    notices = Notices()
    list(notices.of_change(seen("waiting"), 0.0))
    list(notices.of_change(seen("generating", task_id="b"), 30.0))
    list(notices.of_change(seen(None, retry=Retry(AWAY, 1.0, 120.0), task_id="c"), 30.0))
    list(notices.of_change(seen(None, retry=Retry(NOT_FOUND, 1.0, 60.0), task_id="d"), 30.0))
    states = "1 waiting, 1 generating, 1 no answer yet, 1 not visible yet"
    assert {now: list(notices.of_no_change(now)) for now in (89.0, 90.0, 149.0, 150.0)} == {
        89.0: [],
        90.0: [f"no change for 1m: {states}"],
        149.0: [],
        150.0: [f"no change for 2m: {states}"],
    }
