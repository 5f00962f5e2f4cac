"""The body of a file's response: small ones through httpx, the rest of a large one by itself.

Each piece of a body goes through h11, which copies it several times: a large file took 1.3 times
as long as with curl, 1.75 times over TLS. Where nothing but counted bytes is left to come, they
are received from the socket into one buffer instead, as many at a time as are there.
"""

import socket
import threading
from collections.abc import Iterator
from functools import partial
from itertools import chain

import httpx

from kiecli.network.deadline import READABLE, Deadline, attempt
from kiecli.network.headers import content_encoding

MIN_LARGE_BODY = 4 * 1024 * 1024
"""Bytes still to come from which on they are received directly: that costs the connection."""

BUFFER_SIZE = 512 * 1024
"""Bytes received at a time at most: to write each TLS record of 16 KiB alone takes longer."""

GATHER_TIME = 0.05
"""Seconds within which a body of no more than that is waited for, to be one chunk.

Of a file that comes in one piece nothing needs to be kept for a later try: that saves its note.
"""

Chunk = bytes | memoryview
"""Some bytes of a body. A view is good until the next chunk is asked for."""


def iter_body(response: httpx.Response, deadline: Deadline) -> Iterator[Chunk]:
    """Yield the body as it comes, still compressed where it is.

    Args:
        response: Its head has been read; the body has not.
        deadline: What the request has to obey; it starts anew whenever more of the body is asked
            for, so that a caller that takes long over a chunk does not spend the server's time.

    Raises:
        httpx.TransportError: The connection broke, was silent until the deadline, or ended early.
    """
    chunks: Iterator[Chunk] = response.iter_raw()
    first = next(chunks, b"")
    source, length = _counted_body(response)
    # Where there is no body at all, as with 304, a length counts nothing.
    left = length - len(first) if first else 0
    if left > 0 and left + len(first) <= BUFFER_SIZE:
        chunks = _gather(chain((first,), chunks), left + len(first), deadline)
        first = next(chunks)
    yield first
    deadline.restart()
    if source is not None and left > MIN_LARGE_BODY:
        yield from _receive(source, left, deadline)
        response.close()  # httpcore closes the connection, since it did not see the end itself
        return
    for chunk in chunks:
        yield chunk
        deadline.restart()


_of_thread = threading.local()


def _buffer() -> memoryview:
    """Return the buffer of this thread, which takes in one body at a time.

    A new one for each file would be slower than what it saves: the system hands out its memory
    page by page, each cleared.
    """
    if not hasattr(_of_thread, "buffer"):
        _of_thread.buffer = memoryview(bytearray(BUFFER_SIZE))
    buffer: memoryview = _of_thread.buffer
    return buffer


def _gather(chunks: Iterator[Chunk], length: int, deadline: Deadline) -> Iterator[Chunk]:
    """Yield a small body in one chunk, or what came of it within a moment, or before it broke."""
    room = _buffer()
    received = 0
    moment = deadline.within(GATHER_TIME)
    broken = None
    try:
        for chunk in chunks:  # pragma: no branch  a body that ends early raises
            room[received : received + len(chunk)] = chunk
            received += len(chunk)
            if received == length or moment.expired:
                break
            deadline.restart()  # time limits are for silence, and something came
    except httpx.TransportError as error:
        broken = error
    yield room[:received]
    if broken is not None:
        raise broken  # only now: what came before it was worth keeping
    yield from chunks


def _counted_body(response: httpx.Response) -> tuple[socket.socket | None, int]:
    """Return the socket of a body, and how many bytes come from it: certainly these and no others.

    None and 0 where that is not certain, or where they cannot be received directly.
    """
    headers = response.headers
    is_plain = content_encoding(headers) is None
    stream = response.extensions.get("network_stream")
    source = None if stream is None else stream.get_extra_info("socket")
    if (
        not isinstance(source, socket.socket)  # but a tunnel, or there is no network in a test
        or response.http_version != "HTTP/1.1"
        or "transfer-encoding" in headers
        or not is_plain
    ):
        return None, 0
    return source, int(headers.get("content-length", 0))  # h11 lets only numbers through


def _receive(source: socket.socket, left: int, deadline: Deadline) -> Iterator[memoryview]:
    buffer = _buffer()
    while left:
        room = buffer[:left]
        try:
            received = attempt(source, partial(_fill, source, room), READABLE, deadline)
        except TimeoutError as error:
            raise httpx.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpx.ReadError(str(error)) from error
        left -= received
        yield buffer[:received]
        deadline.restart()


def _fill(source: socket.socket, room: memoryview) -> int:
    """Receive what is there, at least one byte; what ends it is for the next call to meet."""
    received = 0
    while received < len(room):
        try:
            count = source.recv_into(room[received:])
        except OSError:  # nothing is there, as TLS and sockets say it, or the connection broke
            if received:
                break
            raise
        if count == 0 and not received:
            raise httpx.RemoteProtocolError("peer closed connection")
        if count == 0:
            break
        received += count
    return received
