"""What stands between kiecli and its servers: a proxy, and a door of another address family."""

import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from socketserver import StreamRequestHandler, TCPServer, ThreadingMixIn


class Door(ThreadingMixIn, TCPServer):
    """Hands every connection on to a port of 127.0.0.1."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, *, family: socket.AddressFamily = socket.AF_INET) -> None:
        self.address_family = family
        self.behind = port
        super().__init__(("::1" if family is socket.AF_INET6 else "127.0.0.1", 0), _Passage)

    @property
    def port(self) -> int:
        """Where it stands."""
        return int(self.server_address[1])


class _Passage(StreamRequestHandler):
    server: Door

    def handle(self) -> None:
        self.pass_on(b"")

    def pass_on(self, first: bytes) -> None:
        """Send what has been read already, then let both sides talk."""
        with socket.create_connection(("127.0.0.1", self.server.behind)) as behind:
            behind.sendall(first)
            back = threading.Thread(target=_pour, args=(behind.recv, self.connection), daemon=True)
            back.start()
            _pour(self.rfile.read1, behind)
            back.join()


def _pour(read: Callable[[int], bytes], to: socket.socket) -> None:
    with suppress(OSError):
        while piece := read(65536):
            to.sendall(piece)
        to.shutdown(socket.SHUT_WR)


class TLSDoor(Door):
    """Speaks TLS, and hands on what comes out of it.

    One thread serves a connection: a TLS connection must not be read and written at once.
    """

    def __init__(self, port: int, context: ssl.SSLContext) -> None:
        super().__init__(port)
        self.RequestHandlerClass = _Unwrapped
        self.context = context


class _Unwrapped(StreamRequestHandler):
    server: TLSDoor

    def handle(self) -> None:
        with (
            suppress(OSError),
            socket.create_connection(("127.0.0.1", self.server.behind)) as behind,
            self.server.context.wrap_socket(self.connection, server_side=True) as front,
        ):
            while self._passes(front, behind):
                pass

    def _passes(self, front: ssl.SSLSocket, behind: socket.socket) -> bool:
        ready = [front] if front.pending() else select.select([front, behind], [], [], 20.0)[0]
        for source in ready:
            data = source.recv(65536)
            if not data:
                return False
            (behind if source is front else front).sendall(data)
        return bool(ready)


class Proxy(Door):
    """An HTTP proxy behind which every host is the same server.

    Attributes:
        heads: What it was asked for, up to the empty line.
        refusal: Its answer to everything, when it lets nobody through.
    """

    def __init__(self, port: int, refusal: bytes = b"") -> None:
        super().__init__(port)
        self.RequestHandlerClass = _Proxied
        self.heads: list[str] = []
        self.refusal = refusal

    @property
    def url(self) -> str:
        """What goes into HTTP_PROXY."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def request_lines(self) -> list[str]:
        """The first lines of what it was asked for."""
        return [head.partition("\r\n")[0] for head in self.heads]


class _Proxied(_Passage):
    server: Proxy

    def handle(self) -> None:
        lines = list(iter(self.rfile.readline, b"\r\n"))
        self.server.heads.append(b"".join(lines).decode())
        if self.server.refusal:
            self.wfile.write(self.server.refusal)
        elif lines[0].startswith(b"CONNECT "):
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self.pass_on(b"")
        else:
            method, url, version = lines[0].split()
            path = b"/" + url.split(b"/", 3)[3]
            self.pass_on(
                b" ".join([method, path, version]) + b"\r\n" + b"".join(lines[1:]) + b"\r\n"
            )


@contextmanager
def standing(door: Door) -> Iterator[None]:
    """Let it do its work until the block is left."""
    thread = threading.Thread(target=door.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        door.shutdown()
        door.server_close()
        thread.join()
