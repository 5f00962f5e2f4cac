"""What stdout gets in a pipe."""

import pytest

from kiecli.api.models import Task
from kiecli.download.plan import SavedFile
from kiecli.errors import DeadlineExceeded, SaveError, TaskFailed, TaskNotFound
from kiecli.outcome import Outcome
from kiecli.render.formats import (
    LineWriter,
    SafeTextWriter,
    path_lines,
    record_lines,
    state_words,
    url_lines,
)

URLS = ["https://f.test/1.png", "//f.test/\u202e2.png", "\n ::error::x"]
DONE = Task.parse(
    "a",
    {
        "state": "SUCCESS",
        "model": "wan/2-7\timage",
        "createTime": 1_790_000_000_000,
        "completeTime": 1_790_000_013_100,
        "resultJson": {"resultUrls": URLS},
    },
)
BARE = Task.parse("b", {})


@pytest.mark.parametrize(
    ("outcome", "line"),
    [
        (
            Outcome("a", DONE),
            "a\tsuccess\twan/2-7 image\t2026-09-21T14:13:20Z\t13.1\t3\t2026-09-22T14:13:33Z\t",
        ),
        (Outcome("b", BARE), "b\tunknown\t\t\t\t0\t\t"),
        (Outcome("b", BARE, label="my hero"), "b\tunknown\t\t\t\t0\t\tmy hero"),
        (Outcome("c", None, TaskNotFound("m"), label="x##[y"), "c\tunknown\t\t\t\t\t\tx## [y"),
        (Outcome("d", None, TaskFailed("m")), "d\tfail\t\t\t\t\t\t"),
    ],
)
def test_a_record_is_eight_fields(outcome: Outcome, line: str) -> None:
    assert record_lines(outcome) == [line]
    assert line.count("\t") == 7


def test_a_state_is_one_word() -> None:
    odd = Outcome("a", Task.parse("a", {"state": "in\nqueue"}))
    assert [state_words(one) for one in (Outcome("a", DONE), Outcome("b", BARE), odd)] == [
        ["success"],
        ["unknown"],
        ["in-queue"],
    ]


@pytest.mark.parametrize(
    ("outcome", "lines"),
    [
        (Outcome("a", DONE), ["https://f.test/1.png", "//f.test/2.png", "%3A:error::x"]),
        (Outcome("a", DONE, DeadlineExceeded("m")), []),
        (Outcome("b", BARE), []),
        (Outcome("c", None, TaskNotFound("m")), []),
    ],
)
def test_only_a_success_has_urls(outcome: Outcome, lines: list[str]) -> None:
    assert url_lines(outcome) == lines


def test_only_complete_files_have_paths() -> None:
    failed = SavedFile(2, None, "b", None, None, None, "failed", 0, SaveError("m"))
    files = tuple(
        SavedFile(n, None, path, 1, None, None, status, 0, None)
        for n, path, status in ((1, "a", "saved"), (3, "c", "kept"), (4, "d", "planned"))
    )
    assert path_lines(Outcome("a", DONE, files=(files[0], failed, *files[1:]))) == ["a", "c", "d"]
    assert path_lines(Outcome("a", DONE)) == []


def test_lines_are_written_in_one_piece_an_outcome_and_not_at_all_without_any() -> None:
    written: list[str] = []
    answer = LineWriter(written.append, url_lines)
    answer.add(Outcome("a", DONE))
    answer.add(Outcome("b", BARE))
    answer.close()
    assert written == ["https://f.test/1.png\n//f.test/2.png\n%3A:error::x\n"]


def test_bytes_for_a_person_are_text_without_controls() -> None:
    written: list[str] = []
    legible = SafeTextWriter(written.append)
    body = "a\x1b[2Jb\n熊\tc\n".encode()
    for piece in (body[:9], body[9:]):
        assert legible.write(piece) == len(piece)
    legible.flush()
    assert "".join(written) == "a[2Jb\n熊 c\n"
