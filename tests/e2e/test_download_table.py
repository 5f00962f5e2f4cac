"""The promises about the bytes, kept by the installed command against real hosts: a row a test."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest

from kiecli.download.partial import ResumeInfo
from kiecli.sandbox.files import etag
from tests.support.downloads import JSON_ERROR, OTHER_PNG, PAGE, PNG
from tests.support.faults import envelope
from tests.support.processes import KEY, PROGRAM, Installed, Ran
from tests.support.server import Certificate, FaultyServer, closed_port, serving
from tests.support.wire import FileScript, silence

NAME = "t1-1.png"
CUT = PNG[:5000]
SONG = b"ID3\x03" + bytes(99)
MIB = 1024 * 1024
LARGE = PNG + bytes(range(256)) * (6 * MIB // 256)
"""More than what is received from the socket itself; what follows a PNG's end does not matter."""


def succeeded(kie: FaultyServer, *urls: str, ago: float = 3600.0) -> None:
    """Make `t1` a task that succeeded some seconds ago."""
    kie.faults.task("t1", urls=urls, completeTime=int((time.time() - ago) * 1000))


def files(kiecli: Installed) -> dict[str, bytes]:
    """Return what is in the folder."""
    return {
        str(path.relative_to(kiecli.folder)): path.read_bytes()
        for path in sorted(kiecli.folder.rglob("*"))
        if path.is_file()
    }


def ranges(kie: FaultyServer) -> list[str]:
    """Return the ranges that the file host was asked for."""
    return [seen.headers.get("Range", "all") for seen in kie.faults.seen("file")]


def leave_part(kiecli: Installed, have: bytes = CUT, **changed: Any) -> None:
    """Leave what a killed run leaves."""
    note = ResumeInfo("t1", 1, len(PNG), etag(PNG), None, "image/png")._replace(**changed)
    (kiecli.folder / f"{NAME}.part").write_bytes(have)
    (kiecli.folder / f"{NAME}.part.json").write_bytes(note.dump())


# Nothing is forbidden to root, unless it gives that up.
_BOUND = [PROGRAM] if os.geteuid() else ["setpriv", "--bounding-set=-dac_override", PROGRAM]
SAVED = Ran(0, f"{NAME}\n", "")


def quietly(kiecli: Installed, *words: str) -> Ran:
    return kiecli("download", "-q", "t1", *words)


# The body is not what it should be.


@pytest.mark.parametrize("body", [PNG, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("end", ["close", "reset"])
def test_a_body_shorter_than_told_is_retried_and_resumed(
    kie: FaultyServer, kiecli: Installed, body: bytes, end: str
) -> None:
    cut = len(body) - 9000
    succeeded(kie, kie.faults.file("/a.png", body, cuts=[cut], end=end))
    assert quietly(kiecli) == SAVED
    first, second = ranges(kie)
    # A reset takes with it what was not read yet.
    resumed = int(second.removeprefix("bytes=").removesuffix("-"))
    assert (files(kiecli), first, 0 < resumed <= cut) == ({NAME: body}, "all", True)


def test_what_never_comes_whole_is_given_up_after_five_tries(
    kie: FaultyServer, kiecli: Installed
) -> None:
    short = kie.faults.file("/a.png", PNG, cuts=[5000] * 9, ranges=False)
    unsized = kie.faults.file("/b.png", PNG, cuts=[5000] * 9, framing="close")
    succeeded(kie, short, unsized)
    ran = quietly(kiecli)
    given_up = "gave up after 5 tries without progress"
    broken = "127.0.0.1: the connection was closed in the middle of an answer"
    damaged = "the file is damaged: the PNG ends inside its IDAT chunk"
    assert (ran.code, ran.out, sorted(ran.err.splitlines())) == (
        7,
        "",
        [
            "kiecli: files already saved are kept; to fetch the rest: kiecli download t1",
            f"kiecli: t1: could not save {NAME}: {broken}; {given_up}",
            f"kiecli: t1: could not save t1-2.png: {damaged}; {given_up}",
        ],
    )
    assert set(files(kiecli)) == {f"{NAME}.part", f"{NAME}.part.json"}
    assert len(ranges(kie)) == 10


def test_without_a_length_the_container_tells_that_it_is_cut_off(
    kie: FaultyServer, kiecli: Installed
) -> None:
    succeeded(kie, kie.faults.file("/a.png", PNG, cuts=[5000], framing="close"))
    assert quietly(kiecli) == SAVED
    assert (files(kiecli), ranges(kie)) == ({NAME: PNG}, ["all", "all"])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (httpx.Response(200, html=PAGE.decode()), "sent an HTML page instead of the file"),
        (httpx.Response(200, content=JSON_ERROR), "sent JSON instead of the file"),
        (httpx.Response(200), "sent an empty file"),
        (httpx.Response(403, content=b"AccessDenied"), "answered 403 Forbidden"),
    ],
    ids=["page", "json", "empty", "403"],
)
def test_what_is_no_media_file_gets_one_fresh_link_and_then_is_refused(
    kie: FaultyServer, kiecli: Installed, answer: httpx.Response, reason: str
) -> None:
    succeeded(kie, f"{kie.url}/a.png")
    kie.faults.always("/a.png", answer)
    kie.faults.always("download-url", envelope(200, "success", f"{kie.url}/b?token=secret"))
    kie.faults.always("/b", answer)
    ran = quietly(kiecli)
    assert (ran.code, ran.out, files(kiecli)) == (7, "", {})
    assert f"{reason}: refused or expired; the task finished 60 minutes ago (links " in ran.err
    assert (len(kie.faults.seen("download-url")), "secret" in ran.err) == (1, False)


def test_a_fresh_link_saves_what_the_old_one_does_not(kie: FaultyServer, kiecli: Installed) -> None:
    succeeded(kie, f"{kie.url}/a.png")
    kie.faults.always("/a.png", httpx.Response(403))
    kie.faults.file("/b", PNG)
    kie.faults.next("download-url", envelope(200, "success", f"{kie.url}/b?token=secret"))
    assert quietly(kiecli) == SAVED
    assert files(kiecli) == {NAME: PNG}


# An earlier run has left a part.


def test_a_part_is_resumed(kie: FaultyServer, kiecli: Installed) -> None:
    leave_part(kiecli)
    succeeded(kie, kie.faults.file("/a.png", PNG))
    ran = kiecli("download", "--json", "t1")
    (file,) = json.loads(ran.out)["files"]
    assert (ran.code, file["resumed"], file["status"]) == (0, 5000, "saved")
    assert (files(kiecli), ranges(kie)) == ({NAME: PNG}, ["bytes=5000-"])


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        ({"etag": '"changed"'}, ["bytes=5000-"]),
        ({"etag": '"changed"', "if_range": False}, ["bytes=5000-", "all"]),
        ({"ranges": False}, ["bytes=5000-"]),
        ({"shift": -100}, ["bytes=5000-", "all"]),
        ({"total": 99999}, ["bytes=5000-", "all"]),
        (
            {"ranges": False, "headers": {"Content-Range": f"bytes 5000-9999/{len(PNG)}"}},
            ["bytes=5000-", "all"],
        ),
    ],
    ids=["etag", "etag, no If-Range", "no ranges", "elsewhere", "total", "200 with a range"],
)
def test_a_part_that_cannot_be_continued_starts_again(
    kie: FaultyServer, kiecli: Installed, told: dict[str, Any], asked: list[str]
) -> None:
    leave_part(kiecli, b"\x89PNG" + bytes(4996))
    succeeded(kie, kie.faults.file("/a.png", PNG, **told))
    assert quietly(kiecli) == SAVED
    assert (files(kiecli), ranges(kie)) == ({NAME: PNG}, asked)


def test_a_range_that_cannot_be_satisfied_starts_again(
    kie: FaultyServer, kiecli: Installed
) -> None:
    leave_part(kiecli)
    succeeded(kie, kie.faults.file("/a.png", PNG))
    kie.faults.next("/a.png", httpx.Response(416, headers={"Content-Range": "bytes */7"}))
    assert quietly(kiecli) == SAVED
    assert (files(kiecli), ranges(kie)) == ({NAME: PNG}, ["bytes=5000-", "all"])


def test_a_part_with_every_byte_is_verified_and_finished(
    kie: FaultyServer, kiecli: Installed
) -> None:
    leave_part(kiecli, PNG)
    succeeded(kie, f"http://127.0.0.1:{closed_port()}/a.png")
    assert quietly(kiecli) == SAVED
    assert files(kiecli) == {NAME: PNG}


# Something stands under the final name.


@pytest.mark.parametrize("dead", ["404", "unreachable"])
def test_a_complete_file_is_kept_though_its_link_is_dead(
    kie: FaultyServer, kiecli: Installed, dead: str
) -> None:
    (kiecli.folder / NAME).write_bytes(PNG)
    host = kie.url if dead == "404" else f"http://127.0.0.1:{closed_port()}"
    succeeded(kie, f"{host}/a.png")
    assert (quietly(kiecli), files(kiecli), ranges(kie)) == (SAVED, {NAME: PNG}, [])


def test_a_truncated_file_is_replaced_by_the_complete_one_only(
    kie: FaultyServer, kiecli: Installed
) -> None:
    (kiecli.folder / NAME).write_bytes(CUT)
    succeeded(kie, kie.faults.file("/a.png", PNG))
    kie.faults.next("/a.png", httpx.Response(400))
    assert (quietly(kiecli).code, files(kiecli)) == (7, {NAME: CUT})
    assert (quietly(kiecli), files(kiecli)) == (SAVED, {NAME: PNG})


def test_another_file_under_a_typed_name_is_left_untouched_unless_overwriting(
    kie: FaultyServer, kiecli: Installed
) -> None:
    (kiecli.folder / "cover.png").write_bytes(OTHER_PNG)
    succeeded(kie, kie.faults.file("/a.png", PNG))
    assert quietly(kiecli, "-o", "cover.png") == Ran(
        7,
        "",
        "kiecli: t1: could not save cover.png: a different file with this name exists."
        " Replace it with --overwrite, or choose another name with -o\n"
        "kiecli: files already saved are kept; to fetch the rest: kiecli download -o cover.png"
        " t1\n",
    )
    assert files(kiecli) == {"cover.png": OTHER_PNG}
    assert quietly(kiecli, "-o", "cover.png", "--overwrite") == Ran(0, "cover.png\n", "")
    assert files(kiecli) == {"cover.png": PNG}
    assert quietly(kiecli, "-o", "cover.png") == Ran(0, "cover.png\n", "")


# The way there.


def test_neither_key_nor_cookie_travels_to_a_file_host(
    kie: FaultyServer, kiecli: Installed
) -> None:
    with serving() as other:
        url = other.faults.file("/b.png", PNG)
        headers = {"Location": url, "Set-Cookie": "spy=1; Path=/"}
        kie.faults.always("/a.png", httpx.Response(302, headers=headers))
        succeeded(kie, f"{kie.url}/a.png", f"{kie.url}/a.png?2")
        assert kiecli("download", "-q", "-j1", "t1").code == 0
        seen = kie.faults.seen("file") + other.faults.seen("file")
    sent = [(sorted(s.headers), KEY in str(s)) for s in seen]
    expected = ["accept", "accept-encoding", "connection", "host", "user-agent"]
    assert sent == [(expected, False)] * 4
    assert {s.headers["User-Agent"] for s in seen} == {"kiecli/0.1.0"}


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("/a.png", "127.0.0.1 redirects in a loop"),
        (
            "file:///etc/passwd",
            "the link, or one that it redirects to, is not an http or https URL",
        ),
    ],
)
def test_a_redirect_that_must_not_be_followed_is_refused(
    kie: FaultyServer, kiecli: Installed, location: str, reason: str
) -> None:
    kie.faults.always("/a.png", httpx.Response(302, headers={"Location": location}))
    succeeded(kie, f"{kie.url}/a.png")
    ran = quietly(kiecli)
    assert (ran.code, ran.out, files(kiecli)) == (7, "", {})
    assert f"could not save {NAME}: {reason}\n" in ran.err


def test_https_is_never_redirected_to_http(
    kie: FaultyServer, kiecli: Installed, tmp_path: Path
) -> None:
    certificate = Certificate.make(tmp_path)
    with serving(certificate=certificate) as secure:
        url = secure.faults.file("/a.png", LARGE)
        plain = kie.faults.file("/b.png", PNG)
        secure.faults.always("/b.png", httpx.Response(301, headers={"Location": plain}))
        succeeded(kie, url, f"{secure.url}/b.png")
        ran = kiecli("download", "-q", "t1", environ={"SSL_CERT_FILE": str(certificate.file)})
        refused = kiecli("download", "-q", "t1", "--overwrite")
    assert (ran.code, files(kiecli)) == (7, {NAME: LARGE})
    assert "127.0.0.1 redirects from https to plain http (127.0.0.1)" in ran.err
    assert refused.err.count("its certificate was refused") == 2


# Forms in which a file comes, and its names.


@pytest.mark.parametrize(
    "told",
    [
        {"gzipped": True},
        {"framing": "chunked"},
        {"framing": "close"},
        {"gzipped": True, "framing": "chunked"},
        {"headers": {"Content-Disposition": 'attachment; filename="../../evil.exe"'}},
        {"content_type": "application/octet-stream", "etag": None},
    ],
    ids=str,
)
@pytest.mark.parametrize("body", [PNG, LARGE], ids=["small", "large"])
def test_the_right_bytes_come_in_every_form(
    kie: FaultyServer, kiecli: Installed, told: dict[str, Any], body: bytes
) -> None:
    succeeded(kie, kie.faults.file("/a.png", body, **told))
    assert (quietly(kiecli), files(kiecli)) == (SAVED, {NAME: body})


def test_results_get_the_right_names(kie: FaultyServer, kiecli: Installed) -> None:
    kie.faults.file("/3/café au lait.PNG", PNG)
    succeeded(
        kie,
        kie.faults.file("/1/image.png", PNG),
        kie.faults.file("/2/image.png", OTHER_PNG),
        f"{kie.url}/3/caf%C3%A9%20au%20lait.PNG",
        kie.faults.file("/music", SONG, content_type="audio/mpeg"),
        kie.faults.file("/thing", b"\x01\x02\x03", content_type=None),
    )
    expected = {
        "1-image.png": PNG,
        "2-image.png": OTHER_PNG,
        "3-café-au-lait.png": PNG,
        "4-music.mp3": SONG,
        "5-thing.bin": b"\x01\x02\x03",
    }
    for _ in range(2):
        assert quietly(kiecli, "-o", "{task_id}/{n}-{name}.{ext}") == Ran(
            0, "".join(f"t1/{name}\n" for name in expected), ""
        )
    assert files(kiecli) == {f"t1/{name}": body for name, body in expected.items()}


def test_two_results_on_one_name_write_nothing(kie: FaultyServer, kiecli: Installed) -> None:
    succeeded(kie, kie.faults.file("/1/image.png", PNG), kie.faults.file("/2/image.png", PNG))
    ran = quietly(kiecli, "-o", "{task_id}-{name}.{ext}")
    assert (ran.code, ran.out, files(kiecli), ranges(kie)) == (2, "", {}, [])
    assert "results 1 and 2 would both be t1-image.png" in ran.err


@pytest.mark.parametrize(
    "path",
    [
        "/..%2f..%2fescaped.png",
        "/%2fetc%2fescaped.png",
        "/C:%5cescaped.png",
        "/CON.png",
        "/.bashrc",
        "/-rf.png",
        f"/{'x' * 300}.png",
        "/nul%00byte.png",
        "/new%0aline.png",
        "/right%e2%80%aeto-left.png",
        "/%ff%fe.png",
        "/..",
        "/",
    ],
)
def test_a_hostile_name_stays_inside_the_folder(
    kie: FaultyServer, kiecli: Installed, path: str
) -> None:
    kie.faults.always("file", FileScript(PNG))
    succeeded(kie, f"{kie.url}{path}")
    out = kiecli.folder / "out"
    ran = quietly(kiecli, "-d", "out", "-o", "{name}.{ext}")
    (name,) = (path.name for path in out.iterdir())
    assert (ran.code, ran.out, files(kiecli)) == (0, f"out/{name}\n", {f"out/{name}": PNG})
    assert not name.startswith((".", "-"))
    assert len(name.encode()) <= 255
    assert name.isprintable()


def test_what_the_user_typed_is_honoured(kie: FaultyServer, kiecli: Installed) -> None:
    succeeded(kie, kie.faults.file("/a.png", PNG))
    assert quietly(kiecli, "-o", "../-odd/.hidden {n}") == Ran(0, "../-odd/.hidden 1\n", "")
    assert (kiecli.folder / "../-odd/.hidden 1").read_bytes() == PNG


def test_a_link_in_the_file_s_place_is_replaced_and_not_written_through(
    kie: FaultyServer, kiecli: Installed
) -> None:
    (kiecli.folder / "victim").write_bytes(b"precious")
    for name in (NAME, f"{NAME}.part", f"{NAME}.part.json"):
        (kiecli.folder / name).symlink_to("victim")
    succeeded(kie, kie.faults.file("/a.png", PNG))
    assert (quietly(kiecli), files(kiecli)) == (SAVED, {NAME: PNG, "victim": b"precious"})


# Several at once.


def test_two_runs_on_one_target_make_one_good_file(kie: FaultyServer, kiecli: Installed) -> None:
    succeeded(kie, kie.faults.file("/a.png", PNG, drip=(2000, 0.1)))
    with kiecli.start("download", "t1") as first, kiecli.start("download", "t1") as second:
        ran = [first.end(), second.end()]
    assert [(code, out) for code, out, _ in ran] == [(0, f"{NAME}\n")] * 2
    assert sorted(word for _, _, err in ran for word in ("saved", "kept") if word in err)
    assert (files(kiecli), ranges(kie)) == ({NAME: PNG}, ["all"])


def test_one_dead_file_does_not_stop_the_others(kie: FaultyServer, kiecli: Installed) -> None:
    good = kie.faults.file("/a.png", PNG)
    succeeded(kie, good, f"{kie.url}/gone.png", good + "?3")
    ran = quietly(kiecli)
    assert (ran.code, ran.out) == (7, "t1-1.png\nt1-3.png\n")
    assert files(kiecli) == {"t1-1.png": PNG, "t1-3.png": PNG}


# The disk.


def limited(bytes_at_most: int) -> Callable[[], None]:
    def limit() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_at_most, bytes_at_most))

    return limit


def test_a_file_beyond_the_limit_of_files_fails_alone_and_its_part_is_kept(
    kie: FaultyServer, kiecli: Installed
) -> None:
    big, small = kie.faults.file("/a.png", LARGE), kie.faults.file("/b.png", PNG)
    succeeded(kie, big, small)
    ran = kiecli("download", "-q", "t1", preexec_fn=limited(MIB))
    assert ran == Ran(
        7,
        "t1-2.png\n",
        f"kiecli: t1: could not save {NAME}: the file is larger than the disk or 'ulimit -f'"
        " allows. Choose another folder with -d\n"
        "kiecli: files already saved are kept; to fetch the rest: kiecli download t1\n",
    )
    assert (len(files(kiecli)[f"{NAME}.part"]), NAME in files(kiecli)) == (MIB, False)
    assert (quietly(kiecli).code, files(kiecli)) == (0, {NAME: LARGE, "t1-2.png": PNG})


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-o", "x" * 252], "the name is too long for this disk"),
        (["-o", "/proc/self/x.png"], "could not save /proc/self/x.png: "),
        (["-d", "/proc/self"], "could not save into /proc/self: "),
        (["-o", "taken/x.png"], "part of the path is a file, not a folder"),
    ],
)
def test_what_the_disk_does_not_take_is_one_clear_line(
    kie: FaultyServer, kiecli: Installed, words: list[str], message: str
) -> None:
    (kiecli.folder / "taken").touch()
    succeeded(kie, kie.faults.file("/a.png", PNG))
    ran = quietly(kiecli, *words)
    assert (ran.code, ran.out, files(kiecli)) == (7, "", {"taken": b""})
    assert message in ran.err
    assert "Traceback" not in ran.err


def test_a_folder_without_permission_is_one_clear_line(
    kie: FaultyServer, kiecli: Installed
) -> None:
    (kiecli.folder / "out").mkdir(mode=0o500)
    succeeded(kie, kie.faults.file("/a.png", PNG))
    ran = kiecli("download", "-q", "-d", "out", "t1", program=_BOUND)
    assert ran == Ran(
        7,
        "",
        "kiecli: could not save into out: permission denied. Choose another folder with -d\n",
    )
    assert kie.faults.requests == []


@pytest.fixture
def small_disk(kiecli: Installed) -> Iterator[Path]:
    """A disk of 1 MiB in the folder `out`, where one can be mounted."""
    out = kiecli.folder / "out"
    out.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(out)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    yield out
    subprocess.run(["umount", str(out)], check=True)


def test_a_disk_without_room_takes_what_fits_and_the_rest_when_there_is_room(
    kie: FaultyServer, kiecli: Installed, small_disk: Path
) -> None:
    large = kie.faults.file("/a.png", LARGE)
    unsized = kie.faults.file("/b.png", LARGE, framing="chunked")
    succeeded(kie, large, unsized, kie.faults.file("/c.png", PNG))
    free = "Free some space, then run the line again\n"
    assert quietly(kiecli, "-d", "out", "-j", "1") == Ran(
        7,
        "out/t1-3.png\n",
        f"kiecli: t1: could not save out/{NAME}: it needs 6.3 MB, and the disk has 1.0 MB free."
        f" {free}"
        f"kiecli: t1: could not save out/t1-2.png: the disk is full. {free}"
        "kiecli: files already saved are kept; to fetch the rest: kiecli download -d out t1\n",
    )
    assert files(kiecli) == {"out/t1-3.png": PNG}
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    assert quietly(kiecli, "-d", "out").code == 0
    assert files(kiecli) == {f"out/{NAME}": LARGE, "out/t1-2.png": LARGE, "out/t1-3.png": PNG}


def test_a_stream_that_is_full_is_one_clear_line(kie: FaultyServer, kiecli: Installed) -> None:
    succeeded(kie, kie.faults.file("/a.png", PNG))
    with Path("/dev/full").open("wb") as full:
        ran = kiecli("download", "-q", "-o", "-", "t1", stdout=full)
    assert (ran.code, ran.err.count("\n"), "Traceback" in ran.err) == (7, 1, False)


def test_nothing_is_on_stdout_unless_it_is_whole(kie: FaultyServer, kiecli: Installed) -> None:
    succeeded(kie, kie.faults.file("/a.png", PNG, cuts=[5000]))
    kie.faults.next("/a.png", httpx.Response(400, content=PNG))
    assert quietly(kiecli, "-o", "-")[:2] == (7, "")
    with kiecli.start("download", "-q", "-o", "-", "t1") as running:
        assert (running.process.communicate(timeout=30), running.process.returncode) == (
            (PNG, b""),
            0,
        )
    assert files(kiecli) == {}


# Hosts that take their time.


def test_a_host_that_stops_or_never_starts_is_tried_again_after_20_seconds(
    kie: FaultyServer, kiecli: Installed
) -> None:
    stops = kie.faults.file("/a.png", PNG, cuts=[5000], end="stall")
    mute = kie.faults.file("/b.png", PNG)
    kie.faults.next("/b.png", silence())
    succeeded(kie, stops, mute)
    assert quietly(kiecli) == Ran(0, "t1-1.png\nt1-2.png\n", "")
    assert files(kiecli) == {"t1-1.png": PNG, "t1-2.png": PNG}
    assert sorted(ranges(kie)) == ["all", "all", "all", "bytes=5000-"]


def test_a_host_that_drips_is_waited_for_and_spoken_of(
    kie: FaultyServer, kiecli: Installed
) -> None:
    leave_part(kiecli, PNG[:-12])  # a byte a second: it is said after ten
    succeeded(kie, kie.faults.file("/a.png", PNG, drip=(1, 1.0)))
    ran = kiecli("download", "t1")
    assert (ran.code, files(kiecli)) == (0, {NAME: PNG})
    assert f"kiecli: {NAME}: slow: 1 B/s; still downloading\n" in ran.err


# Large files.


class Sender(StreamRequestHandler):
    """Sends a file of nearly nothing but zeros, however large, out of one block."""

    size = 2 * 1024 * MIB

    def handle(self) -> None:
        while self.rfile.readline().strip():
            """Whatever is asked, the answer is the same."""
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {self.size}\r\nContent-Type: image/png\r\n\r\n"
        self.wfile.write(head.encode())
        self.wfile.write(PNG)
        zeros, missing = bytes(MIB), self.size - len(PNG) - 3
        for _ in range(missing // MIB):
            self.wfile.write(zeros)
        self.wfile.write(zeros[: missing % MIB] + b"end")


@pytest.fixture
def roomy(kiecli: Installed) -> Iterator[str]:
    """A folder in memory where there is one: no disk is to be measured."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else kiecli.folder) as folder:
        yield folder


# A process counts the memory of whoever forked it, so somebody small has to do that.
_MEASURED = [
    sys.executable,
    "-c",
    """
import os, sys
_, status, usage = os.wait4(os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:]), 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
""",
    PROGRAM,
]


def test_the_memory_for_a_file_of_2_gib_is_under_80_mib(
    kie: FaultyServer, kiecli: Installed, roomy: str
) -> None:
    with ThreadingTCPServer(("127.0.0.1", 0), Sender) as host:
        threading.Thread(target=host.serve_forever, daemon=True).start()
        succeeded(kie, f"http://127.0.0.1:{host.server_address[1]}/a.png")
        ran = kiecli("download", "-q", "-d", roomy, "t1", program=_MEASURED)
        host.shutdown()
    with Path(roomy, NAME).open("rb") as file:
        ends = file.read(len(PNG)), file.seek(-3, os.SEEK_END), file.read()
    path, kibibytes = ran.out.splitlines()
    assert (ran.code, path, ends) == (0, f"{roomy}/{NAME}", (PNG, Sender.size - 3, b"end"))
    assert int(kibibytes) < 80 * 1024
