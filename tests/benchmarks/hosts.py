"""Servers that are faster than who asks them, each a process of its own.

python hosts.py serve FOLDER [CERTIFICATE KEY]   an API and a file host
python hosts.py relay PORT SECONDS               the same, so many seconds away in each direction

Each prints the port that it listens on. The task `NAME.COUNT.PORT` has succeeded, and its results
are `/NAME/1.bin` and so on at that port, all of them the bytes of the file `FOLDER/NAME`.
"""

import asyncio
import json
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

_BLOCK = 256 * 1024
_STAMP = 1_790_000_000_000


@contextmanager
def process(*arguments: object) -> Iterator[int]:
    """Run this module with these arguments, and stop it when the block is left.

    Yields:
        The port that it listens on.
    """
    line = [sys.executable, __file__, *map(str, arguments)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.terminate()


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for 127.0.0.1 that signs itself; return it and its key."""
    file, key = folder / "certificate.pem", folder / "key.pem"
    line = f"""openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -days 2
        -addext subjectAltName=IP:127.0.0.1 -addext keyUsage=critical,digitalSignature,keyCertSign
        -subj /CN=kiecli-benchmarks -out {file} -keyout {key}"""
    subprocess.run(line.split(), check=True, capture_output=True)
    return file, key


class Host:
    """Answers HTTP/1.1 on sockets, without a parser in the way."""

    def __init__(self, folder: Path, tls: ssl.SSLContext | None) -> None:
        self._files = {path.name: path.open("rb") for path in folder.iterdir() if path.is_file()}
        self._tls = tls

    def serve(self) -> None:
        """Print the port and answer until the end of the process."""
        with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
            print(listener.getsockname()[1], flush=True)
            while True:
                connection, _ = listener.accept()
                Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            while request := _request(connection):
                self._answer(connection, request)
        except OSError:
            pass  # whoever asked has gone
        finally:
            connection.close()

    def _answer(self, connection: socket.socket, target: str) -> None:
        if target.startswith("/api/"):
            task_id = parse_qs(urlsplit(target).query)["taskId"][0]
            body = json.dumps(self._record(task_id)).encode()
            connection.sendall(_head(len(body), "application/json") + body)
            return
        file = self._files[target.split("/")[1]]
        size = os.fstat(file.fileno()).st_size
        connection.sendall(_head(size, "application/octet-stream"))
        _pour(file.fileno(), size, connection)

    def _record(self, task_id: str) -> dict[str, object]:
        name, count, port = task_id.split(".")
        scheme = "http" if self._tls is None else "https"
        base = f"{scheme}://127.0.0.1:{port}/{name}"
        record = {
            "taskId": task_id,
            "model": "wan/2-7-image",
            "state": "success",
            "param": json.dumps({"input": json.dumps({"prompt": "a quiet harbour " * 40})}),
            "resultJson": json.dumps(
                {"resultUrls": [f"{base}/{n + 1}.bin" for n in range(int(count))]}
            ),
            "failCode": None,
            "failMsg": None,
            "createTime": _STAMP,
            "completeTime": _STAMP + 13_000,
            "creditsConsumed": 4.8,
        }
        return {"code": 200, "msg": "success", "data": record}


def _request(connection: socket.socket) -> str:
    """Return what the next request asks for, nothing at the end."""
    request = b""
    while not request.endswith(b"\r\n\r\n"):
        received = connection.recv(65536)
        if not received:
            return ""
        request += received
    return request.split(b" ", 2)[1].decode()


def _head(length: int, content_type: str) -> bytes:
    return (
        f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n"
        'ETag: "one"\r\nAccept-Ranges: bytes\r\n\r\n'
    ).encode()


def _pour(file: int, size: int, connection: socket.socket) -> None:
    at = 0
    while at < size:
        if isinstance(connection, ssl.SSLSocket):
            block = os.pread(file, _BLOCK, at)
            connection.sendall(block)
            at += len(block)
        else:
            at += os.sendfile(connection.fileno(), file, at, size - at)


async def relay(port: int, delay: float) -> None:
    """Print a port; hand on what comes there to another port, so many seconds later."""
    loop = asyncio.get_running_loop()

    def accepted() -> _End:
        near, far = _End(delay), _End(delay)
        near.other, far.other = far, near
        connecting.append(loop.create_task(loop.create_connection(lambda: far, "127.0.0.1", port)))
        return near

    connecting: list[asyncio.Task[object]] = []
    server = await loop.create_server(accepted, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class _End(asyncio.Protocol):
    """One of the two ends of a connection through the relay."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._transport: asyncio.Transport | None = None
        self._early: list[bytes] = []
        self.other = self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.writelines(self._early)

    def data_received(self, data: bytes) -> None:
        asyncio.get_running_loop().call_later(self._delay, self.other.send, data)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        asyncio.get_running_loop().call_later(self._delay, self.other.close)

    def send(self, data: bytes) -> None:
        """Send what came in at the other end."""
        if self._transport is None:
            self._early.append(data)
        else:
            self._transport.write(data)

    def close(self) -> None:
        """End what has ended at the other end."""
        if self._transport is not None:
            self._transport.close()


def main(arguments: Sequence[str]) -> None:
    """Serve or relay, as told."""
    command, *rest = arguments
    if command == "relay":
        asyncio.run(relay(int(rest[0]), float(rest[1])))
        return
    tls = None
    if rest[1:]:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*rest[1:])
    Host(Path(rest[0]), tls).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
