"""Reads the body of a file: a small one through httpx, a large one directly from the socket.

Each piece of a body goes through h11, which copies it several times: a large file took 1.3 times
as long as with curl, 1.75 times over TLS. Where nothing but counted bytes is left to come, they
are received from the socket into one buffer instead, as many at a time as have arrived.
"""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain

import httpx

from kiecli.network.deadline import READABLE, Deadline, attempt
from kiecli.network.headers import content_encoding

MIN_LARGE_BODY = 4 * 1024 * 1024
"""Bytes still to come above which the socket is read directly; it cannot be reused after that."""

BUFFER_SIZE = 512 * 1024
"""Bytes received at a time at most: writing each TLS record of 16 KiB by itself is slower."""

GATHER_TIME = 0.05
"""Seconds to wait for the rest of a body of at most BUFFER_SIZE, to yield it as one chunk.

A file that comes in one chunk needs no resume info on the disk.
"""

Piece = bytes | memoryview
"""Bytes of a body. A memoryview is valid until the next chunk is requested."""

Chunk = Sequence[Piece]
"""What has arrived of a body together: not one piece, since to join them copies every byte."""


def iter_body(response: httpx.Response, deadline: Deadline) -> Iterator[Chunk]:
    """Yield the chunks of a body as they arrive, not decompressed.

    Args:
        response: Its head has been read; the body has not.
        deadline: That of the request; restarted whenever more of the body is requested, so that
            the time that the caller takes over a chunk does not count.

    Raises:
        httpx.TransportError: The connection broke, was silent until the deadline, or ended early.
    """
    rest: Iterator[bytes] = response.iter_raw()
    first = next(rest, b"")
    pieces = chain((first,), rest)
    source, length = _counted_body(response)
    # Without a body, as with 304, Content-Length says nothing about this response.
    left = length - len(first) if first else 0
    if left > 0 and length <= BUFFER_SIZE:
        prefetch = response.extensions["network_stream"].get_extra_info("prefetch")
        chunks = _gather(pieces, length, prefetch, deadline)
    else:
        chunks = ([piece] for piece in pieces)
    yield next(chunks)
    deadline.restart()
    if source is not None and left > MIN_LARGE_BODY:
        yield from _receive(source, left, deadline)
        response.close()  # httpcore closes the connection, since it has not seen the body's end
        return
    for chunk in chunks:
        yield chunk
        deadline.restart()


def _counted_body(response: httpx.Response) -> tuple[socket.socket | None, int]:
    """Return the socket and the length of a body that may be read directly, else None and 0.

    Only if the body is sure to be exactly that many plain bytes.
    """
    headers = response.headers
    is_plain = content_encoding(headers) is None
    stream = response.extensions.get("network_stream")
    source = None if stream is None else stream.get_extra_info("socket")
    if (
        not isinstance(source, socket.socket)  # a TunnelSocket, or a test without network
        or response.http_version != "HTTP/1.1"
        or "transfer-encoding" in headers
        or not is_plain
    ):
        return None, 0
    return source, int(headers.get("content-length", 0))  # h11 lets only numbers through


def _gather(
    pieces: Iterator[bytes], length: int, prefetch: Callable[[Deadline], bool], deadline: Deadline
) -> Iterator[Chunk]:
    """Yield a small body in one chunk, or what arrives in GATHER_TIME or before an error."""
    gathered = []
    left = length
    gathering = deadline.within(GATHER_TIME)
    broken = None
    try:
        for piece in pieces:  # pragma: no branch  a body that ends early raises
            gathered.append(piece)
            left -= len(piece)
            # Asked of the connection: where nothing is there, the next piece would be waited for
            # until the deadline, and what has come would be lost with the process meanwhile.
            if not left or not prefetch(gathering):
                break
            deadline.restart()  # time limits are for silence, and something came
    except httpx.TransportError as error:
        broken = error
    yield gathered
    if broken is not None:
        raise broken  # only now: the caller has kept the bytes that came before the error
    yield from ([piece] for piece in pieces)


def _receive(source: socket.socket, left: int, deadline: Deadline) -> Iterator[Chunk]:
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
        yield [buffer[:received]]
        deadline.restart()


_of_thread = threading.local()


def _buffer() -> memoryview:
    """Return the receive buffer of this thread.

    It is reused for all files: the system would clear each page of a new one, which takes longer
    than direct receiving saves.
    """
    if not hasattr(_of_thread, "buffer"):
        _of_thread.buffer = memoryview(bytearray(BUFFER_SIZE))
    buffer: memoryview = _of_thread.buffer
    return buffer


def _fill(source: socket.socket, room: memoryview) -> int:
    """Receive what is available, at least one byte; leave an error after that to the next call."""
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


def first_bytes(size: int, pieces: Iterable[Piece]) -> bytes:
    """Return the first `size` bytes of some pieces, or all that they have."""
    found = bytearray()
    for piece in pieces:
        found += piece[: size - len(found)]
        if len(found) == size:
            break
    return bytes(found)


_MAX_KEPT = 4 * 1024 * 1024  # bytes: far more than a thread frees of pieces that are written


def keep_freed_memory() -> None:
    """Let the process keep memory that it frees, up to some MiB, for what arrives next.

    glibc returns it to the system from 128 KiB on, page by page, and each page costs time again:
    200 small files over TLS take 605 ms with this instead of 635. The limit is twice the largest
    block that was ever freed (mallopt(3), M_TRIM_THRESHOLD). Elsewhere nothing happens.
    """
    block = bytes(_MAX_KEPT // 2)  # not written to, so it takes no memory itself
    del block
