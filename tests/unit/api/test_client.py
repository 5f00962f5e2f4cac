"""Questions to Kie over httpx: what is sent, and what comes back in our own words."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from kiecli.api.client import MAX_ANSWER, KieClient
from kiecli.api.models import Task
from kiecli.api.rate_limiter import RateLimiter
from kiecli.errors import (
    AccessError,
    ConfigError,
    ConnectionFailed,
    KieError,
    KieUnavailable,
    TaskNotFound,
)
from kiecli.network.client import USER_AGENT, ClientFactory
from kiecli.network.logging import Exchange
from kiecli.sandbox.simulation import SimulatedKie
from tests.support.fakes import FakeClock
from tests.support.faults import Faults, envelope, record
from tests.support.raw_server import dripping, raw_server
from tests.support.resources import nothing_left_behind
from tests.support.server import closed_port
from tests.support.wire import Wire, WireTransport, reset, silence, wired

_ANSWERS = Path(__file__).parent / "answers"
_KEY = "canary-0123456789abcdef"
_BASE = "https://api.kie.test"

Answer = Callable[[httpx.Request], httpx.Response]


def _client(
    answer: Answer,
    *,
    clock: FakeClock | None = None,
    trace: list[Exchange] | None = None,
    base_url: str = _BASE,
) -> KieClient:
    http = ClientFactory({}, httpx.MockTransport(answer)).client()
    log = None if trace is None else trace.append
    return KieClient(http, base_url, _KEY, clock or FakeClock(), log)


def _from_file(name: str) -> Answer:
    body = (_ANSWERS / f"{name}.json").read_bytes()
    return lambda _request: httpx.Response(200, content=body)


def _holding(data: object) -> Answer:
    return lambda _request: httpx.Response(200, json={"code": 200, "msg": "ok", "data": data})


def _raising(error: Exception) -> Answer:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise error

    return answer


def _error(client: KieClient) -> KieError:
    with pytest.raises(KieError) as refusal:
        client.task("a")
    return refusal.value


def test_a_poll_is_one_request_with_the_key_and_our_user_agent() -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return _holding({"taskId": "TASK_1:x.y"})(request)

    task = _client(answer).task("task_1:x.y")
    [request] = requests
    assert task.task_id == "task_1:x.y"
    assert (request.method, str(request.url)) == (
        "GET",
        f"{_BASE}/api/v1/jobs/recordInfo?taskId=task_1:x.y",
    )
    assert dict(request.headers) == {
        "host": "api.kie.test",
        "accept": "application/json",
        "accept-encoding": "identity",
        "connection": "keep-alive",
        "user-agent": USER_AGENT,
        "authorization": f"Bearer {_KEY}",
    }


def test_the_simulated_kie_answers_like_the_real_one() -> None:
    client = _client(SimulatedKie(_BASE, now=FakeClock().wall))
    task: Task = client.task("demo-image")
    assert (task.state, [result.kind for result in task.results]) == ("success", ["image"])
    assert client.credits() == 1250.5
    assert client.fresh_link(task.results[0].url).startswith(task.results[0].url)
    with pytest.raises(TaskNotFound):
        client.task("nobody")


def test_credits_are_a_number_also_in_a_string() -> None:
    assert _client(_from_file("credit")).credits() == 1250.25
    assert _client(_holding("12.5")).credits() == 12.5
    assert _client(_holding(0)).credits() == 0


@pytest.mark.parametrize("data", [None, "many", True, {}, [5]])
def test_credits_that_are_no_number_are_a_temporary_error(data: object) -> None:
    with pytest.raises(KieUnavailable, match="contains no credit balance"):
        _client(_holding(data)).credits()


def test_a_fresh_link_is_requested_with_the_old_one_and_stays_out_of_the_trace() -> None:
    requests, trace = [], list[Exchange]()

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append((request.method, request.url.path, json.loads(request.content)))
        return _holding("https://fresh.test/x?token=canary")(request)

    link = _client(answer, trace=trace).fresh_link("https://old.test/x")
    assert link == "https://fresh.test/x?token=canary"
    assert requests == [("POST", "/api/v1/common/download-url", {"url": "https://old.test/x"})]
    assert "canary" not in str(trace)


@pytest.mark.parametrize("data", [None, "", 5, {"url": "x"}])
def test_a_fresh_link_that_is_none_is_a_temporary_error(data: object) -> None:
    with pytest.raises(KieUnavailable, match="contains no link"):
        _client(_holding(data)).fresh_link("https://old.test/x")


@pytest.mark.parametrize("data", [None, "text", [], 5, True])
def test_an_answer_without_a_record_is_a_temporary_error(data: object) -> None:
    error = _error(_client(_holding(data)))
    assert (type(error), error.message, error.temporary) == (
        KieUnavailable,
        "Kie's answer contains no task",
        True,
    )


@pytest.mark.parametrize("other", ["b", "a1", 5])
def test_an_answer_about_another_task_is_a_temporary_error(other: object) -> None:
    error = _error(_client(_holding({"taskId": other, "state": "success"})))
    assert (error.message, error.temporary) == ("Kie answered about another task", True)


@pytest.mark.parametrize("same", [None, "", "a", "A"])
def test_an_answer_may_leave_the_id_out_or_write_it_in_another_case(same: object) -> None:
    assert _client(_holding({"taskId": same, "state": "success"})).task("a").task_id == "a"


_REQUESTS: dict[str, Callable[[KieClient], object]] = {
    "task": lambda client: client.task("a"),
    "credits": lambda client: client.credits(),
    "fresh link": lambda client: client.fresh_link("https://old.test/x"),
}


@pytest.mark.parametrize("code", [200, 500])
@pytest.mark.parametrize("following", _REQUESTS)
@pytest.mark.parametrize("refused", _REQUESTS)
def test_a_429_on_any_endpoint_pauses_all(refused: str, following: str, code: int) -> None:
    answers = [envelope(429, "slow"), *[envelope(code, "no data")] * 2]
    clock, at = FakeClock(), list[float]()

    def answer(_request: httpx.Request) -> httpx.Response:
        at.append(clock.now())
        return answers[len(at) - 1]

    client = _client(answer, clock=clock)
    for name in (refused, following, following):
        with pytest.raises(KieUnavailable):
            _REQUESTS[name](client)
    assert at == [0, 5, 5]


def test_a_retry_after_that_is_a_date_counts_from_now_in_an_answer_without_a_date() -> None:
    clock = FakeClock()
    date = formatdate(clock.wall() + 42, usegmt=True)
    limited = httpx.Response(429, headers={"Retry-After": date})
    assert _error(_client(lambda _request: limited, clock=clock)).retry_after == 42


@pytest.mark.parametrize(
    ("late", "others", "at"), [(0.0, 7, [0.0]), (1.0, 0, [1.0]), (1.0625, 8, [2.0625])]
)
def test_a_start_is_stale_when_every_thread_hung_since(
    late: float, others: int, at: list[float]
) -> None:
    clock, requests = FakeClock(), list[float]()
    limiter = RateLimiter(clock)

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(clock.now())
        return _holding({})(request)

    http = ClientFactory({}, httpx.MockTransport(answer)).client()
    client = KieClient(http, _BASE, _KEY, clock, rate_limiter=limiter)
    started = limiter.try_acquire()
    clock.advance(late)
    for _ in range(others):
        limiter.acquire()
    client.task("a", started)
    assert requests == at


_FAULTS: list[tuple[str, httpx.Response, str]] = [
    ("a reset", reset(), "could not reach api.kie.test: "),
    ("silence", silence(), "could not reach api.kie.test: "),
    (
        "a page",
        httpx.Response(502, html="<h1>Bad gateway</h1>"),
        "Kie answered with an error page (HTTP 502)",
    ),
    (
        "a page that says all is well",
        httpx.Response(200, html="<h1>Maintenance</h1>"),
        "Kie answered with a page that is not JSON (HTTP 200)",
    ),
    (
        "half an answer",
        wired(record("a"), Wire(cut=100)),
        "could not reach api.kie.test: the connection was closed in the middle of an answer",
    ),
    (
        "half an answer without a length",
        wired(record("a"), Wire(cut=100, framing="close")),
        "Kie answered with a page that is not JSON (HTTP 200)",
    ),
    ("a code", envelope(500, "Internal error"), "Kie answered: Internal error (code 500)"),
    ("a code in a string", envelope("455", "Upgrading"), "Kie answered: Upgrading (code 455)"),
]


@pytest.mark.parametrize(
    ("fault", "message"), [row[1:] for row in _FAULTS], ids=[row[0] for row in _FAULTS]
)
def test_every_fault_is_a_temporary_error_and_the_next_answer_is_good(
    fault: httpx.Response, message: str
) -> None:
    clock = FakeClock()
    faults = Faults(SimulatedKie(_BASE, now=clock.wall), now=clock.now)
    faults.next("recordInfo", fault)
    http = ClientFactory({}, WireTransport(faults, sleep=clock.advance)).client()
    client = KieClient(http, _BASE, _KEY, clock)
    error = _error(client)
    assert isinstance(error, KieUnavailable)
    assert error.temporary
    assert error.message.startswith(message)
    assert client.task("demo-image").state == "success"
    faults.check()


def test_redirects_are_not_followed() -> None:
    requests = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(str(request.url))
        return httpx.Response(302, headers={"Location": "https://elsewhere.test/"})

    assert type(_error(_client(answer))) is ConfigError
    assert len(requests) == 1


def test_cookies_are_not_kept() -> None:
    cookies = []

    def answer(request: httpx.Request) -> httpx.Response:
        cookies.append(request.headers.get("cookie"))
        response = _holding({})(request)
        response.headers["Set-Cookie"] = "session=1; Path=/"
        return response

    client = _client(answer)
    client.task("a")
    client.task("a")
    assert cookies == [None, None]


def _subclasses(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _subclasses(each)


_RAISED = [*_subclasses(httpx.HTTPError), httpx.InvalidURL]


def _made(kind: type[Exception], text: str) -> Exception:
    if issubclass(kind, httpx.HTTPStatusError):
        request = httpx.Request("GET", f"{_BASE}/?{text}")
        return kind(text, request=request, response=httpx.Response(500, request=request))
    return kind(text)


@pytest.mark.parametrize("kind", _RAISED, ids=lambda kind: kind.__name__)
def test_whatever_httpx_raises_is_no_connection_in_our_words(kind: type[Exception]) -> None:
    error = _error(_client(_raising(_made(kind, f"Illegal header value b'Bearer {_KEY}'"))))
    assert type(error) is ConnectionFailed
    assert error.temporary
    assert error.message.startswith("could not reach api.kie.test: ")
    assert _KEY not in error.message + error.hint
    assert "\n" not in error.message


_BROKEN: list[tuple[Exception, str]] = [
    (httpx.ConnectTimeout(""), "no connection within 10 s"),
    (httpx.ReadTimeout(""), "no byte for 20 s"),
    (httpx.WriteTimeout(""), "no byte for 20 s"),
    (httpx.PoolTimeout(""), "no free connection"),
    (
        httpx.RemoteProtocolError("peer closed connection"),
        "the connection was closed in the middle of an answer",
    ),
    (httpx.ProxyError("502 Bad gateway"), "the proxy refused to connect (HTTP 502)"),
    (httpx.DecodingError(""), "the answer's compression is damaged"),
    (httpx.LocalProtocolError(_KEY), "LocalProtocolError"),
]


@pytest.mark.parametrize(("raised", "meaning"), _BROKEN, ids=[repr(row[0]) for row in _BROKEN])
def test_what_broke_is_described_in_plain_words(raised: Exception, meaning: str) -> None:
    assert _error(_client(_raising(raised))).message == f"could not reach api.kie.test: {meaning}"


def test_the_systems_own_reason_is_shown() -> None:
    raised = httpx.ConnectError("[Errno 111] Connection refused")
    raised.__cause__ = ConnectionRefusedError(111, "Connection refused")
    message = _error(_client(_raising(raised))).message
    assert message == "could not reach api.kie.test: connection refused"


def test_what_tls_says_is_shown_without_its_source_lines() -> None:
    raised = httpx.ConnectError("[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)")
    raised.__cause__ = ssl.SSLError(1, str(raised))
    raised.__cause__.reason = "WRONG_VERSION_NUMBER"
    message = _error(_client(_raising(raised))).message
    assert message == "could not reach api.kie.test: TLS failed (wrong version number)"


def test_a_certificate_that_is_refused_is_no_a_temporary_error() -> None:
    refused = ssl.SSLCertVerificationError(1, "certificate verify failed")
    refused.verify_message = "self-signed certificate"
    raised = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]")
    raised.__context__ = refused
    error = _error(_client(_raising(raised)))
    assert type(error) is ConnectionFailed
    assert (error.message, error.hint, error.temporary) == (
        "could not reach api.kie.test: its certificate was refused (self-signed certificate)",
        "if your network uses its own certificate authority, set SSL_CERT_FILE to its certificate",
        False,
    )


def test_a_proxy_that_wants_a_login_refuses_access() -> None:
    error = _error(_client(_raising(httpx.ProxyError("407 Proxy Authentication Required"))))
    assert type(error) is AccessError
    assert error.message == "the proxy requires a login (HTTP 407)"


@pytest.mark.parametrize("host", ["a..test", f"{'a' * 70}.test"])
def test_a_host_that_can_have_no_address_is_a_setting_to_mend(host: str) -> None:
    http = ClientFactory({}).client()
    error = _error(KieClient(http, f"http://{host}", _KEY, FakeClock()))
    assert type(error) is ConfigError
    assert error.message == f"{host} is not a valid hostname"
    assert error.hint == "check base-url with: kiecli config get base-url"


def test_a_bug_of_ours_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        _client(_raising(ZeroDivisionError())).task("a")


class _Chunks(httpx.SyncByteStream):
    """A body that comes in pieces, each after some time."""

    def __init__(self, chunks: list[bytes], clock: FakeClock, seconds: float) -> None:
        self._chunks = chunks
        self._clock = clock
        self._seconds = seconds
        self.taken = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._clock.advance(self._seconds)
            self.taken += 1
            yield chunk


def _dripping(count: int, seconds: float, clock: FakeClock) -> _Chunks:
    body = json.dumps({"code": 200, "data": {"state": "success", "param": "x" * 500}}).encode()
    size = len(body) // count + 1
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return _Chunks(pieces, clock, seconds)


def test_a_body_that_drips_is_given_up_after_twenty_seconds() -> None:
    clock = FakeClock()
    slow = _dripping(60, 1.5, clock)
    error = _error(_client(lambda _: httpx.Response(200, stream=slow), clock=clock))
    assert type(error) is ConnectionFailed
    assert error.message == "could not reach api.kie.test: no whole answer within 20 s"
    assert slow.taken == 14


def test_a_body_that_drips_fast_enough_is_read() -> None:
    clock = FakeClock()
    slow = _dripping(10, 1.9, clock)
    answer: Answer = lambda _: httpx.Response(200, stream=slow)  # noqa: E731
    assert _client(answer, clock=clock).task("a").state == "success"


def test_an_answer_without_end_is_not_read_to_it() -> None:
    endless = _Chunks([b" " * 2**20] * 100, FakeClock(), 0)
    error = _error(_client(lambda _: httpx.Response(200, stream=endless)))
    assert error.message == "an answer larger than 2 MiB is not from Kie"
    assert error.temporary
    assert endless.taken == MAX_ANSWER // 2**20 + 1


def test_the_trace_tells_of_each_exchange_without_key_and_query() -> None:
    clock, trace = FakeClock(), list[Exchange]()
    clock.advance(1)
    slow = _dripping(5, 0.1, clock)

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=slow)

    client = _client(answer, clock=clock, trace=trace)
    client.task("a")
    assert trace == [
        Exchange("GET", "api.kie.test", "/api/v1/jobs/recordInfo", "a", "HTTP 200, code 200", 500)
    ]


def test_the_trace_has_the_path_of_the_base_url_too() -> None:
    clock, trace = FakeClock(), list[Exchange]()
    client = _client(
        lambda _: httpx.Response(404), clock=clock, trace=trace, base_url=f"{_BASE}/api/v1"
    )
    _error(client)
    path = "/api/v1/api/v1/jobs/recordInfo"
    assert trace == [Exchange("GET", "api.kie.test", path, "a", "HTTP 404", 0)]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (_from_file("not-found"), "HTTP 200, code 422"),
        (lambda _: httpx.Response(502, html="<h1>Bad gateway</h1>"), "HTTP 502"),
        (
            _raising(httpx.ConnectTimeout("")),
            "could not reach api.kie.test: no connection within 10 s",
        ),
    ],
    ids=["a code", "a page", "no answer"],
)
def test_the_trace_tells_of_bad_answers_too(answer: Answer, outcome: str) -> None:
    trace = list[Exchange]()
    _error(_client(answer, trace=trace))
    assert [exchange.outcome for exchange in trace] == [outcome]


@contextmanager
def _server(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class _LoginProxy(BaseHTTPRequestHandler):
    """A proxy that lets nobody through."""

    def do_CONNECT(self) -> None:
        self.send_error(407)

    do_GET = do_CONNECT  # noqa: N815  the names are the library's

    def log_message(self, *_args: Any) -> None:
        pass


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_real_proxy_that_wants_a_login_is_named(scheme: str) -> None:
    with _server(_LoginProxy) as proxy:
        environ = {f"{scheme}_proxy": f"http://{proxy}"}
        with ClientFactory(environ).client() as http:
            error = _error(KieClient(http, f"{scheme}://api.kie.test", _KEY, FakeClock()))
    assert type(error) is AccessError
    assert error.message == "the proxy requires a login (HTTP 407)"


def test_a_proxy_that_is_not_there_is_named_without_its_password() -> None:
    port = closed_port()
    environ = {"HTTPS_PROXY": f"http://me:canary@127.0.0.1:{port}"}
    with ClientFactory(environ).client() as http:
        error = _error(KieClient(http, "https://api.kie.test", _KEY, FakeClock()))
    assert type(error) is ConnectionFailed
    assert error.message == f"could not reach the proxy 127.0.0.1:{port}: connection refused"


def test_a_proxy_whose_name_cannot_be_one_is_named() -> None:
    with ClientFactory({"HTTPS_PROXY": "http://a..test:1"}).client() as http:
        error = _error(KieClient(http, "https://api.kie.test", _KEY, FakeClock()))
    assert (type(error), error.message, error.hint) == (
        ConfigError,
        "the proxy a..test:1 is not a valid hostname",
        "check the proxy settings of the environment",
    )


def test_a_poll_that_hangs_is_given_up_with_its_connection() -> None:
    """The clock of a test runs out at once; the server would go on for ever."""

    class Rushing(FakeClock):
        def now(self) -> float:
            self.advance(1.0)
            return super().now()

    head = dripping(b"HTTP/1.1 200 OK\r\n" * 999)
    with (
        nothing_left_behind(),
        raw_server(head) as server,
        ClientFactory({}).client() as http,
    ):
        error = _error(KieClient(http, f"http://127.0.0.1:{server.port}", _KEY, Rushing()))
    assert (type(error), error.temporary) == (ConnectionFailed, True)
    assert error.message == (
        f"could not reach 127.0.0.1:{server.port}: no whole answer within 20 s"
    )
