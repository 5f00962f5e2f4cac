"""Which file may stay where a target goes, and which name a target gets."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from kiecli.download.destination import FileType, inspect
from kiecli.download.resume_info import ResumeInfo
from kiecli.sandbox import media
from kiecli.sandbox.files import etag
from tests.support.downloads import JSON_ERROR, OTHER_PNG, PAGE, PNG, Bench, message_of
from tests.support.faults import envelope
from tests.support.systems import (
    limit,
    make_named_pipe,
    needs_bytes_as_names,
    needs_links,
    needs_named_pipes,
    needs_process_limits,
)
from tests.support.wire import FileScript, reset

CUT = PNG[:5000]
NAME = "task1-1.png"
LINK = "https://files.test/a.png"
# As long as three tails, and of a format that does not tell where it ends.
SONG = b"ID3\x03" + bytes(range(256)) * 768
TAIL = f"bytes={len(SONG) - 65536}-"
OTHER_END = SONG[:-1] + b"!"
OTHER_MIDDLE = SONG[:9999] + b"!" + SONG[10_000:]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def script(bench: Bench, body: bytes = PNG, path: str = "/a.png", **options: Any) -> str:
    """Put a file on a host and return its address."""
    bench.host.always(path, FileScript(body, **options))
    return f"https://files.test{path}"


def ranges(bench: Bench) -> list[str]:
    """Return the ranges that were asked for, `all` for none."""
    return [seen.headers.get("Range", "all") for seen in bench.host.seen("file")]


def leave_part(bench: Bench, name: str = NAME) -> None:
    """Leave what a killed run leaves."""
    resume_info = ResumeInfo("task1", 1, len(PNG), etag(PNG), None, "image/png")
    (bench.folder / f"{name}.part").write_bytes(CUT)
    (bench.folder / f"{name}.part.json").write_bytes(resume_info.dump())


def in_the_way(bench: Bench, name: str) -> str:
    path = bench.folder / name
    return f"could not save {path}: a different file with this name exists"


# The name proves that the file is this result.


@pytest.mark.parametrize("leftover", [True, False])
def test_a_complete_file_is_kept_without_a_request(bench: Bench, leftover: bool) -> None:
    (bench.folder / NAME).write_bytes(OTHER_PNG)
    if leftover:
        leave_part(bench)
    saved = bench.save(LINK, checksum=True)
    assert saved._asdict() == {
        "n": 1,
        "url": LINK,
        "path": str(bench.folder / NAME),
        "bytes": len(OTHER_PNG),
        "sha256": hashlib.sha256(OTHER_PNG).hexdigest(),
        "content_type": None,
        "status": "kept",
        "resumed": 0,
        "error": None,
    }
    assert (bench.host.requests, bench.files) == ([], {NAME: OTHER_PNG})


@pytest.mark.parametrize("broken", [CUT, b"", PAGE, JSON_ERROR, b"Link has expired"])
def test_a_broken_file_is_replaced_by_the_complete_one(bench: Bench, broken: bytes) -> None:
    url = script(bench)
    (bench.folder / NAME).write_bytes(broken)
    assert (bench.save(url).status, bench.files) == ("saved", {NAME: PNG})


def test_a_broken_file_stays_until_there_is_a_complete_one(bench: Bench) -> None:
    (bench.folder / NAME).write_bytes(CUT)
    bench.host.always("file", httpx.Response(500))
    assert (bench.save(LINK).status, bench.files) == ("failed", {NAME: CUT})


@pytest.mark.parametrize(
    ("there", "host", "status", "requests"),
    [
        (SONG, FileScript(SONG), "kept", [TAIL]),
        (OTHER_MIDDLE, FileScript(SONG), "kept", [TAIL]),
        (SONG, FileScript(SONG, ranges=False), "kept", [TAIL]),
        (SONG, FileScript(SONG, framing="chunked", ranges=False), "kept", [TAIL]),
        (SONG[:5000], FileScript(SONG), "saved", ["bytes=0-", "all"]),
        (SONG + SONG, FileScript(SONG), "saved", ["bytes=327688-", "all", "all"]),
        (SONG[:5000], FileScript(SONG, ranges=False), "saved", ["bytes=0-", "all"]),
        (OTHER_END, FileScript(SONG), "saved", [TAIL, "all"]),
        # Whatever the host says instead of a file is no reason to doubt the one that is here.
        (SONG[:5000], httpx.Response(404), "kept", ["bytes=0-", "all"]),
        (SONG[:5000], httpx.Response(503), "kept", ["bytes=0-"]),
        (SONG[:5000], httpx.Response(429), "kept", ["bytes=0-"]),
        (SONG[:5000], httpx.Response(200, html=PAGE.decode()), "kept", ["bytes=0-", "all"]),
        (SONG[:5000], httpx.Response(200), "kept", ["bytes=0-", "all"]),
        (SONG[:5000], reset(), "kept", ["bytes=0-"]),
        (
            SONG[:5000],
            httpx.Response(302, headers={"Location": "file:///x"}),
            "kept",
            ["bytes=0-"],
        ),
    ],
)
def test_a_file_that_cannot_tell_its_end_is_compared_with_the_host_s(
    bench: Bench, there: bytes, host: Any, status: str, requests: list[str]
) -> None:
    (bench.folder / "task1-1.mp3").write_bytes(there)
    bench.host.always("/a.mp3", host)
    saved = bench.save("https://files.test/a.mp3")
    expected = SONG if status == "saved" else there
    assert (saved.status, bench.files) == (status, {"task1-1.mp3": expected})
    assert ranges(bench) == requests


# The name could be any file's.


@pytest.mark.parametrize(
    ("there", "host", "status", "requests"),
    [
        (SONG, {}, "kept", [TAIL]),
        (OTHER_END, {}, "failed", [TAIL]),
        (SONG[:5000], {}, "failed", ["bytes=0-"]),
        (SONG + b"!", {}, "failed", [f"bytes={len(SONG) + 1 - 65536}-"]),
        # Without a range or a length only the whole body tells.
        (SONG, {"ranges": False}, "kept", [TAIL, "all"]),
        (OTHER_MIDDLE, {"ranges": False}, "failed", [TAIL, "all"]),
        (SONG[:5000], {"ranges": False}, "failed", ["bytes=0-"]),
        (SONG, {"ranges": False, "framing": "chunked"}, "kept", [TAIL, "all"]),
        (SONG[:5000], {"ranges": False, "framing": "chunked"}, "failed", ["bytes=0-", "all"]),
        (SONG, {"gzipped": True}, "kept", [TAIL, "all", "all"]),
    ],
)
def test_under_a_name_that_any_file_may_have_the_host_s_bytes_decide(
    bench: Bench, there: bytes, host: dict[str, Any], status: str, requests: list[str]
) -> None:
    url = script(bench, SONG, "/a.mp3", **host)
    (bench.folder / "take.mp3").write_bytes(there)
    saved = bench.save(url, template="take.mp3")
    assert (saved.status, bench.files, ranges(bench)) == (status, {"take.mp3": there}, requests)
    if saved.error is not None:
        assert (saved.error.message, saved.error.hint) == (
            in_the_way(bench, "take.mp3"),
            "replace it with --overwrite, or choose another name with -o",
        )


@pytest.mark.parametrize("there", [PNG, PNG[:-1] + b"!"])
def test_a_small_file_is_compared_as_a_whole(bench: Bench, there: bytes) -> None:
    url = script(bench, ranges=False)
    (bench.folder / "cover.png").write_bytes(there)
    saved = bench.save(url, template="cover.png")
    assert (saved.status, ranges(bench)) == ("kept" if there == PNG else "failed", ["bytes=0-"])


def test_a_text_never_counts_for_media_even_where_the_host_sends_the_same(bench: Bench) -> None:
    url = script(bench, PAGE)
    (bench.folder / "cover.png").write_bytes(PAGE)
    saved = bench.save(url, template="cover.png")
    assert (saved.status, bench.files) == ("failed", {"cover.png": PAGE})


def test_a_dead_link_is_compared_by_a_fresh_one(bench: Bench) -> None:
    bench.host.always("/a.png", httpx.Response(404))
    script(bench, path="/fresh")
    bench.host.always("download-url", envelope(200, "success", "https://cdn.test/fresh"))
    (bench.folder / "cover.png").write_bytes(PNG)
    assert (bench.save(LINK, template="cover.png").status, bench.files) == (
        "kept",
        {"cover.png": PNG},
    )


@pytest.mark.parametrize("url", [LINK, "https://files.test/music"])
def test_where_the_link_is_dead_nothing_tells_whose_a_file_is(bench: Bench, url: str) -> None:
    bench.host.always("file", httpx.Response(404))
    (bench.folder / "cover.png").write_bytes(PNG)
    saved = bench.save(url, template="cover.{ext}")
    assert (message_of(saved.error), saved.error and saved.error.temporary, bench.files) == (
        (
            f"could not save {bench.folder / 'cover.png'}: a file is there and the link of this"
            " result is dead, so kiecli cannot tell whether this is task1's;"
            " --write-metadata keeps the proof"
        ),
        False,
        {"cover.png": PNG},
    )


def test_a_host_that_is_down_is_told_as_that(bench: Bench) -> None:
    bench.host.always("file", httpx.Response(503))
    (bench.folder / "cover.png").write_bytes(PNG)
    saved = bench.save(LINK, template="cover.png")
    assert "503" in message_of(saved.error)
    assert (saved.error and saved.error.temporary, bench.files) == (True, {"cover.png": PNG})


class Appearing(FileScript):
    """A file beside which another one appears while it is sent."""

    def __init__(self, path: Path, other: bytes) -> None:
        super().__init__(PNG)
        self._path, self._other = path, other

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self._path.write_bytes(self._other)
        return super().__call__(request)


@pytest.mark.parametrize(
    ("template", "other", "status"),
    [
        ("cover.png", PNG, "kept"),
        ("cover.png", OTHER_PNG, "failed"),
        ("cover.{ext}", OTHER_PNG, "failed"),
        ("cover-{task_id}.png", OTHER_PNG, "saved"),
    ],
)
def test_a_file_that_appears_meanwhile_is_not_replaced(
    bench: Bench, template: str, other: bytes, status: str
) -> None:
    name = template.format(task_id="task1", ext="png")
    path = "/a.png" if "ext" not in template else "/music"
    bench.host.always(path, Appearing(bench.folder / name, other))
    saved = bench.save(f"https://files.test{path}", template=template)
    left = PNG if status == "saved" else other
    assert (saved.status, bench.files) == (status, {name: left})


def test_overwriting_replaces_any_file(bench: Bench) -> None:
    url = script(bench)
    (bench.folder / "cover.png").write_bytes(OTHER_PNG)
    saved = bench.save(url, template="cover.png", overwrite=True)
    assert (saved.status, bench.files) == ("saved", {"cover.png": PNG})


# No more files can be opened.


@needs_process_limits
@pytest.mark.parametrize("checksum", [False, True])
@pytest.mark.parametrize("url", [LINK, "https://files.test/music"])
def test_a_file_is_kept_without_the_descriptor_that_nobody_has(
    bench: Bench, url: str, checksum: bool
) -> None:
    (bench.folder / NAME).write_bytes(PNG)
    assert bench.save(url).status == "kept"  # imports what keeping takes: modules are files, too
    with limit("NOFILE", 3):
        saved = bench.save(url, checksum=checksum)
    listed = url == LINK  # a folder cannot be listed either
    assert (saved.status, saved.sha256) == ("kept" if listed else "failed", None)


@needs_process_limits
@pytest.mark.parametrize(
    ("template", "there", "options"),
    [
        ("cover.png", PNG, {}),
        ("{task_id}.png", b"", {}),
        ("{task_id}.png", None, {}),
        ("{task_id}.png", PNG, {"overwrite": True}),
    ],
)
def test_any_other_file_is_an_error_with_advice(
    bench: Bench, template: str, there: bytes | None, options: dict[str, Any]
) -> None:
    if there is not None:
        (bench.folder / template.format(task_id="task1")).write_bytes(there)
    with limit("NOFILE", 3):
        saved = bench.save(LINK, template=template, **options)
    assert message_of(saved.error).endswith(": too many open files")
    assert saved.error is not None
    assert saved.error.hint == "lower -j, or raise the limit with 'ulimit -n'"


# Metadata proves whose a file is.


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({}, "kept"),
        ({"label": "another", "sha256": None}, "kept"),
        ({"bytes": 5}, "failed"),
        ({"task_id": "task2"}, "failed"),
        ({"n": 2}, "failed"),
    ],
)
@pytest.mark.parametrize(
    ("there", "url"),
    [
        ("take.mp3", "https://files.test/a.mp3"),
        ("take.mp3", "https://files.test/music"),
        ("take.json", "https://files.test/words"),
    ],
)
def test_a_file_with_metadata_counts_though_the_link_is_dead(
    bench: Bench, there: str, url: str, changed: Mapping[str, Any], status: str
) -> None:
    body = b'{"text": "words"}' if there.endswith(".json") else SONG
    (bench.folder / there).write_bytes(body)
    record = {"task_id": "task1", "n": 1, "bytes": len(body), **changed}
    (bench.folder / f"{there}.json").write_text(json.dumps(record))
    bench.host.always("file", httpx.Response(404))
    saved = bench.save(url, template="take.{ext}")
    assert (saved.status, bench.files[there]) == (status, body)


@pytest.mark.parametrize("text", ["", "[]", "nonsense", "[" * 100_000, '{"task_id": "task1"}'])
def test_what_is_no_metadata_proves_nothing(bench: Bench, text: str) -> None:
    (bench.folder / "take.mp3").write_bytes(SONG)
    (bench.folder / "take.mp3.json").write_text(text)
    bench.host.always("file", httpx.Response(404))
    assert bench.save("https://files.test/a.mp3", template="take.mp3").status == "failed"


# Links, folders and the like.


class Linked(NamedTuple):
    """A link in the file's place, and what becomes of it."""

    template: str
    target: bytes | None
    """What the link leads to; None for nothing."""
    overwrite: bool
    status: str
    stays: bool


@needs_links
@pytest.mark.parametrize(
    "case",
    [
        Linked("{task_id}.png", PNG, overwrite=False, status="kept", stays=True),
        Linked("{task_id}.png", CUT, overwrite=False, status="saved", stays=False),
        Linked("{task_id}.png", None, overwrite=False, status="saved", stays=False),
        Linked("{task_id}.png", PNG, overwrite=True, status="saved", stays=False),
        Linked("cover.png", PNG, overwrite=False, status="kept", stays=True),
        Linked("cover.png", OTHER_PNG, overwrite=False, status="failed", stays=True),
        Linked("cover.png", None, overwrite=False, status="failed", stays=True),
        Linked("cover.png", OTHER_PNG, overwrite=True, status="saved", stays=False),
        Linked("cover.png", None, overwrite=True, status="saved", stays=False),
    ],
    # Windows keeps the name of the running test in a variable, which has a limit.
    ids=lambda case: f"{case.template} {case.status} {case.overwrite} {len(case.target or '')}",
)
def test_a_link_is_judged_by_the_file_that_it_leads_to(bench: Bench, case: Linked) -> None:
    url = script(bench)
    path = bench.folder / case.template.format(task_id="task1")
    if case.target is not None:
        (bench.folder / "precious").write_bytes(case.target)
    path.symlink_to("precious")
    saved = bench.save(url, template=case.template, overwrite=case.overwrite)
    left = bench.files.get("precious")
    assert (saved.status, path.is_symlink(), left) == (case.status, case.stays, case.target)
    assert case.stays or path.read_bytes() == PNG


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_folder_in_the_file_s_place_is_an_error(bench: Bench, overwrite: bool) -> None:
    (bench.folder / NAME).mkdir()
    saved = bench.save(LINK, overwrite=overwrite)
    assert (message_of(saved.error), saved.error and saved.error.hint) == (
        f"could not save {bench.folder / NAME}: a folder with this name exists",
        "choose another name with -o",
    )


@needs_named_pipes
def test_a_pipe_in_the_file_s_place_is_an_error(bench: Bench) -> None:
    make_named_pipe(bench.folder / NAME)
    saved = bench.save(LINK)
    assert message_of(saved.error) == (
        f"could not save {bench.folder / NAME}: a device, pipe or socket with this name exists"
    )


# Names that only the host can complete.


@pytest.mark.parametrize(
    ("name", "content_type", "extension"),
    [
        ("image.png", "image/png", "png"),
        ("image.png", "application/octet-stream", "png"),
        ("image.png", None, "png"),
        ("image-1.jpg", None, "jpg"),
        ("video.mp4", "video/mp4; codecs=x", "mp4"),
        ("take-1.wav", "text/plain", "txt"),
    ],
)
def test_the_type_or_the_bytes_complete_a_name(
    bench: Bench, name: str, content_type: str | None, extension: str
) -> None:
    url = script(bench, media.body(name), "/music", content_type=content_type)
    saved = bench.save(url)
    assert (saved.path, bench.files) == (
        str(bench.folder / f"task1-1.{extension}"),
        {f"task1-1.{extension}": media.body(name)},
    )


def test_what_nobody_knows_is_bin(bench: Bench) -> None:
    url = script(bench, b"\x01\x02\x03\x04", "/thing", content_type=None)
    bench.save(url)
    assert list(bench.files) == ["task1-1.bin"]


def test_a_part_without_an_extension_is_taken_up_too(bench: Bench) -> None:
    leave_part(bench, name="task1-1")
    saved = bench.save(script(bench, path="/music"))
    assert (saved.resumed, bench.files) == (5000, {NAME: PNG})


MP3 = "audio/mpeg"
WORDS = b'{"a": 1}'


@pytest.mark.parametrize(
    ("there", "host", "kept"),
    [
        ({"task1-1.png": PNG}, httpx.Response(404), "png"),
        ({"task1-1.png": PNG, "task1-1.jpg": b""}, httpx.Response(404), "png"),
        ({"task1-1.png": CUT}, FileScript(PNG), None),
        # What is no media by its bytes is the target where the host's length or type agrees.
        ({"task1-1.bin": b"\x01\x02"}, FileScript(b"\x01\x02", content_type=None), "bin"),
        ({"task1-1.mp3": bytes(70)}, FileScript(bytes(70), content_type=MP3), "mp3"),
        ({"task1-1.mp3": bytes(9)}, FileScript(PNG, content_type=MP3), None),
        ({"task1-1.bin": bytes(9)}, httpx.Response(404), None),
        # Text only where the host's type says that it is text, whatever its length.
        ({"task1-1.json": WORDS}, FileScript(WORDS, content_type="application/json"), "json"),
        ({"task1-1.txt": b"words"}, FileScript(b"words", content_type="text/plain"), "txt"),
        ({"task1-1.txt": b"words"}, FileScript(b"words", content_type="text/odd"), "txt"),
        ({"task1-1.txt": b"words"}, FileScript(b"verse", content_type="text/plain"), None),
        ({"task1-1.json": WORDS}, FileScript(WORDS, content_type=None), None),
        ({"task1-1.json": WORDS}, FileScript(PNG), None),
        ({"task1-1.html": PAGE, "task1-1.txt": PAGE}, FileScript(PNG), None),
        (
            {"task1-10.png": PNG, "task1-1": PNG, "task1-1.png.bak": PNG, "task1-1.part": CUT},
            FileScript(OTHER_PNG),
            None,
        ),
    ],
)
def test_a_complete_file_of_any_extension_may_be_the_target(
    bench: Bench, there: dict[str, bytes], host: Any, kept: str | None
) -> None:
    for name, body in there.items():
        (bench.folder / name).write_bytes(body)
    bench.host.always("/music", host)
    saved = bench.save("https://files.test/music")
    path = str(bench.folder / f"task1-1.{kept}") if kept else None
    assert (saved.status == "kept", saved.path if kept else None) == (kept is not None, path)


def test_another_file_of_another_extension_is_not_in_the_way(bench: Bench) -> None:
    (bench.folder / "cover.txt").write_bytes(b"words")
    saved = bench.save(script(bench, path="/music"), template="cover.{ext}")
    assert (saved.status, bench.files) == ("saved", {"cover.txt": b"words", "cover.png": PNG})


def test_a_file_with_the_host_s_bytes_is_the_target_whatever_its_extension(bench: Bench) -> None:
    (bench.folder / "cover.jpeg").write_bytes(PNG)
    saved = bench.save(script(bench, path="/music"), template="cover.{ext}")
    assert (saved.status, saved.path) == ("kept", str(bench.folder / "cover.jpeg"))


def test_another_file_that_has_the_completed_name_is_left_untouched(bench: Bench) -> None:
    (bench.folder / "cover.png").write_bytes(OTHER_PNG)
    saved = bench.save(script(bench, path="/music"), template="cover.{ext}")
    assert (message_of(saved.error), bench.files) == (
        in_the_way(bench, "cover.png"),
        {"cover.png": OTHER_PNG},
    )


def test_folders_of_a_template_are_made(bench: Bench) -> None:
    url = script(bench)
    bench.save(url, template="{model}/{task_id}/{n}.{ext}")
    assert bench.files == {"a-b/task1/1.png": PNG}


def test_a_folder_that_only_the_type_completes_is_made(bench: Bench) -> None:
    bench.save(script(bench, path="/music"), template="{ext}/{task_id}")
    assert bench.files == {"png/task1": PNG}


def test_a_file_in_a_folder_s_place_is_an_error(bench: Bench) -> None:
    (bench.folder / "out").touch()
    saved = bench.save(LINK, template="out/{task_id}.{ext}")
    assert message_of(saved.error) == (
        f"could not save {bench.folder / 'out/task1.png'}: part of the path is a file, not a folder"
    )


@needs_bytes_as_names
def test_a_name_that_the_disk_cannot_spell_is_an_error(bench: Bench) -> None:
    saved = bench.save(LINK, template="half \ud83d")
    assert message_of(saved.error) == (
        f"could not save {bench.folder}/half \ud83d:"
        " file names in this locale cannot contain some of these characters"
    )


def test_a_name_too_long_for_the_disk_is_an_error(bench: Bench) -> None:
    saved = bench.save(LINK, template="x" * 252)
    assert message_of(saved.error).endswith(": the name is too long for this disk")
    assert bench.files == {}


@needs_links
@needs_named_pipes
def test_what_stands_there_is_seen_through_links_to_files(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "to folder").symlink_to("folder")
    make_named_pipe(tmp_path / "pipe")
    states = {
        name: inspect(str(tmp_path / name))
        for name in ("nothing", "file", "folder", "link", "dangling", "circle", "to folder", "pipe")
    }
    found = {name: state and (state.kind, state.size > 0) for name, state in states.items()}
    assert found == {
        "nothing": None,
        "file": (FileType.FILE, True),
        "folder": (FileType.FOLDER, True),
        "link": (FileType.FILE, True),
        "dangling": (FileType.LINK, False),
        "circle": (FileType.LINK, False),
        "to folder": (FileType.LINK, False),
        "pipe": (FileType.OTHER, False),
    }


def test_a_changed_file_is_told_from_what_it_was(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    before = inspect(str(path))
    assert inspect(str(path)) == before
    (tmp_path / "new").write_bytes(b"67890")
    (tmp_path / "new").replace(path)
    assert inspect(str(path)) != before
