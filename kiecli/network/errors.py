"""Describes network errors to users in a few plain words.

Messages of httpx, httpcore and h11 are recognized by a table, and never shown: they quote what the
server sent, and httpx's can quote what was sent to it.
"""

import errno
import socket
import ssl
from typing import TypeVar

import httpx

from kiecli.errors import causes, system_reason
from kiecli.network.connect import ResolveTimeout
from kiecli.network.deadline import CONNECT_TIMEOUT, READ_TIMEOUT, Deadline

_PROXY = "the proxy "

_NOT_HTTP = "the answer is not HTTP"
_BAD_HEAD = "the head of the answer makes no sense"
_BAD_BODY = "the body of the answer is malformed"
_CUT_OFF = "the connection was closed in the middle of an answer"

PROTOCOL_ERRORS = (
    # httpcore's message for no response at all and for half a head alike.
    ("Server disconnected", "the connection was closed without a whole answer"),
    ("peer closed connection", _CUT_OFF),
    ("peer unexpectedly closed connection", _CUT_OFF),
    ("illegal status line", _NOT_HTTP),
    ("illegal request line", _NOT_HTTP),  # h11's message for a first line that is not text
    ("no response line", _NOT_HTTP),
    ("illegal header line", _BAD_HEAD),
    ("continuation line", _BAD_HEAD),
    ("conflicting Content-Length", "the answer has contradictory lengths"),
    ("bad Content-Length", "the answer has a Content-Length that is no number"),
    ("multiple Transfer-Encoding", "the answer has an unsupported Transfer-Encoding"),
    ("Only Transfer-Encoding", "the answer has an unsupported Transfer-Encoding"),
    ("Receive buffer too long", "the answer has too long a head or chunk line"),
    ("illegal chunk header", _BAD_BODY),
    ("malformed chunk footer", _BAD_BODY),
)
"""How the messages of httpcore 1 and h11 0.16 begin, and what they mean."""

# Used instead of the system's messages, which are worse or, on Windows, missing.
_SYSTEM_ERRORS = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset by peer",
    errno.ECONNABORTED: "connection aborted",
    errno.EHOSTUNREACH: "no route to host",
    errno.ENETUNREACH: "network is unreachable",
    errno.ENETDOWN: "network is down",
}

PROXY_LOGIN_REQUIRED = "the proxy requires a login (HTTP 407)"
"""The message for a proxy that wants a user and a password."""


def proxy_login_hint(scheme: str = "https") -> str:
    """Return how to give a proxy its login, for requests to addresses of a scheme."""
    return f"set {scheme.upper()}_PROXY=http://USER:PASSWORD@HOST:PORT"


def is_login_required(error: BaseException) -> bool:
    """Return True if a proxy asked for a login in place of a connection to an https server."""
    # httpcore has the status in the text only.
    return isinstance(error, httpx.ProxyError) and str(error).startswith("407")


def is_certificate_error(error: BaseException) -> bool:
    """Return True if a connection failed because the server's certificate was refused."""
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes(error))


# The X509_V_ERR_* of OpenSSL; all others have to do with who signed the certificate.
_WRONG_TIME = {9, 10}  # CERT_NOT_YET_VALID, CERT_HAS_EXPIRED
_WRONG_NAME = {62, 64}  # HOSTNAME_MISMATCH, IP_ADDRESS_MISMATCH


def certificate_hint(error: BaseException) -> str:
    """Return what to do about a refused certificate; empty if none was refused."""
    for cause in causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            code = getattr(cause, "verify_code", None)  # set by a handshake only
            if code in _WRONG_TIME:
                return "check the date and time of this machine"
            if code in _WRONG_NAME:
                return "a proxy or a login page may be answering in its place; check the network"
            return (
                "if your network uses its own certificate authority, set SSL_CERT_FILE to its "
                "certificate"
            )
    return ""


def proxy_note(host: str, port: int) -> str:
    """Return the note (PEP 678) for an error in connecting to a proxy; `name_of_peer` reads it."""
    return f"{_PROXY}[{host}]:{port}" if ":" in host else f"{_PROXY}{host}:{port}"


CLOSED_IDLE = "the idle connection was closed"
"""The note (PEP 678) on an error that a reused connection ended with before any byte of an answer.

It is also the outcome of such a request in the log.
"""


E = TypeVar("E", bound=Exception)


def mark_closed_idle(error: E) -> E:
    """Add to an error the note that it is the end of an idle connection; return the error."""
    error.add_note(CLOSED_IDLE)
    return error


def was_closed_idle(error: httpx.TransportError) -> bool:
    """Return whether a reused connection was closed before any byte of an answer came."""
    return any(CLOSED_IDLE in getattr(cause, "__notes__", ()) for cause in causes(error))


def name_of_peer(host: str, error: BaseException) -> str:
    """Return what could not be reached: the proxy that an error's note names, else the host."""
    notes = (note for cause in causes(error) for note in getattr(cause, "__notes__", ()))
    return next((note for note in notes if note.startswith(_PROXY)), host)


def describe_error(
    error: httpx.HTTPError | httpx.InvalidURL, deadline: Deadline | None = None
) -> str:
    """Describe an error without URL, key or text that the server sent.

    Args:
        error: What httpx raised.
        deadline: That of the request: it tells a slow server from a silent one.
    """
    match error:
        case httpx.TimeoutException():
            return _describe_timeout(error, deadline)
        case httpx.RemoteProtocolError():
            return _describe_protocol_error(str(error))
        case httpx.ProxyError():
            status = str(error)[:3]  # the reason phrase is the proxy's own
            shown = f" (HTTP {status})" if status.isdecimal() else ""
            return f"the proxy refused to connect{shown}"
        case httpx.DecodingError():
            return "the answer's compression is damaged"
    return _describe_cause(error) or type(error).__name__


def _describe_timeout(error: httpx.TimeoutException, deadline: Deadline | None) -> str:
    if isinstance(error, httpx.ConnectTimeout):
        is_unresolved = any(isinstance(cause, ResolveTimeout) for cause in causes(error))
        step = "its name was not resolved" if is_unresolved else "no connection"
        return f"{step} within {CONNECT_TIMEOUT:.0f} s"
    if isinstance(error, httpx.PoolTimeout):
        return "no free connection"
    # If nothing at all has arrived, "no byte for 20 s" says more than "no whole answer".
    if deadline is not None and deadline.expired and deadline.heard:
        return f"no {deadline.goal} within {deadline:.0f} s"
    return f"no byte for {READ_TIMEOUT if deadline is None else deadline:.0f} s"


def _describe_protocol_error(message: str) -> str:
    for beginning, meaning in PROTOCOL_ERRORS:
        if message.startswith(beginning):
            return meaning
    return "the answer is not valid HTTP"


def _describe_cause(error: BaseException) -> str:
    """Return the message of TLS, the resolver or the system, from the innermost cause with one."""
    reason = ""
    for cause in causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                return f"its certificate was refused ({cause.verify_message.rstrip('.')})"
            case ssl.SSLError() if cause.reason:
                return f"TLS failed ({cause.reason.lower().replace('_', ' ')})"
            case socket.gaierror():
                return f"its name could not be resolved ({system_reason(cause)})"
            case OSError():  # the innermost one wins
                described = system_reason(cause) if cause.strerror else reason
                reason = _SYSTEM_ERRORS.get(cause.errno or 0, described)
    return reason
