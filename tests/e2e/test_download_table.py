"""The promises about the bytes, kept by the installed command against real hosts: a row a test."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest

from kiecli.download.resume_info import ResumeInfo
from kiecli.sandbox.files import etag
from tests.support.downloads import PNG
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
    resume_info = ResumeInfo("t1", 1, len(PNG), etag(PNG), None, "image/png")._replace(**changed)
    (kiecli.folder / f"{NAME}.part").write_bytes(have)
    (kiecli.folder / f"{NAME}.part.json").write_bytes(resume_info.dump())


# Nothing is forbidden to root, unless it gives that up.
_BOUND = (
    [PROGRAM]
    if os.geteuid()
    else ["setpriv", "--bounding-set=-dac_override,-dac_read_search", PROGRAM]
)
SAVED = Ran(0, f"{NAME}\n", "")


def quietly(kiecli: Installed, *words: str) -> Ran:
    return kiecli("download", "-q", "t1", *words)


# The body is not what it should be.


@pytest.mark.parametrize(("body", "end"), [(PNG, "reset"), (LARGE, "close")])
def test_a_body_that_ends_too_early_is_retried_and_resumed(
    kie: FaultyServer, kiecli: Installed, body: bytes, end: str
) -> None:
    cut = len(body) - 9000
    succeeded(kie, kie.faults.file("/a.png", body, cuts=[cut], end=end))
    assert quietly(kiecli) == SAVED
    first, second = ranges(kie)
    # A reset takes with it what was not read yet.
    resumed = int(second.removeprefix("bytes=").removesuffix("-"))
    assert (files(kiecli), first, 0 < resumed <= cut) == ({NAME: body}, "all", True)


# An earlier run has left a part.


def test_a_part_is_resumed(kie: FaultyServer, kiecli: Installed) -> None:
    leave_part(kiecli)
    succeeded(kie, kie.faults.file("/a.png", PNG))
    ran = kiecli("download", "--json", "t1")
    (file,) = json.loads(ran.out)["files"]
    assert (ran.code, file["resumed"], file["status"]) == (0, 5000, "saved")
    assert (files(kiecli), ranges(kie)) == ({NAME: PNG}, ["bytes=5000-"])


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
    https, http = (url.partition("//")[2] for url in (secure.url, kie.url))
    assert f"{https} redirects from https to plain http ({http})" in ran.err
    assert refused.err.count("its certificate was refused") == 2


# Several at once.


def test_two_runs_on_one_target_make_one_good_file(kie: FaultyServer, kiecli: Installed) -> None:
    succeeded(kie, kie.faults.file("/a.png", PNG, drip=(2000, 0.1)))
    with kiecli.start("download", "t1") as first, kiecli.start("download", "t1") as second:
        ran = [first.end(), second.end()]
    assert [(code, out) for code, out, _ in ran] == [(0, f"{NAME}\n")] * 2
    assert sorted(word for _, _, err in ran for word in ("saved", "kept") if word in err)
    assert (files(kiecli), ranges(kie)) == ({NAME: PNG}, ["all"])


# The disk.


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


def test_an_existing_file_that_cannot_be_read_can_be_replaced(
    kie: FaultyServer, kiecli: Installed
) -> None:
    succeeded(kie, kie.faults.file("/a.png", PNG))
    target = kiecli.folder / NAME
    target.write_bytes(CUT)
    target.chmod(0)
    assert kiecli("download", "-q", "t1", program=_BOUND) == Ran(
        7,
        "",
        f"kiecli: t1: could not save {NAME}: the existing file cannot be read: permission denied."
        " Replace it with --overwrite, or choose another name with -o\n",
    )
    assert kiecli("download", "-q", "t1", "--overwrite", program=_BOUND) == SAVED
    assert files(kiecli) == {NAME: PNG}


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
        "kiecli: files already saved are kept; to fetch the rest: kiecli download -d out -j 1 t1\n",
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


def test_a_host_that_is_down_is_waited_for_while_the_files_of_others_are_saved(
    kie: FaultyServer, kiecli: Installed
) -> None:
    port = closed_port()
    down = [f"http://127.0.0.1:{port}/{n}.png" for n in range(3)]
    kie.faults.task("down", urls=down)
    kie.faults.task("up", urls=[kie.faults.file("/a.png", PNG)])
    with kiecli.start("download", "-j", "1", "down", "up") as running:
        running.await_stdout("up-1.png\n")
        running.await_stderr("could not reach")  # whichever task was answered first
        with serving(port=port) as other:
            other.faults.always("file", FileScript(PNG))
            code, out, err = running.end()
    assert (code, out) == (0, "up-1.png\n" + "".join(f"down-{n}.png\n" for n in (1, 2, 3)))
    assert (
        err.count(f"could not reach 127.0.0.1:{port}: connection refused; trying again for 2m") == 1
    )


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
