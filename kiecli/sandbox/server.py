"""The HTTP/1.1 server of the simulation, on 127.0.0.1."""

import sys
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

import httpx

Answer = Callable[[httpx.Request], httpx.Response]


class SandboxServer(ThreadingHTTPServer):
    """Answers requests to a port of 127.0.0.1, a daemon thread per connection.

    Attributes:
        url: Where it listens, without a slash at the end.
        answer: Turns each request into its response.
    """

    scheme = "http"
    # A burst of new connections is not refused while the accepting thread waits for its turn.
    request_queue_size = 128

    def __init__(
        self,
        port: int,
        answer_at: Callable[[str], Answer],
        exchange: "type[Exchange] | None" = None,
    ) -> None:
        """Listen; `serve_forever` then answers.

        Args:
            port: 0 takes a free one.
            answer_at: Makes the answering callable for the URL that the server has.
            exchange: Handles one connection; tests have one that breaks it.

        Raises:
            OSError: The port cannot be had.
        """
        super().__init__(("127.0.0.1", port), exchange or Exchange)
        self.url = f"{self.scheme}://127.0.0.1:{self.server_port}"
        self.answer = answer_at(self.url)

    def server_bind(self) -> None:
        """Bind without asking DNS for a name, which HTTPServer does and which may take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.socket.getsockname()[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing about a client that is gone, as an interrupted kiecli is."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Exchange(BaseHTTPRequestHandler):
    """One connection's requests and their answers."""

    server: SandboxServer
    protocol_version = "HTTP/1.1"
    # Otherwise each answer idles 40 ms, waiting for the client's delayed acknowledgement.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer one request: GET, POST, or HEAD, which is a GET without the body."""
        self.send(self.server.answer(self._request()))

    do_HEAD = do_POST = do_GET  # noqa: N815 - the names are inherited

    def send(self, response: httpx.Response) -> None:
        """Write a response, head and body in one piece: two writes would be two packets."""
        body = raw_body(response)
        head = self.head(response, {"content-length": str(len(body))})
        self.wfile.write(head if self.command == "HEAD" else head + body)

    def head(self, response: httpx.Response, framing: Mapping[str, str]) -> bytes:
        """Return the status line and the headers; the response's own win over `framing`."""
        headers = {"date": self.date_time_string(), **framing, **response.headers}
        lines = [f"{name}: {value}" for name, value in headers.items()]
        status = f"HTTP/1.1 {response.status_code} {response.reason_phrase}"
        return "\r\n".join([status, *lines, "", ""]).encode("latin-1")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is inherited
        """Log nothing: the streams belong to the command that is being tried."""

    def _request(self) -> httpx.Request:
        length = self.headers.get("Content-Length", "0")
        return httpx.Request(
            "GET" if self.command == "HEAD" else self.command,
            self.server.url + self.path,
            headers=self.headers.items(),
            content=self.rfile.read(int(length)) if length.isdecimal() else b"",
        )


def raw_body(response: httpx.Response) -> bytes:
    """Return a response's body as it goes over the wire, still encoded."""
    assert isinstance(response.stream, httpx.SyncByteStream)
    return b"".join(response.stream)
