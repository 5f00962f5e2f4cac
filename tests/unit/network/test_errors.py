"""What went wrong, in plain words and never in the server's."""

import errno
import socket
import ssl

import httpx
import pytest

from kiecli.network.client import ClientFactory
from kiecli.network.connect import ResolveTimeout
from kiecli.network.deadline import Deadline
from kiecli.network.errors import (
    PROTOCOL_ERRORS,
    certificate_hint,
    describe_error,
    is_certificate_error,
    name_of_peer,
    proxy_note,
)
from tests.support.fakes import FakeClock
from tests.support.raw_server import raw_server


def _caused(error: httpx.HTTPError, *causes: BaseException) -> httpx.HTTPError:
    """Return the error with a chain of causes, as the pool leaves it: in the context only."""
    last: BaseException = error
    for cause in causes:
        last.__context__ = cause
        last = cause
    return error


def _refused(
    message: str = "self-signed certificate", code: int = 18
) -> ssl.SSLCertVerificationError:
    refused = ssl.SSLCertVerificationError(1, "certificate verify failed")
    refused.verify_message, refused.verify_code = message, code
    return refused


def _tls(reason: str | None) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}] (_ssl.c:1006)")
    error.reason = reason  # type: ignore[assignment]
    return error


@pytest.mark.parametrize(("host", "port"), [("proxy.test", 3128), ("::1", 9)])
def test_who_was_not_reached_is_the_proxy_where_an_error_says_so(host: str, port: int) -> None:
    refused = ConnectionRefusedError(errno.ECONNREFUSED, "refused")
    refused.add_note("a note")
    error = _caused(httpx.ConnectError(""), refused)
    assert name_of_peer("kie.test", error) == "kie.test"
    refused.add_note(proxy_note(host, port))
    shown = f"[{host}]" if ":" in host else host
    assert name_of_peer("kie.test", error) == f"the proxy {shown}:{port}"


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (httpx.ConnectTimeout(""), "no connection within 10 s"),
        (httpx.ReadTimeout(""), "no byte for 20 s"),
        (httpx.WriteTimeout(""), "no byte for 20 s"),
        (httpx.PoolTimeout(""), "no free connection"),
        (httpx.DecodingError(""), "the answer's compression is damaged"),
        (httpx.ProxyError("502 Bad canary"), "the proxy refused to connect (HTTP 502)"),
        (httpx.ProxyError("canary"), "the proxy refused to connect"),
        (httpx.LocalProtocolError("canary"), "LocalProtocolError"),
        (httpx.InvalidURL("canary"), "InvalidURL"),
        (
            httpx.RemoteProtocolError("Server disconnected without sending a response."),
            "the connection was closed without a whole answer",
        ),
        (
            httpx.RemoteProtocolError("illegal header line: bytearray(b'canary')"),
            "the head of the answer makes no sense",
        ),
        (httpx.RemoteProtocolError("what h11 2.0 says: canary"), "the answer is not valid HTTP"),
    ],
    ids=repr,
)
def test_exceptions_of_httpx_are_described(
    error: httpx.HTTPError | httpx.InvalidURL, meaning: str
) -> None:
    assert describe_error(error) == meaning


@pytest.mark.parametrize(
    ("cause", "meaning"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Whatever"), "connection refused"),
        (OSError(errno.EHOSTUNREACH, "Unknown error"), "no route to host"),
        (OSError(errno.EMFILE, "Too many open files"), "too many open files"),
        (OSError("no number"), "ConnectError"),
        (
            socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
            "its name could not be resolved (name or service not known)",
        ),
        (socket.gaierror(), "its name could not be resolved (gaierror)"),
        (_tls("WRONG_VERSION_NUMBER"), "TLS failed (wrong version number)"),
        (_tls(None), "[SSL: None] (_ssl.c:1006)"),
        (_refused(), "its certificate was refused (self-signed certificate)"),
        (_refused("No good."), "its certificate was refused (No good)"),
    ],
    ids=repr,
)
def test_the_innermost_system_or_tls_error_is_described(cause: BaseException, meaning: str) -> None:
    assert describe_error(_caused(httpx.ConnectError("canary"), ValueError(), cause)) == meaning


def test_a_certificate_that_was_refused_is_recognized() -> None:
    assert is_certificate_error(_caused(httpx.ConnectError(""), ValueError(), _refused()))
    assert not is_certificate_error(_caused(httpx.ConnectError(""), _tls("WRONG_VERSION_NUMBER")))


_OWN_AUTHORITY = (
    "if your network uses its own certificate authority, set SSL_CERT_FILE to its certificate"
)
_WRONG_NAME = "a proxy or a login page may be answering in its place; check the network"


@pytest.mark.parametrize(
    ("message", "code", "hint"),
    [
        ("self-signed certificate", 18, _OWN_AUTHORITY),
        ("unable to get local issuer certificate", 20, _OWN_AUTHORITY),
        ("certificate is not yet valid", 9, "check the date and time of this machine"),
        ("certificate has expired", 10, "check the date and time of this machine"),
        ("Hostname mismatch, certificate is not valid for 'a'.", 62, _WRONG_NAME),
        ("IP address mismatch, certificate is not valid for '::1'.", 64, _WRONG_NAME),
    ],
)
def test_a_refused_certificate_has_the_hint_for_its_reason(
    message: str, code: int, hint: str
) -> None:
    error = _caused(httpx.ConnectError(""), ValueError(), _refused(message, code))
    assert certificate_hint(error) == hint


def test_without_a_refused_certificate_there_is_no_hint_for_one() -> None:
    assert certificate_hint(_caused(httpx.ConnectError(""), _tls("WRONG_VERSION_NUMBER"))) == ""


def test_a_resolve_timeout_is_described() -> None:
    error = _caused(httpx.ConnectTimeout(""), ResolveTimeout())
    assert describe_error(error) == "its name was not resolved within 10 s"


@pytest.mark.parametrize(
    ("passed", "heard", "meaning"),
    [
        (30.0, True, "no whole answer within 30 s"),
        (30.0, False, "no byte for 30 s"),
        (29.0, True, "no byte for 30 s"),
    ],
)
def test_only_the_deadline_tells_a_slow_server_from_a_silent_one(
    passed: float, heard: bool, meaning: str
) -> None:
    clock = FakeClock()
    deadline = Deadline(clock, 30.0)
    deadline.heard = heard
    clock.advance(passed)
    assert describe_error(httpx.ReadTimeout("timed out"), deadline) == meaning


NO_ANSWER = "the connection was closed without a whole answer"
CUT_OFF = "the connection was closed in the middle of an answer"
NOT_HTTP = "the answer is not HTTP"
BAD_HEAD = "the head of the answer makes no sense"
BAD_BODY = "the body of the answer is malformed"
OTHER_CODING = "the answer has an unsupported Transfer-Encoding"
TWO_LENGTHS = "the answer has contradictory lengths"


def _ok(*headers: str, body: bytes = b"") -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", *headers, "", ""]).encode() + body


def _chunked(body: bytes) -> bytes:
    return _ok("Transfer-Encoding: chunked", body=body)


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (b"", NO_ANSWER),
        (_ok()[:15], NO_ANSWER),
        (_ok("Content-Length: 3", body=b"ab"), CUT_OFF),
        (_chunked(b"3\r\nab"), CUT_OFF),
        (_chunked(b"3\r\nabc\r\n0\r\n"), CUT_OFF),
        (b"SSH-2.0-canary\r\n\r\n", NOT_HTTP),
        (b"\x15\x03\x01\x00\x02\x02\x46canary", NOT_HTTP),
        (b"\r\n\r\n", NOT_HTTP),
        (_ok("canary"), BAD_HEAD),
        (_ok(" canary: 1"), BAD_HEAD),
        (_ok("Content-Length: 3", "Content-Length: 4"), TWO_LENGTHS),
        (_ok("Content-Length: 3, 4"), TWO_LENGTHS),
        (_ok("Content-Length: canary"), "the answer has a Content-Length that is no number"),
        (_ok("Transfer-Encoding: canary"), OTHER_CODING),
        (_ok(*["Transfer-Encoding: chunked"] * 2), OTHER_CODING),
        (_ok("X: " + "y" * 200_000), "the answer has too long a head or chunk line"),
        (_chunked(b"canary\r\n"), BAD_BODY),
        (_chunked(b"3\r\nabcd\r\n"), BAD_BODY),
        (_ok("Content-Length: 0").replace(b"200", b"099"), "the answer is not valid HTTP"),
    ],
)
def test_what_a_server_gets_wrong_is_distinguished(answer: bytes, meaning: str) -> None:
    """The libraries' own messages, as they really are: a new version may change them."""
    with (
        raw_server(answer) as server,
        ClientFactory({}).client() as client,
        pytest.raises(httpx.RemoteProtocolError) as raised,
    ):
        client.get(server.url)
    assert describe_error(raised.value) == meaning


@pytest.mark.parametrize(("beginning", "meaning"), PROTOCOL_ERRORS)
def test_each_row_of_the_table_is_found(beginning: str, meaning: str) -> None:
    assert describe_error(httpx.RemoteProtocolError(f"{beginning}: b'canary'")) == meaning
