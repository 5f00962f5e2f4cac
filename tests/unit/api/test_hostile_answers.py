"""Whatever comes instead of an answer, it is a value or an error of ours."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiecli.api.client import KieClient
from kiecli.api.models import Phase, Task
from kiecli.api.responses import code_of, decode
from kiecli.errors import KieUnavailable
from kiecli.outcome import from_status, from_wait
from kiecli.render import json_lines
from kiecli.urls import is_web_address, percent_encode
from tests.support.fakes import START, FakeClock
from tests.support.hostile.answers import bodies, hostile_records
from tests.support.hostile.oracle import FAILURES, assert_tame, attempt
from tests.support.hostile.search import examples
from tests.support.hostile.text import CORPUS, text

_STATUSES = st.sampled_from([200, 200, 200, 204, 302, 400, 401, 403, 404, 407, 429, 500, 503, 599])
_DATES = ("Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:29:00 -0000", "0", "-1", "9" * 40)
_HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "date"]), st.sampled_from(_DATES) | text, max_size=2
)


@examples(250)
@given(status=_STATUSES, headers=_HEADERS, body=bodies() | st.binary(max_size=60))
def test_a_body_decodes_or_is_an_error_of_ours(
    status: int, headers: dict[str, str], body: bytes
) -> None:
    assert code_of(body)
    _, error = attempt(lambda: decode(status, headers, body))
    if error is not None:
        assert error.exit_code in FAILURES
        assert error.message
        pause = getattr(error, "retry_after", None)
        assert pause is None or 0 <= pause < float("inf")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe{\0}\0",
        b"\x1f\x8b\x08\x00",
        b"[" * 1_000_000,
        b'{"code":200,"data":' * 50_000,
        b'{"code":' + b"9" * 5000 + b"}",
        b"<html><body>502 Bad Gateway</body></html>",
        b'{"code":200,"code":',
    ],
    ids=range(8),
)
def test_what_is_no_answer_is_a_temporary_error(body: bytes) -> None:
    with pytest.raises(KieUnavailable) as raised:
        decode(200, {}, body)
    assert raised.value.message == "Kie answered with a page that is not JSON (HTTP 200)"
    assert raised.value.temporary


@pytest.mark.parametrize(
    "body",
    [
        b'{"code":1e999}',
        b'{"code":NaN}',
        b'{"code":true}',
        b'{"code":"\xd9\xa2\xd9\xa0\xd9\xa0"}',
    ],
    ids=range(4),
)
def test_what_has_no_code_is_a_temporary_error(body: bytes) -> None:
    with pytest.raises(KieUnavailable) as raised:
        decode(200, {}, body)
    assert raised.value.message == "Kie answered with JSON that has no code (HTTP 200)"
    assert raised.value.temporary


@examples(300)
@given(hostile_records)
def test_a_record_becomes_a_task_with_distinct_addresses_in_order(data: Any) -> None:
    task = Task.parse("a", data)
    assert [result.n for result in task.results] == list(range(1, len(task.results) + 1))
    urls = [result.url for result in task.results]
    assert len(set(urls)) == len(urls)
    for url in filter(is_web_address, urls):
        assert not any(map(str.isspace, url))
        assert percent_encode(url) == url
    assert {result.kind for result in task.results} <= {"image", "video", "audio", "file"}
    assert task.phase in Phase
    assert task.state_label
    assert len(task.state_label) <= 100


@examples(200)
@given(data=hostile_records, waited=st.booleans())
def test_json_is_one_line_that_holds_the_record_untouched(data: Any, *, waited: bool) -> None:
    task = Task.parse("a", data)
    if waited:
        outcome = from_wait("a", task, None)
    else:
        outcome = from_status("a", task, None, exit_status=True)
    line = json_lines.line(outcome, START)
    assert_tame(line)
    assert line.isascii()
    assert "\n" not in line
    record = json.loads(line, parse_constant=pytest.fail)
    assert record["raw"] == data
    assert record["exit_code"] in {0, *FAILURES}


def _asked(status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> KieClient:
    answer = httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))
    http = httpx.Client(transport=httpx.MockTransport(lambda _: answer), follow_redirects=False)
    return KieClient(http, "https://kie.test", "sk-key", FakeClock())


_raw_header = st.tuples(
    st.sampled_from(
        b"Location Content-Encoding Content-Length Content-Type Retry-After Date Set-Cookie "
        b"Transfer-Encoding".split()
    ),
    st.sampled_from([b"gzip", b"deflate", b"br", b"gzip, gzip", b"//[", b"http://[::1", b"-1"])
    | st.sampled_from([b"\xff\xfe", b"a=b; Expires=Wed, 99 Foo 2026", b"text/html; charset=\xff"])
    | st.sampled_from([each.encode(errors="surrogatepass") for each in CORPUS]),
)


@examples(150)
@given(status=_STATUSES, headers=st.lists(_raw_header, max_size=3), body=bodies())
def test_the_client_raises_errors_of_ours_only_whatever_the_headers(
    status: int, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    for ask in (
        lambda: _asked(status, headers, body).task("a"),
        lambda: _asked(status, headers, body).credits(),
        lambda: _asked(status, headers, body).fresh_link("https://h.test/a.png"),
    ):
        _, error = attempt(ask)
        assert error is None or error.exit_code in FAILURES
