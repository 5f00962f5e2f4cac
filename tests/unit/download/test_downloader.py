"""Inline results, streams, progress, checksums, and two runs at once."""

import errno
import hashlib
import io
import json
import os
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest

from kiecli.download.inline_result import as_file, as_text
from kiecli.download.integrity import Integrity, check_integrity
from kiecli.download.part_file import PartFile
from kiecli.download.plan import SavedFile, Target
from kiecli.download.progress import TransferAdvanced
from kiecli.download.resume_info import ResumeInfo
from kiecli.sandbox import media
from kiecli.system.system_disk import SYSTEM_DISK
from tests.support.downloads import NAME, OTHER_PNG, PAGE, PNG, Bench, message_of
from tests.support.fakes import FakeClock
from tests.support.systems import limit, needs_process_limits
from tests.support.wire import FileScript

MIB = 1024 * 1024
LYRICS = {"lyricsData": [{"text": "schön\n[Verse]"}]}
AS_JSON = b'{\n  "lyricsData": [\n    {\n      "text": "sch\xc3\xb6n\\n[Verse]"\n    }\n  ]\n}\n'


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def save_inline(
    bench: Bench, inline_result: object, template: str = "{task_id}-{n}.{ext}", **options: Any
) -> SavedFile:
    downloader = bench.downloader(template, **options)
    return downloader.save(downloader.plan(bench.task(inline_result=inline_result))[0])


def test_an_object_is_saved_as_a_json_file(bench: Bench) -> None:
    saved = save_inline(bench, LYRICS, checksum=True)
    assert saved._asdict() == {
        "n": 1,
        "url": None,
        "path": str(bench.folder / "task1-1.json"),
        "bytes": len(AS_JSON),
        "sha256": hashlib.sha256(AS_JSON).hexdigest(),
        "content_type": "application/json",
        "status": "saved",
        "resumed": 0,
        "error": None,
    }
    assert bench.files == {"task1-1.json": AS_JSON}
    assert bench.events == []


@pytest.mark.parametrize(
    ("there", "status", "after"),
    [
        (AS_JSON, "kept", AS_JSON),
        (b'{"lyricsData": "as somebody likes it better"}', "kept", None),
        (AS_JSON[:-5], "saved", AS_JSON),
        (b"", "saved", AS_JSON),
        (PAGE, "saved", AS_JSON),
    ],
)
def test_an_inline_result_that_is_there_is_kept_when_it_is_whole(
    bench: Bench, there: bytes, status: str, after: bytes | None
) -> None:
    (bench.folder / "task1-1.json").write_bytes(there)
    assert save_inline(bench, LYRICS).status == status
    assert bench.files == {"task1-1.json": there if after is None else after}


@pytest.mark.parametrize(
    ("there", "message"),
    [
        (AS_JSON, ""),
        (AS_JSON.replace(b"Verse", b"verse"), "a different file with this name exists"),
        (b"{}", "a different file with this name exists"),
    ],
)
def test_under_a_name_that_any_file_may_have_the_bytes_decide(
    bench: Bench, there: bytes, message: str
) -> None:
    (bench.folder / "lyrics.txt").write_bytes(there)
    saved = save_inline(bench, LYRICS, "lyrics.txt")
    assert message_of(saved.error).rpartition(": ")[2] == message
    assert bench.files == {"lyrics.txt": there}


@pytest.mark.parametrize(
    ("inline_result", "file", "text"),
    [
        (LYRICS, AS_JSON, AS_JSON),
        ("two\nlines", b'"two\\nlines"\n', b"two\nlines\n"),
        ("ends\n", b'"ends\\n"\n', b"ends\n"),
        ("half \ud83d", b'"half \\ud83d"\n', b"half ?\n"),
        ({"half": "\ud83d"}, b'{\n  "half": "\\ud83d"\n}\n', b'{\n  "half": "\\ud83d"\n}\n'),
        ([], b"[]\n", b"[]\n"),
    ],
)
def test_an_inline_result_is_json_in_a_file_and_plain_text_on_a_stream(
    inline_result: object, file: bytes, text: bytes
) -> None:
    assert (as_file(inline_result), as_text(inline_result)) == (file, text)
    assert json.loads(file) == inline_result


# To a stream.


def write_to(bench: Bench, *urls: str, inline_result: object = None) -> tuple[SavedFile, bytes]:
    downloader = bench.downloader()
    stream = io.BytesIO()
    target = downloader.plan(bench.task(*urls, inline_result=inline_result))[0]
    # As stdout has: what was written is not yet out.
    buffered: Any = io.BufferedWriter(stream, MIB)
    return downloader.write_to(target, buffered), stream.getvalue()


def test_a_complete_file_is_written_and_nothing_is_left_in_the_folder(
    bench: Bench,
) -> None:
    url = bench.host.file("/a.png", PNG, cuts=[5000])
    saved, written = write_to(bench, url)
    assert (saved.status, saved.path, saved.bytes, written, bench.files) == (
        "saved",
        "-",
        len(PNG),
        PNG,
        {},
    )


def test_nothing_is_written_of_a_file_that_does_not_come_whole(bench: Bench) -> None:
    url = bench.host.file("/a.png", PNG, cuts=[5000] * 9, framing="close")
    saved, written = write_to(bench, url)
    assert (saved.status, written) == ("failed", b"")


def test_a_text_result_is_written_to_the_stream_as_it_is(bench: Bench) -> None:
    saved, written = write_to(bench, inline_result="words")
    assert (saved.status, written) == ("saved", b"words\n")


class RefusingDisk:
    """A disk for temporary files that makes one, but lets nothing be written into it."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._file = SYSTEM_DISK.open_temporary()

    def open_temporary(self) -> Any:
        return self

    def write_at(self, _pieces: object, _offset: int) -> int:
        raise OSError(self._number, os.strerror(self._number))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def test_a_temporary_file_that_finds_no_room_names_its_folder(bench: Bench) -> None:
    class Usage:
        total, free = 10**9, 5000

    url, path, folder = bench.host.file("/a.png", PNG), bench.folder / NAME, tempfile.gettempdir()
    hint = "free some space there, or set TMPDIR to a folder on another disk"
    bench.usage = lambda _folder: Usage()
    saved, written = write_to(bench, url)
    assert (message_of(saved.error), saved.error and saved.error.hint, written) == (
        (
            f"could not save {path}: it needs {len(PNG) / 1000:.1f} kB,"
            f" and the disk of {folder} has 5.0 kB free"
        ),
        hint,
        b"",
    )


ELSEWHERE = "set TMPDIR to a folder on another disk"


@pytest.mark.parametrize(
    ("number", "reason", "hint"),
    [
        (errno.ENOSPC, "the disk of {} is full", f"free some space there, or {ELSEWHERE}"),
        (
            errno.EFBIG,
            "the file is larger than the disk or 'ulimit -f' allows",
            f"raise the limit with 'ulimit -f', or {ELSEWHERE}",
        ),
        (errno.EIO, "input/output error", ""),
    ],
)
def test_a_temporary_file_that_cannot_be_written_is_never_moved_by_d(
    bench: Bench, number: int, reason: str, hint: str
) -> None:
    disk: Any = RefusingDisk(number)
    bench.disk = disk
    saved, written = write_to(bench, bench.host.file("/a.png", PNG))
    folder = tempfile.gettempdir()
    assert (message_of(saved.error), saved.error and saved.error.hint, written) == (
        f"could not save {bench.folder / NAME}: {reason.format(folder)}",
        hint,
        b"",
    )


def test_a_stream_that_refuses_is_the_caller_s_to_know(bench: Bench) -> None:
    class Full(io.BytesIO):
        def write(self, _data: Any) -> int:
            raise OSError(28, os.strerror(28))

    downloader = bench.downloader()
    target = downloader.plan(bench.task(bench.host.file("/a.png", PNG)))[0]
    with pytest.raises(OSError, match="No space left"):
        downloader.write_to(target, Full())


@needs_process_limits
def test_without_room_for_a_temporary_file_nothing_is_written(bench: Bench) -> None:
    downloader, stream = bench.downloader(), io.BytesIO()
    target = downloader.plan(bench.task("https://files.test/a.png"))[0]
    tempfile.gettempdir()  # found by trying to write, and remembered
    with limit("NOFILE", 3):
        saved = downloader.write_to(target, stream)
    path, reason = message_of(saved.error).split(": ", 1)
    hint = saved.error and saved.error.hint
    assert (path, reason, hint, stream.getvalue(), bench.events) == (
        f"could not save {bench.folder / 'task1-1.png'}",
        "cannot create a temporary file: too many open files",
        "lower -j, or raise the limit with 'ulimit -n'",
        b"",
        [],
    )


# Progress.


def test_progress_is_right_across_retries_and_restarts(bench: Bench) -> None:
    url = bench.host.file(
        "/a.png", PNG, cuts=[10000, 3000], etag=['"a"', '"b"', '"b"'], drip=(4000, 0.2)
    )
    bench.save(url)
    size = len(PNG)
    # The second try is another file, so it starts again; the third takes that up.
    assert bench.progress == [
        ("TransferStarted", 0, size),
        ("TransferAdvanced", 8000, size),
        ("TransferAdvanced", 10000, size),
        ("TransferAdvanced", 10000, size),
        (
            "TransferRetrying",
            "kie.test: the connection was closed in the middle of an answer; trying again in 1s",
            None,
        ),
        ("TransferStarted", 0, size),
        ("TransferAdvanced", 3000, size),
        (
            "TransferRetrying",
            "kie.test: the connection was closed in the middle of an answer; trying again in 2s",
            None,
        ),
        ("TransferStarted", 3000, size),
        ("TransferAdvanced", 11000, size),
        ("TransferAdvanced", 15000, size),
        ("TransferAdvanced", size, size),
        ("TransferAdvanced", size, size),
    ]


def test_a_watcher_is_told_ten_times_a_second_at_most(bench: Bench) -> None:
    bench.save(bench.host.file("/a.png", PNG, drip=(100, 0.01)))
    moves = sum(isinstance(event, TransferAdvanced) for event in bench.events)
    seconds = len(PNG) / 100 * 0.01
    assert moves <= seconds * 10 + 2


def test_a_host_that_drips_is_waited_for_and_spoken_of_once_a_minute(bench: Bench) -> None:
    saved = bench.save(bench.host.file("/a.png", PNG, drip=(100, 1.0)))
    assert (saved.status, bench.retries) == (
        "saved",
        ["slow: 110 B/s; still downloading", *["slow: 100 B/s; still downloading"] * 2],
    )


def test_a_file_of_unknown_length_has_no_total(bench: Bench) -> None:
    bench.save(bench.host.file("/a.png", PNG, framing="chunked"))
    assert bench.progress[0] == ("TransferStarted", 0, None)


# Two at once.


class Crowded(FakeClock):
    """A clock on which another process gets on while we sleep."""

    def __init__(self, meanwhile: Any) -> None:
        super().__init__()
        self._meanwhile = meanwhile

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if len(self.sleeps) == 3:
            self._meanwhile()


@pytest.mark.parametrize("url", ["https://files.test/a.png", "https://files.test/music"])
def test_the_second_of_two_waits_and_then_keeps(bench: Bench, url: str) -> None:
    name = "task1-1.png" if url.endswith("png") else "task1-1"
    first = PartFile(str(bench.folder / f"{name}.part"), lambda: None)

    def finish() -> None:
        first.append(PNG)
        first.commit(str(bench.folder / "task1-1.png"))
        first.release()

    bench.clock = Crowded(finish)
    saved = bench.save(url)
    assert (saved.status, bench.host.requests, bench.files) == ("kept", [], {"task1-1.png": PNG})
    assert bench.clock.sleeps == [0.2, 0.2, 0.2]
    assert bench.retries == ["another kiecli is saving this file; waiting for it"]


def test_the_second_takes_over_when_the_first_gives_up(bench: Bench) -> None:
    first = PartFile(str(bench.folder / "task1-1.png.part"), lambda: None)
    bench.clock = Crowded(first.release)
    saved = bench.save(bench.host.file("/a.png", PNG))
    assert (saved.status, bench.files) == ("saved", {"task1-1.png": PNG})


def test_the_second_leaves_nothing_when_the_file_turns_up_from_elsewhere(bench: Bench) -> None:
    first = PartFile(str(bench.folder / "task1-1.png.part"), lambda: None)
    first.reset(ResumeInfo("task1", 1, len(PNG), '"a"', None, None))
    first.append(PNG[:9])

    def turn_up() -> None:
        (bench.folder / "task1-1.png").write_bytes(PNG)
        first.release()

    bench.clock = Crowded(turn_up)
    saved = bench.save("https://files.test/a.png")
    assert (saved.status, bench.files) == ("kept", {"task1-1.png": PNG})


def test_threads_share_one_client(bench: Bench) -> None:
    downloader = bench.downloader()
    urls = [bench.host.file(f"/{n}.png", PNG) for n in range(4)]
    targets = downloader.plan(bench.task(*urls))

    def save(mine: list[Target]) -> None:
        for target in mine:
            downloader.save(target)

    threads = [threading.Thread(target=save, args=(targets[n::2],)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(bench.files.values()) == [PNG] * 4


# Checksums.


DENSE = PNG + bytes(range(256)) * (6 * MIB // 256)


def test_the_checksum_is_right_though_the_file_had_to_start_again(bench: Bench) -> None:
    other = PNG + bytes(len(DENSE) - len(PNG))
    bench.host.always("/a.png", FileScript(other, etag='"old"', cuts=[5 * MIB], drip=(MIB, 0.5)))
    fetched = FileScript(DENSE, etag='"new"', drip=(MIB, 0.5))

    class Changing(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            bench.host.always("/a.png", fetched)

    bench.clock = Changing()
    saved = bench.save("https://files.test/a.png", checksum=True)
    assert (saved.status, saved.sha256) == ("saved", hashlib.sha256(DENSE).hexdigest())


def test_a_file_that_fails_leaves_no_thread_behind(bench: Bench) -> None:
    before = set(threading.enumerate())
    url = bench.host.file("/a.png", DENSE, cuts=[5 * MIB] * 9, ranges=False, drip=(MIB, 0.5))
    assert bench.save(url, checksum=True).status == "failed"
    left = set(threading.enumerate()) - before
    for thread in left:
        thread.join(5)
    assert [thread for thread in left if thread.is_alive()] == []


# What the bytes on the disk tell.


@pytest.mark.parametrize(
    ("body", "expected_extension", "expected"),
    [
        (PNG, "png", Integrity.COMPLETE),
        (OTHER_PNG, "png", Integrity.COMPLETE),
        (PNG[:-1], "png", Integrity.CORRUPT),
        (media.body("image-1.jpg"), "jpg", Integrity.COMPLETE),
        (media.body("image-1.jpg")[:-2], "jpg", Integrity.CORRUPT),
        (media.body("take-1.wav"), None, Integrity.COMPLETE),
        (media.body("video.mp4"), None, Integrity.COMPLETE),
        (media.body("video.mp4")[:-1], None, Integrity.CORRUPT),
        (b"", None, Integrity.CORRUPT),
        (PAGE, "png", Integrity.CORRUPT),
        (PAGE, "html", Integrity.UNKNOWN),
        (b"ID3\x03 and so on", "mp3", Integrity.UNKNOWN),
        (b'{"a": 1}', "json", Integrity.COMPLETE),
    ],
)
def test_what_the_bytes_of_a_file_on_the_disk_tell(
    body: bytes, expected_extension: str | None, expected: Integrity
) -> None:
    assert check_integrity(io.BytesIO(body), len(body), expected_extension) is expected


@needs_process_limits
def test_a_full_disk_keeps_the_part_and_lets_the_other_files_go_on(bench: Bench) -> None:
    """A limit on the size of files stands for the full disk."""
    big = bench.host.file("/big.bin", bytes(200_000))
    small = bench.host.file("/small.png", PNG)
    downloader = bench.downloader()
    targets = downloader.plan(bench.task(big, small))
    with limit("FSIZE", 100_000):
        failed, saved = map(downloader.save, targets)
    assert (message_of(failed.error), saved.status) == (
        (
            f"could not save {bench.folder / 'task1-1.bin'}:"
            " the file is larger than the disk or 'ulimit -f' allows"
        ),
        "saved",
    )
    assert len(bench.files["task1-1.bin.part"]) == 100_000
    resumed = downloader.save(targets[0])
    assert (resumed.status, resumed.resumed) == ("saved", 100_000)
    assert bench.files["task1-1.bin"] == bytes(200_000)
