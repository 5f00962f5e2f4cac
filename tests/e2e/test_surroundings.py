"""Where the command may find itself: odd streams, odd homes, odd networks."""

import os
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from kiecli.network.deadline import CONNECT_TIMEOUT
from tests.support.processes import KEY, Installed, Ran, until
from tests.support.proxies import Door, Proxy, standing
from tests.support.raw_server import dead_ports
from tests.support.server import Certificate, FaultyServer, serving

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
_PLAIN_C = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


# --- streams ---

_CLOSED = "cannot write the results: stdout is closed"
_FULL = "cannot write to stdout: no space left on device"


@pytest.mark.parametrize(
    "command", ["status", "status --json", "wait", "download", "download -o -"]
)
@pytest.mark.parametrize(
    ("stdout", "message"), [(">&-", _CLOSED), (">/dev/full", _FULL)], ids=["closed", "full"]
)
def test_an_answer_that_has_no_place_is_7(
    command: str, stdout: str, message: str, kiecli: Installed
) -> None:
    ran = kiecli.shell(f"kiecli {command} demo-image {stdout}")
    last = f"kiecli: {message}. To try again: kiecli {command} demo-image"
    assert (ran.code, ran.err.splitlines()[-1]) == (7, last)


@pytest.mark.parametrize("command", ["--help", "config list", "--version"])
def test_a_full_stdout_is_7_for_every_answer(command: str, kiecli: Installed) -> None:
    assert kiecli.shell(f"kiecli {command} >/dev/full") == Ran(7, "", f"kiecli: {_FULL}\n")


def test_a_file_is_saved_even_if_its_path_cannot_be_printed(kiecli: Installed) -> None:
    kiecli.shell("kiecli download demo-image >&-")
    assert [path.name for path in kiecli.folder.iterdir()] == ["demo-image-1.png"]


@pytest.mark.parametrize("stderr", ["2>&-", "2>/dev/full"])
def test_a_stderr_that_fails_changes_nothing(stderr: str, kiecli: Installed) -> None:
    ran = kiecli.shell(f"kiecli download demo-image nope {stderr}")
    assert ran == Ran(5, "demo-image-1.png\n", "")


def test_a_process_without_any_stream_saves_its_files(kiecli: Installed) -> None:
    """Descriptors 0 to 2 are free then, and files and connections must not take them."""
    ran = kiecli.shell("kiecli download -v demo-images <&- >&- 2>&-")
    assert (ran.code, len(list(kiecli.folder.glob("demo-images-?.jpg")))) == (7, 6)


def test_a_container_without_dev_null_is_enough(kiecli: Installed, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text('import os; os.devnull = "/nowhere/null"')
    environ = {"PYTHONPATH": str(tmp_path)}
    ran = kiecli.shell("kiecli download -v demo-images <&- >&- 2>&-", environ=environ)
    assert (ran.code, len(list(kiecli.folder.glob("demo-images-?.jpg")))) == (7, 6)
    assert kiecli.shell("kiecli status -q demo-image <&-", environ=environ) == Ran(
        0, "success\n", ""
    )


# --- limits ---

# Becomes a user who may have so many threads; only root can, and keeps its right to read files.
_FEW_THREADS = """
import ctypes, os, resource, sys
PR_CAPBSET_DROP, CAP_SYS_ADMIN, CAP_SYS_RESOURCE = 24, 21, 24
for capability in (CAP_SYS_ADMIN, CAP_SYS_RESOURCE):
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_NPROC, (limit, limit))
os.setreuid(54321, -1)
os.execv(sys.argv[2], sys.argv[2:])
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user without threads")
@pytest.mark.parametrize("limit", ["1", "2", "3"])
def test_a_user_with_few_threads(limit: str, kiecli: Installed) -> None:
    program = [sys.executable, "-c", _FEW_THREADS, limit, sys.executable, "-m", "kiecli"]
    ran = kiecli("download", "-q", "demo-image", "demo-text", program=program)
    assert (ran.code, ran.err) == (0, "")
    assert sorted(ran.out.split()) == ["demo-image-1.png", "demo-text-1.json"]


# --- the rest of the streams ---


@pytest.mark.parametrize("command", ["wait demo-image", "config list"])
def test_nobody_needs_stdin(command: str, kiecli: Installed) -> None:
    assert kiecli.shell(f"kiecli {command} <&-").code == 0


def test_a_closed_stdin_is_an_empty_one(kiecli: Installed) -> None:
    assert kiecli.shell("kiecli wait - <&-") == Ran(
        2, "", "kiecli: no task id on stdin: did the command before the pipe fail?\n"
    )


def test_a_stdin_that_does_not_block_is_read_to_its_end(kiecli: Installed) -> None:
    """Such streams are left by Node.js; what comes into this one later may have been paid for."""
    theirs, ours = os.pipe()
    os.set_blocking(theirs, False)
    with kiecli.start("status", "-q", "-", stdin=theirs) as running:
        until(lambda: os.get_blocking(theirs))
        os.write(ours, b"demo-image\n")
        os.close(ours)
        assert running.end() == Ran(0, "success\n", "")
    os.close(theirs)


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_full_pipe_that_does_not_block_loses_nothing(stream: str, kiecli: Installed) -> None:
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    filled = 0
    with suppress(BlockingIOError):
        while True:
            filled += os.write(theirs, bytes(4096))
    place: dict[str, Any] = {stream: theirs}
    with kiecli.start("wait", "demo-image", **place) as running:
        until(lambda: os.get_blocking(theirs))
        os.close(theirs)
        with os.fdopen(ours, "rb") as reader:
            told = reader.read()[filled:].decode()
        ran = running.end()
    expected = "/image.png\n" if stream == "stdout" else "kiecli: demo-image: success"
    assert (ran.code, expected in told) == (0, True)


# --- language and home ---


def test_a_plain_locale_changes_no_byte_of_a_path(kiecli: Installed) -> None:
    ran = kiecli("download", "-q", "-o", "größe-{task_id}.png", "demo-image", environ=_PLAIN_C)
    assert ran == Ran(0, "größe-demo-image.png\n", "")
    assert os.listdir(os.fsencode(kiecli.folder)) == ["größe-demo-image.png".encode()]  # noqa: PTH208


def test_a_plain_locale_spells_what_it_has_no_letters_for(
    kie: FaultyServer, kiecli: Installed
) -> None:
    kie.faults.task("a", "fail", failCode="500", failMsg="提示")
    assert kiecli("wait", "-q", "a", environ=_PLAIN_C) == Ran(
        1,
        "",
        "kiecli: a: Kie says the task failed (500): \\u63d0\\u793a. "
        "A problem on Kie's side, usually not charged; submit it again\n",
    )


@pytest.mark.parametrize("home", [None, "/proc", "/nowhere", "relative"])
def test_without_a_home_the_environment_is_enough(home: str | None, kiecli: Installed) -> None:
    assert kiecli("status", "-q", "demo-image", environ={"HOME": home}) == Ran(0, "success\n", "")


def test_a_home_that_takes_no_file_is_named(kiecli: Installed) -> None:
    """Not even root makes a folder there."""
    assert kiecli("config", "set", "dir", "out", environ={"HOME": "/proc"}) == Ran(
        2,
        "",
        "kiecli: cannot write the config file /proc/.config/kiecli/config.json: no such file or "
        "directory. Fix that, or set KIECLI_CONFIG to another file\n",
    )


# --- network ---


def test_loopback_may_be_the_sixth_version(kie: FaultyServer, kiecli: Installed) -> None:
    try:
        door = Door(kie.server_port, family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no ::1")
    with standing(door):
        url = f"http://[::1]:{door.port}"
        ran = kiecli("download", "-q", "demo-image", environ={"KIE_BASE_URL": url})
    assert ran == Ran(0, "demo-image-1.png\n", "")


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_loopback_never_goes_through_a_proxy(
    name: str, kie: FaultyServer, kiecli: Installed
) -> None:
    proxy = Proxy(kie.server_port)
    with standing(proxy):
        ran = kiecli("download", "-q", "demo-image", environ={name: proxy.url})
    assert (ran, proxy.request_lines) == (Ran(0, "demo-image-1.png\n", ""), [])


def test_files_come_through_a_proxy(kie: FaultyServer, kiecli: Installed) -> None:
    kie.faults.file("/a.png", PNG)
    kie.faults.task("a", urls=["http://files.test/a.png"])
    proxy = Proxy(kie.server_port)
    with standing(proxy):
        address = proxy.url.replace("//", "//user:word@")
        ran = kiecli("download", "-q", "a", environ={"HTTP_PROXY": address})
    assert ran == Ran(0, "a-1.png\n", "")
    assert proxy.request_lines == ["GET http://files.test/a.png HTTP/1.1"]
    assert "Proxy-Authorization: Basic dXNlcjp3b3Jk" in proxy.heads[0]
    assert KEY not in proxy.heads[0]


def test_a_proxy_that_answers_for_the_host_saves_no_page(
    kie: FaultyServer, kiecli: Installed
) -> None:
    """A hotel's, say."""
    kie.faults.task("a", urls=["http://files.test/a.png"])
    page = b"<!DOCTYPE html><title>Welcome</title>"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(page)
    proxy = Proxy(kie.server_port, head + page)
    with standing(proxy):
        ran = kiecli("download", "-q", "a", environ={"HTTP_PROXY": proxy.url})
    assert (ran.code, ran.out) == (7, "")
    assert "an HTML page" in ran.err
    assert list(kiecli.folder.iterdir()) == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate that nobody knows."""
    return Certificate.make(tmp_path_factory.mktemp("certificate"))


def test_kie_is_asked_through_a_tunnel(certificate: Certificate, kiecli: Installed) -> None:
    """The proxy learns the host and nothing else."""
    with serving(certificate=certificate) as kie:
        proxy = Proxy(kie.server_port)
        with standing(proxy):
            ran = kiecli(
                "status",
                "-q",
                "demo-image",
                environ={
                    "KIE_BASE_URL": "https://kie.test",
                    "HTTPS_PROXY": proxy.url,
                    "SSL_CERT_FILE": str(certificate.file),
                },
            )
    assert ran == Ran(0, "success\n", "")
    assert proxy.request_lines == ["CONNECT kie.test:443 HTTP/1.1"]
    assert KEY not in proxy.heads[0]


def test_no_proxy_is_obeyed(kie: FaultyServer, kiecli: Installed) -> None:
    proxy = Proxy(kie.server_port)
    environ = {
        "KIE_BASE_URL": "https://kie.invalid",
        "HTTPS_PROXY": proxy.url,
        "NO_PROXY": ".invalid",
    }
    with standing(proxy):
        ran = kiecli("wait", "-t", "0", "a", environ=environ)
    assert (ran.code, proxy.request_lines) == (6, [])


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (
            b"403 Forbidden",
            Ran(
                6,
                "",
                "kiecli: could not reach kie.test: the proxy refused to connect (HTTP 403). "
                "To try again: kiecli wait -t 0 a\n",
            ),
        ),
        (
            b"407 Proxy Authentication Required",
            Ran(
                4,
                "",
                "kiecli: a: the proxy requires a login (HTTP 407). "
                "Set HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT\n",
            ),
        ),
    ],
    ids=["forbidden", "login"],
)
def test_a_proxy_that_lets_nobody_through(
    status: bytes, expected: Ran, kie: FaultyServer, kiecli: Installed
) -> None:
    head = b"HTTP/1.1 %b\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\n" % status
    proxy = Proxy(kie.server_port, head + b"Our rules")
    environ = {"KIE_BASE_URL": "https://kie.test", "HTTPS_PROXY": proxy.url}
    with standing(proxy):
        assert kiecli("wait", "-t", "0", "a", environ=environ) == expected


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "http://:port", "http://["])
def test_a_proxy_that_cannot_be_one_is_wrong_usage(proxy: str, kiecli: Installed) -> None:
    environ = {"KIE_BASE_URL": "https://kie.test", "HTTPS_PROXY": proxy}
    ran = kiecli("status", "a", environ=environ)
    begin = f"kiecli: the proxy in HTTPS_PROXY ({proxy}) cannot be used. "
    assert (ran.code, ran.out, ran.err.startswith(begin)) == (2, "", True)


# Stands in for a resolver, which only root can give a name with several addresses. These may have
# a port each, so that one machine can be all of them.
_RESOLVER = """
import os, socket
def getaddrinfo(*_arguments, **_options):
    ports = os.environ["KIECLI_TEST_PORTS"].split()
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", int(port))) for port in ports]
socket.getaddrinfo = getaddrinfo
"""


@pytest.mark.parametrize("dead", [1, 2, 4])
def test_dead_addresses_before_a_good_one_cost_moments(
    dead: int, certificate: Certificate, kiecli: Installed, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(_RESOLVER)
    with dead_ports(dead) as ports, serving(certificate=certificate) as kie:
        for n in range(8):
            kie.faults.file(f"/{n}.png", PNG)
        kie.faults.task("t1", urls=[f"https://kie.test/{n}.png" for n in range(8)])
        environ = {
            "PYTHONPATH": str(tmp_path),
            "KIECLI_TEST_PORTS": " ".join(map(str, [*ports, kie.server_port])),
            "KIE_BASE_URL": "https://kie.test",
            "SSL_CERT_FILE": str(certificate.file),
        }
        started = time.monotonic()
        asked = kiecli("status", "-q", "t1", environ=environ)
        saved = kiecli("download", "-q", "t1", environ=environ)
        took = time.monotonic() - started
    assert asked == Ran(0, "success\n", "")
    assert saved == Ran(0, "".join(f"t1-{n}.png\n" for n in range(1, 9)), "")
    assert {path.read_bytes() for path in kiecli.folder.glob("t1-?.png")} == {PNG}
    # About 2 s where nothing else runs; waiting for a dead address takes longer than all of this.
    assert took < CONNECT_TIMEOUT


def test_an_unknown_certificate_is_6_at_once(certificate: Certificate, kiecli: Installed) -> None:
    """Waiting makes nobody known."""
    with serving(certificate=certificate) as kie:
        ran = kiecli("wait", "a", environ={"KIE_BASE_URL": kie.url})
    assert ran == Ran(
        6,
        "",
        f"kiecli: could not reach {kie.url.removeprefix('https://')}: its certificate was refused"
        " (self-signed certificate). If your network uses its own certificate authority, set"
        " SSL_CERT_FILE to its certificate; to try again: kiecli wait a\n",
    )


def test_an_authority_of_ones_own_is_trusted(certificate: Certificate, kiecli: Installed) -> None:
    with serving(certificate=certificate) as kie:
        environ = {"KIE_BASE_URL": kie.url, "SSL_CERT_FILE": str(certificate.file)}
        ran = kiecli("download", "-q", "demo-image", environ=environ)
    assert ran == Ran(0, "demo-image-1.png\n", "")


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("/nowhere.pem", "no such file or directory"),
        (os.devnull, "it contains no certificates"),
        (__file__, "it contains no certificates"),
    ],
)
def test_certificates_that_cannot_be_read_are_wrong_usage(
    file: str, message: str, kiecli: Installed
) -> None:
    environ = {"KIE_BASE_URL": "https://kie.test", "SSL_CERT_FILE": file}
    assert kiecli("status", "a", environ=environ) == Ran(
        2,
        "",
        f"kiecli: the certificates of SSL_CERT_FILE ({file}) cannot be read: {message}. "
        "Unset SSL_CERT_FILE or point it to a PEM file\n",
    )


def test_without_tls_certificates_do_not_matter(kiecli: Installed) -> None:
    environ = {"SSL_CERT_FILE": "/nowhere.pem"}
    assert kiecli("status", "-q", "demo-image", environ=environ) == Ran(0, "success\n", "")
