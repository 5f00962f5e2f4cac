"""How answers travel, and how they fail to: files and connections that are not what they should be.

What is scripted here holds in process, behind a `WireTransport`, and over sockets, behind
`tests.support.server`, alike.
"""

import gzip
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from threading import RLock
from typing import Any, Literal, NamedTuple

import httpx

from kiecli.network.deadline import READ_TIMEOUT
from kiecli.sandbox.files import deliver, etag
from kiecli.sandbox.server import Answer, raw_body


class Wire(NamedTuple):
    """How a response goes over the wire: whole and at once, unless it says otherwise."""

    delay: float = 0.0
    """Seconds before the first byte."""
    head: bool = True
    """Without, nothing is sent before the end."""
    framing: Literal["length", "close", "chunked"] = "length"
    drip: tuple[int, float] | None = None
    """So many bytes at a time, so many seconds apart."""
    cut: int | None = None
    """Bytes of the body that are sent; None is all."""
    end: Literal["close", "reset", "stall"] = "close"
    """What happens at the cut, or instead of an answer."""


def wired(response: httpx.Response, wire: Wire) -> httpx.Response:
    """Return a copy of the response that goes over the wire like that."""
    return copied(response, {**response.extensions, "wire": wire})


def reset() -> httpx.Response:
    """Return what resets the connection instead of answering."""
    return wired(httpx.Response(200), Wire(head=False, end="reset"))


def silence() -> httpx.Response:
    """Return what never answers."""
    return wired(httpx.Response(200), Wire(head=False, end="stall"))


def delayed(response: httpx.Response, seconds: float) -> httpx.Response:
    """Return a response that starts late."""
    return wired(response, Wire(delay=seconds))


def copied(response: httpx.Response, extensions: Any = None) -> httpx.Response:
    """Return a response that can be sent once more."""
    return httpx.Response(
        response.status_code,
        headers=response.headers,
        stream=httpx.ByteStream(raw_body(response)),
        extensions=response.extensions if extensions is None else extensions,
    )


class FileScript:
    """A file on a host that is not what it should be.

    Args:
        body: The file.
        content_type: Its type; None tells none.
        etag: Its ETag; None tells none. A list: another one at each request, the last for good.
        modified: Its Last-Modified, as it stands in the header; None tells none.
        ranges: Whether ranges are served.
        if_range: Whether `If-Range` is honoured; without, any range is served.
        shift: How many bytes a part starts beside what was asked, Content-Range included.
        total: The total that Content-Range tells instead of the true one.
        gzipped: Whether it is sent compressed, wanted or not.
        cuts: After how many bytes the first, the second, ... body ends; None or beyond the list
            is whole.
        end: How it ends there.
        framing: How the body's end is told.
        drip: So many bytes at a time, so many seconds apart.
        delay: Seconds before the first byte.
        headers: More headers, or others.
    """

    def __init__(
        self,
        body: bytes,
        *,
        content_type: str | None = "image/png",
        etag: str | Sequence[str | None] | None = "auto",
        modified: str | None = None,
        ranges: bool = True,
        if_range: bool = True,
        shift: int = 0,
        total: int | None = None,
        gzipped: bool = False,
        cuts: Iterable[int | None] = (),
        end: Literal["close", "reset", "stall"] = "close",
        framing: Literal["length", "close", "chunked"] = "length",
        drip: tuple[int, float] | None = None,
        delay: float = 0.0,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.body = body
        self._content_type = content_type
        self._etags = _each(_auto(etag, body))
        self._modified = modified
        self._ranges = ranges
        self._if_range = if_range
        self._shift = shift
        self._total = total
        self._gzipped = gzipped
        self._cuts = iter(cuts)
        self._wire = Wire(delay=delay, framing=framing, drip=drip, end=end)
        self._headers = headers or {}
        self._lock = RLock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a request for the file."""
        with self._lock:
            told, cut = next(self._etags), next(self._cuts, None)
        response = deliver(self._asked(request), self._encoded(), self._told(told))
        if response.status_code == 206:
            self._displace(response)
        return wired(response, self._wire._replace(cut=cut))

    def _asked(self, request: httpx.Request) -> httpx.Request:
        headers = request.headers.copy()
        if not self._ranges:
            headers.pop("Range", None)
        if not self._if_range:
            headers.pop("If-Range", None)
        if self._shift and (start := headers.get("Range", "")[6:-1]).isdecimal():
            headers["Range"] = f"bytes={max(0, int(start) + self._shift)}-"
        return httpx.Request(request.method, request.url, headers=headers)

    def _encoded(self) -> bytes:
        return gzip.compress(self.body, mtime=0) if self._gzipped else self.body

    def _told(self, etag: str | None) -> dict[str, str]:
        told = {
            "Content-Type": self._content_type,
            "ETag": etag,
            "Last-Modified": self._modified,
            "Accept-Ranges": "bytes" if self._ranges else None,
            "Content-Encoding": "gzip" if self._gzipped else None,
        }
        return {name: value for name, value in told.items() if value is not None} | dict(
            self._headers
        )

    def _displace(self, response: httpx.Response) -> None:
        if self._total is not None:
            place = response.headers["Content-Range"].partition("/")[0]
            response.headers["Content-Range"] = f"{place}/{self._total}"


class WireTransport(httpx.BaseTransport):
    """Carries requests to a callable, in process, with what `Wire` says.

    Args:
        answer: What answers.
        sleep: Spends the seconds of delays and drips.
    """

    def __init__(
        self, answer: Answer, *, sleep: Callable[[float], None] = lambda _seconds: None
    ) -> None:
        self._answer = answer
        self._sleep = sleep

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, or break as the wire would."""
        request.read()
        response = self._answer(request)
        wire: Wire = response.extensions.get("wire", Wire())
        self._sleep(wire.delay)
        if not wire.head:
            raise _broken(wire, self._sleep)
        headers = framed(response.headers, wire, len(raw_body(response)))
        return httpx.Response(
            response.status_code,
            headers=[(name.encode(), value.encode()) for name, value in headers.items()],
            stream=_Body(raw_body(response), wire, self._sleep),
        )


class _Body(httpx.SyncByteStream):
    def __init__(self, body: bytes, wire: Wire, sleep: Callable[[float], None]) -> None:
        self._body = body
        self._wire = wire
        self._sleep = sleep

    def __iter__(self) -> Iterator[bytes]:
        yield from pieces(self._body, self._wire, self._sleep)
        untold = self._wire.framing == "close" and self._wire.end == "close"
        if is_cut(self._body, self._wire) and not untold:
            raise _broken(self._wire, self._sleep)


def pieces(body: bytes, wire: Wire, sleep: Callable[[float], None]) -> Iterator[bytes]:
    """Yield what is sent of a body, and sleep in between."""
    sent = body[: wire.cut]
    size, pause = wire.drip or (1 << 16, 0.0)
    for start in range(0, len(sent), size):
        yield sent[start : start + size]
        sleep(pause)


def is_cut(body: bytes, wire: Wire) -> bool:
    """Return whether the body ends before its end."""
    return wire.cut is not None and wire.cut < len(body)


def framed(headers: httpx.Headers, wire: Wire, length: int) -> dict[str, str]:
    """Return the headers with those that tell where the body ends."""
    told = {name: value for name, value in headers.items() if name != "content-length"}
    framing = {
        "length": {"content-length": headers.get("Content-Length", str(length))},
        "close": {"connection": "close"},
        "chunked": {"transfer-encoding": "chunked"},
    }
    return told | framing[wire.framing]


def _broken(wire: Wire, sleep: Callable[[float], None]) -> httpx.TransportError:
    if wire.end == "reset":
        return httpx.ReadError("[Errno 104] Connection reset by peer")
    if wire.end == "stall":
        sleep(READ_TIMEOUT)
        return httpx.ReadTimeout("timed out")
    return httpx.RemoteProtocolError("peer closed connection without sending complete message body")


def _auto(told: str | Sequence[str | None] | None, body: bytes) -> list[str | None]:
    if told == "auto":
        return [etag(body)]
    return [told] if told is None or isinstance(told, str) else list(told)


def _each(told: Sequence[str | None]) -> Iterator[str | None]:
    yield from told
    while True:
        yield told[-1]
