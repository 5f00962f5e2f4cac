"""What is known of a task or a file on its way, in the room that there is."""

import pytest

from kiecli.render.rows import FileRow, TaskRow, task_lines, truncate_end, truncate_start, visible

MB = 1_000_000


def test_the_speed_of_a_file_is_smoothed() -> None:
    row = FileRow("a.mp4", 0, 10 * MB, 0.0)
    assert row.measure(0.0, 80) == "0 B/10.0 MB"
    row.advance(1 * MB, 10 * MB, 1.0)
    assert row.measure(1.0, 80) == "1.0 MB/10.0 MB 1.0 MB/s 9s"
    row.advance(5 * MB, 10 * MB, 2.0)
    assert row.measure(2.0, 80) == "5.0 MB/10.0 MB 2.0 MB/s 2s"


def test_a_file_that_was_there_in_part_did_not_come_in_no_time() -> None:
    row = FileRow("a.mp4", 9 * MB, 10 * MB, 0.0)
    row.advance(9 * MB + 500_000, 10 * MB, 1.0)
    assert row.measure(1.0, 80) == "9.5 MB/10.0 MB 500.0 kB/s 1s"


def test_two_pieces_within_a_tenth_of_a_second_are_one_measurement() -> None:
    row = FileRow("a.mp4", 0, None, 0.0)
    row.advance(1000, None, 0.05)
    assert row.measure(0.05, 80) == "1.0 kB"
    row.advance(2000, None, 0.1)
    assert row.measure(0.1, 80) == "2.0 kB 20.0 kB/s"


def test_a_file_that_starts_again_has_no_speed() -> None:
    row = FileRow("a.mp4", 0, 10 * MB, 0.0)
    row.advance(5 * MB, 10 * MB, 1.0)
    row.advance(0, 10 * MB, 2.0)
    assert row.measure(2.0, 80) == "0 B/10.0 MB"


def test_a_file_that_stands_still_has_no_speed() -> None:
    row = FileRow("a.mp4", 0, 10 * MB, 0.0)
    row.advance(5 * MB, 10 * MB, 1.0)
    assert row.speed(3.9) > 0
    assert row.measure(4.0, 80) == "5.0 MB/10.0 MB"
    row.advance(6 * MB, 10 * MB, 4.5)
    assert row.speed(4.5) > 0
    row.pause()
    assert row.measure(4.5, 80) == "6.0 MB/10.0 MB"


def test_to_hear_of_no_new_byte_is_no_measurement() -> None:
    """A pause between two pieces belongs to the time of the next one."""
    row = FileRow("a.mp4", 0, 10 * MB, 0.0)
    row.advance(5 * MB, 10 * MB, 1.0)
    row.advance(5 * MB, 10 * MB, 2.0)
    assert row.measure(2.0, 60) == "5.0 MB/10.0 MB 5.0 MB/s 1s"
    assert row.measure(4.0, 60) == "5.0 MB/10.0 MB"


@pytest.mark.parametrize(
    ("width", "total", "shown"),
    [(59, 10 * MB, "50% 1s"), (59, None, "5.0 MB"), (20, 0, "5.0 MB 0s")],
)
def test_a_narrow_terminal_gets_percent(width: int, total: int | None, shown: str) -> None:
    row = FileRow("a\tb.mp4", 0, total, 0.0)
    row.advance(5 * MB, total, 1.0)
    assert row.measure(1.0, width) == shown
    assert row.name == "a b.mp4"


ROWS = [
    TaskRow("ecf8cf8611cc40ff28e6f1ff8ebc4a12", "generating", "yellow", 0.0, 10.0),
    TaskRow("熊猫", "waiting", "yellow", 61.0, 61.0),
    TaskRow("short", "no answer yet", "red", 61.0, 70.0),
]


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (
            78,
            [
                "ecf8cf8611cc40ff28e6f1ff8ebc4a12  generating     1m15s",
                "熊猫                              waiting        14s",
                "short                             no answer yet  14s",
            ],
        ),
        (
            38,
            [
                "ecf8cf8611cc4...  generating     1m15s",
                "熊猫              waiting        14s",
                "short             no answer yet  14s",
            ],
        ),
        (18, ["ecf...  generating", "熊猫    waiting", "short   no answ..."]),
    ],
)
def test_tasks_stand_in_columns(width: int, lines: list[str]) -> None:
    drawn = task_lines(ROWS, 75.0, width)
    assert [line.plain for line in drawn] == lines
    assert [line.spans[0].style for line in drawn] == ["yellow", "yellow", "red"]


@pytest.mark.parametrize(("room", "shown"), [(3, [0, 1, 2]), (2, [2]), (1, []), (0, [])], ids=str)
def test_where_not_all_have_room_what_has_just_changed_is_shown(
    room: int, shown: list[int]
) -> None:
    first, rest = visible(ROWS, room)
    assert [ROWS.index(row) for row in first] == shown
    assert sorted([*first, *rest]) == sorted(ROWS)


@pytest.mark.parametrize(
    ("text", "width", "head_of_it", "tail_of_it"),
    [
        ("short", 5, "short", "short"),
        ("longer", 5, "lo...", "...er"),
        ("熊猫熊猫", 7, "熊猫...", "...熊猫"),
        ("ab", 1, "a...", "...b"),
    ],
)
def test_what_is_too_wide_is_cut(text: str, width: int, head_of_it: str, tail_of_it: str) -> None:
    assert truncate_end(text, width) == head_of_it
    assert truncate_start(text, width) == tail_of_it
