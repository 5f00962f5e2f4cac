"""The key goes to the API, and nowhere else: a canary in its place is looked for everywhere."""

import html
import json
import re
import signal
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest

from tests.support.downloads import PNG
from tests.support.faults import envelope
from tests.support.processes import KEY, Installed, Ran, until
from tests.support.server import FaultyServer, serving
from tests.support.terminals import OnTerminal

_PLUG = """
import os, httpcore
def send(self, request):
    headers = {name.lower(): value.decode() for name, value in request.headers}
    key = os.environ["KIE_API_KEY"]
    raise RuntimeError(f"sent with {headers[b'authorization']} for {key!r}")
httpcore.ConnectionPool.handle_request = send
"""

_LINES = (
    "status demo-image demo-fail demo-slow nope",
    "status --json demo-image demo-fail demo-slow nope",
    "wait -t 1 demo-image demo-fail demo-slow",
    "wait --json -t 0 demo-text nope",
    "download demo-images demo-text demo-expired demo-slow",
    "download --json -d out demo-audio",
    "download -n demo-image",
    "config list",
    "config list --json",
    "config get api-key",
    "config check",
    "config check --json",
    "config path",
    f"status {KEY}",
    f"wait demo-image {KEY}",
    f"download '{KEY}'",
    f"status https://kie.ai/?key={KEY}",
    f"config set api-key {KEY}",
    f"config set timeout {KEY}",
    f"config get {KEY}",
    f"config unset {KEY}",
    f"status demo-image --api-key {KEY}",
    f"wait -t {KEY} demo-image",
    f"download -d /proc/{KEY} demo-image",
    f"{KEY} demo-image",
)


def files_with_key(*folders: Path) -> list[str]:
    """Return the names of the files that hold the key, or are called by it."""
    found = [path for folder in folders for path in folder.rglob("*")]
    return [
        path.name
        for path in found
        if KEY in path.name or (path.is_file() and KEY.encode() in path.read_bytes())
    ]


def shows_key(text: str) -> bool:
    """Tell whether the key is in a text, escaped as URLs, JSON or HTML do it or not at all."""
    for _ in range(5):
        if KEY in text:
            return True
        text = re.sub(r"\\+u(....)", lambda found: chr(int(found[1], 16)), html.unescape(text))
        text = unquote(text)
    return False


def assert_kept(kie: FaultyServer) -> None:
    """Check every request: the key is in one header of requests to the API."""
    for seen in kie.faults.requests:
        headers = seen.headers.copy()
        if seen.path.startswith("/api/v1/"):
            assert headers.pop("Authorization") == f"Bearer {KEY}"
        assert "Authorization" not in headers
        assert "Cookie" not in headers
        assert KEY not in f"{seen.path} {seen.query} {headers} {seen.body!r}"


@pytest.mark.parametrize(
    ("source", "line"),
    [("environment", line) for line in _LINES] + [("file", line) for line in _LINES[::4]],
)
def test_no_line_shows_it_or_leaves_it_anywhere(
    source: str, line: str, kie: FaultyServer, kiecli: Installed
) -> None:
    """Also not the lines in which somebody has typed it where it does not belong."""
    if source == "file":
        assert kiecli("config", "set", "api-key", input=KEY.encode()).code == 0
        kiecli.environ["KIE_API_KEY"] = ""
    verbose = "" if line.startswith(("config", KEY)) else " -v"
    ran = kiecli.shell(f"kiecli {line}{verbose}")
    assert KEY not in ran.out + ran.err
    assert KEY[:-4] not in ran.out + ran.err
    assert files_with_key(kiecli.folder) == []
    assert files_with_key(kiecli.home) == (["config.json"] if source == "file" else [])
    assert_kept(kie)


def test_a_key_that_is_not_utf8_is_one_line(kiecli: Installed) -> None:
    ran = kiecli.shell("KIE_API_KEY=$'canary-0123456\\xff' kiecli status demo-image")
    assert ran == Ran(
        4,
        "",
        "kiecli: KIE_API_KEY: the key is not one line of printable ASCII. "
        "Copy the key from https://kie.ai/api-key into KIE_API_KEY\n",
    )


def test_only_its_owner_reads_the_file_that_holds_it(kiecli: Installed) -> None:
    kiecli("config", "set", "api-key", input=KEY.encode())
    (file,) = kiecli.home.rglob("config.json")
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_terminal_does_not_echo_it(kiecli: Installed) -> None:
    with OnTerminal(kiecli, "config", "set", "api-key") as terminal:
        terminal.await_screen(":")
        terminal.type(f"{KEY}\n")
        ran = terminal.end()
    assert (ran.code, KEY in terminal.screen.raw) == (0, False)
    ran = kiecli("config", "get", "--reveal", "api-key", environ={"KIE_API_KEY": None})
    assert ran == Ran(0, f"{KEY}\n", "")


def test_it_is_shown_to_who_insists(kiecli: Installed) -> None:
    assert kiecli("config", "get", "--reveal", "api-key") == Ran(0, f"{KEY}\n", "")


@pytest.mark.parametrize("command", ["status", "status --json", "wait", "download -v"])
def test_a_bug_does_not_show_it(command: str, kiecli: Installed, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(_PLUG)
    ran = kiecli(*command.split(), "demo-image", environ={"PYTHONPATH": str(tmp_path)})
    assert ran.code == 70
    assert "RuntimeError: sent with Bearer ****" in ran.err
    assert KEY not in ran.out + ran.err


@pytest.mark.parametrize("code", [401, 402, 422, 500])
@pytest.mark.parametrize("command", ["wait -t 0 -v", "wait -t 0 --json"])
def test_an_answer_that_quotes_it_does_not_show_it(
    command: str, code: int, kie: FaultyServer, kiecli: Installed
) -> None:
    kie.faults.always("recordInfo", envelope(code, f"The key {KEY} may not do that"))
    ran = kiecli(*command.split(), "a")
    assert ran.code in (2, 4, 6)
    assert KEY not in ran.out + ran.err


_PERCENT = "".join(f"%{ord(char):02x}" for char in KEY)
_JSON = "".join(f"\\u{ord(char):04x}" for char in KEY)
_HTML = "".join(f"&#{ord(char)};" for char in KEY)


@pytest.mark.parametrize(
    "form",
    [KEY, _PERCENT, _PERCENT.upper(), f"{KEY[:9]}%{ord(KEY[9]):x}{KEY[10:]}", _JSON, _HTML],
)
@pytest.mark.parametrize(
    "line",
    [
        "download -v --write-metadata -o '{task_id}-{n}-{name}-{prompt}-{model}.{ext}'",
        "download --json",
        "download --json -n -o '{name}-{n}.{ext}'",
        "wait",
        "wait --json",
        "status --json",
    ],
)
def test_an_answer_that_escapes_it_does_not_show_it(
    line: str, form: str, kie: FaultyServer, kiecli: Installed
) -> None:
    """Nor is a file named by it, and the path that is printed is the file's."""
    kie.faults.file("/****.png", PNG)
    urls = [f"{kie.url}/{form}.png?a=1&b={form}"]
    param = json.dumps({"input": json.dumps({"prompt": f"a {form} b", "n": form})})
    kie.faults.task("a", urls=urls, param=param, model=f"m/{form}", extra={form: form})
    ran = kiecli.shell(f"kiecli {line} a")
    assert ran.code == 0
    files = [path for path in kiecli.folder.rglob("*") if path.is_file()]
    held = [path.read_bytes().decode("latin-1") for path in files]
    assert not any(map(shows_key, [ran.out, ran.err, *map(str, files), *held]))
    assert not any(shows_key(f"{seen.path} {seen.query}") for seen in kie.faults.requests)
    if "--json" not in line and line.startswith("download"):
        assert (kiecli.folder / ran.out.strip()).is_file()
    assert_kept(kie)


def test_nobody_sees_it_among_the_processes(kie: FaultyServer, kiecli: Installed) -> None:
    with kiecli.start("wait", "demo-slow") as running:
        running.await_stderr("waiting")
        assert KEY not in Path(f"/proc/{running.process.pid}/cmdline").read_text()
        running.end_by(signal.SIGINT)
    assert_kept(kie)


def test_a_download_cut_short_leaves_it_nowhere(kie: FaultyServer, kiecli: Installed) -> None:
    url = kie.faults.file("/a.png", b"\x89PNG\r\n\x1a\n" + bytes(5000), cuts=[500], end="stall")
    kie.faults.task("a", urls=[url])
    part = kiecli.folder / "a-1.png.part"
    with kiecli.start("download", "-v", "a") as running:
        until(lambda: part.exists() and part.stat().st_size == 500)
        running.send(signal.SIGKILL)
        ran = running.end()
    assert {path.name for path in kiecli.folder.iterdir()} == {part.name, f"{part.name}.json"}
    assert files_with_key(kiecli.folder) == []
    assert KEY not in ran.err
    assert_kept(kie)


def test_redirects_of_a_file_host_do_not_carry_it(kie: FaultyServer, kiecli: Installed) -> None:
    """Nor do cookies come along, nor is it given away to what looks like the API."""
    with serving() as other:
        there = other.faults.file("/there.bin", bytes(100), content_type=None)
        away = httpx.Response(302, headers={"Location": there, "Set-Cookie": "a=b; Path=/"})
        home = httpx.Response(307, headers={"Location": "/elsewhere.bin", "Set-Cookie": "c=d"})
        kie.faults.always("/a.bin", home)
        kie.faults.always("/elsewhere.bin", away)
        kie.faults.task("a", urls=[f"{kie.url}/a.bin"])
        ran = kiecli("download", "-q", "a")
        assert [seen.path for seen in other.faults.requests] == ["/there.bin"]
        assert_kept(other)
    assert_kept(kie)
    assert ran == Ran(0, "a-1.bin\n", "")
    assert [seen.path for seen in kie.faults.seen("file")] == ["/a.bin", "/elsewhere.bin"]


def test_redirects_of_the_api_are_not_followed(kie: FaultyServer, kiecli: Installed) -> None:
    with serving() as other:
        away = httpx.Response(302, headers={"Location": f"{other.url}/api/v1/jobs/recordInfo"})
        kie.faults.always("recordInfo", away)
        ran = kiecli("status", "a")
        assert other.faults.requests == []
    assert (ran.code, ran.out) == (2, "a\tunknown\t\t\t\t\t\t\n")


@pytest.mark.parametrize(
    "base_url", ["http://kie.test", "http://192.0.2.1", "http://127.0.0.1.kie.test"]
)
def test_it_is_not_sent_in_clear_text_beyond_this_machine(base_url: str, kiecli: Installed) -> None:
    ran = kiecli("status", "a", environ={"KIE_BASE_URL": base_url})
    assert ran == Ran(
        2,
        "",
        f"kiecli: KIE_BASE_URL: '{base_url}' would send the key unencrypted: use https. "
        "Fix or unset KIE_BASE_URL\n",
    )
