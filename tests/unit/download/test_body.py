"""The body of an answer, whichever transport it came by."""

import httpx
import pytest

from kiecli.connection import Piece
from kiecli.direct import PIECES
from kiecli.download.file_host import chunks
from kiecli.download.response import FileResponse
from kiecli.transport import ClientFactory
from tests.support.faults import Faults
from tests.support.server import serving
from tests.support.wire import WireTransport

MIB = 1024 * 1024
LARGE = bytes(range(256)) * (5 * MIB // 256)


def taken(client: httpx.Client, url: str) -> list[Piece]:
    """Return the chunks of a body; those that are views, as copies."""
    with client.stream("GET", url) as response:
        body = chunks(response, FileResponse.read(response.status_code, response.headers))
        return [memoryview(bytes(c)) if isinstance(c, memoryview) else c for c in body]


@pytest.mark.parametrize(
    "script",
    [{}, {"framing": "chunked"}, {"framing": "close"}, {"gzipped": True}],
    ids=["length", "chunked", "close", "gzip"],
)
@pytest.mark.parametrize("body", [b"", b"x", LARGE], ids=["empty", "tiny", "large"])
def test_the_body_comes_whole(script: dict[str, object], body: bytes) -> None:
    with serving() as server, ClientFactory({}).client() as client:
        assert b"".join(taken(client, server.faults.file("/a.bin", body, **script))) == body


def test_a_large_body_of_known_length_is_not_copied() -> None:
    with serving() as server, ClientFactory({}).client() as client:
        came = taken(client, server.faults.file("/a.bin", LARGE))
        assert {type(chunk) for chunk in came} == {memoryview}


def test_even_an_empty_body_has_a_first_chunk(kie: Faults) -> None:
    with serving() as server, ClientFactory({}).client() as client:
        assert taken(client, server.faults.file("/a.bin", b"")) == [b""]
    with httpx.Client(transport=WireTransport(kie)) as client:
        assert taken(client, kie.file("/a.bin", b"")) == [b""]


def test_whoever_reads_it_without_knowing_of_views_gets_bytes_that_stay() -> None:
    with serving() as server, ClientFactory({}).client() as client:
        url = server.faults.file("/a.bin", LARGE)
        with client.stream("GET", url) as response:
            assert PIECES in response.extensions
            assert response.read() == LARGE
