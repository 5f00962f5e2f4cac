"""Answers that are made to fill memory: a clear error, and the memory of a small program."""

import gzip
import sys
from collections.abc import Callable

import httpx
import pytest

from tests.support.faults import record
from tests.support.processes import PROGRAM, Installed
from tests.support.server import FaultyServer
from tests.support.wire import Wire, wired

_MB = 1000 * 1000
_MOST = 150 * _MB
# The greatest memory of the command itself, told beside what it says.
_MEASURE = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print("peak", peak if sys.platform == "darwin" else peak * 1024, file=sys.stderr)
sys.exit(code)
"""


def _measured(kiecli: Installed, *words: str) -> tuple[int, str, list[str], int]:
    """Return code, stdout, lines of stderr, and the most bytes that the command has held."""
    ran = kiecli(*words, program=[sys.executable, "-c", _MEASURE, PROGRAM])
    *said, peak = ran.err.splitlines()
    return ran.code, ran.out, said, int(peak.removeprefix("peak "))


def _packed(times: int, size: int) -> httpx.Response:
    body = bytes(size)
    for _ in range(times):
        body = gzip.compress(body, compresslevel=6)
    told = ", ".join(["gzip"] * times)
    return httpx.Response(200, headers={"Content-Encoding": told}, stream=httpx.ByteStream(body))


def _long(body: bytes, **wire: object) -> Callable[[], httpx.Response]:
    return lambda: wired(httpx.Response(200, content=body * (50 * _MB // len(body))), Wire(**wire))  # type: ignore[arg-type]


_TOO_LONG = "an answer larger than 2 MiB is not from Kie"
_NO_JSON = "Kie answered with a page that is not JSON (HTTP 200)"
_NO_CODE = "Kie answered with JSON that has no code (HTTP 200)"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (_long(b" "), _TOO_LONG),
        (_long(b'{"data":', framing="chunked"), _TOO_LONG),
        (_long(b'"\x1b[31m', framing="close"), _TOO_LONG),
        (lambda: _packed(1, 100 * _MB), _TOO_LONG),
        (
            lambda: _packed(2, 100 * _MB),
            "the answer is compressed with gzip, gzip, which was not requested",
        ),
        (lambda: httpx.Response(200, content=b"[" * 2 * _MB), _NO_JSON),
        (lambda: httpx.Response(200, content=b"[" + b"{}," * 690_000 + b"{}]"), _NO_CODE),
        (lambda: httpx.Response(200, content=b"[" + b'"a",' * (_MB // 2) + b"0]"), _NO_CODE),
    ],
    ids=["long", "chunked", "endless", "bomb", "bomb in a bomb", "deep", "objects", "strings"],
)
def test_an_answer_that_would_fill_memory_is_an_error(
    kie: FaultyServer,
    kiecli: Installed,
    answer: Callable[[], httpx.Response],
    said: str,
) -> None:
    kie.faults.always("recordInfo", answer())
    code, out, lines, peak = _measured(kiecli, "wait", "-t", "0", "0f1e2d3c")
    assert (code, out) == (6, "")
    assert lines == [f"kiecli: {said}. To try again: kiecli wait -t 0 0f1e2d3c"]
    assert peak < _MOST, f"{peak / _MB:.0f} MB"


def test_a_file_that_unpacks_to_much_is_saved_in_little_memory(
    kie: FaultyServer, kiecli: Installed
) -> None:
    url = kie.faults.file("/a.bin", bytes(100 * _MB), content_type=None, gzipped=True)
    kie.faults.always("recordInfo", record("0f1e2d3c", urls=[url]))
    code, out, _, peak = _measured(kiecli, "download", "0f1e2d3c")
    assert (code, out) == (0, "0f1e2d3c-1.bin\n")
    assert (kiecli.folder / "0f1e2d3c-1.bin").stat().st_size == 100 * _MB
    assert peak < _MOST, f"{peak / _MB:.0f} MB"


def test_stdin_that_is_made_to_be_hard_is_refused_in_one_line(kiecli: Installed) -> None:
    ran = kiecli("status", "-", input=b"[" * 20 * _MB)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        f"kiecli: stdin is neither task ids nor JSON with a task id: '{'[' * 20}\u2026'."
        " Pipe in createTask's answer as it came\n"
    )
