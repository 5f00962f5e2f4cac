"""One question to a file host: no key, no cookie, and no redirect to where it must not lead."""

import errno
import ssl
from collections.abc import Callable
from itertools import chain, count

import httpx
import pytest

from kiecli.clock import SystemClock
from kiecli.download.failures import HostUnreachable, PermanentError, TransientError
from kiecli.download.file_host import FileRequest, open_url
from kiecli.network.client import Client, ClientFactory
from tests.support.downloads import context
from tests.support.raw_server import Answer, dripping, forever, raw_server
from tests.support.resources import nothing_left_behind
from tests.support.server import serving
from tests.support.wire import WireTransport

Host = Callable[[httpx.Request], httpx.Response]
ASTRAY = "a.test redirects to what is not an http or https URL"
START = "https://user:secret@a.test/start?token=secret"


def ask(host: Host, url: str = START) -> bytes:
    with (
        Client(WireTransport(host)) as client,
        open_url(context(client), FileRequest(url, {"X-Asked": "yes"}, "a")) as (_, body),
    ):
        return b"".join(chain.from_iterable(body))


def redirecting(*locations: str, status: int = 302) -> tuple[Host, list[httpx.Request]]:
    """Return a host that redirects to one place after the other, and what it was asked."""
    requests: list[httpx.Request] = []

    def host(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        if len(requests) <= len(locations):
            location = locations[len(requests) - 1].encode()
            headers = [(b"Location", location), (b"Set-Cookie", b"spy=1; Path=/")]
            return httpx.Response(status, headers=headers, content=b"moved")
        return httpx.Response(200, content=b"file")

    return host, requests


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_without_key_cookie_or_user(status: int) -> None:
    host, requests = redirecting("/b", "//b.test/c", "https://me:pw@b.test/d", status=status)
    assert ask(host) == b"file"
    assert [str(request.url) for request in requests] == [
        "https://a.test/start?token=secret",
        "https://a.test/b",
        "https://b.test/c",
        "https://b.test/d",
    ]
    kept = {"host", "user-agent", "accept", "accept-encoding", "connection", "x-asked"}
    assert {frozenset(r.headers) for r in requests} == {frozenset(kept)}
    assert {r.headers["accept-encoding"] for r in requests} == {"identity"}


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("file:///etc/passwd", ASTRAY),
        ("data:text/plain,x", ASTRAY),
        ("http://[", ASTRAY),
        ("http://b .test/", ASTRAY),
        ("https://b.test:99999/", ASTRAY),
        ("http://b.test/", "a.test redirects from https to plain http (b.test)"),
        ("HTTP://b.test/", "a.test redirects from https to plain http (b.test)"),
        ("http://a.test:8080/", "a.test redirects from https to plain http (a.test:8080)"),
        (START, "a.test redirects in a loop"),
        ("", "a.test redirects in a loop"),
    ],
)
def test_a_redirect_that_must_not_be_followed_is_refused(location: str, reason: str) -> None:
    host, _ = redirecting(location)
    with pytest.raises(PermanentError) as raised:
        ask(host)
    assert raised.value.reason == reason


@pytest.mark.parametrize(
    ("location", "requested"),
    [
        ("/my file.png", "/my%20file.png"),
        ("https://b.test/a%20b c.png?x=1 2", "/a%20b%20c.png?x=1%202"),
        ("/schön.png", "/sch%C3%B6n.png"),
        ("/100% sure.png", "/100%25%20sure.png"),
    ],
)
def test_white_space_in_a_redirect_is_percent_encoded(location: str, requested: str) -> None:
    host, requests = redirecting(location)
    assert ask(host) == b"file"
    assert requests[-1].url.raw_path.decode() == requested


def test_plain_http_may_be_redirected_to_plain_http() -> None:
    host, _ = redirecting("http://b.test/")
    assert ask(host, "http://a.test/") == b"file"


def test_a_long_circle_is_refused() -> None:
    host, _ = redirecting("/b", "/c", "/b")
    with pytest.raises(PermanentError) as raised:
        ask(host)
    assert raised.value.reason == "a.test redirects in a loop"


def test_ten_redirects_are_followed_and_an_eleventh_is_not() -> None:
    host, _ = redirecting(*(f"/{n}" for n in range(10)))
    assert ask(host) == b"file"
    host, _ = redirecting(*(f"/{n}" for n in range(11)))
    with pytest.raises(PermanentError) as raised:
        ask(host)
    assert raised.value.reason == "a.test redirects more than 10 times"


def test_a_redirect_without_a_place_is_an_answer() -> None:
    assert ask(lambda _request: httpx.Response(302, content=b"lost")) == b"lost"


def test_a_redirect_with_a_large_page_is_followed_unread() -> None:
    def host(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/start":
            return httpx.Response(302, headers={"Location": "/b"}, content=b"x" * 99999)
        return httpx.Response(200, content=b"file")

    assert ask(host) == b"file"


def test_a_short_redirect_leaves_the_connection_open_for_the_next_question() -> None:
    with serving() as server, ClientFactory({}).client() as client:
        there = server.faults.file("/b", b"file")
        server.faults.always(
            "/a", httpx.Response(302, headers={"Location": there}, content=b"gone")
        )
        with open_url(context(client), FileRequest(f"{server.url}/a", {}, "a")) as (_, body):
            assert (b"".join(chain.from_iterable(body)), server.connections) == (b"file", 1)


def failing(error: Exception) -> Host:
    def host(_request: httpx.Request) -> httpx.Response:
        raise error

    return host


def certificate() -> httpx.ConnectError:
    error = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]")
    cause = ssl.SSLCertVerificationError(1, "self-signed certificate")
    cause.verify_message = "self-signed certificate"
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (httpx.ReadTimeout("timed out"), "a.test: no byte for 20 s"),
        (
            httpx.RemoteProtocolError("peer closed connection"),
            "a.test: the connection was closed in the middle of an answer",
        ),
        (httpx.DecodingError("not a gzip file"), "a.test: the answer's compression is damaged"),
    ],
)
def test_trouble_on_the_way_is_transient(error: Exception, reason: str) -> None:
    with pytest.raises(TransientError) as raised:
        ask(failing(error))
    assert (raised.value.reason, raised.value.retry_after) == (reason, None)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (httpx.ConnectTimeout("timed out"), "no connection within 10 s"),
        (httpx.ConnectError("[Errno 111] Connection refused"), "ConnectError"),
        (httpx.ProxyError("503 Unavailable"), "the proxy refused to connect (HTTP 503)"),
    ],
)
def test_a_host_that_cannot_be_connected_to_is_the_trouble_of_all_its_files(
    error: Exception, reason: str
) -> None:
    with Client(httpx.MockTransport(failing(error))) as client:
        shared = context(client)
        request = FileRequest("https://a.test/a", {}, "a", waits_for_host=False)
        found = []
        for _ in range(2):
            with pytest.raises(HostUnreachable) as raised, open_url(shared, request):
                pass
            found.append((raised.value.reason, raised.value.is_new))
    assert found == [(f"could not reach a.test: {reason}", is_new) for is_new in (True, False)]
    assert shared.clock.now() == 0


def test_the_time_that_a_file_waits_for_its_host_is_not_the_host_s() -> None:
    seen: list[float] = []

    def host(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"]["read"].remaining())
        if len(seen) == 1:
            raise httpx.ConnectError("refused")
        return httpx.Response(200, content=b"file")

    with httpx.Client(transport=WireTransport(host)) as client:
        shared, request = context(client), FileRequest("https://a.test/a", {}, "a")
        with pytest.raises(HostUnreachable), open_url(shared, request):
            pass
        with open_url(shared, request):
            assert (shared.clock.now(), seen) == (1, [20, 20])


def test_too_many_open_files_are_no_trouble_of_the_host() -> None:
    error = httpx.ConnectError("no descriptor is left")
    error.__cause__ = OSError(errno.EMFILE, "Too many open files")
    with httpx.Client(transport=httpx.MockTransport(failing(error))) as client:
        shared = context(client)
        with (
            pytest.raises(OSError, match="Too many open files"),
            open_url(shared, FileRequest("https://a.test/a", {}, "a")),
        ):
            pass
        assert not shared.hosts.wait("a.test")


def test_too_many_open_files_do_not_end_the_outage_of_a_host() -> None:
    exhausted = httpx.ConnectError("no descriptor is left")
    exhausted.__cause__ = OSError(errno.EMFILE, "Too many open files")
    errors = [httpx.ConnectError("refused"), exhausted, httpx.ConnectError("refused")]

    def host(_request: httpx.Request) -> httpx.Response:
        raise errors.pop(0)

    request = FileRequest("https://a.test/a", {}, "a")
    raised = list[Exception]()
    with httpx.Client(transport=httpx.MockTransport(host)) as client:
        shared = context(client)
        while errors:
            with pytest.raises((HostUnreachable, OSError)) as failure, open_url(shared, request):
                pass
            raised.append(failure.value)
    first, exhaustion, second = raised
    assert isinstance(first, HostUnreachable)
    assert isinstance(second, HostUnreachable)
    assert isinstance(exhaustion, OSError)
    assert (first.is_new, second.is_new) == (True, False)


def test_a_certificate_that_is_refused_is_a_refusal() -> None:
    with pytest.raises(PermanentError) as raised:
        ask(failing(certificate()))
    assert (raised.value.reason, raised.value.hint) == (
        "a.test: its certificate was refused (self-signed certificate)",
        "if your network uses its own certificate authority, set SSL_CERT_FILE to its certificate",
    )


def test_a_proxy_that_requires_a_login_is_a_refusal() -> None:
    with pytest.raises(PermanentError) as raised:
        ask(failing(httpx.ProxyError("407 Proxy Authentication Required")))
    assert (raised.value.reason, raised.value.hint) == (
        "the proxy requires a login (HTTP 407)",
        "set HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT",
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://a.test:99999/",
        "https://a.test:0/",
        "https://a.test:x/",
        "file://a.test/etc/passwd",
        "http://[/?token=secret",
        "a.test?token=secret",
    ],
)
def test_an_address_that_is_none_is_a_refusal(url: str) -> None:
    with pytest.raises(PermanentError) as raised:
        ask(failing(AssertionError()), url)
    assert raised.value.reason == "the link is not an http or https URL"


def test_a_name_that_no_resolver_takes_is_a_refusal() -> None:
    label = "a" * 64
    with (
        ClientFactory({}).client() as client,
        pytest.raises(PermanentError),
        open_url(context(client), FileRequest(f"http://{label}.test/", {}, "a")),
    ):
        pass


def test_a_redirected_question_that_breaks_names_the_host_it_went_to() -> None:
    def host(request: httpx.Request) -> httpx.Response:
        if request.url.host == "a.test":
            return httpx.Response(302, headers={"Location": "https://b.test/"})
        raise httpx.ReadTimeout("timed out")

    with pytest.raises(TransientError) as raised:
        ask(host)
    assert raised.value.reason == "b.test: no byte for 20 s"


numbers = count()

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"

HANGING: dict[str, Callable[[], Answer]] = {
    "silence": lambda: [60.0],
    "a head a byte at a time": lambda: dripping(b"HTTP/1.1 200 OK\r\n" * 99),
    "news before the answer": lambda: forever(b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.02),
    "the body of a redirect": lambda: [
        b"HTTP/1.1 302 Found\r\nLocation: /y\r\nContent-Length: 9999\r\n\r\n",
        *dripping(b"x" * 9999),
    ],
    "one redirect after the other": lambda: [
        0.1,
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /%d\r\n\r\n" % next(numbers),
    ],
    "a body that stops": lambda: [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", 60.0],
    "a chunk's line": lambda: [CHUNKED, *dripping(b"5;" + b"e" * 9999)],
    "trailers": lambda: chain([CHUNKED, b"0\r\n"], forever(b"a: b\r\n", 0.02)),
}


@pytest.mark.parametrize("name", HANGING)
def test_whatever_hangs_is_given_up_and_leaves_nothing_behind(name: str) -> None:
    answers = [HANGING[name]() for _ in range(9)]
    with (
        nothing_left_behind(),
        raw_server(*answers, keep=True) as server,
        ClientFactory({}).client() as client,
        pytest.raises(TransientError, match=r"^127\.0\.0\.1:[0-9]+: no (byte|connection)"),
        open_url(context(client, SystemClock()), FileRequest(server.url, {}, "a", 0.3)) as opened,
    ):
        b"".join(chain.from_iterable(opened[1]))
