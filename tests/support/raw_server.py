"""A server of raw answers: what real servers never send, byte by byte.

with raw_server([b"HTTP/1.1 200 OK\r\nContent-", 0.1, b"Length: 2\r\n\r\nok"]) as server:
    httpx.get(server.url)
"""

import socket
import ssl
import struct
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import repeat

Step = bytes | float | None
"""Bytes to send, seconds to wait, or None to reset the connection."""

Answer = bytes | Iterable[Step]
"""What is done for one request; no bytes at all close the connection."""


class RawServer:
    """Answers one request after the other, on however many connections they come.

    Attributes:
        requests: The heads of the requests that came in.
        connections: How many connections were accepted.
    """

    def __init__(
        self, answers: Sequence[Answer], context: ssl.SSLContext | None, *, keep: bool
    ) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.closing = threading.Event()
        self._answers = list(answers)
        self._context = context
        self._keep = keep
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    @property
    def url(self) -> str:
        """Where it listens."""
        scheme = "http" if self._context is None else "https"
        return f"{scheme}://127.0.0.1:{self.port}/x"

    def stop(self) -> None:
        """Close everything."""
        self.closing.set()
        with suppress(OSError):  # wakes up what accepts
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(20)

    def _start(self, run: object, *arguments: object) -> None:
        assert callable(run)
        thread = threading.Thread(target=run, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.settimeout(20)
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection:
                self._converse(connection)

    def _converse(self, connection: socket.socket) -> None:
        while _read_head(connection, self.requests):
            answer = self._answers.pop(0) if self._answers else b""
            for step in [answer] if isinstance(answer, bytes) else answer:
                if isinstance(step, bytes):
                    connection.sendall(step)
                elif step is None:
                    # Closing without lingering is what sends a reset.
                    lingering = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lingering)
                else:
                    self.closing.wait(step)
                if step is None or self.closing.is_set():
                    return
            if not self._keep or not self._answers or answer == b"":
                return


def _read_head(connection: socket.socket, heads: list[bytes]) -> bool:
    head = b""
    while b"\r\n\r\n" not in head:
        data = connection.recv(65536)
        if not data:
            return False
        head += data
    heads.append(head)
    return True


@contextmanager
def raw_server(
    *answers: Answer, context: ssl.SSLContext | None = None, keep: bool = False
) -> Iterator[RawServer]:
    """Serve answers, one for each request, until the block is left.

    Args:
        answers: Without one that is left, the connection is closed.
        context: Speaks TLS with it.
        keep: Whether a connection is kept open after an answer, but for the last one.
    """
    server = RawServer(answers, context, keep=keep)
    try:
        yield server
    finally:
        server.stop()


def forever(*steps: Step) -> Iterator[Step]:
    """Return steps that begin anew each time they are at their end."""
    for each in repeat(steps):
        yield from each


def dripping(data: bytes, pause: float = 0.02) -> Iterator[Step]:
    """Send a byte at a time."""
    for at in range(len(data)):
        yield data[at : at + 1]
        yield pause


@contextmanager
def dead_ports(count: int) -> Iterator[list[int]]:
    """Yield ports of 127.0.0.1 that neither accept nor refuse connections.

    Their queues are full, and the system drops what comes then.
    """
    sockets: list[socket.socket] = []
    ports = []
    try:
        for _ in range(count):
            listener = socket.create_server(("127.0.0.1", 0), backlog=0)
            sockets.append(listener)
            ports.append(listener.getsockname()[1])
            for _ in range(3):  # one more than find room
                filler = socket.socket()
                filler.setblocking(False)
                filler.connect_ex(listener.getsockname())
                sockets.append(filler)
        yield ports
    finally:
        for each in sockets:
            each.close()
