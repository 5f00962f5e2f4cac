"""The first chunk of a file: long enough to judge it, and no byte is lost, however it comes."""

from collections.abc import Iterator
from itertools import chain

import httpx
import pytest

from kiecli.download.file_host import FileRequest, first_chunk, open_url
from kiecli.network.body import Chunk, Piece
from kiecli.network.client import ClientFactory
from tests.support.downloads import context
from tests.support.faults import Faults
from tests.support.server import serving
from tests.support.wire import WireTransport

MIB = 1024 * 1024
LARGE = bytes(range(256)) * (5 * MIB // 256)


def taken(client: httpx.Client, url: str) -> list[Piece]:
    """Return the pieces of a body; those that are views, as copies."""
    with open_url(context(client), FileRequest(url, {}, "a")) as (_, body):
        return [
            memoryview(bytes(piece)) if isinstance(piece, memoryview) else piece
            for piece in chain.from_iterable(body)
        ]


@pytest.mark.parametrize(
    "script",
    [{}, {"framing": "chunked"}, {"framing": "close"}, {"gzipped": True}],
    ids=["length", "chunked", "close", "gzip"],
)
@pytest.mark.parametrize("body", [b"", b"x", LARGE], ids=["empty", "tiny", "large"])
def test_first_chunk_loses_no_bytes_of_the_body(script: dict[str, object], body: bytes) -> None:
    with serving() as server, ClientFactory({}).client() as client:
        assert b"".join(taken(client, server.faults.file("/a.bin", body, **script))) == body


def test_a_large_body_of_known_length_is_not_copied() -> None:
    with serving() as server, ClientFactory({}).client() as client:
        came = taken(client, server.faults.file("/a.bin", LARGE))
        assert {type(piece) for piece in came[1:]} == {memoryview}


def test_even_an_empty_body_has_a_first_chunk(kie: Faults) -> None:
    with serving() as server, ClientFactory({}).client() as client:
        assert taken(client, server.faults.file("/a.bin", b"")) == [b""]
    with httpx.Client(transport=WireTransport(kie)) as client:
        assert taken(client, kie.file("/a.bin", b"")) == [b""]


def test_the_first_chunk_is_long_enough_to_tell_a_format_from_a_text() -> None:
    song, words = b"ID3\x03" + bytes(99), b"Link has expired. " * 9
    bodies = [song, words, b"no", b""]
    drips = [iter([[b""], *([body[n : n + 1]] for n in range(len(body)))]) for body in bodies]
    found = [b"".join(first_chunk(drip)) for drip in drips]
    assert found == [song[:4], words[:64], b"no", b""]
    assert b"".join(chain.from_iterable(drips[0])) == song[4:]


def test_the_first_chunk_survives_that_the_next_ones_come_in_the_same_buffer() -> None:
    def large_body() -> Iterator[Chunk]:
        buffer = memoryview(bytearray(10))
        for piece in (b"a letter, ", b"0123456789", b"x" * 10, bytes(10)):
            buffer[:] = piece
            yield [buffer]

    assert b"".join(first_chunk(large_body())) == b"a letter, 0123456789xxxxxxxxxx" + bytes(10)
