"""The simulated Kie with its faults behind real sockets, for tests end to end.

with serving() as kie:
    kie.faults.next("recordInfo", envelope(500, "Internal error"))
    url = kie.faults.file("/a.png", PNG, cuts=[1000], end="stall")
    subprocess.run([..., "download", "demo-image"], env=env | {"KIE_BASE_URL": kie.url})
"""

import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from kiecli.sandbox.server import Exchange, SandboxServer, raw_body
from kiecli.sandbox.simulation import SimulatedKie
from tests.support.faults import Faults
from tests.support.systems import WINDOWS
from tests.support.wire import Wire, framed, is_cut, pieces

_MAX_STALL = 120.0


class FaultyServer(SandboxServer):
    """Serves `Faults`, and breaks connections as they are told to.

    Attributes:
        faults: What is scripted, and what was asked.
        connections: How many were accepted.
        errors: What went wrong in here by itself.
        closing: Set when the server ends; everything that sleeps here wakes up.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        now: Callable[[], float] = time.time,
        certificate: "Certificate | None" = None,
        polls_per_second: int | None = None,
    ) -> None:
        self.closing = threading.Event()
        self.connections = 0
        self.errors: list[BaseException | None] = []
        self._stalls = threading.Semaphore(0)
        self._tls = None if certificate is None else certificate.context()
        self.scheme = "http" if certificate is None else "https"

        def faults_at(url: str) -> Faults:
            return Faults(SimulatedKie(url, now=now, polls_per_second=polls_per_second))

        super().__init__(port, faults_at, _WiredExchange)
        assert isinstance(self.answer, Faults)
        self.faults = self.answer

    def await_stall(self, timeout: float = 20.0) -> None:
        """Wait until an answer has come to the point where it stalls; each is waited for once."""
        assert self._stalls.acquire(timeout=timeout), "no answer has stalled"

    def stall(self) -> None:
        """Keep silent until the server ends."""
        self._stalls.release()
        self.closing.wait(_MAX_STALL)

    def sleep(self, seconds: float) -> None:
        """Spend seconds, fewer when the server ends."""
        self.closing.wait(seconds)

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        self.connections += 1
        if self._tls is not None:
            # The handshake happens at the first read, on the connection's own thread.
            connection = self._tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - inherited
        """Keep what is no client that left; `serving` shows it at its end."""
        error = sys.exception()
        if not isinstance(error, OSError):
            self.errors.append(error)


class _WiredExchange(Exchange):
    server: FaultyServer

    def do_GET(self) -> None:  # noqa: N802 - the name is inherited
        try:
            super().do_GET()
        except httpx.TransportError:
            self._reset()

    do_POST = do_GET  # noqa: N815 - the name is inherited

    def send(self, response: httpx.Response) -> None:
        wire: Wire = response.extensions.get("wire", Wire())
        body = raw_body(response)
        self.server.sleep(wire.delay)
        if wire.head:
            self._write(response, body, wire)
        if not wire.head or is_cut(body, wire):
            self._end(wire)

    def _write(self, response: httpx.Response, body: bytes, wire: Wire) -> None:
        told = httpx.Headers(framed(response.headers, wire, len(body)))
        unsent = self.head(httpx.Response(response.status_code, headers=told), {})
        for piece in pieces(body, wire, self.server.sleep):
            self.wfile.write(unsent + _chunk(piece, wire))
            unsent = b""
        whole = wire.framing == "chunked" and not is_cut(body, wire)
        self.wfile.write(unsent + (b"0\r\n\r\n" if whole else b""))
        self.close_connection = wire.framing == "close"

    def _end(self, wire: Wire) -> None:
        self.close_connection = True
        if wire.end == "stall":
            self.server.stall()
        elif wire.end == "reset":
            self._reset()

    def _reset(self) -> None:
        self.close_connection = True
        # Closing without lingering is what sends a reset.
        self.connection.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if WINDOWS else "ii", 1, 0)
        )
        self.connection.close()


def _chunk(piece: bytes, wire: Wire) -> bytes:
    if wire.framing != "chunked":
        return piece
    return b"%x\r\n%b\r\n" % (len(piece), piece)


class Certificate(NamedTuple):
    """A certificate for this machine that signs itself: `SSL_CERT_FILE` makes it trusted."""

    file: Path
    key: Path

    @classmethod
    def stored(cls) -> "Certificate":
        """Return the one beside this module, as `make` makes them, good for a hundred years.

        It needs no openssl command, which Windows does not have.
        """
        folder = Path(__file__).with_name("tls")
        return cls(folder / "certificate.pem", folder / "key.pem")

    @classmethod
    def make(cls, folder: Path) -> "Certificate":
        """Make one in a folder, for 127.0.0.1, localhost and kie.test."""
        made = cls(folder / "certificate.pem", folder / "key.pem")
        line = f"""openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -days 2
            -addext subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:kie.test
            -addext keyUsage=critical,digitalSignature,keyCertSign
            -subj /CN=kiecli-tests -out {made.file} -keyout {made.key}"""
        subprocess.run(line.split(), check=True, capture_output=True)
        return made

    def context(self) -> ssl.SSLContext:
        """Return what a server speaks TLS with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context


@contextmanager
def serving(
    *,
    port: int = 0,
    now: Callable[[], float] = time.time,
    certificate: Certificate | None = None,
    polls_per_second: int | None = None,
) -> Iterator[FaultyServer]:
    """Serve a simulated Kie with faults until the block is left.

    At the end, everything that was scripted must have been asked for.

    Args:
        port: 0 takes a free one.
        now: The simulation's clock, seconds since 1970.
        certificate: Speaks TLS with it.
        polls_per_second: From how many on recordInfo answers 429; None is never.
    """
    server = FaultyServer(
        port=port, now=now, certificate=certificate, polls_per_second=polls_per_second
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
    assert not server.errors, f"went wrong in the server: {server.errors}"
    server.faults.check()


def closed_port() -> int:
    """Return a port of 127.0.0.1 at which nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
        return port


@contextmanager
def deaf_port() -> Iterator[int]:
    """Listen, and let nobody in: whoever connects waits for an answer."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield listening.getsockname()[1]
