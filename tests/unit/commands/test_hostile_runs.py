"""Whole runs over mutated answers end in a documented exit code, and nobody obeys what they say."""

import gzip
import json
from collections.abc import Callable
from itertools import count
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiecli.errors import ExitCode
from kiecli.sandbox.simulation import SimulatedKie
from tests.support.fakes import FakeClock
from tests.support.faults import Faults, record
from tests.support.hostile.answers import bodies, hostile_records
from tests.support.hostile.oracle import FAILURES, assert_tame, undrawn
from tests.support.hostile.search import examples
from tests.support.hostile.text import CORPUS, text
from tests.support.program import KEY, FakeStream, Program, Ran
from tests.support.wire import Wire, wired

_BASE_URL = "https://kie.test"
_CODES = {ExitCode.DONE, *FAILURES}
_ENVIRON = {
    "KIE_API_KEY": KEY,
    "KIE_BASE_URL": _BASE_URL,
    "KIECLI_CONFIG": "/nonexistent/config.json",
    "TERM": "xterm-256color",
    "COLUMNS": "60",
    "LINES": "24",
    "GITHUB_ACTIONS": "true",
}
_LINES = [
    ("status", "a"),
    ("status", "--exit-status", "-q", "a"),
    ("status", "--json", "-v", "a"),
    ("status", "a", "b"),
    ("wait", "-t", "0", "a"),
    ("wait", "-t", "0", "--json", "a", "b"),
    ("wait", "-t", "20s", "-v", "a"),
    ("download", "-n", "a"),
    ("download", "-n", "--json", "a", "b"),
    ("download", "-n", "-o", "{model}/{name}-{task_id}-{n}.{ext}", "a"),
]


def _world(environ: dict[str, str] | None = None) -> tuple[Faults, Program]:
    clock = FakeClock()
    faults = Faults(SimulatedKie(_BASE_URL, now=clock.wall), now=clock.now)
    return faults, Program(faults, clock, _ENVIRON | (environ or {}))


def _run(kiecli: Program, line: tuple[str, ...], *, terminal: bool) -> Ran:
    """Run a line, perhaps on a terminal; JSON goes to a pipe, so that it can be read back."""
    out = FakeStream(terminal=terminal and "--json" not in line)
    return kiecli(*line, out=out, err=FakeStream(terminal=terminal))


def _assert_ended_well(ran: Ran, line: tuple[str, ...], *, terminal: bool = False) -> None:
    assert ran.code in _CODES, ran.err
    assert_tame(undrawn(ran.err), annotations=True)
    if "--json" in line:
        records = [json.loads(each, parse_constant=pytest.fail) for each in ran.out.splitlines()]
        ids = [each["task_id"] for each in records]
        assert sorted(ids) == sorted({"a", "b"} & set(line))
    else:
        assert_tame(undrawn(ran.out.replace("\t", " ")), log=not terminal)


@examples(160)
@given(
    line=st.sampled_from(_LINES),
    answers=st.lists(bodies(), min_size=1, max_size=3),
    terminal=st.booleans(),
)
def test_any_answers_end_in_a_documented_exit_code(
    line: tuple[str, ...], answers: list[bytes], *, terminal: bool
) -> None:
    faults, kiecli = _world({"GITHUB_ACTIONS": "false"} if terminal else None)
    _answer_in_turn(faults, answers)
    _assert_ended_well(_run(kiecli, line, terminal=terminal), line, terminal=terminal)


def _body(data: object) -> bytes:
    return json.dumps({"code": 200, "msg": "success", "data": data}).encode()


def _answer_in_turn(faults: Faults, answers: list[bytes]) -> None:
    places = count()

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=answers[next(places) % len(answers)])

    faults.always("recordInfo", answer)


@examples(120)
@given(line=st.sampled_from(_LINES), data=hostile_records, terminal=st.booleans())
def test_any_record_ends_in_a_documented_exit_code(
    line: tuple[str, ...], data: object, *, terminal: bool
) -> None:
    faults, kiecli = _world({"GITHUB_ACTIONS": "false"} if terminal else None)
    _answer_in_turn(faults, [_body(data)])
    _assert_ended_well(_run(kiecli, line, terminal=terminal), line, terminal=terminal)


@examples(60)
@given(stdin=bodies(), line=st.sampled_from([("status", "-"), ("download", "-n", "-")]))
def test_any_bytes_on_stdin_end_in_a_documented_exit_code(
    stdin: bytes, line: tuple[str, ...]
) -> None:
    _, kiecli = _world()
    _assert_ended_well(kiecli(*line, stdin=stdin), line)


def test_an_answer_that_drips_for_ever_is_left_in_time() -> None:
    faults, kiecli = _world()
    slow = wired(httpx.Response(200, content=b" " * 10_000), Wire(drip=(1, 1.0)))
    faults.always("recordInfo", slow)
    ran = kiecli("wait", "-t", "0", "a")
    assert (ran.code, ran.out) == (6, "")
    assert "could not reach kie.test: no whole answer within 20 s. " in ran.err
    assert kiecli.clock.now() < 25


_LOCATIONS = st.sampled_from(CORPUS).map(lambda each: each.encode(errors="surrogatepass"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files of all examples go."""
    return tmp_path_factory.mktemp("files")


_numbers = count()


@examples(80)
@given(
    status=st.sampled_from([200, 200, 206, 302, 404, 416, 503]),
    headers=st.lists(
        st.tuples(
            st.sampled_from(
                b"Location Content-Type Content-Range ETag Content-Length Content-Encoding "
                b"Content-Disposition Retry-After Last-Modified".split()
            ),
            _LOCATIONS
            | st.sampled_from([b"bytes 0-3/4", b"bytes 5-1/" + b"9" * 30, b"gzip", b"9" * 30]),
        ),
        max_size=3,
    ),
    body=st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"<html>", gzip.compress(b"x")]) | bodies(),
    fresh=text,
)
def test_any_answer_of_a_file_host_ends_in_a_documented_exit_code(
    folder: Path, status: int, headers: list[tuple[bytes, bytes]], body: bytes, fresh: str
) -> None:
    faults, kiecli = _world()
    faults.always("recordInfo", record("a", urls=["https://h.test/a", "https://h.test/b.png"]))
    faults.always("download-url", httpx.Response(200, content=_body(fresh)))
    # As a stream: httpx would unpack content at once.
    packed = httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))
    faults.always("file", packed)
    line = ("download", "-v", "-d", str(folder / str(next(_numbers))), "a")
    _assert_ended_well(kiecli(*line), line)


_FIELDS = [
    *("model", "param", "failCode", "failMsg"),
    *("createTime", "completeTime", "creditsConsumed", "progress"),
]


# What is shown of a record, where: its line, whether on a terminal, and the state that shows it.
_SHOWN = [
    (("status", "a"), False, "fail"),
    (("status", "a"), False, "hostile"),
    (("status", "a"), True, "fail"),
    (("status", "a"), True, "success"),
    (("status", "a"), True, "hostile"),
    (("status", "a", "b"), True, "hostile"),
    (("status", "-q", "a"), False, "hostile"),
    (("wait", "-t", "20s", "a"), False, "success"),
    (("wait", "-t", "20s", "a"), True, "success"),
    (("wait", "-t", "20s", "a"), True, "hostile"),
]


@pytest.mark.parametrize("hostile", CORPUS, ids=range(len(CORPUS)))
@pytest.mark.parametrize(("line", "terminal", "state"), _SHOWN, ids=range(len(_SHOWN)))
def test_each_hostile_text_in_every_place_of_a_record(
    line: tuple[str, ...], state: str, hostile: str, *, terminal: bool
) -> None:
    faults, kiecli = _world({"GITHUB_ACTIONS": "false"} if terminal else None)
    result = json.dumps({"resultUrls": [f"https://h.test/{hostile}.png", hostile]})
    fields = dict.fromkeys(_FIELDS, hostile) | {"resultJson": result}
    declared = hostile if state == "hostile" else state
    _answer_in_turn(faults, [_body(fields | {"state": declared})])
    _assert_ended_well(_run(kiecli, line, terminal=terminal), line, terminal=terminal)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "-Infinity", "1e-999", "9" * 400])
def test_each_hostile_number_in_every_place_of_a_record(number: str) -> None:
    """Python would write some of them as no JSON at all."""
    fields = ",".join(f'"{name}":{number}' for name in (*_FIELDS, "new"))
    faults, kiecli = _world()
    _answer_in_turn(faults, [f'{{"code":200,"data":{{{fields},"state":"success"}}}}'.encode()])
    for line in (("status", "--json", "a"), ("status", "a"), ("download", "-n", "--json", "a")):
        _assert_ended_well(kiecli(*line), line)


_TEXTS: list[Callable[[str], object]] = [
    lambda each: each,
    lambda each: {"resultObject": {"text": each}},
]


def test_a_text_on_a_terminal_is_shown_without_what_a_terminal_obeys() -> None:
    hostile = "雨\x1b[2J one\r\n\u202e##[error]two\x9b31m" + "é" * 300_000
    faults, kiecli = _world()
    _answer_in_turn(faults, [_body({"state": "success", "resultJson": hostile})])
    ran = kiecli("download", "-o", "-", "a", out=FakeStream(terminal=True))
    assert ran.code == 0
    assert ran.out == "雨[2J one \n## [error]two31m" + "é" * 300_000 + "\n"


@pytest.mark.parametrize("shape", _TEXTS, ids=["text", "object"])
def test_a_text_for_a_reader_is_given_as_it_is(shape: Callable[[str], object]) -> None:
    hostile = "one\x1b[31m\n::error::two\n"
    faults, kiecli = _world()
    shaped = shape(hostile)
    declared = shaped if isinstance(shaped, str) else json.dumps(shaped)
    faults.always("recordInfo", record("a", resultJson=declared))
    ran = kiecli("download", "-o", "-", "a")
    assert ran.code == 0
    assert ran.out in (hostile, json.dumps({"text": hostile}, indent=2) + "\n")
