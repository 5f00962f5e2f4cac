"""The body of an answer, whichever transport it came by."""

import httpx
import pytest

from kiecli.download.file_host import chunks, file_deadline
from kiecli.download.response import FileResponse
from kiecli.network.body import Chunk
from kiecli.network.client import ClientFactory
from tests.support.fakes import FakeClock
from tests.support.faults import Faults
from tests.support.server import serving
from tests.support.wire import WireTransport

MIB = 1024 * 1024
LARGE = bytes(range(256)) * (5 * MIB // 256)


def taken(client: httpx.Client, url: str) -> list[Chunk]:
    """Return the chunks of a body; those that are views, as copies."""
    with client.stream("GET", url) as response:
        answer = FileResponse.read(response.status_code, response.headers)
        body = chunks(response, answer, file_deadline(FakeClock()))
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
        assert {type(chunk) for chunk in came[1:]} == {memoryview}


def test_even_an_empty_body_has_a_first_chunk(kie: Faults) -> None:
    with serving() as server, ClientFactory({}).client() as client:
        assert taken(client, server.faults.file("/a.bin", b"")) == [b""]
    with httpx.Client(transport=WireTransport(kie)) as client:
        assert taken(client, kie.file("/a.bin", b"")) == [b""]
